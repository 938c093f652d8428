/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "naive_frame.h"

#define BIT(reason) (1ull << OST_REASON_##reason)

static uint32_t device_by_mac(
	const struct naive_site *site, uint32_t vlan, const struct ost_mac *mac)
{
	const struct ost_policy *p = site->world.policy;

	for (uint32_t i = 0; i < p->device_count; i++) {
		if (p->devices[i].has_mac && p->devices[i].vlan == vlan &&
			memcmp(p->devices[i].mac.b, mac->b, sizeof(mac->b)) == 0)
			return i;
	}
	return NAIVE_NONE;
}

static struct naive_verdict refused(struct naive_verdict v, uint64_t reasons)
{
	v.forward = false;
	v.reasons = reasons;
	return v;
}

/* The allow-lists' answer, once it is clear whose flow it is. */
static struct naive_verdict ask(
	const struct naive_site *site, const struct naive_frame *f, struct naive_verdict v)
{
	struct naive_flow flow = {.device = v.device,
		.direction = v.direction,
		.established = f->established,
		.vlan = f->vlan,
		.protocol = f->protocol,
		.value = f->value,
		.given = &site->world.given};

	flow.own = v.direction == OST_TO ? f->src : f->dst;
	flow.remote = v.direction == OST_TO ? f->dst : f->src;
	v.peer = naive_bound(&site->world, f->vlan, &flow.remote);
	/* Part of no flow, and can open none. A device without any right is told so instead. */
	if (!f->can_open)
		return refused(v, BIT(NO_FLOW) | BIT(STATE));
	v.answer = naive_judge(&site->world, &flow);
	v.forward = v.answer.allow;
	v.reasons = v.answer.reasons;
	return v;
}

/* "a MAC seen on another port than its own is a spoof, never a move"; "source IP belongs to it". */
static struct naive_verdict from_device(const struct naive_site *site, const struct naive_frame *f)
{
	struct naive_verdict v = {.device = device_by_mac(site, f->vlan, &f->src_mac),
		.direction = OST_TO,
		.peer = NAIVE_NONE,
		.egress = site->uplink[f->port]};
	uint32_t receiver = device_by_mac(site, f->vlan, &f->dst_mac);

	if (v.device == NAIVE_NONE)
		return refused(v, BIT(UNKNOWN_DEVICE));
	if (site->device_port[v.device] != f->port)
		return refused(v, BIT(MAC_WRONG_PORT));
	if (naive_bound(&site->world, f->vlan, &f->src) != v.device)
		return refused(v, BIT(SOURCE_ADDRESS));
	v = ask(site, f, v);
	if (receiver == NAIVE_NONE)
		return v;
	/* Straight to another device: then the address must be that device's, for its role to be
	 * asked about it; and it must be behind another port, for us to carry the frame. */
	v.egress = site->device_port[receiver];
	if (v.peer == receiver && v.egress != f->port)
		return v;
	return refused(v, BIT(UNKNOWN_DESTINATION) | (v.forward ? 0 : v.reasons));
}

static struct naive_verdict from_network(const struct naive_site *site, const struct naive_frame *f)
{
	struct naive_verdict v = {.device = device_by_mac(site, f->vlan, &f->dst_mac),
		.direction = OST_FROM,
		.peer = NAIVE_NONE};

	if (device_by_mac(site, f->vlan, &f->src_mac) != NAIVE_NONE)
		return refused(v, BIT(MAC_ON_NETWORK));
	if (v.device == NAIVE_NONE)
		return refused(v, BIT(UNKNOWN_DESTINATION));
	v.egress = site->device_port[v.device];
	if (naive_bound(&site->world, f->vlan, &f->dst) != v.device)
		return refused(v, BIT(UNKNOWN_DESTINATION));
	return ask(site, f, v);
}

struct naive_verdict naive_frame_judge(const struct naive_site *site, const struct naive_frame *f)
{
	return site->is_network[f->port] ? from_network(site, f) : from_device(site, f);
}
