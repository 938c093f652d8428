/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusing, inlined where a flood comes by. Everybody else calls ost_refuse(). */
#pragma once

#include "classifier.h"

/* A fresh record's fields (counters.c). */
void ost_refusal_fill(const struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, uint8_t reason,
	struct ost_refusal *r);

_Static_assert(offsetof(struct ost_packet, value) % 8 == 0 &&
		offsetof(struct ost_packet, protocol) == offsetof(struct ost_packet, value) + 7,
	"one word holds what a packet is");

/* What makes two refusals equal, but for the reason: all but the sender's ephemeral port. Chooses the bucket, so that
 * it can be asked for before the reason is known. source: ost_slot_hash() of the sender's MAC, 0 when there is none. */
static inline uint64_t ost_refusal_hash(const struct ost_classifier *c, const struct ost_packet *p, uint64_t source)
{
	const struct ost_hash_key *k = &c->site->hash;
	/* value, ethertype, port and protocol, without kind and reason */
	const uint64_t what = ost_load64(&p->value) & 0xffff0000ffffffffull;

	if (OST_LIKELY(p->kind == OST_KIND_FLOW4 || p->kind == OST_KIND_ICMP_ERROR4))
		return ost_hash_fold(source ^ what, p->key[0] ^ k->s[1]);
	if (p->kind == OST_KIND_FLOW6 || p->kind == OST_KIND_ICMP_ERROR6) {
		const uint64_t w[6] = {what, p->key[0], p->key[1], p->key[2], p->key[3], source};

		return ost_hash_6(k, w);
	}
	return ost_hash_3(k, what, p->length >= 12 ? ost_mac_word(p->bytes) : 0, source);
}

/* The table that is filled now. */
static inline struct ost_refusal_table *ost_refusal_table_now(struct ost_classifier *c)
{
	return &c->refusals[atomic_load_explicit(&c->refusals_current, memory_order_relaxed)];
}

static inline void ost_refusal_record(const struct ost_classifier *c, struct ost_refusal_table *t, const struct ost_packet *p,
	uint64_t hash, uint32_t slot, uint8_t reason)
{
	struct ost_refusal *r;
	bool fresh;

	if (t->capacity == 0)
		return;
	r = ost_refusal_find(t, hash, (hash + reason * 0x9e3779b97f4a7c15ull) | 1, &fresh);
	if (r == NULL)
		return;
	if (fresh)
		ost_refusal_fill(c, p, slot, reason, r);
	r->last_wall_ns = c->now_ns;
	r->count_pkts++;
	r->count_bytes += p->length;
}

static inline void ost_refuse_inline(struct ost_classifier *c, struct ost_refusal_table *t, const struct ost_packet *p,
	uint64_t hash, uint32_t slot, enum ost_reason reason, struct ost_verdict *v)
{
	c->ports[p->port].refused_pkts[reason]++;
	if (slot != OST_SLOT_NONE)
		ost_tally_refuse(c, slot, (uint8_t)reason);
	ost_refusal_record(c, t, p, hash, slot, (uint8_t)reason);
	*v = (struct ost_verdict){.action = OST_REFUSE, .reason = (uint8_t)reason,
		.device = slot != OST_SLOT_NONE ? slot : OST_DEVICE_NONE};
}
