/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a device has proved to be. The view in force is changed in place here, and here alone: what is written
 * belongs to a slot whose state gives no right until every worker has seen it. Main only. */
#include "classifier.h"

static void rights_none(struct ost_site *site, uint32_t slot)
{
	atomic_store(&site->standings[slot].state, OST_STATE_UNKNOWN);
	atomic_store(&site->standings[slot].assurance, OST_ASSURANCE_NONE);
}

/* The device's rights at the place where it was end, and its static addresses come along. The slot stays its own until the
 * next policy: workers may look at it. */
static void leave(struct ost_site *site, struct ost_view *v, uint32_t slot, uint32_t to)
{
	rights_none(site, slot);
	for (uint32_t i = 0; i < ost_table_places(&v->statics); i++) {
		struct ost_binding *b = &v->static_bindings[i];

		if (b->slot == slot && (b->vlan & 0xffffff) == site->slots[to].vlan && (b->ip[0] | b->ip[1]) != 0)
			b->slot = to;
	}
	ost_slot_bump(site, slot);
}

static int slot_new(struct ost_site *site, const struct ost_view *v, uint64_t mac, uint32_t vlan, uint32_t *ret_slot)
{
	uint32_t slot;
	int r = site->slot_count < site->config.devices_max ? 0 : ost_slots_reserve(site, v, 1);

	if (r < 0)
		return r;
	slot = ost_slot_take(site, mac, vlan);
	if (slot == OST_SLOT_NONE) {
		ost_slots_give_back(site);
		return -ENOSPC;
	}
	site->slots[slot].unborn = 0;
	*ret_slot = slot;
	return 0;
}

/* The slot of this MAC and VLAN, made when there is none; nobody else's. */
static int slot_at(struct ost_site *site, const struct ost_view *v, uint32_t device, const struct ost_site_place *place,
	uint32_t *ret_slot)
{
	uint64_t mac = ost_mac_word(place->mac.b);
	uint32_t slot = ost_slot_find(site, ost_slot_hash(site, mac, place->vlan), mac, place->vlan);

	if (slot == OST_SLOT_NONE)
		return slot_new(site, v, mac, place->vlan, ret_slot);
	if (v->hot[slot].role != UINT32_MAX && v->device[slot] != device && v->slot[v->device[slot]] == slot)
		return -EADDRINUSE;
	*ret_slot = slot;
	return 0;
}

/* Workers look at the record: it has no key while it is written, so none finds a half of it. */
static void record_replace(struct ost_view_slot *at, const struct ost_view_slot *by)
{
	struct ost_view_slot keyless = *by;

	keyless.vlan = OST_VLAN_NONE;
	__atomic_store_n(&at->vlan, OST_VLAN_NONE, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_seq_cst);
	*at = keyless;
	__atomic_store_n(&at->vlan, by->vlan, __ATOMIC_RELEASE);
}

static bool agrees(const struct ost_view *v, const struct ost_image_device *d, const struct ost_site_place *place)
{
	return (!d->has_mac || (memcmp(d->mac, place->mac.b, 6) == 0 && d->vlan == place->vlan)) &&
		(d->port == OST_PORT_ANY || v->ports[d->port] == place->port);
}

int ost_site_place_set(struct ost_site *site, uint32_t image_device, const struct ost_site_place *place)
{
	struct ost_view *v = atomic_load(&site->view);
	const struct ost_image_device *d;
	struct ost_role_filter filter;
	struct ost_view_slot record;
	uint32_t slot, before;
	int r;

	if (v == NULL || image_device >= v->image->device_count)
		return -ENOENT;
	d = &v->image->devices[image_device];
	if (place->port >= site->config.port_count || site->config.ports[place->port].side != OST_SIDE_DEVICE || !agrees(v, d, place))
		return -EINVAL;
	r = slot_at(site, v, image_device, place, &slot);
	if (r < 0)
		return r;
	before = v->slot[image_device];
	if (before != slot) {
		if (before != OST_SLOT_NONE)
			leave(site, v, before, slot);
		else
			v->reachable++;
		rights_none(site, slot);
		v->device[slot] = image_device;
		v->slot[image_device] = slot;
		ost_filter_make(v->image, &v->image->roles[d->role], &v->filter_key, &filter);
		ost_view_slot_fill(v, d, &site->slots[slot], &filter, &record);
		record_replace(&v->hot[slot], &record);
		ost_view_statics_add(site, v, d, slot);
		v->serial = ++site->serial; /* what workers know of MACs of the network side, they look up again */
	}
	atomic_store(&site->standings[slot].pin, place->port);
	ost_slot_bump(site, slot);
	return 0;
}

/* A worker may have looked up a sender of the network side before the place was set, and noted afterwards that it is no device. */
void ost_site_places_seen(struct ost_site *site)
{
	struct ost_view *v = atomic_load(&site->view);

	if (v != NULL)
		v->serial = ++site->serial;
}
