/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of flows that were opened, of one worker: equal ones (all but the port of who opened) are joined, in the same kind of
 * table and by the same hash as refusals are. What finds no room is only counted. */
#pragma once

#include "refuse.h"

/* The table that is filled now: it changes with that of the refusals. */
static inline struct ost_opened_table *ost_opened_table_now(struct ost_classifier *c)
{
	return &c->opened_tables[atomic_load_explicit(&c->refusals_current, memory_order_relaxed)];
}

/* Asks for the line that a note of this hash looks at. */
static inline void ost_opened_ask(struct ost_classifier *c, uint64_t hash)
{
	const struct ost_refusal_table *t = &ost_opened_table_now(c)->places;

	if (t->capacity != 0)
		__builtin_prefetch(&t->hashes[(uint32_t)(hash & (t->capacity - 1)) & ~(OST_REFUSAL_WAYS - 1)], 1);
}

/* Notes that p opened a flow of the slot's device. hash: ost_refusal_hash(); peer: slot of the remote, or OST_SLOT_NONE. */
static inline void ost_opened_note(struct ost_classifier *c, const struct ost_packet *p, uint64_t hash, uint32_t slot, uint32_t peer,
	const uint64_t rem_ip[2], bool audit)
{
	struct ost_opened_table *t = ost_opened_table_now(c);
	const struct ost_view *v = c->view;
	struct ost_opened *r;
	bool fresh = false;
	uint32_t at;

	if (OST_UNLIKELY(t->places.capacity == 0))
		return;
	at = ost_refusal_take(&t->places, hash, ost_refusal_key(hash, audit), &fresh);
	if (at == t->places.capacity) {
		t->places.lost_pkts++;
		return;
	}
	r = &t->records[at];
	if (fresh) {
		*r = (struct ost_opened){.generation = v->image->generation, .first_wall_ns = c->now_ns, .device = v->device[slot],
			.peer = peer != OST_SLOT_NONE ? v->device[peer] : OST_DEVICE_NONE, .value = p->value, .protocol = p->protocol,
			.family = ost_packet_is4(p) ? OST_IPV4 : OST_IPV6, .audit = audit,
			.direction = p->flags & OST_PACKET_TO_DEVICE ? OST_FROM : OST_TO};
		memcpy(r->peer_ip, rem_ip, ost_packet_is4(p) ? 4 : 16);
		if (!audit) /* else the note of the audit takes it */
			ost_copy_take(c, p, slot, OST_COPY_OPENED, OST_REASON_NONE);
	}
	r->last_wall_ns = c->now_ns;
	r->flows++;
}
