/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that devices were given addresses for: told to ostiaryd, and given back by it to the next data plane. On the way an end is
 * a time of CLOCK_BOOTTIME, which is the same for both programs and no setting of the clock moves. */
#include "clock.h"
#include "dataplane.h"

#define BYTES_AT_ONCE 65536u /* told at a tick */

struct ost_given {
	struct ost_dataplane *dp;
	_Alignas(8) uint8_t bytes[BYTES_AT_ONCE]; /* messages, one behind the other, each at a multiple of 8 */
	uint32_t length, sent;
	uint64_t left_out; /* given back, and the device is not there */
};

int ost_given_new(struct ost_dataplane *dp, struct ost_given **ret_given)
{
	struct ost_given *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return -ENOMEM;
	g->dp = dp;
	*ret_given = g;
	return 0;
}

void ost_given_free(struct ost_given **given)
{
	free(*given);
	*given = NULL;
}

static uint32_t stride(const struct ost_msg_given *m)
{
	return (uint32_t)(ost_msg_given_bytes(m) + 7) & ~7u;
}

static bool on_name(void *user, const struct ost_name_event *e)
{
	struct ost_given *g = user;
	struct ost_msg_given *m = (struct ost_msg_given *)(void *)(g->bytes + g->length);
	struct ost_site_device device;

	if (ost_site_device_get(g->dp->site, e->slot, &device) < 0 || device.image_device == OST_DEVICE_NONE)
		return true;
	if (BYTES_AT_ONCE - g->length < sizeof(*m))
		return false;
	memset(m, 0, offsetof(struct ost_msg_given, chain));
	m->generation = g->dp->policy->image.generation;
	m->expires_boot_ns = ost_clock_boot_ns() + e->expires_in_ns;
	m->device = device.image_device;
	m->vlan = e->vlan;
	memcpy(m->mac, e->mac.b, sizeof(m->mac));
	m->family = e->ip.family;
	memcpy(m->ip, e->ip.b, sizeof(m->ip));
	m->length = (uint16_t)e->length;
	memcpy(m->chain, e->chain, e->length);
	g->length += stride(m);
	return true;
}

void ost_given_collect(struct ost_given *g)
{
	if (ost_given_next(g) != NULL || g->dp->policy == NULL)
		return;
	g->length = g->sent = 0;
	ost_site_name_events(g->dp->site, ost_tsc_now_ns(&g->dp->clock), on_name, g);
}

const struct ost_msg_given *ost_given_next(const struct ost_given *g)
{
	return g->sent < g->length ? (const struct ost_msg_given *)(const void *)(g->bytes + g->sent) : NULL;
}

void ost_given_sent(struct ost_given *g)
{
	g->sent += stride(ost_given_next(g));
}

void ost_given_again(struct ost_given *g)
{
	g->length = g->sent = 0;
	ost_site_names_due(g->dp->site);
}

void ost_given_back(struct ost_given *g, const struct ost_msg_given *m)
{
	const struct ost_policy_in_force *policy = g->dp->policy;
	const uint64_t now = ost_clock_boot_ns();
	struct ost_name_event e = {.vlan = m->vlan, .expires_in_ns = m->expires_boot_ns - now, .length = m->length, .chain = m->chain};

	memcpy(e.mac.b, m->mac, sizeof(e.mac.b));
	e.ip.family = m->family;
	memcpy(e.ip.b, m->ip, m->family == OST_IPV4 ? 4 : 16);
	if (policy == NULL || m->generation != policy->image.generation || m->device >= policy->image.device_count || m->expires_boot_ns <= now ||
		ost_site_name_bind_later(g->dp->site, m->device, &e, ost_tsc_now_ns(&g->dp->clock)) < 0)
		g->left_out++;
}
