/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy in force as arrays by device slot: built aside, swapped in by one pointer. */
#include "site.h"

void ost_view_free(struct ost_view **view)
{
	struct ost_view *v = *view;
	const struct ost_site *site;
	size_t places;

	if (v == NULL)
		return;
	site = v->site;
	places = site->config.devices_max;
	ost_site_release(site, v->hot, places * sizeof(*v->hot));
	ost_site_release(site, v->device, places * sizeof(*v->device));
	ost_site_release(site, v->stamp, places * sizeof(*v->stamp));
	ost_site_release(site, v->domain_keys, (size_t)(v->image_copy.domain_count + 1) * sizeof(*v->domain_keys));
	ost_site_release(site, v->host_keys, v->image_copy.host_count * sizeof(*v->host_keys));
	ost_site_release(site, v->statics.buckets, (size_t)v->statics.bucket_count * sizeof(*v->statics.buckets));
	ost_site_release(site, v->static_bindings, (size_t)ost_table_places(&v->statics) * sizeof(*v->static_bindings));
	ost_site_release(site, v->roles, v->image_copy.role_count * sizeof(*v->roles));
	ost_site_release(site, v->chunks4, v->image_copy.chunk4_count * sizeof(*v->chunks4));
	ost_site_release(site, v->chunks6, v->image_copy.chunk6_count * sizeof(*v->chunks6));
	for (uint32_t i = 0; i < OST_WORKERS_MAX; i++)
		ost_site_release(site, v->hits[i], (size_t)v->image_copy.rule_count * sizeof(*v->hits[i]));
	for (uint32_t i = 0; i < v->image_copy.role_count && v->large != NULL; i++) {
		ost_large_free(site, &v->large[i].family4);
		ost_large_free(site, &v->large[i].family6);
	}
	free(v->large);
	free(v->slot);
	free(v->filters);
	free(v);
	*view = NULL;
}

/* An image comes as a mapped file, in pages of 4 KiB: a random look into 100 MB of it misses the TLB nearly
 * always. What packets read is copied where the caller keeps its tables. */
static bool hot_sections_copy(const struct ost_site *site, struct ost_view *v)
{
	struct ost_image *image = &v->image_copy;
	const struct {
		void **to;
		const void *from;
		size_t bytes;
	} copies[] = {
		{(void **)&v->roles, image->roles, image->role_count * sizeof(*image->roles)},
		{(void **)&v->chunks4, image->chunks4, image->chunk4_count * sizeof(*image->chunks4)},
		{(void **)&v->chunks6, image->chunks6, image->chunk6_count * sizeof(*image->chunks6)},
	};

	for (size_t i = 0; site->config.alloc != NULL && i < OST_ARRAY_SIZE(copies); i++) {
		if (copies[i].bytes == 0)
			continue;
		*copies[i].to = ost_site_alloc(site, copies[i].bytes);
		if (*copies[i].to == NULL)
			return false;
		memcpy(*copies[i].to, copies[i].from, copies[i].bytes);
	}
	image->roles = v->roles != NULL ? v->roles : image->roles;
	image->chunks4 = v->chunks4 != NULL ? v->chunks4 : image->chunks4;
	image->chunks6 = v->chunks6 != NULL ? v->chunks6 : image->chunks6;
	return true;
}

