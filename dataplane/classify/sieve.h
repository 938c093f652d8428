/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sieve in front of first.c: what is surely refused is told here, in short passes over packets of one port, each of which
 * asks for the lines that the next one reads. A refused packet must touch little: the tags of its device, the record that
 * the view has of it, its standing, one line of its counters. What the sieve does not decide goes on to the stages of
 * stage.h, with the devices that were found here. In small sites it is instructions that a flood costs: what is the
 * same for all packets of a pass stands in struct sieve, and the way they go is a constant for the compiler.
 *
 * The sieve may decide before earlier packets of its burst have opened flows or bound addresses: first.c asks again
 * when one of them did, unless the reason is lasting.
 *
 * Included by first.c, once for each variant. */
#pragma once

#include "classifier.h"
#include "decide.h"
#include "refuse.h"

struct sieved {
	uint64_t own_mac, other_mac; /* the key's device; the frame's other end, towards a device only */
	uint64_t own_hash, other_hash;
	uint64_t refusal_hash;
	uint64_t address_hash; /* when homeless */
	uint32_t own, other; /* buckets, then slots of candidates, then devices of the policy; OST_SLOT_NONE */
	uint32_t account; /* slot that the refusal is counted for */
	uint32_t record;  /* ost_refusal_look() */
	uint8_t reason; /* OST_REASON_NONE: not decided */
	bool lasting;	/* whatever packets before it do */
	bool seen;	/* sent by the device that it says it is from */
	bool homeless;	/* its address is not the one that is known of its device: the bindings say */
	bool own_more, other_more; /* the tags lead elsewhere as well */
};

/* What the passes over packets of one port have in common. */
struct sieve {
	struct ost_classifier *c;
	const struct ost_view_slot *hot;
	const struct ost_standing *standings;
	struct ost_tally *tallies;
	const struct ost_table_bucket *buckets; /* of the device table */
	const uint32_t *slot_at;
	struct ost_refusal_table *records; /* that are filled now */
	struct ost_hash_key hash;
	struct ost_filter_key filter;
	uint32_t bucket_count;
	uint8_t port;
	bool to_device;
	bool statics;	      /* the policy states addresses */
	uint64_t last_mac;    /* the network side's sender before this one, mostly the router */
	uint64_t last_hash;
	uint32_t last_bucket, last_vlan;
};

static inline void sieve_open(struct sieve *t, struct ost_classifier *c, uint8_t port, bool to_device)
{
	*t = (struct sieve){.c = c, .hot = c->view->hot, .standings = c->site->standings, .tallies = c->tallies,
		.buckets = c->site->devices.buckets, .slot_at = c->site->slot_at, .records = ost_refusal_table_now(c), .hash = c->site->hash,
		.filter = c->view->filter_key, .bucket_count = c->site->devices.bucket_count, .port = port, .to_device = to_device,
		.statics = c->view->statics.used > 0, .last_vlan = OST_VLAN_NONE};
}

/* One of the two MACs of a frame, by its offset; 0 when it is not there. Mostly an EtherType stands behind them. */
static inline uint64_t mac_at(const struct ost_packet *p, unsigned offset)
{
	if (OST_LIKELY(p->length >= 14))
		return ost_load64(p->bytes + offset) & 0xffffffffffffull;
	return p->length >= 12 ? ost_mac_word(p->bytes + offset) : 0;
}

