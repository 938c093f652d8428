/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of headers on their way from the workers to ostiaryd: remembered here, sent when they are ordered. Workers only fill their
 * tables; everything else is the main thread's. */
#include "dataplane.h"
#include "hash.h"
#include "history.h"
#include "orders.h"

#define REMEMBERED 8192u /* copies: 1.3 MB */
#define NOBODY	   0u	 /* owner of what is no device's */

struct ost_evidence {
	struct ost_dataplane *dp;
	struct ost_history *history;
	struct ost_orders *orders;
	uint32_t slots;
	uint64_t copied, uncopied;
};

int ost_evidence_new(struct ost_dataplane *dp, struct ost_evidence **ret_evidence)
{
	struct ost_evidence *e = calloc(1, sizeof(*e));
	int r;

	if (e == NULL)
		return -ENOMEM;
	e->dp = dp;
	e->slots = ost_site_slots_for(dp->file->devices);
	r = ost_history_new(REMEMBERED, e->slots + OST_PORTS_MAX, &e->history);
	if (r == 0)
		r = ost_orders_new(&e->orders);
	if (r < 0) {
		ost_evidence_free(&e);
		return r;
	}
	*ret_evidence = e;
	return 0;
}

void ost_evidence_free(struct ost_evidence **evidence)
{
	struct ost_evidence *e = *evidence;

	if (e == NULL)
		return;
	ost_history_free(&e->history);
	ost_orders_free(&e->orders);
	free(e);
	*evidence = NULL;
}

/* Slots get other devices: a device is known by its name in the policy. */
static uint64_t owner_of(const struct ost_dataplane *dp, uint32_t slot)
{
	static const struct ost_hash_key key = {{0x6f737469617279, 1, 2, 3}};
	struct ost_site_device device;
	const char *name;

	if (dp->policy == NULL || ost_site_device_get(dp->site, slot, &device) < 0 || device.image_device >= dp->policy->image.device_count)
		return NOBODY;
	name = ost_image_device_name(&dp->policy->image, device.image_device);
	return ost_hash_bytes(&key, name, strlen(name)) | 1;
}

static void on_copy(void *user, uint32_t slot, const struct ost_copy *copy)
{
	struct ost_evidence *e = user;
	uint64_t owner = slot < e->slots ? owner_of(e->dp, slot) : NOBODY;
	uint32_t source = owner != NOBODY ? slot : e->slots + copy->port;

	e->copied++;
	ost_orders_offer(e->orders, source, owner, copy);
	ost_history_add(e->history, source, owner, copy);
}

void ost_evidence_flip(struct ost_evidence *e)
{
	for (uint32_t i = 0; i < e->dp->worker_count; i++)
		ost_classifier_copies_flip(e->dp->workers[i]->classifier);
}

void ost_evidence_collect(struct ost_evidence *e, int64_t wall_offset_ns)
{
	for (uint32_t i = 0; i < e->dp->worker_count; i++)
		e->uncopied += ost_classifier_copies_drain(e->dp->workers[i]->classifier, wall_offset_ns, on_copy, e);
}

static int match_of(const struct ost_evidence *e, const struct ost_msg_evidence *m, struct ost_history_match *ret)
{
	const struct ost_dataplane *dp = e->dp;

	*ret = (struct ost_history_match){.source = OST_DEVICE_NONE, .port = m->port, .any_mac = m->any_mac};
	memcpy(ret->mac, m->mac, sizeof(ret->mac));
	if (m->device == OST_DEVICE_NONE)
		return 0;
	if (dp->policy == NULL || dp->policy->image.generation != m->generation)
		return -ESTALE;
	ret->source = ost_site_slot(dp->site, m->device);
	if (ret->source == OST_DEVICE_NONE || ret->source >= e->slots)
		return -ENOENT;
	ret->owner = owner_of(dp, ret->source);
	return 0;
}

int ost_evidence_order(struct ost_evidence *e, const struct ost_msg_evidence *m)
{
	struct ost_history_match match;
	int r = match_of(e, m, &match);

	return r < 0 ? r : ost_orders_begin(e->orders, m, &match, e->history, e->uncopied, ost_clock_mono_ns());
}

void ost_evidence_drop(struct ost_evidence *e)
{
	ost_orders_clear(e->orders);
}

bool ost_evidence_message(const struct ost_evidence *e, struct ost_msg_copies *ret_message)
{
	return ost_orders_message(e->orders, e->uncopied, ost_clock_mono_ns(), ret_message);
}

void ost_evidence_sent(struct ost_evidence *e, const struct ost_msg_copies *m)
{
	ost_orders_sent(e->orders, m);
}

void ost_evidence_counts(const struct ost_evidence *e, uint64_t *ret_copied, uint64_t *ret_uncopied)
{
	*ret_copied = e->copied;
	*ret_uncopied = e->uncopied;
}