static int view_alloc(struct ost_site *site, const struct ost_image *image, struct ost_view **ret_view)
{
	size_t places = site->config.devices_max;
	struct ost_view *v = calloc(1, sizeof(*v));
	bool ok;

	if (v == NULL)
		return -ENOMEM;
	v->site = site;
	v->image_copy = *image;
	v->image = &v->image_copy;
	v->statics.max = image->address_count;
	v->statics.bucket_count = ost_table_buckets_for(image->address_count, OST_TABLE_FILL_SHARED);
	v->hot = ost_site_alloc_sparse(site, places * sizeof(*v->hot));
	v->device = ost_site_alloc(site, places * sizeof(*v->device));
	v->stamp = ost_site_alloc(site, places * sizeof(*v->stamp));
	v->slot = calloc((size_t)image->device_count + 1, sizeof(*v->slot));
	v->statics.buckets = ost_site_alloc(site, (size_t)v->statics.bucket_count * sizeof(*v->statics.buckets));
	v->static_bindings = ost_site_alloc(site, (size_t)ost_table_places(&v->statics) * sizeof(*v->static_bindings));
	v->filters = calloc((size_t)image->role_count + 1, sizeof(*v->filters));
	ok = v->hot && v->device && v->stamp && v->slot && v->filters && v->statics.buckets && v->static_bindings;
	ok = ok && hot_sections_copy(site, v) && ost_host_keys_make(site, v) == 0;
	for (uint32_t i = 0; i < site->classifier_count && image->rule_count > 0; i++) {
		v->hits[i] = ost_site_alloc(site, (size_t)image->rule_count * sizeof(*v->hits[i]));
		ok = ok && v->hits[i] != NULL;
	}
	if (!ok) {
		ost_view_free(&v);
		return -ENOMEM;
	}
	*ret_view = v;
	return 0;
}

static void ports_map(const struct ost_site *site, const struct ost_image *image, uint8_t ret_ports[static OST_PORTS_MAX])
{
	memset(ret_ports, OST_PORTS_MAX, OST_PORTS_MAX);
	for (uint32_t i = 0; i < image->port_count && i < OST_PORTS_MAX; i++) {
		const char *name = ost_image_string(image, image->ports[i].name);

		for (uint32_t k = 0; k < site->config.port_count; k++) {
			if (site->config.ports[k].side == OST_SIDE_DEVICE && strcmp(site->config.ports[k].name, name) == 0)
				ret_ports[i] = (uint8_t)k;
		}
	}
}

static void filters_make(const struct ost_site *site, struct ost_view *v)
{
	v->filter_key = (struct ost_filter_key){site->hash.s[3] | 1, site->hash.s[2] | 1};
	for (uint32_t i = 0; i < v->image->role_count; i++)
		ost_filter_make(v->image, &v->image->roles[i], &v->filter_key, &v->filters[i]);
}

bool ost_view_schedules(struct ost_view *v, int64_t wall_s)
{
	struct ost_schedules_open open;
	bool turned = false;

	ost_schedules_at(v->image, wall_s, &open);
	for (unsigned i = 0; i < OST_SCHEDULE_WORDS; i++)
		turned |= atomic_exchange_explicit(&v->open[i], open.word[i], memory_order_relaxed) != open.word[i];
	return turned;
}

/* What cannot be made is done without. */
static void large_make(const struct ost_site *site, struct ost_view *v)
{
	for (uint32_t i = 0; i < v->image->role_count; i++) {
		const struct ost_image_role *role = &v->image->roles[i];

		if (role->chunk4_count < OST_LARGE_CHUNKS && role->chunk6_count < OST_LARGE_CHUNKS)
			continue;
		if (v->large == NULL)
			v->large = calloc(v->image->role_count, sizeof(*v->large));
		if (v->large == NULL)
			return;
		v->large[i].family4 = ost_large_make4(site, v->image, role);
		v->large[i].family6 = ost_large_make6(site, v->image, role);
	}
}

/* Of an image, its ports mapped, without a device yet. */
static int view_new(struct ost_site *site, const struct ost_image *image, struct ost_view **ret_view)
{
	int r = image->port_count <= OST_PORTS_MAX ? view_alloc(site, image, ret_view) : -EINVAL;

	if (r < 0)
		return r;
	for (uint32_t slot = 0; slot < site->slot_count; slot++)
		ost_view_slot_blank(*ret_view, slot);
	ports_map(site, image, (*ret_view)->ports);
	filters_make(site, *ret_view);
	large_make(site, *ret_view);
	(void)ost_view_schedules(*ret_view, site->wall_s);
	ost_resolver_bits_make(image, (*ret_view)->resolver_bits);
	(*ret_view)->serial = ++site->serial;
	return 0;
}