/* 1: who it says it is; the tags. */
static inline __attribute__((always_inline)) void sieve_start(struct sieve *t, struct sieved *s, const struct ost_packet *p)
{
	const struct ost_hash_key *k = &t->hash;
	uint64_t mac;

	s->reason = OST_REASON_NONE;
	s->lasting = s->seen = s->homeless = false;
	s->own_mac = mac_at(p, t->to_device ? 0 : 6);
	s->own_hash = ost_hash_2(k, s->own_mac, p->vlan);
	s->own = ost_table_range((uint32_t)s->own_hash, t->bucket_count);
	__builtin_prefetch(&t->buckets[s->own]);
	if (!t->to_device) {
		s->refusal_hash = ost_refusal_hash(k, p, s->own_hash);
		return;
	}
	mac = mac_at(p, 6);
	if (mac != t->last_mac || p->vlan != t->last_vlan) {
		t->last_mac = mac;
		t->last_vlan = p->vlan;
		t->last_hash = ost_hash_2(k, mac, p->vlan);
		t->last_bucket = ost_table_range((uint32_t)t->last_hash, t->bucket_count);
		__builtin_prefetch(&t->buckets[t->last_bucket]);
	}
	s->other_mac = mac;
	s->other_hash = t->last_hash;
	s->other = t->last_bucket;
	s->refusal_hash = ost_refusal_hash(k, p, s->other_hash);
}

/* The slot that a device's tag leads to, OST_SLOT_NONE when none does; more: its key may be elsewhere as well. */
static inline uint32_t slot_by_tag(const struct sieve *t, uint32_t bucket, uint64_t hash, bool *ret_more)
{
	uint32_t m = ost_table_match(&t->buckets[bucket], ost_table_tag(hash));

	*ret_more = (m & (m - 1)) | t->buckets[bucket].elsewhere;
	if (m == 0)
		return OST_SLOT_NONE;
	return t->slot_at[bucket * OST_TABLE_WAYS + (uint32_t)__builtin_ctz(m)];
}

/* 2: the slots; their records in the view, standings and counters. The places of the device table are four bytes each: they
 * mostly lie in the second level. */
static inline __attribute__((always_inline)) void sieve_slots(const struct sieve *t, struct sieved *s)
{
	s->own = slot_by_tag(t, s->own, s->own_hash, &s->own_more);
	if (s->own != OST_SLOT_NONE) {
		__builtin_prefetch(&t->hot[s->own]);
		__builtin_prefetch(&t->standings[s->own]);
		__builtin_prefetch(&t->tallies[s->own], 1);
	}
	if (!t->to_device) {
		s->other = OST_SLOT_NONE;
		return;
	}
	s->other = slot_by_tag(t, s->other, s->other_hash, &s->other_more);
	if (s->other != OST_SLOT_NONE) { /* a stolen MAC: counted for its owner */
		__builtin_prefetch(&t->hot[s->other]);
		__builtin_prefetch(&t->tallies[s->other], 1);
	}
}

static inline bool slot_is(const struct ost_view_slot *h, uint64_t mac, uint32_t vlan)
{
	return ((h->mac ^ mac) | (h->vlan ^ vlan)) == 0;
}

/* The candidate when it is a device of the policy, OST_SLOT_NONE when there is none. */
static inline uint32_t device_of(const struct ost_classifier *c, uint32_t slot, uint64_t hash, uint64_t mac, uint32_t vlan,
	bool more)
{
	if (OST_LIKELY(slot != OST_SLOT_NONE && slot_is(&c->view->hot[slot], mac, vlan)))
		return slot;
	if (OST_LIKELY(!more))
		return OST_SLOT_NONE;
	slot = ost_slot_find(c->site, hash, mac, vlan);
	return slot != OST_SLOT_NONE && slot_is(&c->view->hot[slot], mac, vlan) ? slot : OST_SLOT_NONE;
}

/* May this packet open a flow, whatever the allow-list says? */
static inline bool can_open(const struct ost_packet *p)
{
	if (p->protocol == 6)
		return (p->tcp_flags & (OST_TCP_SYN | OST_TCP_ACK)) == OST_TCP_SYN;
	return !(p->flags & OST_PACKET_REPLY);
}

/* The device's own IPv4 address, without the tables of bindings. False: not that way. */
static inline bool address_known(const struct ost_view_slot *h, const struct ost_standing *s, bool statics, uint32_t address)
{
	if (OST_LIKELY(address == h->address4))
		return address != 0; /* which stands for none */
	return !statics && address != 0 && address == atomic_load_explicit(&s->address4, memory_order_relaxed);
}

