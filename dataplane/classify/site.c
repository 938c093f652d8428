/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "name.h"

void *ost_site_alloc(const struct ost_site *site, size_t bytes)
{
	size_t rounded = (bytes + OST_CACHE_LINE - 1) & ~(size_t)(OST_CACHE_LINE - 1);
	void *p;

	if (site->config.alloc != NULL)
		return site->config.alloc(rounded);
	p = aligned_alloc(OST_CACHE_LINE, rounded);
	if (p != NULL)
		memset(p, 0, rounded);
	return p;
}

void *ost_site_alloc_sparse(const struct ost_site *site, size_t bytes)
{
	if (site->config.alloc_sparse != NULL)
		return site->config.alloc_sparse((bytes + OST_CACHE_LINE - 1) & ~(size_t)(OST_CACHE_LINE - 1));
	return ost_site_alloc(site, bytes);
}

void ost_site_release(const struct ost_site *site, void *memory, size_t bytes)
{
	size_t rounded = (bytes + OST_CACHE_LINE - 1) & ~(size_t)(OST_CACHE_LINE - 1);

	if (memory == NULL)
		return;
	if (site->config.release != NULL)
		site->config.release(memory, rounded);
	else
		free(memory);
}

static int config_check(const struct ost_site_config *config)
{
	if (config->devices_max == 0 || config->devices_max > OST_SITE_SLOTS_MAX || config->bindings_max == 0 ||
		config->port_count == 0 || config->port_count > OST_PORTS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < config->port_count; i++) {
		if (config->ports[i].side >= OST_SIDE_COUNT)
			return -EINVAL;
		if (config->ports[i].side == OST_SIDE_DEVICE &&
			(config->ports[i].uplink >= config->port_count ||
				config->ports[config->ports[i].uplink].side != OST_SIDE_NETWORK))
			return -EINVAL;
	}
	return 0;
}

static int table_make(const struct ost_site *site, struct ost_table *t, uint32_t max, uint32_t fill_percent)
{
	t->bucket_count = ost_table_buckets_for(max, fill_percent);
	t->max = max;
	t->used = 0;
	t->buckets = ost_site_alloc(site, (size_t)t->bucket_count * sizeof(*t->buckets));
	return t->buckets != NULL ? 0 : -ENOMEM;
}

static int site_tables_make(struct ost_site *site)
{
	int r = table_make(site, &site->devices, site->config.devices_max, OST_TABLE_FILL_DEVICES);

	if (r == 0)
		r = table_make(site, &site->bindings_table, site->config.bindings_max, OST_TABLE_FILL_SHARED);
	if (r < 0)
		return r;
	site->slot_at = ost_site_alloc(site, (size_t)ost_table_places(&site->devices) * sizeof(*site->slot_at));
	site->standings = ost_site_alloc(site, (size_t)site->config.devices_max * sizeof(*site->standings));
	site->slots = ost_site_alloc(site, (size_t)site->config.devices_max * sizeof(*site->slots));
	site->refused = ost_site_alloc(site, (size_t)site->config.devices_max * sizeof(*site->refused));
	site->bindings = ost_site_alloc(site,
		(size_t)ost_table_places(&site->bindings_table) * sizeof(*site->bindings));
	site->wishes = ost_site_alloc(site, OST_BINDING_WISHES * sizeof(*site->wishes));
	site->events = ost_site_alloc(site, OST_BINDING_EVENTS * sizeof(*site->events));
	if (!site->slot_at || !site->standings || !site->slots || !site->refused || !site->bindings || !site->wishes || !site->events)
		return -ENOMEM;
	return ost_name_table_new(site);
}

int ost_site_new(const struct ost_site_config *config, struct ost_site **ret_site)
{
	struct ost_site *site;
	int r = config_check(config);

	if (r < 0)
		return r;
	site = calloc(1, sizeof(*site));
	if (site == NULL)
		return -ENOMEM;
	site->config = *config;
	if (config->names_max == 0)
		site->config.names_max = OST_SITE_NAMES_DEFAULT;
	/* Odd words: a zero factor would fold everything to zero. */
	for (int i = 0; i < 4; i++)
		site->hash.s[i] = config->secret[i] ^ (0x9e3779b97f4a7c15ull * (2u * (unsigned)i + 1u));
	site->hash.s[3] |= 1;
	atomic_store(&site->stamp_next, 1);
	for (uint32_t i = 0; i < config->port_count; i++) {
		if (config->ports[i].side == OST_SIDE_DEVICE)
			site->device_ports |= 1ull << i;
	}
	r = site_tables_make(site);
	if (r < 0) {
		ost_site_free(&site);
		return r;
	}
	*ret_site = site;
	return 0;
}

