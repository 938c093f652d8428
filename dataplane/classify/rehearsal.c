/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rehearsal.h"

#include "stay.h"

#define FLOWS_OF_ONE 3u /* of a device, that are told */

/* One worker's counts: a line of its own. */
struct part {
	uint64_t standing, cut;
	uint32_t left; /* buckets */
} OST_CACHE_ALIGNED;

struct ost_rehearsal {
	struct part parts[OST_WORKERS_MAX];
	struct ost_site shadow;
	struct ost_site *site; /* the one that is in force */
	struct ost_view *view; /* of the shadow */
	uint32_t slots;	       /* of the site, when it began */
	bool *known;	       /* by slot: it was a device's then */
	_Atomic uint32_t *cut; /* flows, by slot */
	_Atomic uint32_t workers; /* that are not through */
	_Atomic uint32_t flow_count;
	struct ost_rehearsed_flow flows[OST_REHEARSED_FLOWS];
	uint32_t flow_slots[OST_REHEARSED_FLOWS];
};

/* ---- the shadow ---- */

static void slots_copy(struct ost_rehearsal *r)
{
	struct ost_site *s = &r->shadow;

	for (uint32_t i = 0; i < r->slots; i++) {
		const struct ost_slot *from = &r->site->slots[i];
		const struct ost_standing *standing = &r->site->standings[i];
		struct ost_slot *to = &s->slots[i];

		r->known[i] = from->mac != 0;
		to->mac = from->mac;
		to->vlan = from->vlan;
		to->unborn = from->unborn;
		atomic_store_explicit(&to->left, atomic_load_explicit(&from->left, memory_order_relaxed), memory_order_relaxed);
		atomic_store_explicit(&to->life, atomic_load_explicit(&from->life, memory_order_relaxed), memory_order_relaxed);
		atomic_store_explicit(&to->flows, atomic_load_explicit(&from->flows, memory_order_relaxed), memory_order_relaxed);
		atomic_store_explicit(&to->addresses, atomic_load_explicit(&from->addresses, memory_order_relaxed), memory_order_relaxed);
		atomic_store(&s->standings[i].state, atomic_load(&standing->state));
		atomic_store(&s->standings[i].assurance, atomic_load(&standing->assurance));
		atomic_store(&s->standings[i].pin, atomic_load(&standing->pin));
	}
}

/* Who can be found is found in the shadow, too. */
static int devices_copy(struct ost_rehearsal *r)
{
	struct ost_site *s = &r->shadow;
	const struct ost_table *from = &r->site->devices;

	for (uint32_t i = 0; i < ost_table_places(from); i++) {
		uint32_t slot = r->site->slot_at[i], place;

		if (from->buckets[i / OST_TABLE_WAYS].tags[i % OST_TABLE_WAYS] == 0)
			continue;
		place = ost_table_insert(&s->devices, ost_slot_hash(s, s->slots[slot].mac, s->slots[slot].vlan));
		if (place == OST_TABLE_NONE)
			return -ENOSPC;
		s->slot_at[place] = slot;
	}
	return 0;
}

/* What the view in force says, for the making of the next one. */
static int now_copy(struct ost_rehearsal *r)
{
	const struct ost_view *v = atomic_load(&r->site->view);
	const size_t places = r->shadow.config.devices_max;
	struct ost_view *now = calloc(1, sizeof(*now));

	if (now == NULL)
		return -ENOMEM;
	atomic_store(&r->shadow.view, now);
	now->site = &r->shadow;
	now->image = v->image;
	now->slot = v->slot;
	now->hot = ost_site_alloc(&r->shadow, places * sizeof(*now->hot));
	now->device = ost_site_alloc(&r->shadow, places * sizeof(*now->device));
	now->stamp = ost_site_alloc(&r->shadow, places * sizeof(*now->stamp));
	if (now->hot == NULL || now->device == NULL || now->stamp == NULL)
		return -ENOMEM;
	memcpy(now->hot, v->hot, r->slots * sizeof(*now->hot));
	memcpy(now->device, v->device, r->slots * sizeof(*now->device));
	return 0;
}

static void now_free(struct ost_view *now)
{
	if (now == NULL)
		return;
	free(now->hot);
	free(now->device);
	free(now->stamp);
	free(now);
}

