/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots of devices: taken while a policy is made ready, free again when their device is not in the policy in force and
 * nothing of it is left. Main only.
 *
 * Every worker has passed a quiescent point since the view in force was put in force (classify.h says so), so what a worker
 * does for a slot that this view does not have only ends: flows close and addresses are taken away. Once there are
 * none the slot is nobody's. A worker that meets a slot's next device before its view is in force finds no role there. */
#include "classifier.h"

static bool in_force(const struct ost_site *site, uint32_t slot)
{
	const struct ost_view *v = atomic_load(&site->view);

	return v != NULL && v->hot[slot].role != UINT32_MAX;
}

static bool departed(const struct ost_site *site, uint32_t slot)
{
	return site->slots[slot].mac != 0 && !in_force(site, slot);
}

/* The last worker that counted for it did so before. */
static bool empty(const struct ost_slot *s)
{
	return atomic_load_explicit(&s->flows, memory_order_acquire) == 0 &&
		atomic_load_explicit(&s->addresses, memory_order_acquire) == 0;
}

uint32_t ost_site_departed(const struct ost_site *site)
{
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < site->slot_count; slot++)
		n += departed(site, slot) && !empty(&site->slots[slot]);
	return n;
}

static uint32_t place_of(const struct ost_site *site, uint64_t hash, uint32_t slot)
{
	struct ost_table_walk w;

	for (uint32_t i = ost_table_walk_first(&site->devices, hash, &w); i != OST_TABLE_NONE;
		i = ost_table_walk_next(&site->devices, hash, &w)) {
		if (site->slot_at[i] == slot)
			return i;
	}
	return OST_TABLE_NONE;
}

/* Its next device begins with nothing of this one; its life goes on, so that what was meant for this one is told apart. */
static void slot_reset(struct ost_site *site, uint32_t slot, uint64_t mac, uint32_t vlan)
{
	struct ost_slot *s = &site->slots[slot];
	uint32_t life = atomic_load_explicit(&s->life, memory_order_relaxed);

	memset(s, 0, sizeof(*s));
	memset(&site->refused[slot], 0, sizeof(site->refused[slot]));
	for (uint32_t i = 0; i < site->classifier_count; i++)
		memset(&site->classifiers[i]->tallies[slot], 0, sizeof(site->classifiers[i]->tallies[slot]));
	s->vlan = vlan;
	s->mac = mac;
	s->unborn = mac != 0;
	atomic_store_explicit(&s->life, life + 1, memory_order_relaxed);
}

/* A free slot has no MAC. */
static void slot_clear(struct ost_site *site, uint32_t slot)
{
	struct ost_slot *s = &site->slots[slot];
	uint64_t hash = ost_slot_hash(site, s->mac, s->vlan);
	uint32_t place = place_of(site, hash, slot);

	if (place != OST_TABLE_NONE)
		ost_table_remove(&site->devices, hash, place);
	slot_reset(site, slot, 0, 0);
}

/* Nothing of its device is left, and the next view does not bring it back. */
static bool collectable(const struct ost_site *site, const struct ost_view *next, uint32_t slot)
{
	return departed(site, slot) && next->hot[slot].role == UINT32_MAX && empty(&site->slots[slot]);
}

int ost_slots_reserve(struct ost_site *site, const struct ost_view *next, uint32_t count)
{
	uint32_t free = site->config.devices_max - site->slot_count, more = 0;

	for (uint32_t slot = 0; slot < site->slot_count; slot++) {
		free += site->slots[slot].mac == 0;
		more += collectable(site, next, slot);
	}
	if (count > free + more)
		return -ENOSPC;
	for (uint32_t slot = 0; slot < site->slot_count && count > free; slot++) {
		if (!collectable(site, next, slot))
			continue;
		slot_clear(site, slot);
		free++;
	}
	site->slot_free = 0;
	return 0;
}

void ost_slots_give_back(struct ost_site *site)
{
	for (uint32_t slot = 0; slot < site->slot_count; slot++) {
		if (site->slots[slot].unborn)
			slot_clear(site, slot);
	}
}

void ost_slots_born(struct ost_site *site)
{
	for (uint32_t slot = 0; slot < site->slot_count; slot++)
		site->slots[slot].unborn = 0;
}

/* ---- left under the policy in force ----
 *
 * A worker may have a slot's number in hand until it passes a quiescent point, and gets it from the table of devices, from a
 * flow, or from an address. So the way out has steps, each behind the one before: no tag leads there; no flow and no
 * address does; all workers have passed such a point since; then nobody has it in hand. */

