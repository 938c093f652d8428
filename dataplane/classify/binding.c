/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bindings of addresses to devices: written by the control owner, read by all. */
#include "clock.h"
#include "site.h"

/* What a device that departed held ends with it: nobody need be told. */
static void event_push(struct ost_site *site, const struct ost_binding *b, bool bound, uint32_t tick)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);
	uint32_t head = atomic_load_explicit(&site->events_head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&site->events_tail, memory_order_acquire);
	struct ost_binding_note *note = &site->events[head % OST_BINDING_EVENTS];
	struct ost_binding_event *e = &note->event;
	int32_t left = (int32_t)(b->expires_tick - tick);

	if (v != NULL && v->hot[b->slot].role == UINT32_MAX)
		return;
	if (head - tail >= OST_BINDING_EVENTS) {
		atomic_fetch_add_explicit(&site->events_lost, 1, memory_order_relaxed);
		return;
	}
	*e = (struct ost_binding_event){.slot = b->slot, .vlan = b->vlan & 0xffffff,
		.source = (uint8_t)(b->vlan >> 24), .bound = bound};
	e->expires_in_ns = b->expires_tick == 0 ? 0 : (uint64_t)(uint32_t)OST_MAX(left, 1) << OST_TICK_SHIFT;
	e->ip.family = b->ip[1] == OST_BINDING_IPV4 ? OST_IPV4 : OST_IPV6;
	memcpy(e->ip.b, b->ip, e->ip.family == OST_IPV4 ? 4 : 16);
	note->life = atomic_load_explicit(&site->slots[b->slot].life, memory_order_relaxed);
	atomic_store_explicit(&site->events_head, head + 1, memory_order_release);
}

uint64_t ost_site_binding_events(struct ost_site *site,
	void (*fn)(void *user, const struct ost_binding_event *event), void *user)
{
	uint32_t tail = atomic_load_explicit(&site->events_tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&site->events_head, memory_order_acquire);

	for (; tail != head; tail++) {
		const struct ost_binding_note *note = &site->events[tail % OST_BINDING_EVENTS];

		/* Another device has the slot by now: the one that it was about has departed. */
		if (note->life == atomic_load_explicit(&site->slots[note->event.slot].life, memory_order_relaxed))
			fn(user, &note->event);
	}
	atomic_store_explicit(&site->events_tail, tail, memory_order_release);
	return atomic_exchange_explicit(&site->events_lost, 0, memory_order_relaxed);
}

static void remove_place(struct ost_site *site, uint64_t hash, uint32_t place, uint32_t tick)
{
	struct ost_binding b = site->bindings[place];
	struct ost_slot *s = &site->slots[b.slot];
	uint32_t held = atomic_load_explicit(&s->addresses, memory_order_relaxed);

	if (b.ip[1] == OST_BINDING_IPV4 && atomic_load(&site->standings[b.slot].address4) == (uint32_t)b.ip[0])
		atomic_store(&site->standings[b.slot].address4, 0);
	ost_table_remove(&site->bindings_table, hash, place);
	ost_binding_clear(&site->bindings[place]);
	event_push(site, &b, false, tick);
	ost_slot_bump(site, b.slot);
	/* Last: without addresses the slot may go to another device. */
	atomic_store_explicit(&s->addresses, held > 0 ? held - 1 : 0, memory_order_release);
}

static uint32_t addresses_max(const struct ost_view *v, uint32_t slot)
{
	uint32_t role = v != NULL ? v->hot[slot].role : UINT32_MAX;

	return role != UINT32_MAX ? v->image->roles[role].addresses : OST_LIMIT_ADDRESSES_DEFAULT;
}

/* A device that is in the policy no more holds nothing, nor does one that is elsewhere now. */
static bool binding_holds(const struct ost_site *site, const struct ost_view *v, const struct ost_binding *b, uint32_t tick)
{
	return ost_binding_live(b, tick) && (v == NULL || v->hot[b->slot].role != UINT32_MAX) &&
		atomic_load_explicit(&site->slots[b->slot].left, memory_order_relaxed) == OST_LEFT_NOT;
}

static uint32_t find_place(const struct ost_site *site, uint64_t hash, const uint64_t ip[2], uint32_t vlan)
{
	const struct ost_binding *b = ost_binding_find_in(&site->bindings_table, site->bindings, hash, ip, vlan);

	return b != NULL ? (uint32_t)(b - site->bindings) : OST_TABLE_NONE;
}