/* Whether it is not allowed when no lane of its role matches. */
static inline bool plain(const struct ost_view_slot *h, const struct ost_standing *s)
{
	return h->plain >> atomic_load_explicit(&s->state, memory_order_relaxed) & 1;
}

/* One end of a flow's key as bindings have it: 0 the device's, 1 the remote's. */
static inline void packet_address(const struct ost_packet *p, unsigned end, uint64_t ip[2])
{
	if (ost_packet_is4(p))
		ost_binding_key4((uint32_t)(p->key[0] >> (32 * end)), ip);
	else
		memcpy(ip, &p->key[2 * end], 16);
}

static inline void bindings_ask(const struct ost_classifier *c, uint64_t hash)
{
	ost_table_prefetch(&c->site->bindings_table, hash);
	if (c->view->statics.used > 0)
		ost_table_prefetch(&c->view->statics, hash);
}

static inline void sieve_refuse(struct sieved *s, enum ost_reason reason, uint32_t account)
{
	s->reason = (uint8_t)reason;
	s->account = account;
}

static inline void sieve_last(struct sieved *s, enum ost_reason reason, uint32_t account)
{
	sieve_refuse(s, reason, account);
	s->lasting = true;
}

/* Who are you? False: that was decided, or nobody may decide it here. */
static inline __attribute__((always_inline)) bool sieve_identify(const struct sieve *t, struct sieved *s, const struct ost_packet *p, bool refused)
{
	uint8_t port;

	if (t->to_device) {
		if (OST_UNLIKELY(refused))
			sieve_last(s, (enum ost_reason)p->reason, s->own);
		else if (s->other != OST_SLOT_NONE)
			sieve_last(s, OST_REASON_MAC_ON_NETWORK, s->other);
		else if (OST_UNLIKELY(p->flags & OST_PACKET_GROUP_MAC))
			sieve_last(s, OST_REASON_GROUP_DESTINATION, s->own);
		else if (s->own == OST_SLOT_NONE)
			sieve_last(s, OST_REASON_UNKNOWN_DESTINATION, s->own);
		else
			return true;
		return false;
	}
	if (s->own == OST_SLOT_NONE) {
		sieve_last(s, refused ? (enum ost_reason)p->reason : OST_REASON_UNKNOWN_DEVICE, s->own);
		return false;
	}
	port = t->hot[s->own].port;
	if (OST_UNLIKELY(port == OST_PORTS_MAX))
		port = atomic_load_explicit(&t->standings[s->own].pin, memory_order_relaxed);
	if (OST_LIKELY(port == t->port && !refused)) {
		s->seen = true;
		return true;
	}
	/* A packet before it may still say where a device is that was not seen yet. A frame that was refused before
	 * anyone looked at who sent it: only the right port makes it the device's. */
	if (port != OST_PORTS_MAX)
		sieve_last(s, refused ? (enum ost_reason)p->reason : OST_REASON_MAC_WRONG_PORT,
			refused && port != t->port ? OST_SLOT_NONE : s->own);
	return false;
}

static inline enum ost_reason not_allowed4(const struct sieve *t, const struct ost_packet *p)
{
	const uint32_t remote = ost_be32((uint32_t)(p->key[0] >> 32));
	const uint32_t bit = ost_resolver_bit(OST_IPV4, remote >> 16);
	const uint64_t maybe = t->c->view->resolver_bits[bit / 64] >> bit % 64 & 1;
	const uint64_t l4 = (uint64_t)(p->protocol == 6) | (uint64_t)(p->protocol == 17);

	if (OST_UNLIKELY(l4 & (uint64_t)(p->value == 443) & maybe)) {
		const struct ost_question q = {.family = OST_IPV4, .remote4 = remote, .protocol = p->protocol, .value = p->value,
			.direction = OST_TO};

		return ost_question_foreign_dns(t->c->view, &q) ? OST_REASON_FOREIGN_DNS : OST_REASON_NOT_ALLOWED;
	}
	/* Which port comes next is random: not branched on. */
	return l4 & ((uint64_t)(p->value == 53) | (uint64_t)(p->value == 853)) ? OST_REASON_FOREIGN_DNS : OST_REASON_NOT_ALLOWED;
}

