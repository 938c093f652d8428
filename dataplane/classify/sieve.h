/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sieve in front of first.c: what is surely refused is told here, in short passes over the whole burst, each of which
 * asks for the lines that the next one reads. A refused packet must touch little: the tags of its device, the record that
 * the view has of it, its standing, one line of its counters. What the sieve does not decide goes on to the stages of
 * stage.h, with the devices that were found here.
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
	uint64_t own_mac, other_mac; /* the key's device, and the frame's other end */
	uint64_t own_hash, other_hash; /* other: towards a device only */
	uint64_t refusal_hash;
	uint64_t address_hash; /* when homeless */
	uint32_t own, other; /* places, then slots of candidates, then devices of the policy; OST_SLOT_NONE */
	uint32_t account; /* slot that the refusal is counted for */
	uint8_t reason; /* OST_REASON_NONE: not decided */
	bool own_more, other_more; /* the tags lead elsewhere as well */
	bool lasting;	/* whatever packets before it do */
	bool seen;	/* sent by the device that it says it is from */
	bool homeless;	/* its address is not the one that is known of its device: the bindings say */
};

/* One end of a flow's key as bindings have it: 0 the device's, 1 the remote's. */
static inline void packet_address(const struct ost_packet *p, unsigned end, uint64_t ip[2])
{
	if (ost_packet_is4(p))
		ost_binding_key4((uint32_t)(p->key[0] >> (32 * end)), ip);
	else
		memcpy(ip, &p->key[2 * end], 16);
}

static inline bool sieve_takes(const struct ost_packet *p)
{
	return p->kind < OST_KIND_CONTROL_FIRST && p->length >= 12;
}

/* The network side's sender, mostly the router. */
struct sieve_other {
	uint64_t mac, hash;
	uint32_t vlan;
};

/* 1: who it says it is; the tags. */
static inline void sieve_start(const struct ost_classifier *c, struct sieved *s, struct sieve_other *last,
	const struct ost_packet *p)
{
	const struct ost_site *site = c->site;
	const bool to_device = p->flags & OST_PACKET_TO_DEVICE;

	s->reason = OST_REASON_NONE;
	s->lasting = s->seen = s->homeless = false;
	s->own_mac = s->other_mac = 0;
	if (OST_LIKELY(p->length >= 12)) {
		s->own_mac = ost_mac_word(p->bytes + (to_device ? 0 : 6));
		s->other_mac = ost_mac_word(p->bytes + (to_device ? 6 : 0));
	}
	s->own_hash = ost_slot_hash(site, s->own_mac, p->vlan);
	ost_table_prefetch(&site->devices, s->own_hash);
	if (!to_device) {
		s->refusal_hash = ost_refusal_hash(c, p, s->own_hash);
		return;
	}
	if (s->other_mac != last->mac || p->vlan != last->vlan) {
		*last = (struct sieve_other){s->other_mac, ost_slot_hash(site, s->other_mac, p->vlan), p->vlan};
		ost_table_prefetch(&site->devices, last->hash);
	}
	s->other_hash = last->hash;
	s->refusal_hash = ost_refusal_hash(c, p, s->other_hash);
}

/* The place that a device's tag leads to, OST_SLOT_NONE when none does. */
static inline uint32_t device_place(const struct ost_site *site, uint64_t hash, bool *ret_more)
{
	uint32_t b = ost_table_first(&site->devices, hash);
	uint32_t m = ost_table_match(&site->devices.buckets[b], ost_table_tag(hash));

	*ret_more = (m & (m - 1)) | site->devices.buckets[b].elsewhere;
	if (m == 0)
		return OST_SLOT_NONE;
	m = b * OST_TABLE_WAYS + (uint32_t)__builtin_ctz(m);
	__builtin_prefetch(&site->slot_at[m]);
	return m;
}

