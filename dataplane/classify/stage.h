/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages of the path of first packets, and of what the sieve could not tell to be refused: each asks, for all of them,
 * for the lines that the next one reads. What only an allowed packet needs is asked for last.
 *
 * Included by first.c, once for each variant. */
#pragma once

#include "opened.h"
#include "sieve.h"

struct first {
	const struct ost_packet *p;
	struct ost_verdict *v;
	uint64_t other_mac; /* of the frame's other end */
	uint64_t other_hash;
	const struct first *as; /* its other end is that one's, mostly the router; or NULL */
	uint64_t dev_ip[2], rem_ip[2];
	uint64_t refusal_hash;
	uint32_t own, other; /* slots of devices of the policy */
	uint32_t peer;	     /* slot that the remote address is bound to */
	const struct ost_large *large; /* its role's tables for IPv4, NULL: the loop */
	bool v4, to_device;
	bool flow;     /* p has a flow key */
	bool plain;    /* its role's lanes alone decide */
	bool listed;   /* some lane may still match */
	bool other_asked; /* its other end is looked up here */
	bool other_more;  /* its tags lead elsewhere as well */
};

static inline const struct ost_large *large_of(const struct ost_classifier *c, const struct first *f)
{
	const struct ost_view_slot *h = &c->view->hot[f->own];

	if (OST_LIKELY(h->chunk4_count < OST_LARGE_CHUNKS || c->view->large == NULL))
		return NULL;
	return c->view->large[h->role].family4;
}

static inline void lanes_ask(const struct ost_classifier *c, const struct first *f)
{
	const struct ost_view_slot *h = &c->view->hot[f->own];

	if (!f->v4) {
		__builtin_prefetch(&c->view->image->roles[h->role]);
	} else if (OST_UNLIKELY(f->large != NULL)) {
		ost_large_ask(f->large, (uint64_t)ost_be32((uint32_t)f->rem_ip[0]) << 32, 0);
	} else if (h->chunk4_count > 0) {
		__builtin_prefetch(c->view->image->chunks4[h->chunk4_first].addr);
		__builtin_prefetch(c->view->image->chunks4[h->chunk4_first].mask);
	}
}

/* 1: what is known so far; the tags of the other end, and the addresses of the first lanes. before: the one before this one in
 * the burst, or NULL. */
static inline void stage_start(struct ost_classifier *c, struct first *f, const struct first *before, const struct ost_packet *p,
	struct ost_verdict *v, const struct sieved *s)
{
	*f = (struct first){.p = p, .v = v, .other_mac = mac_at(p, p->flags & OST_PACKET_TO_DEVICE ? 6 : 0), .refusal_hash = s->refusal_hash, .own = s->own,
		.other = s->other, .peer = OST_SLOT_NONE, .v4 = ost_packet_is4(p),
		.to_device = p->flags & OST_PACKET_TO_DEVICE, .flow = p->kind >= OST_KIND_FLOW4 && p->kind <= OST_KIND_ICMP_ERROR6,
		.listed = true};
	if (f->flow) {
		packet_address(p, 0, f->dev_ip);
		packet_address(p, 1, f->rem_ip);
	}
	if (f->own != OST_SLOT_NONE && f->flow) {
		f->large = large_of(c, f);
		lanes_ask(c, f);
	}
	/* The sieve has looked, or nobody asks. */
	f->other_asked = !f->to_device && f->own != OST_SLOT_NONE;
	if (!f->other_asked)
		return;
	if (before != NULL && before->other_asked && before->other_mac == f->other_mac && before->p->vlan == p->vlan) {
		f->as = before;
		return;
	}
	f->other_hash = ost_slot_hash(c->site, f->other_mac, p->vlan);
	ost_table_prefetch(&c->site->devices, f->other_hash);
}

/* 2: the slot that the other end's tag leads to. */
static inline void stage_slots(const struct ost_classifier *c, const struct sieve *t, struct first *f)
{
	if (!f->other_asked || f->as != NULL)
		return;
	f->other = slot_by_tag(t, ost_table_first(&c->site->devices, f->other_hash), f->other_hash, &f->other_more);
	if (f->other != OST_SLOT_NONE)
		__builtin_prefetch(&c->view->hot[f->other]);
}

/* 3: who is surely refused for the remote's address, and for the others the rest of the lanes. */
static inline void stage_addresses(const struct ost_classifier *c, struct first *f)
{
	const struct ost_view *v = c->view;
	const struct ost_view_slot *h;

	if (f->own == OST_SLOT_NONE || !f->flow)
		return;
	h = &v->hot[f->own];
	f->plain = f->v4 && plain(h, &c->site->standings[f->own]);
	if (!f->plain)
		return;
	if (OST_UNLIKELY(f->large != NULL)) {
		f->listed = ost_large_has(f->large, (uint64_t)ost_be32((uint32_t)f->rem_ip[0]) << 32, 0);
		return;
	}
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

/* Its other end, when it is a device of the policy. */
static inline void other_find(const struct ost_classifier *c, struct first *f)
{
	if (f->as != NULL)
		f->other = f->as->other;
	else if (f->other_asked)
		f->other = device_of(c, f->other, f->other_hash, f->other_mac, f->p->vlan, f->other_more);
}

/* 4: who is surely refused by the lanes; for the others, all that deciding and opening a flow reads. */
static inline void stage_lanes(struct ost_classifier *c, struct first *f)
{
	const struct ost_view *v = c->view;
	const struct ost_view_slot *h;

	other_find(c, f);
	if (f->own == OST_SLOT_NONE || !f->flow || !f->listed)
		return;
	h = &v->hot[f->own];
	if (f->plain && f->large == NULL) {
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
	ost_opened_ask(c, f->refusal_hash);
	bindings_ask(c, ost_binding_hash(c->site, f->rem_ip, f->p->vlan));
}