static void state_store(struct ost_standing *s, bool by_mac)
{
	atomic_store(&s->assurance, by_mac ? OST_ASSURANCE_IDENTIFIED : OST_ASSURANCE_NONE);
	atomic_store(&s->state, by_mac ? OST_STATE_IDENTIFIED : OST_STATE_UNKNOWN);
}

/* A device that the policy knows by its MAC is identified as soon as the policy says so; one that must prove
 * itself stays unknown until it has. A state that was given to it stays, unless the policy now asks for other
 * proof. Runs behind the swap, so that a policy that could not be set has changed no state; the classifier
 * gives a role that asks for proof nothing for being identified, so nothing opens in between. */
static void states_follow(struct ost_site *site, const struct ost_view *v)
{
	for (uint32_t i = 0; i < v->image->device_count; i++) {
		uint32_t slot = v->slot[i];
		struct ost_standing *s;
		uint8_t state;
		bool by_mac;

		if (slot == OST_SLOT_NONE)
			continue;
		s = &site->standings[slot];
		state = atomic_load(&s->state);
		by_mac = v->image->roles[v->hot[slot].role].authenticate == OST_AUTH_MAC;
		if (state != (by_mac ? OST_STATE_UNKNOWN : OST_STATE_IDENTIFIED))
			continue;
		state_store(s, by_mac);
		ost_slot_bump(site, slot);
	}
}

/* Whether what a slot's device has proved under the policy in force is still its device's: it has the same name and proves
 * itself by the same certificate, in the same way. */
static bool same_device(const struct ost_view *now, const struct ost_view *v, uint32_t slot)
{
	const struct ost_image_device *before, *d = &v->image->devices[v->device[slot]];

	if (now == NULL || now->hot[slot].role == UINT32_MAX)
		return false;
	before = &now->image->devices[now->device[slot]];
	return strcmp(ost_image_string(now->image, before->name), ost_image_string(v->image, d->name)) == 0 &&
		strcmp(ost_image_string(now->image, before->certificate), ost_image_string(v->image, d->certificate)) == 0 &&
		now->image->roles[before->role].authenticate == v->image->roles[d->role].authenticate;
}

/* Runs before the swap, and nothing fails behind it: nobody has another's rights in between. What takes rights away stays. */
static void proofs_end(struct ost_site *site, const struct ost_view *v)
{
	const struct ost_view *now = atomic_load(&site->view);

	for (uint32_t slot = 0; slot < site->slot_count; slot++) {
		uint8_t state = atomic_load(&site->standings[slot].state);

		if (v->hot[slot].role == UINT32_MAX || (state != OST_STATE_AUTHENTICATED && state != OST_STATE_EXPIRED) ||
			same_device(now, v, slot))
			continue;
		state_store(&site->standings[slot], false);
		ost_slot_bump(site, slot);
	}
}

void ost_view_statics_add(struct ost_site *site, struct ost_view *v, const struct ost_image_device *d, uint32_t slot)
{
	uint32_t vlan = site->slots[slot].vlan;

	for (uint32_t i = 0; i < d->address_count; i++) {
		const struct ost_image_address *a = &v->image->addresses[d->address_first + i];
		uint64_t key[2];
		uint64_t hash;
		uint32_t place;

		if (a->family == OST_IPV4)
			ost_binding_key4(ost_load32(a->ip), key);
		else
			memcpy(key, a->ip, 16);
		hash = ost_binding_hash(site, key, vlan);
		if (ost_binding_find_in(&v->statics, v->static_bindings, hash, key, vlan) != NULL)
			continue;
		place = ost_table_insert(&v->statics, hash);
		if (place == OST_TABLE_NONE)
			continue; /* cannot be: the table was made for all of them */
		ost_binding_write(&v->static_bindings[place], &(struct ost_binding){.ip = {key[0], key[1]},
			.vlan = vlan | (uint32_t)OST_BINDING_STATIC << 24, .slot = slot});
		if (a->family == OST_IPV4)
			v->hot[slot].address4 = (uint32_t)key[0];
	}
}