static void left_set(struct ost_site *site, uint32_t slot, enum ost_left left)
{
	struct ost_slot *s = &site->slots[slot];
	bool was = atomic_load_explicit(&s->left, memory_order_relaxed) != OST_LEFT_NOT;

	atomic_store_explicit(&s->left, (uint8_t)left, memory_order_release);
	site->left_count = site->left_count + (left != OST_LEFT_NOT) - was;
}

static enum ost_left left_of(const struct ost_site *site, uint32_t slot)
{
	return (enum ost_left)atomic_load_explicit(&site->slots[slot].left, memory_order_relaxed);
}

void ost_slot_leave(struct ost_site *site, uint32_t slot)
{
	left_set(site, slot, OST_LEFT);
}

void ost_slot_return(struct ost_site *site, uint32_t slot)
{
	left_set(site, slot, OST_LEFT_NOT);
}

void ost_slot_retire(struct ost_site *site, struct ost_view *v, uint32_t slot)
{
	const struct ost_slot *s = &site->slots[slot];
	uint64_t hash = ost_slot_hash(site, s->mac, s->vlan);
	uint32_t place = place_of(site, hash, slot);

	__atomic_store_n(&v->hot[slot].vlan, OST_VLAN_NONE, __ATOMIC_RELEASE);
	if (place != OST_TABLE_NONE)
		ost_table_remove(&site->devices, hash, place);
	left_set(site, slot, OST_LEFT_GONE);
}

uint32_t ost_slots_left_by(const struct ost_site *site, const struct ost_view *v, uint32_t device)
{
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < site->slot_count && site->left_count > 0; slot++)
		n += v->device[slot] == device && left_of(site, slot) != OST_LEFT_NOT;
	return n;
}

static void idle_note(struct ost_site *site, uint32_t slot)
{
	if (site->idle_count == OST_SLOTS_IDLE_MAX)
		return; /* the next look finds it again */
	site->idle[site->idle_count++] = slot;
	left_set(site, slot, OST_LEFT_IDLE);
}

void ost_slots_collect(struct ost_site *site, struct ost_view *v, uint32_t look)
{
	look = OST_MIN(look, site->left_count > 0 ? site->slot_count : 0);
	for (; look > 0; look--) {
		uint32_t slot = site->left_at = (site->left_at + 1) % site->slot_count;

		if (left_of(site, slot) == OST_LEFT_NOT || !empty(&site->slots[slot]))
			continue;
		if (left_of(site, slot) == OST_LEFT)
			ost_slot_retire(site, v, slot);
		else if (left_of(site, slot) == OST_LEFT_GONE)
			idle_note(site, slot);
	}
}

void ost_slots_settle(struct ost_site *site, struct ost_view *v)
{
	for (uint32_t i = 0; i < site->idle_count; i++) {
		uint32_t slot = site->idle[i];

		/* A worker that was on its way when the tag went may have bound an address since. */
		if (!empty(&site->slots[slot])) {
			left_set(site, slot, OST_LEFT_GONE);
			continue;
		}
		left_set(site, slot, OST_LEFT_NOT);
		ost_view_slot_blank(v, slot);
		slot_reset(site, slot, 0, 0);
		site->slot_free = OST_MIN(site->slot_free, slot);
	}
	site->idle_count = 0;
}

void ost_slots_left_end(struct ost_site *site)
{
	for (uint32_t slot = 0; slot < site->slot_count && site->left_count > 0; slot++) {
		if (left_of(site, slot) != OST_LEFT_NOT)
			left_set(site, slot, OST_LEFT_NOT);
	}
	site->idle_count = 0;
}

static uint32_t slot_new(struct ost_site *site)
{
	struct ost_view *v = atomic_load(&site->view);

	for (; site->slot_free < site->slot_count; site->slot_free++) {
		if (site->slots[site->slot_free].mac == 0)
			return site->slot_free;
	}
	if (site->slot_count == site->config.devices_max)
		return OST_SLOT_NONE;
	if (v != NULL)
		ost_view_slot_blank(v, site->slot_count);
	return site->slot_count++;
}

uint32_t ost_slot_take(struct ost_site *site, uint64_t mac, uint32_t vlan)
{
	uint64_t hash = ost_slot_hash(site, mac, vlan);
	uint32_t slot = slot_new(site), place;

	if (slot == OST_SLOT_NONE)
		return slot;
	slot_reset(site, slot, mac, vlan);
	atomic_store(&site->standings[slot].pin, OST_PORTS_MAX);
	atomic_store(&site->standings[slot].address4, 0);
	atomic_thread_fence(memory_order_release); /* who sees the tag sees a slot that is nobody's in the view in force */
	place = ost_table_insert(&site->devices, hash);
	if (place == OST_TABLE_NONE)
		return OST_SLOT_NONE; /* all is given back */
	/* A reader that sees the tag before this finds another slot, or none, whose key is not this one. */
	site->slot_at[place] = slot;
	return slot;
}
