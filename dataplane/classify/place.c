/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a device has proved to be. The view in force is changed in place here, and here alone: what is written
 * belongs to a slot whose state gives no right until every worker has seen it. Main only. */
#include "classifier.h"

static void rights_none(struct ost_site *site, uint32_t slot)
{
	atomic_store(&site->standings[slot].state, OST_STATE_UNKNOWN);
	atomic_store(&site->standings[slot].assurance, OST_ASSURANCE_NONE);
}

#define LOOK 4096u /* slots: what each place set adds to the search for those that are free again */

/* What the policy says of the slot's addresses goes with its device, to another slot in the same VLAN; else it ends here. */
static void statics_leave(struct ost_site *site, struct ost_view *v, uint32_t slot, uint32_t to)
{
	for (uint32_t i = 0; i < ost_table_places(&v->statics); i++) {
		struct ost_binding *b = &v->static_bindings[i];
		const uint64_t ip[2] = {b->ip[0], b->ip[1]};
		uint32_t vlan = b->vlan & 0xffffff;

		if (b->slot != slot || (ip[0] | ip[1]) == 0)
			continue;
		if (to != OST_SLOT_NONE && vlan == site->slots[to].vlan) {
			b->slot = to;
			continue;
		}
		ost_table_remove(&v->statics, ost_binding_hash(site, ip, vlan), i);
		ost_binding_clear(b);
	}
}

/* The device's rights at the place where it was end, and its static addresses come along. The slot stays its own until
 * nothing is left of it there: workers may look at it. */
static void leave(struct ost_site *site, struct ost_view *v, uint32_t slot, uint32_t to)
{
	rights_none(site, slot);
	statics_leave(site, v, slot, to);
	ost_slot_leave(site, slot);
	ost_slot_bump(site, slot);
}

static int slot_new(struct ost_site *site, struct ost_view *v, uint32_t device, uint64_t mac, uint32_t vlan, uint32_t *ret_slot)
{
	uint32_t slot;

	if (ost_slots_left_by(site, v, device) >= OST_SLOTS_LEFT_MAX) {
		ost_slots_collect(site, v, UINT32_MAX);
		return -ENOSPC;
	}
	if (site->slot_count == site->config.devices_max && ost_slots_reserve(site, v, 1) < 0) {
		ost_slots_collect(site, v, UINT32_MAX);
		return -ENOSPC;
	}
	slot = ost_slot_take(site, mac, vlan);
	if (slot == OST_SLOT_NONE) {
		ost_slots_give_back(site);
		return -ENOSPC;
	}
	site->slots[slot].unborn = 0;
	*ret_slot = slot;
	return 0;
}

/* Whether who has just proved to be at the slot's MAC may take the place of its device: that one's policy does not name the MAC,
 * and it is at the same port or has no right any more. At another port it is somebody else's. */
static bool gives_way(const struct ost_site *site, const struct ost_view *v, uint32_t slot, uint8_t port)
{
	const struct ost_image_device *d = &v->image->devices[v->device[slot]];
	uint8_t state = atomic_load(&site->standings[slot].state);

	return !d->has_mac && (ost_slot_port(site, v, slot) == port || ost_state_rights(state) == 0);
}

/* The slot's device is nowhere any more. Its MAC leads to another one's slot, or soon will. */
static void displace(struct ost_site *site, struct ost_view *v, uint32_t slot)
{
	uint32_t device = v->device[slot];

	if (v->slot[device] == slot) {
		v->slot[device] = OST_SLOT_NONE;
		v->reachable--;
	}
	rights_none(site, slot);
	statics_leave(site, v, slot, OST_SLOT_NONE);
	ost_slot_retire(site, v, slot);
	ost_slot_bump(site, slot);
}

/* The slot of this MAC and VLAN for the device, made when it has none. */
static int slot_at(struct ost_site *site, struct ost_view *v, uint32_t device, const struct ost_site_place *place,
	uint32_t *ret_slot)
{
	uint64_t mac = ost_mac_word(place->mac.b);
	uint32_t slot = ost_slot_find(site, ost_slot_hash(site, mac, place->vlan), mac, place->vlan);
	int r;

	if (slot == OST_SLOT_NONE)
		return slot_new(site, v, device, mac, place->vlan, ret_slot);
	if (v->hot[slot].role == UINT32_MAX || v->device[slot] == device) {
		ost_slot_return(site, slot);
		*ret_slot = slot;
		return 0;
	}
	if (v->slot[v->device[slot]] == slot && !gives_way(site, v, slot, place->port))
		return -EADDRINUSE;
	/* When there is no room for the new one, the old one stays. Meanwhile the MAC leads to either, and none has a right. */
	r = slot_new(site, v, device, mac, place->vlan, ret_slot);
	if (r == 0)
		displace(site, v, slot);
	return r;
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
	ost_slots_collect(site, v, LOOK);
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

/* A worker may have looked up a sender of the network side before the place was set, and noted afterwards that it is no device;
 * and it may have had a slot in hand that is free now. */
void ost_site_places_seen(struct ost_site *site)
{
	struct ost_view *v = atomic_load(&site->view);

	if (v == NULL)
		return;
	v->serial = ++site->serial;
	ost_slots_settle(site, v);
}