/* In which states a device's packet that no lane matches is refused for that: where no rule about a peer's role or a name may
 * match, audit does not let it pass, and the state is not what stands in the way (ost_judge()). */
static uint16_t plain_states(const struct ost_image_role *role)
{
	unsigned states = 0;

	if (role->peer_count > 0 || role->host_count > 0 || role->mode != OST_MODE_ENFORCE || role->chunk4_count > UINT16_MAX)
		return 0;
	for (unsigned s = 0; s < OST_STATE_COUNT; s++) {
		if (s == OST_STATE_IDENTIFIED && role->authenticate != OST_AUTH_MAC)
			continue;
		if (ost_state_rights((enum ost_state)s) & (OST_RIGHT_NEW_FLOWS | OST_RIGHT_INFRASTRUCTURE))
			states |= 1u << s;
	}
	return (uint16_t)states;
}

void ost_view_slot_fill(const struct ost_view *v, const struct ost_image_device *d, const struct ost_slot *s,
	const struct ost_role_filter *filter, struct ost_view_slot *h)
{
	const struct ost_image_role *role = &v->image->roles[d->role];

	*h = (struct ost_view_slot){.mac = s->mac, .vlan = s->vlan, .role = d->role,
		.chunk4_first = role->chunk4_first, .chunk4_count = (uint16_t)role->chunk4_count, .plain = plain_states(role),
		.port = d->port == OST_PORT_ANY ? OST_PORTS_MAX : v->ports[d->port],
		.grain = filter->grain, .filter = filter->filter};
}

/* A device that a packet can come from here: it has a MAC, and its port is one of ours. */
static bool device_here(const struct ost_image_device *d, const uint8_t ports[static OST_PORTS_MAX])
{
	return d->has_mac && (d->port == OST_PORT_ANY || ports[d->port] != OST_PORTS_MAX);
}

static uint32_t slot_of(const struct ost_site *site, const struct ost_image_device *d)
{
	uint64_t mac = ost_mac_word(d->mac);

	return ost_slot_find(site, ost_slot_hash(site, mac, d->vlan), mac, d->vlan);
}

/* Where a device that the policy knows by its certificate alone has proved to be: it stays there when the next policy has
 * a device of this name that may be there. */
static uint32_t placed_slot(const struct ost_site *site, const struct ost_image *image, const uint8_t ports[static OST_PORTS_MAX],
	const struct ost_image_device *d)
{
	const struct ost_view *now = atomic_load(&site->view);
	int64_t before = now != NULL ? ost_image_device_find(now->image, ost_image_string(image, d->name)) : -ENOENT;
	uint32_t slot = before >= 0 ? now->slot[before] : OST_SLOT_NONE;

	if (slot == OST_SLOT_NONE || (d->port != OST_PORT_ANY && ports[d->port] != ost_slot_port(site, now, slot)))
		return OST_SLOT_NONE;
	return slot;
}

static void device_add(struct ost_site *site, struct ost_view *v, uint32_t device, uint32_t slot)
{
	const struct ost_image_device *d = &v->image->devices[device];

	if (v->hot[slot].role != UINT32_MAX)
		return; /* a second device with this MAC and VLAN: the first one counts */
	v->slot[device] = slot;
	ost_view_slot_fill(v, d, &site->slots[slot], &v->filters[d->role], &v->hot[slot]);
	v->device[slot] = device;
	if (site->slots[slot].unborn) /* no view before this one knows it */
		state_store(&site->standings[slot], v->image->roles[d->role].authenticate == OST_AUTH_MAC);
	ost_view_statics_add(site, v, d, slot);
	v->reachable++;
}

