/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rate limits by the generic cell rate algorithm (ITU-T I.371): one time stamp per limit, the earliest
 * time at which a packet of the steady rate would be due. Bursts of up to a tenth of a second's worth,
 * but at least 32 units, pass at once. Lock-free: workers that share a device race for one word. */
#pragma once

#include <stdatomic.h>

#include "clock.h"

#define OST_LIMIT_BURST_NS (OST_NS_PER_S / 10)
#define OST_LIMIT_BURST_UNITS 32u

/* Takes units at now; false when the rate is exceeded (then nothing is taken). */
static inline bool ost_limit_take(_Atomic uint64_t *due_ns, uint64_t units_per_s, uint64_t units, uint64_t least_burst_units,
	uint64_t now_ns, bool shared)
{
	uint64_t cost_ns = (uint64_t)((unsigned __int128)units * OST_NS_PER_S / units_per_s);
	uint64_t burst_ns = OST_MAX(OST_LIMIT_BURST_NS,
		(uint64_t)((unsigned __int128)least_burst_units * OST_NS_PER_S / units_per_s));
	uint64_t due = atomic_load_explicit(due_ns, memory_order_relaxed), next;

	do {
		uint64_t start = due > now_ns ? due : now_ns;

		next = start + cost_ns;
		if (next > now_ns + burst_ns + cost_ns)
			return false;
		if (!shared) {
			atomic_store_explicit(due_ns, next, memory_order_relaxed);
			return true;
		}
	} while (!atomic_compare_exchange_weak_explicit(due_ns, &due, next, memory_order_relaxed, memory_order_relaxed));
	return true;
}

/* Gives back what was just taken, because the packet is refused for something else. */
static inline void ost_limit_give_back(_Atomic uint64_t *due_ns, uint64_t units_per_s, uint64_t units, bool shared)
{
	uint64_t cost_ns = (uint64_t)((unsigned __int128)units * OST_NS_PER_S / units_per_s);

	if (shared)
		atomic_fetch_sub_explicit(due_ns, cost_ns, memory_order_relaxed);
	else
		atomic_store_explicit(due_ns, atomic_load_explicit(due_ns, memory_order_relaxed) - cost_ns,
			memory_order_relaxed);
}
