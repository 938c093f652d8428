/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kept.h"

#include "clock.h"
#include "name.h"
#include "packet.h"

#define NAME_LEFT_MAX_NS ((uint64_t)(OST_NAME_TTL_MAX_S + OST_NAME_GRACE_S) * OST_NS_PER_S)

/* One behind the other in the ring; a record never goes over its end. */
struct wish {
	uint32_t bytes; /* of the record */
	uint32_t slot;	/* OST_SLOT_NONE: what is left of the ring before its end */
	uint32_t life, expires_tick;
	uint64_t ip[2];
	uint32_t length, spare; /* of the chain, which is behind this */
};

_Static_assert(sizeof(struct wish) % 8 == 0 && OST_KEPT_WISH_BYTES % 8 == 0, "the two first fields always fit");

struct ost_kept {
	_Atomic uint64_t *due; /* by place, bits */
	uint32_t words;
	uint32_t at; /* the word where the look goes on */
	atomic_bool any;
	uint8_t *wishes;
	_Atomic uint32_t head, tail; /* bytes ever written, and ever done with */
};

int ost_kept_new(const struct ost_site *site, struct ost_kept **ret_kept)
{
	struct ost_kept *k = ost_site_alloc(site, sizeof(*k));

	*ret_kept = k;
	if (k == NULL)
		return -ENOMEM;
	k->words = (ost_table_places(&site->names->table) + 63) / 64;
	k->due = ost_site_alloc(site, (size_t)k->words * sizeof(*k->due));
	k->wishes = ost_site_alloc_sparse(site, OST_KEPT_WISH_BYTES);
	return k->due != NULL && k->wishes != NULL ? 0 : -ENOMEM;
}

void ost_kept_free(const struct ost_site *site, struct ost_kept **kept)
{
	struct ost_kept *k = *kept;

	if (k == NULL)
		return;
	ost_site_release(site, k->due, (size_t)k->words * sizeof(*k->due));
	ost_site_release(site, k->wishes, OST_KEPT_WISH_BYTES);
	ost_site_release(site, k, sizeof(*k));
	*kept = NULL;
}

/* ---- telling ---- */

void ost_kept_due(struct ost_site *site, uint32_t place)
{
	struct ost_kept *k = site->names->kept;

	(void)atomic_fetch_or_explicit(&k->due[place / 64], 1ull << place % 64, memory_order_release);
	atomic_store_explicit(&k->any, true, memory_order_release);
}

void ost_site_names_due(struct ost_site *site)
{
	struct ost_kept *k = site->names->kept;

	for (uint32_t i = 0; i < k->words; i++)
		atomic_store_explicit(&k->due[i], UINT64_MAX, memory_order_relaxed);
	atomic_store_explicit(&k->any, true, memory_order_release);
}

struct telling {
	struct ost_site *site;
	const struct ost_view *view;
	uint32_t tick;
	bool (*fn)(void *user, const struct ost_name_event *event);
	void *user;
};

static bool is_held(const struct ost_site *site, const struct ost_view *v, const struct ost_name *e, uint32_t tick)
{
	const uint32_t expires = atomic_load_explicit(&e->expires_tick, memory_order_relaxed);

	return expires != 0 && (int32_t)(expires - tick) > 0 && v->hot[e->slot].role != UINT32_MAX &&
		e->life == atomic_load_explicit(&site->slots[e->slot].life, memory_order_relaxed);
}

/* False: it is to be told another time. */
static bool tell_one(const struct telling *t, uint32_t place)
{
	const struct ost_site *site = t->site;
	struct ost_name_event event;
	struct ost_chain chain;
	struct ost_name e;
	int r;

	if (place >= ost_table_places(&site->names->table) ||
		site->names->table.buckets[place / OST_TABLE_WAYS].tags[place % OST_TABLE_WAYS] == 0)
		return true;
	r = ost_name_copy(site, place, &e, &chain);
	if (r == -EAGAIN)
		return false;
	if (r < 0 || !is_held(site, t->view, &e, t->tick) ||
		!ost_host_wants(t->view, &t->view->image->roles[t->view->hot[e.slot].role], &chain, e.ip))
		return true;
	event = (struct ost_name_event){.slot = e.slot, .vlan = site->slots[e.slot].vlan, .length = chain.length, .chain = chain.wire};
	for (unsigned i = 0; i < sizeof(event.mac.b); i++)
		event.mac.b[i] = (uint8_t)(site->slots[e.slot].mac >> 8 * i);
	event.expires_in_ns = (uint64_t)(uint32_t)(atomic_load_explicit(&e.expires_tick, memory_order_relaxed) - t->tick) << OST_TICK_SHIFT;
	event.ip.family = e.ip[1] == OST_BINDING_IPV4 ? OST_IPV4 : OST_IPV6;
	memcpy(event.ip.b, e.ip, event.ip.family == OST_IPV4 ? 4 : 16);
	return t->fn(t->user, &event);
}

/* What is not told of a word stays due. */
static void tell_word(const struct telling *t, uint32_t word)
{
	struct ost_kept *k = t->site->names->kept;
	uint64_t due = atomic_exchange_explicit(&k->due[word], 0, memory_order_acq_rel), left = 0;

	for (; due != 0; due &= due - 1) {
		if (left != 0 || !tell_one(t, word * 64 + (uint32_t)__builtin_ctzll(due)))
			left |= due & -due;
	}
	if (left == 0)
		return;
	(void)atomic_fetch_or_explicit(&k->due[word], left, memory_order_relaxed);
	atomic_store_explicit(&k->any, true, memory_order_relaxed);
}

