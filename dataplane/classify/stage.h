/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages of the path of first and refused packets: each asks, for all packets of the burst, for the lines
 * that the next one reads. What costs is the number of lines beyond the second-level cache, so a packet that
 * will be refused must not touch more than it needs: the device's place, its record in the view, its standing, the
 * addresses of its lanes and one line of its counters. What only an allowed packet needs is asked for last.
 *
 * Included by first.c, once for each variant. */
#pragma once

#include "classifier.h"
#include "decide.h"
#include "refuse.h"

struct first {
	const struct ost_packet *p;
	struct ost_verdict *v;
	uint64_t own_mac, other_mac; /* the key's device, and the frame's other end */
	uint64_t own_hash, other_hash;
	uint64_t dev_ip[2], rem_ip[2];
	uint64_t refusal_hash;
	uint32_t own, other; /* slots */
	uint32_t peer;	     /* slot that the remote address is bound to */
	bool v4, to_device;
	bool flow;     /* p has a flow key */
	bool plain;    /* its role's lanes alone decide */
	bool listed;   /* some lane may still match */
	bool unbound;  /* the device's address is surely not bound to it */
	bool other_again; /* its other end is that of the packet before: mostly the router */
};

static inline void addresses(struct first *f)
{
	const struct ost_packet *p = f->p;

	if (f->v4) {
		ost_binding_key4((uint32_t)p->key[0], f->dev_ip);
		ost_binding_key4((uint32_t)(p->key[0] >> 32), f->rem_ip);
		return;
	}
	memcpy(f->dev_ip, &p->key[0], 16);
	memcpy(f->rem_ip, &p->key[2], 16);
}

/* 1: who it says it is; the tags of both MACs. before: the packet before this one in the burst, or NULL. */
static inline void stage_start(struct ost_classifier *c, struct first *f, const struct first *before, const struct ost_packet *p,
	struct ost_verdict *v)
{
	const struct ost_site *site = c->site;

	f->p = p;
	f->v = v;
	f->to_device = p->flags & OST_PACKET_TO_DEVICE;
	f->v4 = ost_packet_is4(p);
	f->flow = p->kind >= OST_KIND_FLOW4 && p->kind <= OST_KIND_ICMP_ERROR6;
	f->plain = f->unbound = false;
	f->listed = true;
	f->own = f->other = f->peer = OST_SLOT_NONE;
	f->refusal_hash = ost_refusal_hash(c, p);
	ost_refusal_prefetch(&c->refusals[atomic_load_explicit(&c->refusals_current, memory_order_relaxed)], f->refusal_hash);
	if (p->length < 12)
		return;
	f->own_mac = ost_mac_word(p->bytes + (f->to_device ? 0 : 6));
	f->other_mac = ost_mac_word(p->bytes + (f->to_device ? 6 : 0));
	f->own_hash = ost_slot_hash(site, f->own_mac, p->vlan);
	ost_table_prefetch(&site->devices, f->own_hash);
	f->other_again = before != NULL && before->p->length >= 12 && before->other_mac == f->other_mac &&
		before->p->vlan == p->vlan;
	if (!f->other_again) {
		f->other_hash = ost_slot_hash(site, f->other_mac, p->vlan);
		ost_table_prefetch(&site->devices, f->other_hash);
	}
	if (f->flow)
		addresses(f);
}

static inline void place_ask(const struct ost_site *site, uint64_t hash)
{
	uint32_t place = ost_table_candidate(&site->devices, hash);

	if (place != OST_TABLE_NONE)
		__builtin_prefetch(&site->slot_at[place]);
}

/* 2: the places that the tags lead to. */
static inline void stage_places(struct ost_classifier *c, struct first *f)
{
	if (f->p->length < 12)
		return;
	place_ask(c->site, f->own_hash);
	if (!f->other_again)
		place_ask(c->site, f->other_hash);
}

/* 3: the slots; what the view and the device's standing say of them, and its counters. */
static inline void stage_slots(struct ost_classifier *c, struct first *f)
{
	if (f->p->length < 12)
		return;
	f->own = ost_slot_find(c->site, f->own_hash, f->own_mac, f->p->vlan);
	f->other = f->other_again ? (f - 1)->other : ost_slot_find(c->site, f->other_hash, f->other_mac, f->p->vlan);
	if (f->other != OST_SLOT_NONE) {
		__builtin_prefetch(&c->view->hot[f->other]);
		if (f->to_device) /* a stolen MAC: counted for its owner */
			__builtin_prefetch(&c->tallies[f->other], 1);
	}
	if (f->own == OST_SLOT_NONE)
		return;
	__builtin_prefetch(&c->view->hot[f->own]);
	__builtin_prefetch(&c->site->standings[f->own]);
	__builtin_prefetch(&c->tallies[f->own], 1);
}

