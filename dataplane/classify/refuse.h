/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusing, inlined where a flood comes by. Everybody else calls ost_refuse(). */
#pragma once

#include "classifier.h"

/* A record's reason with this bit: it was not refused, and would have been. */
#define OST_REFUSAL_AUDIT 0x80u

_Static_assert((int)OST_REASON_COUNT <= (int)OST_REFUSAL_AUDIT, "the bit is a reason's");

/* A fresh record's fields, and a copy of the frame's headers (counters.c). */
void ost_refusal_fill(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, uint8_t reason,
	struct ost_refusal *r);

/* ost_refuse() of one whose ost_refusal_hash() is known. */
void ost_refuse_hashed(struct ost_classifier *c, const struct ost_packet *p, uint64_t hash, uint32_t slot, enum ost_reason reason,
	struct ost_verdict *v);

_Static_assert(offsetof(struct ost_packet, value) % 8 == 0 &&
		offsetof(struct ost_packet, protocol) == offsetof(struct ost_packet, value) + 7,
	"one word holds what a packet is");

/* What makes two refusals equal, but for the reason: all but the sender's ephemeral port. Chooses the bucket, so that
 * it can be asked for before the reason is known. source: ost_packet_source(). */
static inline uint64_t ost_refusal_hash(const struct ost_hash_key *k, const struct ost_packet *p, uint64_t source)
{
	/* value, ethertype, port and protocol, without kind and reason */
	const uint64_t what = ost_load64(&p->value) & 0xffff0000ffffffffull;

	if (OST_LIKELY(p->kind == OST_KIND_FLOW4 || p->kind == OST_KIND_ICMP_ERROR4))
		return ost_hash_2(k, source ^ what, p->key[0]);
	if (p->kind == OST_KIND_FLOW6 || p->kind == OST_KIND_ICMP_ERROR6) {
		const uint64_t w[6] = {what, p->key[0], p->key[1], p->key[2], p->key[3], source};

		return ost_hash_6(k, w);
	}
	return ost_hash_3(k, what, p->length >= 12 ? ost_mac_word(p->bytes) : 0, source);
}

static inline uint64_t ost_packet_source(const struct ost_hash_key *k, const struct ost_packet *p)
{
	return p->length >= 12 ? ost_hash_2(k, ost_mac_word(p->bytes + 6), p->vlan) : 0;
}

/* The table that is filled now. */
static inline struct ost_refusal_table *ost_refusal_table_now(struct ost_classifier *c)
{
	return &c->refusals[atomic_load_explicit(&c->refusals_current, memory_order_relaxed)];
}

static inline uint64_t ost_refusal_key(uint64_t hash, uint8_t reason)
{
	return (hash + reason * 0x9e3779b97f4a7c15ull) | 1;
}

/* at: what ost_refusal_look() said of it, maybe a packet ago. */
static inline void ost_refusal_record(struct ost_classifier *c, struct ost_refusal_table *t, const struct ost_packet *p,
	uint64_t hash, uint32_t at, uint32_t slot, uint8_t reason)
{
	struct ost_refusal *r;
	bool fresh = false;

	if (OST_UNLIKELY(at == OST_REFUSAL_FRESH))
		at = ost_refusal_take(t, hash, ost_refusal_key(hash, reason), &fresh);
	r = &t->records[at];
	if (OST_UNLIKELY(fresh))
		ost_refusal_fill(c, p, slot, reason, r);
	t->lost_pkts += at == t->capacity;
	r->last_wall_ns = c->now_ns;
	r->count_pkts++;
	r->count_bytes += p->length;
}

/* Notes that a packet passes by audit alone; it is counted as forwarded elsewhere. */
static inline void ost_audit_note(struct ost_classifier *c, const struct ost_packet *p, uint64_t hash, uint32_t slot, enum ost_reason reason)
{
	struct ost_refusal_table *t = ost_refusal_table_now(c);

	c->ports[p->port].audited_pkts++;
	if (t->capacity != 0)
		ost_refusal_record(c, t, p, hash, OST_REFUSAL_FRESH, slot, (uint8_t)(reason | OST_REFUSAL_AUDIT));
}

/* Everything but the record. */
static inline void ost_refuse_count(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, enum ost_reason reason,
	struct ost_verdict *v)
{
	c->ports[p->port].refused_pkts[reason]++;
	*v = (struct ost_verdict){.action = OST_REFUSE, .reason = (uint8_t)reason,
		.device = slot != OST_SLOT_NONE ? slot : OST_DEVICE_NONE};
	if (slot != OST_SLOT_NONE)
		ost_tally_refuse(c, slot, (uint8_t)reason);
}