/* 2: the places that the tags lead to. */
static inline void sieve_places(const struct ost_classifier *c, struct sieved *s, const struct ost_packet *p)
{
	s->own = device_place(c->site, s->own_hash, &s->own_more);
	s->other = OST_SLOT_NONE;
	if (p->flags & OST_PACKET_TO_DEVICE)
		s->other = device_place(c->site, s->other_hash, &s->other_more);
}

/* 3: the slots; their records in the view, standings and counters. */
static inline void sieve_slots(struct ost_classifier *c, struct sieved *s)
{
	const struct ost_site *site = c->site;

	if (s->other != OST_SLOT_NONE) { /* a stolen MAC: counted for its owner */
		s->other = site->slot_at[s->other];
		__builtin_prefetch(&c->view->hot[s->other]);
		__builtin_prefetch(&c->tallies[s->other].last_tick, 1);
	}
	if (s->own == OST_SLOT_NONE)
		return;
	s->own = site->slot_at[s->own];
	__builtin_prefetch(&c->view->hot[s->own]);
	__builtin_prefetch(&site->standings[s->own]);
	__builtin_prefetch(&c->tallies[s->own].last_tick, 1);
}

static inline bool slot_is(const struct ost_view *v, uint32_t slot, uint64_t mac, uint32_t vlan)
{
	return v->hot[slot].mac == mac && v->hot[slot].vlan == vlan;
}

/* The candidate when it is a device of the policy, OST_SLOT_NONE when there is none. */
static inline uint32_t device_of(const struct ost_classifier *c, uint32_t slot, uint64_t hash, uint64_t mac, uint32_t vlan,
	bool more)
{
	if (OST_LIKELY(slot != OST_SLOT_NONE && slot_is(c->view, slot, mac, vlan)))
		return slot;
	if (OST_LIKELY(!more))
		return OST_SLOT_NONE;
	slot = ost_slot_find(c->site, hash, mac, vlan);
	return slot != OST_SLOT_NONE && slot_is(c->view, slot, mac, vlan) ? slot : OST_SLOT_NONE;
}

/* May this packet open a flow, whatever the allow-list says? */
static inline bool can_open(const struct ost_packet *p)
{
	if (p->protocol == 6)
		return (p->tcp_flags & (OST_TCP_SYN | OST_TCP_ACK)) == OST_TCP_SYN;
	return !(p->flags & OST_PACKET_REPLY);
}

/* The device's own IPv4 address, without the tables of bindings. False: not that way. */
static inline bool address_known(const struct ost_classifier *c, uint32_t slot, uint32_t address)
{
	if (address == 0) /* which stands for none */
		return false;
	return address == c->view->hot[slot].address4 ||
		(c->view->statics.used == 0 &&
			address == atomic_load_explicit(&c->site->standings[slot].address4, memory_order_relaxed));
}

static inline void bindings_ask(const struct ost_classifier *c, uint64_t hash)
{
	ost_table_prefetch(&c->site->bindings_table, hash);
	if (c->view->statics.used > 0)
		ost_table_prefetch(&c->view->statics, hash);
}

static inline bool no_tag(const struct ost_table *t, uint64_t hash)
{
	return ost_table_candidate(t, hash) == OST_TABLE_NONE && !ost_table_elsewhere(t, hash);
}

/* Whether the role's lanes alone decide: a role without rules about peers or of different assurance, and a device whose
 * state and assurance give it all of them. */