static int shadow_alloc(struct ost_rehearsal *r)
{
	struct ost_site *s = &r->shadow;
	const size_t places = s->config.devices_max;

	s->devices.max = s->config.devices_max;
	s->devices.bucket_count = ost_table_buckets_for(s->devices.max, OST_TABLE_FILL_DEVICES);
	s->devices.buckets = ost_site_alloc(s, (size_t)s->devices.bucket_count * sizeof(*s->devices.buckets));
	s->slot_at = calloc(ost_table_places(&s->devices), sizeof(*s->slot_at));
	s->slots = ost_site_alloc(s, places * sizeof(*s->slots));
	s->standings = ost_site_alloc(s, places * sizeof(*s->standings));
	s->refused = aligned_alloc(OST_CACHE_LINE, places * sizeof(*s->refused)); /* only those of new devices are touched */
	r->known = calloc((size_t)r->slots + 1, sizeof(*r->known));
	r->cut = calloc((size_t)r->slots + 1, sizeof(*r->cut));
	return s->devices.buckets && s->slot_at && s->slots && s->standings && s->refused && r->known && r->cut ? 0 : -ENOMEM;
}

/* So many slots more that all of the policy's devices find one, however many leave. */
static int shadow_make(struct ost_rehearsal *r, const struct ost_image *image)
{
	const struct ost_site *site = r->site;
	struct ost_site *s = &r->shadow;
	int rc;

	s->config = site->config;
	s->config.devices_max += image->device_count;
	s->config.alloc = s->config.alloc_sparse = NULL; /* the large pages are for what is in force */
	s->config.release = NULL;
	s->hash = site->hash;
	s->slot_count = site->slot_count;
	s->left_count = site->left_count;
	s->bindings_table.buckets = site->bindings_table.buckets;
	s->bindings_table.bucket_count = site->bindings_table.bucket_count;
	s->bindings = site->bindings;
	s->names = site->names;
	s->wall_s = site->wall_s;
	s->device_ports = site->device_ports;
	atomic_store(&s->stamp_next, 1);
	rc = shadow_alloc(r);
	if (rc < 0)
		return rc;
	slots_copy(r);
	rc = devices_copy(r);
	return rc == 0 ? now_copy(r) : rc;
}

/* The policy comes in force in the shadow. Slots that the site gives to devices meanwhile are nobody's there. */
static int view_make(struct ost_rehearsal *r, const struct ost_image *image)
{
	struct ost_site *s = &r->shadow;
	struct ost_view *now = atomic_load(&s->view), *old = NULL;
	int rc = ost_site_policy_set(s, image, 0, &old);

	now_free(now);
	if (rc < 0) {
		atomic_store(&s->view, NULL);
		return rc;
	}
	r->view = atomic_load(&s->view);
	for (uint32_t slot = s->slot_count; slot < s->config.devices_max; slot++)
		ost_view_slot_blank(r->view, slot);
	return 0;
}

/* ---- one flow ---- */

static void flow_note(struct ost_rehearsal *r, uint32_t slot, const struct ost_flow_known *k, uint8_t flags, enum ost_reason reason)
{
	struct ost_rehearsed_flow *f;
	uint32_t at;

	if (atomic_fetch_add_explicit(&r->cut[slot], 1, memory_order_relaxed) >= FLOWS_OF_ONE ||
		atomic_load_explicit(&r->flow_count, memory_order_relaxed) >= OST_REHEARSED_FLOWS)
		return;
	at = atomic_fetch_add_explicit(&r->flow_count, 1, memory_order_relaxed);
	if (at >= OST_REHEARSED_FLOWS)
		return;
	r->flow_slots[at] = slot;
	f = &r->flows[at];
	f->family = k->dev_ip[1] == OST_BINDING_IPV4 ? OST_IPV4 : OST_IPV6;
	memcpy(f->dev_ip, k->dev_ip, f->family == OST_IPV4 ? 4 : 16);
	memcpy(f->rem_ip, k->rem_ip, f->family == OST_IPV4 ? 4 : 16);
	f->dev_port = k->dev_port;
	f->rem_port = k->rem_port;
	f->protocol = k->protocol;
	f->opened_in = (flags & OST_FLOW_OPENED_IN) != 0;
	f->reason = (uint8_t)reason;
}

/* What has ended already, and is only kept for what is still on its way, counts for nothing. */
static void flow_rehearse(struct ost_classifier *c, struct ost_rehearsal *r, uint32_t place, bool v4)
{
	const struct ost_flow f = ost_flow_at(c, place, v4);
	const uint8_t flags = ost_flow_flags(f.meta);
	const uint32_t slot = ost_flow_slot(f.meta);
	struct part *part = &r->parts[c->index];
	struct ost_judgement j;
	struct ost_flow_known k;
	enum ost_reason reason;
	uint64_t key[6];

	if ((flags & OST_FLOW_ALIAS) || ost_flow_state(*f.tail1) >= OST_FLOW_TCP_CLOSING || slot >= r->slots || !r->known[slot])
		return;
	ost_flow_key(c, place, v4, key);
	ost_flow_known(key, v4, flags, c->tick, &k);
	reason = ost_flow_may_stay(r->view, &f, &k, ost_flow_peer(r->view, &k, c->tick), c->tick, &j);
	if (reason == OST_REASON_NONE) {
		part->standing++;
		return;
	}
	part->cut++;
	flow_note(r, slot, &k, flags, reason);
}