/* Is it really you, and may it? Of packets without a flow. Asks for the bindings' tags when the address is not the known one. */
static inline __attribute__((always_inline)) void sieve_ask(const struct sieve *t, struct sieved *s, const struct ost_packet *p, bool v4)
{
	const struct ost_view_slot *h = &t->hot[s->own];
	const struct ost_standing *standing = &t->standings[s->own];

	if (!v4 || !address_known(h, standing, t->statics, (uint32_t)p->key[0])) {
		uint64_t ip[2];

		packet_address(p, 0, ip);
		s->address_hash = ost_hash_3(&t->hash, ip[0], ip[1], p->vlan);
		bindings_ask(t->c, s->address_hash);
		s->homeless = true;
		return;
	}
	if (!plain(h, standing))
		return;
	if (!can_open(p))
		sieve_refuse(s, OST_REASON_NO_FLOW, s->own);
	else if (!ost_filter_maybe(&h->filter, h->grain, &t->filter, ost_be32((uint32_t)(p->key[0] >> 32)),
			 t->to_device ? OST_FROM : OST_TO, p->protocol, p->value))
		sieve_refuse(s, t->to_device ? OST_REASON_NOT_ALLOWED_IN : not_allowed4(t, p), s->own);
}

/* 3: decides, by the device's record alone. */
static inline __attribute__((always_inline)) void sieve_judge(const struct sieve *t, struct sieved *s, const struct ost_packet *p)
{
	s->own = device_of(t->c, s->own, s->own_hash, s->own_mac, p->vlan, s->own_more);
	if (t->to_device)
		s->other = device_of(t->c, s->other, s->other_hash, s->other_mac, p->vlan, s->other_more);
	if (OST_LIKELY(p->kind == OST_KIND_FLOW4)) {
		if (sieve_identify(t, s, p, false) && OST_LIKELY(p->flags & OST_PACKET_MISSED))
			sieve_ask(t, s, p, true);
		return;
	}
	if (OST_UNLIKELY(p->length < 12))
		s->own = s->other = OST_SLOT_NONE;
	if (p->kind < OST_KIND_CONTROL_FIRST && sieve_identify(t, s, p, p->kind == OST_KIND_REFUSED) &&
		p->kind == OST_KIND_FLOW6 && (p->flags & OST_PACKET_MISSED))
		sieve_ask(t, s, p, false);
}

static inline bool no_tag(const struct ost_table *t, uint64_t hash)
{
	return ost_table_candidate(t, hash) == OST_TABLE_NONE && !ost_table_elsewhere(t, hash);
}

/* 4: addresses that are surely bound to nobody; where the refusal is recorded. False: it is left undecided. */
static inline __attribute__((always_inline)) bool sieve_settle(const struct sieve *t, struct sieved *s)
{
	const struct ost_classifier *c = t->c;

	if (s->homeless && no_tag(&c->site->bindings_table, s->address_hash) &&
		(!t->statics || no_tag(&c->view->statics, s->address_hash)))
		sieve_refuse(s, t->to_device ? OST_REASON_UNKNOWN_DESTINATION : OST_REASON_SOURCE_ADDRESS, s->own);
	if (s->reason == OST_REASON_NONE)
		return false;
	if (OST_LIKELY(t->records->capacity != 0)) {
		s->record = ost_refusal_look(t->records, s->refusal_hash, ost_refusal_key(s->refusal_hash, s->reason));
		if (s->record != OST_REFUSAL_FRESH)
			__builtin_prefetch(&t->records->records[s->record], 1);
	}
	return true;
}