void ost_site_free(struct ost_site **site)
{
	struct ost_site *s = *site;
	struct ost_view *view;

	if (s == NULL)
		return;
	view = atomic_load(&s->view);
	ost_view_free(&view);
	ost_name_table_free(s);
	ost_site_release(s, s->devices.buckets, (size_t)s->devices.bucket_count * sizeof(*s->devices.buckets));
	ost_site_release(s, s->bindings_table.buckets,
		(size_t)s->bindings_table.bucket_count * sizeof(*s->bindings_table.buckets));
	ost_site_release(s, s->slot_at, (size_t)ost_table_places(&s->devices) * sizeof(*s->slot_at));
	ost_site_release(s, s->standings, (size_t)s->config.devices_max * sizeof(*s->standings));
	ost_site_release(s, s->slots, (size_t)s->config.devices_max * sizeof(*s->slots));
	ost_site_release(s, s->refused, (size_t)s->config.devices_max * sizeof(*s->refused));
	ost_site_release(s, s->bindings, (size_t)ost_table_places(&s->bindings_table) * sizeof(*s->bindings));
	ost_site_release(s, s->wishes, OST_BINDING_WISHES * sizeof(*s->wishes));
	ost_site_release(s, s->events, OST_BINDING_EVENTS * sizeof(*s->events));
	free(s);
	*site = NULL;
}

void ost_slot_bump(struct ost_site *site, uint32_t slot)
{
	uint32_t stamp = atomic_fetch_add_explicit(&site->stamp_next, 1, memory_order_relaxed);
	struct ost_view *v;

	/* What was taken away must be seen by whoever sees the new stamp; and the view is read after it, so
	 * that a view swapped in meanwhile is bumped instead. */
	atomic_thread_fence(memory_order_seq_cst);
	v = atomic_load_explicit(&site->view, memory_order_acquire);
	if (v != NULL)
		atomic_store_explicit(&v->stamp[slot], stamp, memory_order_release);
}

void ost_site_wall_set(struct ost_site *site, int64_t wall_s)
{
	struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);

	site->wall_s = wall_s;
	if (v == NULL || v->image->schedule_count == 0 || !ost_view_schedules(v, wall_s))
		return;
	/* All of them: a flow may hang on the schedule of the role that its other end has, behind the network. */
	for (uint32_t slot = 0; slot < site->slot_count; slot++) {
		if (v->hot[slot].role != UINT32_MAX)
			ost_slot_bump(site, slot);
	}
}

const struct ost_image *ost_site_image(const struct ost_site *site)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);

	return v != NULL ? v->image : NULL;
}

int ost_site_device_state_set(struct ost_site *site, uint32_t image_device, enum ost_state state,
	enum ost_assurance assurance)
{
	uint32_t slot = ost_site_slot(site, image_device);

	if (slot == OST_DEVICE_NONE)
		return -ENOENT;
	if (state >= OST_STATE_COUNT || assurance >= OST_ASSURANCE_COUNT)
		return -EINVAL;
	atomic_store_explicit(&site->standings[slot].state, (uint8_t)state, memory_order_relaxed);
	atomic_store_explicit(&site->standings[slot].assurance, (uint8_t)assurance, memory_order_relaxed);
	ost_slot_bump(site, slot);
	return 0;
}

void ost_site_authenticator_set(struct ost_site *site, bool there)
{
	atomic_store_explicit(&site->authenticator, there, memory_order_relaxed);
}

void ost_site_observer_set(struct ost_site *site, bool there)
{
	atomic_store_explicit(&site->observer, there, memory_order_relaxed);
}