static inline bool plain(const struct ost_view_slot *h, const struct ost_standing *s)
{
	uint8_t state = atomic_load_explicit(&s->state, memory_order_relaxed);

	if (!(h->flags & OST_VIEW_PLAIN) ||
		atomic_load_explicit(&s->assurance, memory_order_relaxed) < (h->flags & OST_VIEW_ASSURANCE))
		return false;
	return state == OST_STATE_AUTHENTICATED || (state == OST_STATE_IDENTIFIED && !(h->flags & OST_VIEW_PROOF));
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
static inline bool sieve_identify(const struct ost_classifier *c, struct sieved *s, const struct ost_packet *p)
{
	uint8_t port;

	if (p->flags & OST_PACKET_TO_DEVICE) {
		if (p->kind == OST_KIND_REFUSED)
			sieve_last(s, (enum ost_reason)p->reason, s->own);
		else if (s->other != OST_SLOT_NONE)
			sieve_last(s, OST_REASON_MAC_ON_NETWORK, s->other);
		else if (p->flags & OST_PACKET_GROUP_MAC)
			sieve_last(s, OST_REASON_GROUP_DESTINATION, s->own);
		else if (s->own == OST_SLOT_NONE)
			sieve_last(s, OST_REASON_UNKNOWN_DESTINATION, s->own);
		return !s->lasting;
	}
	if (s->own == OST_SLOT_NONE) {
		sieve_last(s, p->kind == OST_KIND_REFUSED ? (enum ost_reason)p->reason : OST_REASON_UNKNOWN_DEVICE, s->own);
		return false;
	}
	port = ost_slot_port(c->site, c->view, s->own);
	if (OST_UNLIKELY(port == OST_PORTS_MAX)) /* which a packet before it may change */
		return false;
	/* A frame that was refused before anyone looked at who sent it: only the right port makes it the device's. */
	if (p->kind == OST_KIND_REFUSED)
		sieve_last(s, (enum ost_reason)p->reason, port == p->port ? s->own : OST_SLOT_NONE);
	else if (port != p->port)
		sieve_last(s, OST_REASON_MAC_WRONG_PORT, s->own);
	else
		s->seen = true;
	return !s->lasting;
}

/* 4: decides, by the device's record alone; asks for the bindings' tags when the address is not the known one. */
static inline void sieve_judge(const struct ost_classifier *c, struct sieved *s, const struct ost_packet *p)
{
	const bool to_device = p->flags & OST_PACKET_TO_DEVICE;
	const struct ost_view *v = c->view;
	const struct ost_view_slot *h;
	const uint32_t address = (uint32_t)p->key[0];

	s->own = device_of(c, s->own, s->own_hash, s->own_mac, p->vlan, s->own_more);
	if (to_device)
		s->other = device_of(c, s->other, s->other_hash, s->other_mac, p->vlan, s->other_more);
	if (!sieve_takes(p) || !sieve_identify(c, s, p) || !(p->flags & OST_PACKET_MISSED) || p->kind > OST_KIND_FLOW6)
		return;
	if (p->kind == OST_KIND_FLOW6 || !address_known(c, s->own, address)) {
		uint64_t ip[2];

		packet_address(p, 0, ip);
		s->address_hash = ost_binding_hash(c->site, ip, p->vlan);
		bindings_ask(c, s->address_hash);
		s->homeless = true;
		return;
	}
	h = &v->hot[s->own];
	if (!plain(h, &c->site->standings[s->own]))
		return;
	if (!can_open(p))
		sieve_refuse(s, OST_REASON_NO_FLOW, s->own);
	else if (!ost_filter_maybe(&h->filter, h->grain, v->filter_key, ost_be32((uint32_t)(p->key[0] >> 32)),
			 to_device ? OST_FROM : OST_TO, p->protocol, p->value))
		sieve_refuse(s, to_device ? OST_REASON_NOT_ALLOWED_IN : OST_REASON_NOT_ALLOWED, s->own);
}

/* 5: addresses that are surely bound to nobody. */
static inline void sieve_homeless(const struct ost_classifier *c, struct sieved *s, const struct ost_packet *p)
{
	if (s->homeless && no_tag(&c->site->bindings_table, s->address_hash) &&
		(c->view->statics.used == 0 || no_tag(&c->view->statics, s->address_hash)))
		sieve_refuse(s, p->flags & OST_PACKET_TO_DEVICE ? OST_REASON_UNKNOWN_DESTINATION : OST_REASON_SOURCE_ADDRESS,
			s->own);
}