void ost_site_name_events(struct ost_site *site, uint64_t now_ns, bool (*fn)(void *user, const struct ost_name_event *event), void *user)
{
	const struct telling t = {site, atomic_load_explicit(&site->view, memory_order_acquire), (uint32_t)(now_ns >> OST_TICK_SHIFT), fn, user};
	struct ost_kept *k = site->names->kept;
	uint32_t looks = 0;

	if (t.view == NULL || !atomic_exchange_explicit(&k->any, false, memory_order_acquire))
		return;
	for (uint32_t i = 0; i < k->words; i++) {
		uint64_t due = atomic_load_explicit(&k->due[k->at], memory_order_relaxed);

		if (due != 0)
			tell_word(&t, k->at);
		looks += (uint32_t)__builtin_popcountll(due);
		if (atomic_load_explicit(&k->due[k->at], memory_order_relaxed) != 0 || looks >= OST_KEPT_LOOKS) {
			atomic_store_explicit(&k->any, true, memory_order_relaxed);
			return;
		}
		k->at = (k->at + 1) % k->words;
	}
}

/* ---- bringing back ---- */

static struct wish *wish_at(struct ost_kept *k, uint32_t byte)
{
	return (struct wish *)(void *)(k->wishes + byte % OST_KEPT_WISH_BYTES);
}

/* A record of so many bytes that lies in one piece, NULL: there is no room. */
static struct wish *wish_make(struct ost_kept *k, uint32_t bytes, uint32_t *ret_head)
{
	uint32_t head = atomic_load_explicit(&k->head, memory_order_relaxed);
	const uint32_t room = OST_KEPT_WISH_BYTES - (head - atomic_load_explicit(&k->tail, memory_order_acquire));
	const uint32_t end = OST_KEPT_WISH_BYTES - head % OST_KEPT_WISH_BYTES, skip = end < bytes ? end : 0;

	if (room < skip + bytes)
		return NULL;
	if (skip > 0) {
		wish_at(k, head)->bytes = skip;
		wish_at(k, head)->slot = OST_SLOT_NONE;
		head += skip;
	}
	*ret_head = head + bytes;
	return wish_at(k, head);
}

int ost_site_name_bind_later(struct ost_site *site, uint32_t image_device, const struct ost_name_event *name, uint64_t now_ns)
{
	const uint32_t bytes = (uint32_t)(sizeof(struct wish) + name->length + 7) & ~7u;
	uint32_t slot = ost_site_slot(site, image_device), head;
	struct ost_kept *k = site->names->kept;
	struct wish *w;

	if (name->length == 0 || name->length > OST_NAME_CHAIN_BYTES_MAX || name->expires_in_ns == 0)
		return -EINVAL;
	if (slot == OST_DEVICE_NONE || site->slots[slot].mac != ost_mac_word(name->mac.b) || site->slots[slot].vlan != name->vlan)
		return -ENOENT;
	w = wish_make(k, bytes, &head);
	if (w == NULL)
		return -EAGAIN;
	/* Nobody's clock keeps a name longer than an answer could. */
	now_ns += OST_MIN(name->expires_in_ns, NAME_LEFT_MAX_NS);
	*w = (struct wish){.bytes = bytes, .slot = slot, .expires_tick = (uint32_t)(now_ns >> OST_TICK_SHIFT), .length = name->length};
	w->life = atomic_load_explicit(&site->slots[slot].life, memory_order_relaxed);
	if (name->ip.family == OST_IPV4)
		ost_binding_key4(ost_load32(name->ip.b), w->ip);
	else
		memcpy(w->ip, name->ip.b, 16);
	memcpy(w + 1, name->chain, name->length);
	atomic_store_explicit(&k->head, head, memory_order_release);
	return 0;
}

/* The device that it was given to is still there, and a rule asks for it. */
static void wish_bind(struct ost_site *site, const struct ost_view *v, const struct wish *w, uint32_t tick)
{
	struct ost_chain chain = {.length = w->length};

	if (v == NULL || v->hot[w->slot].role == UINT32_MAX || (int32_t)(w->expires_tick - tick) <= 0 ||
		atomic_load_explicit(&site->slots[w->slot].left, memory_order_relaxed) != OST_LEFT_NOT ||
		w->life != atomic_load_explicit(&site->slots[w->slot].life, memory_order_relaxed))
		return;
	memcpy(chain.wire, w + 1, w->length);
	if (ost_host_wants(v, &v->image->roles[v->hot[w->slot].role], &chain, w->ip))
		(void)ost_name_bind(site, v, w->slot, w->ip, &chain, true, tick, w->expires_tick);
}

void ost_kept_wishes(struct ost_site *site, uint32_t tick)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);
	struct ost_kept *k = site->names->kept;
	uint32_t tail = atomic_load_explicit(&k->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&k->head, memory_order_acquire);

	for (uint32_t i = 0; i < OST_KEPT_AT_ONCE && tail != head; i++) {
		const struct wish *w = wish_at(k, tail);

		if (w->slot != OST_SLOT_NONE)
			wish_bind(site, v, w, tick);
		tail += w->bytes;
	}
	atomic_store_explicit(&k->tail, tail, memory_order_release);
}