void ost_site_port_down(struct ost_site *site, uint32_t port)
{
	for (uint32_t slot = 0; slot < site->slot_count; slot++) {
		uint8_t state = atomic_load(&site->standings[slot].state);

		if (atomic_load(&site->standings[slot].pin) != port)
			continue;
		/* What it has proved, it has proved there: whoever has its MAC elsewhere now must not have its rights, not even
		 * until ostiaryd has heard of the link. */
		if (state == OST_STATE_AUTHENTICATED || state == OST_STATE_EXPIRED) {
			atomic_store(&site->standings[slot].state, OST_STATE_UNKNOWN);
			atomic_store(&site->standings[slot].assurance, OST_ASSURANCE_NONE);
		}
		atomic_store(&site->standings[slot].pin, OST_PORTS_MAX);
		ost_slot_bump(site, slot);
	}
}

static bool binding_of(const struct ost_site *site, uint32_t image_device, const struct ost_ip *ip,
	enum ost_binding_source source, uint64_t expires_ns, struct ost_binding *ret)
{
	uint32_t slot = ost_site_slot(site, image_device);

	if (slot == OST_DEVICE_NONE)
		return false;
	*ret = (struct ost_binding){.vlan = site->slots[slot].vlan | (uint32_t)source << 24, .slot = slot,
		.expires_tick = expires_ns == 0 ? 0 : (uint32_t)(expires_ns >> OST_TICK_SHIFT) | 1};
	if (ip->family == OST_IPV4)
		ost_binding_key4(ost_load32(ip->b), ret->ip);
	else
		memcpy(ret->ip, ip->b, 16);
	return true;
}

int ost_site_bind_later(struct ost_site *site, uint32_t image_device, const struct ost_ip *ip,
	enum ost_binding_source source, uint64_t expires_ns)
{
	uint32_t head = atomic_load_explicit(&site->wishes_head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&site->wishes_tail, memory_order_acquire);
	struct ost_binding_wish *wish;

	if (head - tail >= OST_BINDING_WISHES)
		return -EAGAIN;
	wish = &site->wishes[head % OST_BINDING_WISHES];
	if (!binding_of(site, image_device, ip, source, expires_ns, &wish->binding))
		return -ENOENT;
	wish->life = atomic_load_explicit(&site->slots[wish->binding.slot].life, memory_order_relaxed);
	atomic_store_explicit(&site->wishes_head, head + 1, memory_order_release);
	return 0;
}

int ost_site_bind(struct ost_site *site, uint32_t image_device, const struct ost_ip *ip,
	enum ost_binding_source source, uint64_t now_ns, uint64_t expires_ns)
{
	struct ost_binding b;
	enum ost_reason r;

	if (!binding_of(site, image_device, ip, source, expires_ns, &b))
		return -ENOENT;
	r = ost_binding_set(site, b.slot, b.ip, b.vlan & 0xffffff, source, (uint32_t)(now_ns >> OST_TICK_SHIFT),
		b.expires_tick, 0);
	if (r == OST_REASON_ADDRESS_IN_USE)
		return -EADDRINUSE;
	return r == OST_REASON_NONE ? 0 : -ENOSPC;
}

uint32_t ost_site_slot(const struct ost_site *site, uint32_t image_device)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);

	if (v == NULL || image_device >= v->image->device_count || v->slot[image_device] == OST_SLOT_NONE)
		return OST_DEVICE_NONE;
	return v->slot[image_device];
}

uint32_t ost_site_slots(const struct ost_site *site)
{
	return site->slot_count;
}

int ost_site_device_get(const struct ost_site *site, uint32_t slot, struct ost_site_device *ret_device)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);

	/* The second: it has proved to be elsewhere since. */
	if (v == NULL || slot >= site->slot_count || v->hot[slot].role == UINT32_MAX || v->slot[v->device[slot]] != slot)
		return -ENOENT;
	*ret_device = (struct ost_site_device){
		.image_device = v->device[slot],
		.port = ost_slot_port(site, v, slot),
		.state = atomic_load(&site->standings[slot].state),
		.assurance = atomic_load(&site->standings[slot].assurance),
	};
	return 0;
}

uint32_t ost_site_bindings(const struct ost_site *site, uint32_t *ret_max)
{
	if (ret_max != NULL)
		*ret_max = site->bindings_table.max;
	return site->bindings_table.used;
}