static bool moves(uint32_t from_tick, uint32_t to_tick, enum ost_binding_source source)
{
	uint64_t grain_s = source == OST_BINDING_ND ? OST_BINDING_ND_GRAIN_S : OST_BINDING_LEASE_GRAIN_S;
	int64_t by = (int32_t)(to_tick - from_tick);

	if (from_tick == 0 || to_tick == 0) /* never */
		return from_tick != to_tick;
	return (by < 0 ? -by : by) >= (int64_t)((grain_s * OST_NS_PER_S) >> OST_TICK_SHIFT);
}

static void renew(struct ost_site *site, struct ost_binding *b, enum ost_binding_source source, uint32_t tick,
	uint32_t expires_tick)
{
	enum ost_binding_source before = (enum ost_binding_source)(b->vlan >> 24);

	if (source == OST_BINDING_ND && before != OST_BINDING_ND)
		return;
	if (source == before && !moves(b->expires_tick, expires_tick, source))
		return;
	b->vlan = (b->vlan & 0xffffff) | (uint32_t)source << 24;
	b->expires_tick = expires_tick;
	event_push(site, b, true, tick);
}

enum ost_reason ost_binding_set(struct ost_site *site, uint32_t slot, const uint64_t ip[2], uint32_t vlan,
	enum ost_binding_source source, uint32_t tick, uint32_t expires_tick, uint32_t valid_tick)
{
	uint64_t hash = ost_binding_hash(site, ip, vlan);
	uint32_t place = find_place(site, hash, ip, vlan);
	bool tentative = valid_tick != 0 && (int32_t)(tick - valid_tick) < 0;
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);
	struct ost_binding *b;
	const struct ost_binding *fixed = v != NULL ? ost_binding_find_static(v, hash, ip, vlan) : NULL;

	if (fixed != NULL)
		return fixed->slot == slot ? OST_REASON_NONE : OST_REASON_ADDRESS_IN_USE;
	if (place != OST_TABLE_NONE &&
		(site->bindings[place].slot != slot || !ost_binding_live(&site->bindings[place], tick))) {
		if (binding_holds(site, v, &site->bindings[place], tick))
			return OST_REASON_ADDRESS_IN_USE;
		remove_place(site, hash, place, tick);
		place = OST_TABLE_NONE;
	}
	if (place != OST_TABLE_NONE) {
		b = &site->bindings[place];
		if (!tentative)
			b->valid_tick = 0;
		renew(site, b, source, tick, expires_tick);
		return OST_REASON_NONE;
	}
	if (atomic_load_explicit(&site->slots[slot].addresses, memory_order_relaxed) >= addresses_max(v, slot))
		return OST_REASON_BINDING_LIMIT;
	place = ost_table_insert(&site->bindings_table, hash);
	if (place == OST_TABLE_NONE)
		return OST_REASON_BINDING_TABLE_FULL;
	b = &site->bindings[place];
	ost_binding_write(b, &(struct ost_binding){.ip = {ip[0], ip[1]}, .vlan = vlan | (uint32_t)source << 24, .slot = slot,
		.expires_tick = expires_tick, .valid_tick = tentative ? valid_tick | 1 : 0});
	atomic_fetch_add_explicit(&site->slots[slot].addresses, 1, memory_order_relaxed);
	if (ip[1] == OST_BINDING_IPV4 && !tentative)
		atomic_store(&site->standings[slot].address4, (uint32_t)ip[0]);
	event_push(site, b, true, tick);
	return OST_REASON_NONE;
}

/* The device that it was meant for is still there. */
static bool wish_stands(const struct ost_site *site, const struct ost_binding_wish *w, uint32_t tick)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);
	uint32_t slot = w->binding.slot;

	return v != NULL && v->hot[slot].role != UINT32_MAX &&
		atomic_load_explicit(&site->slots[slot].left, memory_order_relaxed) == OST_LEFT_NOT &&
		w->life == atomic_load_explicit(&site->slots[slot].life, memory_order_relaxed) &&
		ost_binding_live(&w->binding, tick);
}

void ost_binding_wishes(struct ost_site *site, uint32_t tick)
{
	uint32_t tail = atomic_load_explicit(&site->wishes_tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&site->wishes_head, memory_order_acquire);

	for (uint32_t i = 0; i < OST_WISHES_AT_ONCE && tail != head; i++, tail++) {
		const struct ost_binding_wish *wish = &site->wishes[tail % OST_BINDING_WISHES];
		const struct ost_binding *b = &wish->binding;

		/* Whoever has the address by now keeps it; a full table leaves the device without, as it would have been. */
		if (wish_stands(site, wish, tick))
			(void)ost_binding_set(site, b->slot, b->ip, b->vlan & 0xffffff, (enum ost_binding_source)(b->vlan >> 24),
				tick, b->expires_tick, tick);
	}
	atomic_store_explicit(&site->wishes_tail, tail, memory_order_release);
}

