/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusing, inlined where a flood comes by. Everybody else calls ost_refuse(). */
#pragma once

#include "classifier.h"

/* A fresh record's fields (counters.c). */
void ost_refusal_fill(const struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, uint8_t reason,
	struct ost_refusal *r);

/* What makes two refusals equal, but for the reason: all but the sender's ephemeral port. Chooses the bucket, so that
 * it can be asked for before the reason is known. */
static inline uint64_t ost_refusal_hash(const struct ost_classifier *c, const struct ost_packet *p)
{
	const struct ost_hash_key *k = &c->site->hash;
	uint64_t what = (uint64_t)p->port << 8 | (uint64_t)p->protocol << 16 |
		(uint64_t)p->ethertype << 24 | (uint64_t)p->value << 40;
	uint64_t a = 0, b = 0;

	if (p->length >= 12) {
		a = ost_mac_word(p->bytes);
		b = ost_mac_word(p->bytes + 6);
	}
	if (p->kind == OST_KIND_FLOW4 || p->kind == OST_KIND_ICMP_ERROR4)
		return ost_hash_3(k, what, p->key[0], b);
	if (p->kind == OST_KIND_FLOW6 || p->kind == OST_KIND_ICMP_ERROR6) {
		const uint64_t w[6] = {what, p->key[0], p->key[1], p->key[2], p->key[3], b};

		return ost_hash_6(k, w);
	}
	return ost_hash_3(k, what ^ (uint64_t)p->vlan << 32, a, b);
}

static inline void ost_refusal_record(struct ost_classifier *c, const struct ost_packet *p, uint64_t hash, uint32_t slot,
	uint8_t reason)
{
	struct ost_refusal_table *t = &c->refusals[atomic_load_explicit(&c->refusals_current, memory_order_relaxed)];
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

static inline void ost_refuse_inline(struct ost_classifier *c, const struct ost_packet *p, uint64_t hash, uint32_t slot,
	enum ost_reason reason, struct ost_verdict *v)
{
	c->ports[p->port].refused_pkts[reason]++;
	if (slot != OST_SLOT_NONE)
		ost_tally_refuse(c, slot, (uint8_t)reason);
	ost_refusal_record(c, p, hash, slot, (uint8_t)reason);
	*v = (struct ost_verdict){.action = OST_REFUSE, .reason = (uint8_t)reason,
		.device = slot != OST_SLOT_NONE ? slot : OST_DEVICE_NONE};
}
