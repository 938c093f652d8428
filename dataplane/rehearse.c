/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy would do to the flows that are there: the workers ask its view about each of them, behind their sweep
 * (rehearsal.h). It takes one pass of that, about two seconds, and the main thread goes on meanwhile. */
#include <inttypes.h>
#include <stdio.h>

#include "dataplane.h"
#include "log.h"

struct ost_rehearsing {
	struct ost_policy_in_force *candidate; /* its mapping */
	struct ost_rehearsal *rehearsal;
};

static void rehearsing_free(struct ost_rehearsing **rehearsing)
{
	struct ost_rehearsing *x = *rehearsing;

	if (x == NULL)
		return;
	ost_rehearsal_free(&x->rehearsal);
	ost_swap_close(&x->candidate);
	free(x);
	*rehearsing = NULL;
}

static int refuse(int r, char why[static OST_MSG_TEXT], const char *text)
{
	(void)snprintf(why, OST_MSG_TEXT, "%s", text);
	return r;
}

int ost_rehearse_begin(struct ost_dataplane *dp, int fd, const struct ost_msg_rehearse *m, char why[static OST_MSG_TEXT])
{
	struct ost_rehearsing *x;
	int r;

	if (dp->rehearsing != NULL)
		return refuse(-EBUSY, why, "another policy is being rehearsed; try again in a moment");
	if (dp->policy == NULL || dp->policy->image.generation != m->generation)
		return refuse(-ESTALE, why, "another generation is in force here; try again in a moment");
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return refuse(-ENOMEM, why, "out of memory");
	r = ost_swap_open(dp, fd, 0, m->length_bytes, &x->candidate, why);
	if (r == 0) {
		r = ost_rehearsal_new(dp->site, &x->candidate->image, &x->rehearsal);
		if (r < 0)
			(void)snprintf(why, OST_MSG_TEXT, "the policy cannot be rehearsed: %s", strerror(-r));
	}
	if (r < 0) {
		rehearsing_free(&x);
		return r;
	}
	dp->rehearsing = x;
	ost_rehearsal_begin(x->rehearsal);
	return 0;
}

static int more_first(const void *a, const void *b)
{
	const struct ost_rehearsed_device *x = a, *y = b;

	return x->cut != y->cut ? (x->cut < y->cut) - (x->cut > y->cut) : (x->device > y->device) - (x->device < y->device);
}

/* Those that lose most, first. Without memory only their number is told. */
static void devices_tell(const struct ost_dataplane *dp, const struct ost_rehearsal *r, struct ost_msg_rehearsed *m)
{
	struct ost_rehearsed_device *all = calloc((size_t)ost_rehearsal_slots(r) + 1, sizeof(*all));
	struct ost_site_device device;
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < ost_rehearsal_slots(r); slot++) {
		uint32_t cut = ost_rehearsal_cut(r, slot);

		if (cut == 0)
			continue;
		m->devices_cut++;
		if (all != NULL && ost_site_device_get(dp->site, slot, &device) == 0)
			all[n++] = (struct ost_rehearsed_device){device.image_device, cut};
	}
	if (all != NULL) {
		qsort(all, n, sizeof(*all), more_first);
		m->device_count = OST_MIN(n, OST_REHEARSED_DEVICES);
		memcpy(m->devices, all, m->device_count * sizeof(*all));
	}
	free(all);
}

static void flows_tell(const struct ost_dataplane *dp, const struct ost_rehearsal *r, struct ost_msg_rehearsed *m)
{
	struct ost_rehearsed_flow flow;
	struct ost_site_device device;
	uint32_t slot;

	for (uint32_t i = 0; ost_rehearsal_flow(r, i, &slot, &flow); i++) {
		if (ost_site_device_get(dp->site, slot, &device) < 0)
			continue; /* it is elsewhere by now */
		flow.device = device.image_device;
		m->flows[m->flow_count++] = flow;
	}
}

bool ost_rehearse_take(struct ost_dataplane *dp, struct ost_msg_rehearsed *m)
{
	struct ost_rehearsing *x = dp->rehearsing;

	if (x == NULL || !ost_rehearsal_is_over(x->rehearsal))
		return false;
	memset(m, 0, sizeof(*m));
	m->generation = dp->policy->image.generation;
	ost_rehearsal_flows(x->rehearsal, &m->standing, &m->cut);
	devices_tell(dp, x->rehearsal, m);
	flows_tell(dp, x->rehearsal, m);
	ost_log_debug("rehearsed: %" PRIu64 " flows would stay, %" PRIu64 " of %u devices be cut", m->standing, m->cut, m->devices_cut);
	ost_rehearse_drop(dp);
	return true;
}

void ost_rehearse_drop(struct ost_dataplane *dp)
{
	if (dp->rehearsing == NULL)
		return;
	ost_rehearsal_end(dp->rehearsing->rehearsal);
	ost_crew_quiesce(dp);
	rehearsing_free(&dp->rehearsing);
}
