/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "classifier.h"
#include "limit.h"

/* Packet and byte limits of what a device sends: of both, or of none. */
static inline enum ost_reason ost_limits_take(struct ost_classifier *c, uint32_t slot, uint32_t bytes)
{
	const struct ost_image_role *role = &c->view->image->roles[c->view->hot[slot].role];
	struct ost_slot *s = &c->site->slots[slot];
	bool shared = c->config.shared_limits;
	uint64_t bytes_per_s = role->bytes_per_s;

	if (OST_UNLIKELY(ost_slot_quarantined(c->site, slot)) && (bytes_per_s == 0 || bytes_per_s > OST_QUARANTINE_BYTES_PER_S))
		bytes_per_s = OST_QUARANTINE_BYTES_PER_S;
	if (role->packets_per_s && !ost_limit_take(&s->packets_ns, role->packets_per_s, 1, OST_LIMIT_BURST_UNITS,
					   c->now_ns, shared))
		return OST_REASON_PACKET_RATE;
	if (bytes_per_s && !ost_limit_take(&s->bytes_ns, bytes_per_s, bytes, 32 * 1514, c->now_ns, shared)) {
		if (role->packets_per_s)
			ost_limit_give_back(&s->packets_ns, role->packets_per_s, 1, shared);
		return OST_REASON_BYTE_RATE;
	}
	return OST_REASON_NONE;
}
