/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stay.h"

void ost_flow_key(const struct ost_classifier *c, uint32_t place, bool v4, uint64_t key[6])
{
	if (v4)
		memcpy(key, c->flows4[place].key, 24);
	else
		memcpy(key, c->flows6[place].key, 48);
	key[v4 ? 2 : 5] &= OST_KEY_TAIL1_MASK;
}

void ost_flow_known(const uint64_t *key, bool v4, uint8_t flags, uint32_t tick, struct ost_flow_known *k)
{
	uint64_t tail0 = key[v4 ? 1 : 4], tail1 = key[v4 ? 2 : 5];
	bool opened_in = flags & OST_FLOW_OPENED_IN;

	k->dev_port = ost_be16((uint16_t)tail0);
	k->rem_port = ost_be16((uint16_t)(tail0 >> 16));
	k->protocol = (uint8_t)(tail1 >> 16);
	if (v4) {
		ost_binding_key4((uint32_t)key[0], k->dev_ip);
		ost_binding_key4((uint32_t)(key[0] >> 32), k->rem_ip);
	} else {
		memcpy(k->dev_ip, &key[0], 16);
		memcpy(k->rem_ip, &key[2], 16);
	}
	k->mac = ost_key_mac(tail0, tail1);
	k->vlan = (uint32_t)(tail1 >> 32) & 0xffffff;
	k->q = (struct ost_question){.protocol = k->protocol, .tick = tick,
		.direction = (uint8_t)(opened_in ? OST_FROM : OST_TO)};
	ost_question_address(&k->q, k->rem_ip);
	/* ICMP keeps its opening type there whichever side opened. */
	if (k->protocol == 1 || k->protocol == 58)
		k->q.value = k->rem_port;
	else
		k->q.value = opened_in ? k->dev_port : k->rem_port;
}

static uint32_t owner_of(const struct ost_view *v, const uint64_t ip[2], uint32_t vlan, uint32_t tick)
{
	return ost_binding_owner(v->site, v, ost_binding_hash(v->site, ip, vlan), ip, vlan, tick);
}

uint32_t ost_flow_peer(const struct ost_view *v, const struct ost_flow_known *k, uint32_t tick)
{
	return owner_of(v, k->rem_ip, k->vlan, tick);
}

/* Its device is still there, on the same port, with that address, and packets leave where they did. */
static bool still_bound(const struct ost_view *v, const struct ost_flow *f, const struct ost_flow_known *k, uint32_t slot, uint32_t peer,
	uint32_t tick)
{
	uint8_t port = ost_flow_port(*f->tail1), egress = ost_flow_egress(f->meta);

	if (slot == OST_SLOT_NONE || v->hot[slot].role == UINT32_MAX)
		return false;
	if (ost_slot_port(v->site, v, slot) != port || owner_of(v, k->dev_ip, k->vlan, tick) != slot)
		return false;
	if (!(ost_flow_flags(f->meta) & OST_FLOW_DEVICE_PEER))
		return egress == v->site->config.ports[port].uplink;
	return peer != OST_SLOT_NONE && ost_slot_port(v->site, v, peer) == egress;
}

enum ost_reason ost_flow_may_stay(const struct ost_view *v, const struct ost_flow *f, struct ost_flow_known *k, uint32_t peer, uint32_t tick,
	struct ost_judgement *ret_judgement)
{
	/* The place may have gone to another device since. */
	uint32_t slot = ost_slot_find(v->site, ost_slot_hash(v->site, k->mac, k->vlan), k->mac, k->vlan);

	if (slot != ost_flow_slot(f->meta) || !still_bound(v, f, k, slot, peer, tick))
		return OST_REASON_POLICY_CHANGED;
	return ost_judge(v, slot, peer, &k->q, k->dev_ip, true, ret_judgement);
}
