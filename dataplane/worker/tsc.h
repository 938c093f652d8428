/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data plane's one clock: nanoseconds from the TSC, started at CLOCK_MONOTONIC. Workers and the main
 * thread use it alike, so that times of flows, bindings and records compare. */
#pragma once

#include <rte_cycles.h>

#include "clock.h"

struct ost_tsc {
	uint64_t base_cycles;
	uint64_t base_ns;
	uint64_t ns_per_cycle_32; /* 32 bits of fraction */
};

static inline struct ost_tsc ost_tsc_start(void)
{
	return (struct ost_tsc){
		.base_cycles = rte_rdtsc(),
		.base_ns = ost_clock_mono_ns(),
		.ns_per_cycle_32 = (OST_NS_PER_S << 32) / rte_get_tsc_hz(),
	};
}

static inline uint64_t ost_tsc_ns(const struct ost_tsc *t, uint64_t cycles)
{
	return t->base_ns + (uint64_t)(((unsigned __int128)(cycles - t->base_cycles) * t->ns_per_cycle_32) >> 32);
}

static inline uint64_t ost_tsc_now_ns(const struct ost_tsc *t)
{
	return ost_tsc_ns(t, rte_rdtsc());
}