/* Those that have a slot, but for those whose slot is not in only, if there is an only. Returns how many have none. */
static uint32_t devices_add_known(struct ost_site *site, struct ost_view *v, const bool *only)
{
	uint32_t without = 0;

	for (uint32_t i = 0; i < v->image->device_count; i++) {
		const struct ost_image_device *d = &v->image->devices[i];
		uint32_t slot;

		v->slot[i] = OST_SLOT_NONE;
		if (!device_here(d, v->ports))
			continue;
		slot = slot_of(site, d);
		if (slot == OST_SLOT_NONE)
			without++;
		else if (only == NULL || only[slot])
			device_add(site, v, i, slot);
	}
	/* Behind those: a MAC that the policy names is that device's. */
	for (uint32_t i = 0; i < v->image->device_count; i++) {
		const struct ost_image_device *d = &v->image->devices[i];
		uint32_t slot = d->has_mac ? OST_SLOT_NONE : placed_slot(site, v->image, v->ports, d);

		if (slot != OST_SLOT_NONE && (only == NULL || only[slot]))
			device_add(site, v, i, slot);
	}
	return without;
}

static int devices_add_new(struct ost_site *site, struct ost_view *v)
{
	for (uint32_t i = 0; i < v->image->device_count; i++) {
		const struct ost_image_device *d = &v->image->devices[i];
		uint32_t slot;

		if (v->slot[i] != OST_SLOT_NONE || !device_here(d, v->ports) || slot_of(site, d) != OST_SLOT_NONE)
			continue;
		slot = ost_slot_take(site, ost_mac_word(d->mac), d->vlan);
		if (slot == OST_SLOT_NONE)
			return -ENOSPC;
		ost_view_slot_blank(v, slot);
		device_add(site, v, i, slot);
	}
	return 0;
}

static struct ost_view *publish(struct ost_site *site, struct ost_view *v)
{
	uint32_t stamp = atomic_fetch_add(&site->stamp_next, 1);
	struct ost_view *old;

	ost_slots_born(site);
	free(v->filters); /* each device has its role's */
	v->filters = NULL;
	for (uint32_t i = 0; i < site->slot_count; i++)
		atomic_store_explicit(&v->stamp[i], stamp, memory_order_relaxed);
	proofs_end(site, v);
	old = atomic_exchange(&site->view, v);
	ost_slots_left_end(site);
	states_follow(site, v);
	return old;
}

int ost_site_policy_set(struct ost_site *site, const struct ost_image *image, uint64_t now_ns,
	struct ost_view **ret_old)
{
	struct ost_view *v;
	int r = view_new(site, image, &v);

	(void)now_ns;
	if (r < 0)
		return r;
	r = ost_slots_reserve(site, v, devices_add_known(site, v, NULL));
	if (r == 0)
		r = devices_add_new(site, v);
	if (r < 0) {
		ost_slots_give_back(site);
		ost_view_free(&v);
		return r;
	}
	*ret_old = publish(site, v);
	return 0;
}

/* By slot: whether the image has its device. NULL: no memory. */
static bool *slots_had_by(const struct ost_site *site, const struct ost_image *image)
{
	bool *had = calloc(site->config.devices_max, sizeof(*had));
	uint8_t ports[OST_PORTS_MAX];

	if (had == NULL)
		return NULL;
	ports_map(site, image, ports);
	for (uint32_t i = 0; i < image->device_count; i++) {
		const struct ost_image_device *d = &image->devices[i];
		uint32_t slot = device_here(d, ports) ? slot_of(site, d) :
			d->has_mac ? OST_SLOT_NONE : placed_slot(site, image, ports, d);

		if (slot != OST_SLOT_NONE)
			had[slot] = true;
	}
	return had;
}

int ost_site_policy_without(struct ost_site *site, const struct ost_image *next, struct ost_view **ret_old)
{
	const struct ost_view *now = atomic_load(&site->view);
	struct ost_view *v;
	bool *had;
	int r;

	if (now == NULL)
		return -ENOENT;
	if (next->port_count > OST_PORTS_MAX)
		return -EINVAL;
	had = slots_had_by(site, next);
	r = had != NULL ? view_new(site, now->image, &v) : -ENOMEM;
	if (r == 0) {
		(void)devices_add_known(site, v, had);
		*ret_old = publish(site, v);
	}
	free(had);
	return r;
}