void ost_binding_remove(struct ost_site *site, uint32_t slot, const uint64_t ip[2], uint32_t vlan)
{
	uint64_t hash = ost_binding_hash(site, ip, vlan);
	uint32_t place = find_place(site, hash, ip, vlan);

	if (place != OST_TABLE_NONE && site->bindings[place].slot == slot)
		remove_place(site, hash, place, 0);
}

/* What a message would add: to the device's addresses, to the table. */
struct need {
	int64_t addresses, places;
};

static enum ost_reason lease_check(const struct ost_site *site, uint32_t slot, uint32_t vlan, const struct ost_lease *l,
	uint32_t tick, struct need *need)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);
	uint64_t hash = ost_binding_hash(site, l->ip, vlan);
	const struct ost_binding *fixed = v != NULL ? ost_binding_find_static(v, hash, l->ip, vlan) : NULL;
	const struct ost_binding *b = ost_binding_find_in(&site->bindings_table, site->bindings, hash, l->ip, vlan);
	bool own = b != NULL && b->slot == slot;

	if (!l->given) {
		need->addresses -= own;
		need->places -= own;
		return OST_REASON_NONE;
	}
	if (fixed != NULL)
		return fixed->slot == slot ? OST_REASON_NONE : OST_REASON_ADDRESS_IN_USE;
	if (b != NULL && !own && binding_holds(site, v, b, tick))
		return OST_REASON_ADDRESS_IN_USE;
	need->addresses += !own;
	need->places += b == NULL;
	return OST_REASON_NONE;
}

static enum ost_reason leases_check(const struct ost_site *site, uint32_t slot, uint32_t vlan, const struct ost_lease *leases,
	uint32_t n, uint32_t tick)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);
	struct need need = {0, 0};

	for (uint32_t i = 0; i < n; i++) {
		enum ost_reason r = lease_check(site, slot, vlan, &leases[i], tick, &need);

		if (r != OST_REASON_NONE)
			return r;
	}
	if (need.addresses > 0 && site->slots[slot].addresses + need.addresses > addresses_max(v, slot))
		return OST_REASON_BINDING_LIMIT;
	if (need.places > 0 && site->bindings_table.used + need.places > site->bindings_table.max)
		return OST_REASON_BINDING_TABLE_FULL;
	return OST_REASON_NONE;
}

static void leases_remove(struct ost_site *site, uint32_t slot, uint32_t vlan, const struct ost_lease *leases, uint32_t n,
	bool given)
{
	for (uint32_t i = 0; i < n; i++) {
		if (leases[i].given == given)
			ost_binding_remove(site, slot, leases[i].ip, vlan);
	}
}

enum ost_reason ost_binding_set_all(struct ost_site *site, uint32_t slot, uint32_t vlan, const struct ost_lease *leases,
	uint32_t n, uint32_t tick)
{
	enum ost_reason r = leases_check(site, slot, vlan, leases, n, tick);

	if (r != OST_REASON_NONE)
		return r;
	leases_remove(site, slot, vlan, leases, n, false);
	for (uint32_t i = 0; i < n; i++) {
		if (!leases[i].given)
			continue;
		r = ost_binding_set(site, slot, leases[i].ip, vlan, OST_BINDING_DHCP, tick, leases[i].expires_tick, tick);
		if (r == OST_REASON_NONE)
			continue;
		/* Both buckets are full, once in a million addresses: the device asks again, for all of them. */
		leases_remove(site, slot, vlan, leases, i, true);
		return r;
	}
	return OST_REASON_NONE;
}

static void sweep_bucket(struct ost_site *site, uint32_t bucket, uint32_t tick)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);

	for (uint32_t i = 0; i < OST_TABLE_WAYS; i++) {
		uint32_t place = bucket * OST_TABLE_WAYS + i;
		struct ost_binding *b = &site->bindings[place];

		if (b->valid_tick != 0 && !ost_binding_tentative(b, tick))
			b->valid_tick = 0;
		if (site->bindings_table.buckets[bucket].tags[i] == 0)
			continue;
		if (binding_holds(site, v, b, tick))
			continue;
		remove_place(site, ost_binding_hash(site, b->ip, b->vlan & 0xffffff), place, tick);
	}
}

void ost_binding_sweep(struct ost_site *site, uint32_t buckets, uint32_t tick)
{
	for (uint32_t i = 0; i < buckets; i++) {
		site->sweep_bucket = (site->sweep_bucket + 1) % site->bindings_table.bucket_count;
		sweep_bucket(site, site->sweep_bucket, tick);
	}
}