void ost_rehearse_bucket(struct ost_classifier *c, struct ost_rehearsal *r, uint32_t bucket, bool v4)
{
	const struct ost_table_bucket *b = v4 ? &c->table4.buckets[bucket] : &c->table6.buckets[bucket];
	struct part *part = &r->parts[c->index];

	if (part->left == 0)
		return;
	for (uint32_t m = ~ost_table_match(b, 0) & 0x7fffffffu; m != 0; m &= m - 1)
		flow_rehearse(c, r, bucket * OST_TABLE_WAYS + (uint32_t)__builtin_ctz(m), v4);
	if (--part->left == 0)
		atomic_fetch_sub_explicit(&r->workers, 1, memory_order_acq_rel);
}

/* ---- main ---- */

int ost_rehearsal_new(struct ost_site *site, const struct ost_image *image, struct ost_rehearsal **ret_rehearsal)
{
	struct ost_rehearsal *r;
	int rc;

	if (atomic_load(&site->view) == NULL)
		return -ENOENT;
	for (uint32_t i = 0; i < site->classifier_count; i++) {
		if (atomic_load(&site->classifiers[i]->rehearsal) != NULL)
			return -EBUSY;
	}
	r = aligned_alloc(_Alignof(struct ost_rehearsal), sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	memset(r, 0, sizeof(*r));
	r->site = site;
	r->slots = site->slot_count;
	rc = shadow_make(r, image);
	if (rc == 0) {
		rc = view_make(r, image);
	} else {
		now_free(atomic_load(&r->shadow.view));
		atomic_store(&r->shadow.view, NULL);
	}
	if (rc < 0) {
		ost_rehearsal_free(&r);
		return rc;
	}
	*ret_rehearsal = r;
	return 0;
}

void ost_rehearsal_free(struct ost_rehearsal **rehearsal)
{
	struct ost_rehearsal *r = *rehearsal;

	if (r == NULL)
		return;
	ost_view_free(&r->view);
	free(r->shadow.devices.buckets);
	free(r->shadow.slot_at);
	free(r->shadow.slots);
	free(r->shadow.standings);
	free(r->shadow.refused);
	free(r->known);
	free(r->cut);
	free(r);
	*rehearsal = NULL;
}

void ost_rehearsal_begin(struct ost_rehearsal *r)
{
	struct ost_site *site = r->site;

	atomic_store(&r->workers, site->classifier_count);
	for (uint32_t i = 0; i < site->classifier_count; i++)
		r->parts[i].left = ost_classifier_sweep_buckets(site->classifiers[i]);
	for (uint32_t i = 0; i < site->classifier_count; i++)
		atomic_store_explicit(&site->classifiers[i]->rehearsal, r, memory_order_release);
}

bool ost_rehearsal_is_over(const struct ost_rehearsal *r)
{
	return atomic_load_explicit(&r->workers, memory_order_acquire) == 0;
}

void ost_rehearsal_end(struct ost_rehearsal *r)
{
	for (uint32_t i = 0; i < r->site->classifier_count; i++)
		atomic_store_explicit(&r->site->classifiers[i]->rehearsal, NULL, memory_order_release);
}

void ost_rehearsal_flows(const struct ost_rehearsal *r, uint64_t *ret_standing, uint64_t *ret_cut)
{
	uint64_t standing = 0, cut = 0;

	for (uint32_t i = 0; i < r->site->classifier_count; i++) {
		standing += r->parts[i].standing;
		cut += r->parts[i].cut;
	}
	*ret_standing = standing;
	*ret_cut = cut;
}

uint32_t ost_rehearsal_slots(const struct ost_rehearsal *r)
{
	return r->slots;
}

uint32_t ost_rehearsal_cut(const struct ost_rehearsal *r, uint32_t slot)
{
	return slot < r->slots ? atomic_load_explicit(&r->cut[slot], memory_order_relaxed) : 0;
}

bool ost_rehearsal_flow(const struct ost_rehearsal *r, uint32_t n, uint32_t *ret_slot, struct ost_rehearsed_flow *ret_flow)
{
	uint32_t count = atomic_load_explicit(&r->flow_count, memory_order_relaxed);

	if (n >= OST_MIN(count, OST_REHEARSED_FLOWS))
		return false;
	*ret_slot = r->flow_slots[n];
	*ret_flow = r->flows[n];
	return true;
}