/* The device's own address, without the tables of bindings. False: not that way. */
static inline bool bound_short(const struct ost_classifier *c, const struct first *f)
{
	uint32_t address = (uint32_t)f->dev_ip[0];

	if (address == 0) /* which stands for none */
		return false;
	return address == c->view->hot[f->own].address4 ||
		(c->view->statics.used == 0 &&
			address == atomic_load_explicit(&c->site->standings[f->own].address4, memory_order_relaxed));
}

static inline void bindings_ask(const struct ost_classifier *c, const uint64_t ip[2], uint32_t vlan)
{
	uint64_t hash = ost_binding_hash(c->site, ip, vlan);

	ost_table_prefetch(&c->site->bindings_table, hash);
	if (c->view->statics.used > 0)
		ost_table_prefetch(&c->view->statics, hash);
}

/* 4: devices that the policy does not have are none; the addresses of the first lanes, and the bindings' tags of a
 * source that is not the one we know. */
static inline void stage_device(struct ost_classifier *c, struct first *f)
{
	const struct ost_view *v = c->view;
	const struct ost_view_slot *h;

	if (f->other != OST_SLOT_NONE && v->hot[f->other].role == UINT32_MAX)
		f->other = OST_SLOT_NONE;
	if (f->own == OST_SLOT_NONE)
		return;
	h = &v->hot[f->own];
	if (h->role == UINT32_MAX) {
		f->own = OST_SLOT_NONE;
		return;
	}
	if (!f->flow)
		return;
	if (f->v4 && h->chunk4_count > 0) {
		const struct ost_image_chunk4 *lanes = &v->image->chunks4[h->chunk4_first];

		__builtin_prefetch(lanes->addr);
		__builtin_prefetch(lanes->mask);
	}
	if (!f->v4)
		__builtin_prefetch(&v->image->roles[h->role]);
	if (!f->v4 || !bound_short(c, f))
		bindings_ask(c, f->dev_ip, f->p->vlan);
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

static inline bool no_tag(const struct ost_table *t, uint64_t hash)
{
	return ost_table_candidate(t, hash) == OST_TABLE_NONE && !ost_table_elsewhere(t, hash);
}

static inline bool surely_unbound(const struct ost_classifier *c, const struct first *f)
{
	uint64_t hash;

	if (f->v4 && bound_short(c, f))
		return false;
	hash = ost_binding_hash(c->site, f->dev_ip, f->p->vlan);
	return no_tag(&c->site->bindings_table, hash) && (c->view->statics.used == 0 || no_tag(&c->view->statics, hash));
}

/* 5: who is surely refused for its address or for the remote's; for the others, the rest of the lanes. */
static inline void stage_addresses(struct ost_classifier *c, struct first *f)
{
	const struct ost_view *v = c->view;
	const struct ost_view_slot *h;

	if (f->own == OST_SLOT_NONE || !f->flow)
		return;
	h = &v->hot[f->own];
	f->unbound = surely_unbound(c, f);
	f->plain = f->v4 && plain(h, &c->site->standings[f->own]);
	if (!f->plain || f->unbound)
		return;
	f->listed = false;
	for (uint32_t i = 0; i < h->chunk4_count; i++) {
		const struct ost_image_chunk4 *lanes = &v->image->chunks4[h->chunk4_first + i];

		if (!ost_chunk4_has(lanes, ost_be32((uint32_t)f->rem_ip[0])))
			continue;
		f->listed = true;
		__builtin_prefetch(lanes->lo);
		__builtin_prefetch(lanes->selector);
	}
}

/* 6: who is surely refused by the lanes; for the others, all that deciding and opening a flow reads. */
static inline void stage_lanes(struct ost_classifier *c, struct first *f)
{
	const struct ost_view *v = c->view;
	const struct ost_view_slot *h;

	if (f->own == OST_SLOT_NONE || !f->flow || f->unbound || !f->listed)
		return;
	h = &v->hot[f->own];
	if (f->plain) {
		struct ost_question q = {.remote4 = ost_be32((uint32_t)f->rem_ip[0]), .protocol = f->p->protocol,
			.value = f->p->value, .direction = (uint8_t)(f->to_device ? OST_FROM : OST_TO)};

		f->listed = false;
		for (uint32_t i = 0; i < h->chunk4_count && !f->listed; i++)
			f->listed = ost_chunk4_match(&v->image->chunks4[h->chunk4_first + i], &q) != 0;
		if (!f->listed)
			return;
	}
	const char *role = (const char *)&v->image->roles[h->role];

	__builtin_prefetch(role);
	__builtin_prefetch(role + 64);
	for (uint32_t i = 0; !f->v4 && i < 5; i++)
		__builtin_prefetch((const char *)&v->image->chunks6[v->image->roles[h->role].chunk6_first] + 64 * i);
	__builtin_prefetch(&c->site->slots[f->own], 1);
	bindings_ask(c, f->rem_ip, f->p->vlan);
}
