/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control protocols: ARP, Neighbour Discovery, DHCP, DHCPv6, IGMP and MLD. Their own checked way: they are
 * what bindings are learned from and what a man in the middle lies with. Nothing here is flooded towards
 * devices but router advertisements and membership queries: requests go to the device that they ask for.
 *
 * Only the control owner comes here, so bindings have one writer. */
#include "control.h"
#include "rate.h"

uint32_t ost_control_owner(const struct ost_classifier *c, const uint64_t ip[2], uint32_t vlan)
{
	return ost_binding_owner(c->site, c->view, ost_binding_hash(c->site, ip, vlan), ip, vlan, c->tick);
}

static const struct ost_image_role *role_of(const struct ost_classifier *c, uint32_t slot)
{
	return &c->view->image->roles[c->view->hot[slot].role];
}

void ost_control_forward(struct ost_control *k, uint8_t egress)
{
	struct ost_port_counts *n = &k->c->ports[k->p->port];

	n->forwarded_pkts++;
	n->forwarded_bytes += k->p->length;
	if (k->slot != OST_SLOT_NONE)
		ost_tally_forward(&k->c->tallies[k->slot], ost_tally_towards(k->c, k->slot, k->p->port), k->p->length);
	*k->v = (struct ost_verdict){.action = OST_FORWARD, .egress = egress,
		.device = k->slot != OST_SLOT_NONE ? k->slot : OST_DEVICE_NONE};
}

void ost_control_take_back(struct ost_control *k, enum ost_reason reason)
{
	struct ost_port_counts *n = &k->c->ports[k->p->port];

	n->forwarded_pkts--;
	n->forwarded_bytes -= k->p->length;
	if (k->slot != OST_SLOT_NONE)
		ost_tally_take_back(&k->c->tallies[k->slot], ost_tally_towards(k->c, k->slot, k->p->port), 1,
			k->p->length);
	ost_control_refuse(k, reason);
}

void ost_control_flood(struct ost_control *k)
{
	ost_control_forward(k, 0);
	k->v->action = OST_FLOOD_DEVICES;
	k->v->device = OST_DEVICE_NONE;
}

void ost_control_to_device(struct ost_control *k, uint32_t slot, unsigned include)
{
	uint8_t port = ost_slot_port(k->c->site, k->c->view, slot);
	const struct ost_image_role *role = role_of(k->c, slot);

	/* Between devices it stays the sender's. */
	if (k->p->flags & OST_PACKET_TO_DEVICE)
		k->slot = slot;
	if (!(role->includes & include))
		ost_control_refuse(k, OST_REASON_NOT_INCLUDED);
	else if (!(ost_slot_rights(k->c->site, slot, role) & OST_RIGHT_INFRASTRUCTURE))
		ost_control_refuse(k, OST_REASON_STATE);
	else if (port == OST_PORTS_MAX || port == k->p->port)
		ost_control_refuse(k, OST_REASON_UNKNOWN_DESTINATION);
	else
		ost_control_forward(k, port);
}

/* ARP and ND between two devices are for those that may have a flow, in one direction or the other. */
bool ost_control_related(const struct ost_classifier *c, uint32_t a, const uint64_t a_ip[2], uint32_t b, const uint64_t b_ip[2])
{
	for (int d = OST_TO; d <= OST_FROM; d++) {
		struct ost_question q = {.direction = (uint8_t)d}, back = {.direction = (uint8_t)!d};

		ost_question_address(&q, b_ip);
		ost_question_address(&back, a_ip);
		if (ost_allow_related(c->view, a, b, &q) && ost_allow_related(c->view, b, a, &back))
			return true;
	}
	return false;
}

void ost_control_ask(struct ost_control *k, const uint64_t own_ip[2], const uint64_t target[2], unsigned include)
{
	uint32_t other = ost_control_owner(k->c, target, k->p->vlan);

	if (other == OST_SLOT_NONE || other == k->slot)
		ost_control_forward(k, k->c->site->config.ports[k->p->port].uplink);
	else if (!ost_control_related(k->c, k->slot, own_ip, other, target))
		ost_control_refuse(k, OST_REASON_PEER_NOT_ALLOWED);
	else
		ost_control_to_device(k, other, include);
}

/* RFC 826, for Ethernet and IPv4. */
struct arp {
	uint16_t operation;
	uint8_t sender_mac[6], target_mac[6];
	uint32_t sender_be, target_be;
};

static bool arp_read(const struct ost_packet *p, struct arp *ret)
{
	struct ost_cursor c = ost_cursor_of(p->bytes + p->l3, p->length - p->l3);
	uint16_t hardware = ost_cursor_be16(&c), protocol = ost_cursor_be16(&c), lengths = ost_cursor_be16(&c);

	ret->operation = ost_cursor_be16(&c);
	ost_cursor_copy(&c, ret->sender_mac, 6);
	ost_cursor_copy(&c, &ret->sender_be, 4);
	ost_cursor_copy(&c, ret->target_mac, 6);
	return ost_cursor_copy(&c, &ret->target_be, 4) && hardware == 1 && protocol == 0x0800 &&
		lengths == 0x0604 && (ret->operation == 1 || ret->operation == 2);
}

static void arp_from_device(struct ost_control *k, const struct arp *a)
{
	const uint8_t *source = k->p->bytes + 6, *destination = k->p->bytes;
	uint64_t sender[2], target[2];

	ost_binding_key4(a->sender_be, sender);
	ost_binding_key4(a->target_be, target);
	if (memcmp(a->sender_mac, source, 6) != 0) {
		ost_control_refuse(k, OST_REASON_ARP_SPOOF);
		return;
	}
	/* RFC 5227: a probe has no sender address, and claims nothing. */
	bool probe = a->sender_be == 0 && a->operation == 1;

	if (!probe && ost_control_owner(k->c, sender, k->p->vlan) != k->slot) {
		ost_control_refuse(k, OST_REASON_ARP_SPOOF);
		return;
	}
	if (a->operation == 2 && !ost_mac_is_group(destination)) {
		uint32_t other = ost_control_device(k->c, destination, k->p->vlan);

		if (other == OST_SLOT_NONE)
			ost_control_forward(k, k->c->site->config.ports[k->p->port].uplink);
		else if (!ost_control_related(k->c, k->slot, sender, other, target))
			ost_control_refuse(k, OST_REASON_PEER_NOT_ALLOWED);
		else
			ost_control_to_device(k, other, OST_INCLUDE_ARP);
		return;
	}
	/* An announcement asks for the sender's own address: it goes up. A probe is answered by the holder. */
	ost_control_ask(k, probe ? target : sender, target, OST_INCLUDE_ARP);
}

static void arp_from_network(struct ost_control *k, const struct arp *a)
{
	uint64_t sender[2], target[2];
	uint32_t owner, other;

	ost_binding_key4(a->sender_be, sender);
	ost_binding_key4(a->target_be, target);
	owner = a->sender_be != 0 ? ost_control_owner(k->c, sender, k->p->vlan) : OST_SLOT_NONE;
	if (owner != OST_SLOT_NONE || ost_control_device(k->c, a->sender_mac, k->p->vlan) != OST_SLOT_NONE) {
		k->slot = owner;
		ost_control_refuse(k, OST_REASON_ARP_SPOOF);
		return;
	}
	other = ost_mac_is_group(k->p->bytes) ? ost_control_owner(k->c, target, k->p->vlan)
					      : ost_control_device(k->c, k->p->bytes, k->p->vlan);
	if (other == OST_SLOT_NONE)
		ost_control_refuse(k, ost_mac_is_group(k->p->bytes) ? OST_REASON_GROUP_DESTINATION
								    : OST_REASON_UNKNOWN_DESTINATION);
	else
		ost_control_to_device(k, other, OST_INCLUDE_ARP);
}

static void arp(struct ost_control *k)
{
	struct arp a = {0};

	if (!arp_read(k->p, &a))
		ost_control_refuse(k, OST_REASON_MALFORMED_ARP);
	else if (k->p->flags & OST_PACKET_TO_DEVICE)
		arp_from_network(k, &a);
	else
		arp_from_device(k, &a);
}

/* The source of a report is the device's own, or none yet. */
static bool report_source_sound(const struct ost_control *k)
{
	const uint8_t *ip = k->p->bytes + k->p->l3;
	uint64_t source[2] = {0};

	if (k->p->protocol == 2)
		ost_binding_key4(ost_load32(ip + 12), source);
	else
		memcpy(source, ip + 8, 16);
	if (source[0] == 0 && (source[1] == 0 || source[1] == OST_BINDING_IPV4))
		return true;
	return ost_control_owner(k->c, source, k->p->vlan) == k->slot;
}

static bool to_group(const struct ost_packet *p)
{
	const uint8_t *ip = p->bytes + p->l3;

	return p->protocol == 2 ? ip[16] >> 4 == 14 : ip[24] == 0xff;
}

/* IGMP and MLD: reports go up, queries come down. They open nothing. */
static void igmp(struct ost_control *k)
{
	if (k->p->l4_bytes < 8) {
		ost_control_refuse(k, OST_REASON_MALFORMED_L4);
		return;
	}
	bool query = k->p->bytes[k->p->l4] == (k->p->protocol == 2 ? 0x11 : 130);

	if (!(k->p->flags & OST_PACKET_TO_DEVICE)) {
		/* A device asks nobody, and tells groups only: no way round the allow-list. */
		if (query || !to_group(k->p))
			ost_control_refuse(k, OST_REASON_NOT_ALLOWED);
		else if (!report_source_sound(k))
			ost_control_refuse(k, OST_REASON_SOURCE_ADDRESS);
		else
			ost_control_forward(k, k->c->site->config.ports[k->p->port].uplink);
		return;
	}
	if (query && (k->p->flags & OST_PACKET_GROUP_MAC))
		ost_control_flood(k);
	else
		ost_control_refuse(k, OST_REASON_GROUP_DESTINATION);
}

enum ost_reason ost_control_forbidden(const struct ost_packet *p)
{
	const uint8_t *l4 = p->bytes + p->l4;
	uint16_t sport, dport;

	if (p->kind == OST_KIND_ND) /* parsing saw at least four bytes of it */
		return l4[0] == 134 || l4[0] == 137 ? OST_REASON_RA_GUARD : OST_REASON_NONE;
	if (p->kind != OST_KIND_DHCP && p->kind != OST_KIND_DHCPV6)
		return OST_REASON_NONE;
	sport = ost_be16(ost_load16(l4));
	dport = ost_be16(ost_load16(l4 + 2));
	if (p->kind == OST_KIND_DHCP)
		return sport == 67 || dport == 68 ? OST_REASON_DHCP_SERVER : OST_REASON_NONE;
	return sport == 547 || dport == 546 ? OST_REASON_DHCP_SERVER : OST_REASON_NONE;
}

static const struct {
	unsigned include;
	void (*handle)(struct ost_control *k);
} protocols[] = {
	[OST_KIND_ARP - OST_KIND_CONTROL_FIRST] = {OST_INCLUDE_ARP, arp},
	[OST_KIND_ND - OST_KIND_CONTROL_FIRST] = {OST_INCLUDE_ND, ost_control_nd},
	[OST_KIND_DHCP - OST_KIND_CONTROL_FIRST] = {OST_INCLUDE_DHCP, ost_control_dhcp},
	[OST_KIND_DHCPV6 - OST_KIND_CONTROL_FIRST] = {OST_INCLUDE_DHCPV6, ost_control_dhcpv6},
	[OST_KIND_IGMP - OST_KIND_CONTROL_FIRST] = {OST_INCLUDE_IGMP, igmp},
};

/* A device's own control packet: known, on its port, in a state and a role that permit it. */
static enum ost_reason device_may(struct ost_control *k, unsigned include)
{
	struct ost_classifier *c = k->c;
	uint8_t port;

	k->slot = ost_control_device(c, k->p->bytes + 6, k->p->vlan);
	if (k->slot == OST_SLOT_NONE)
		return OST_REASON_UNKNOWN_DEVICE;
	port = ost_slot_port(c->site, c->view, k->slot);
	if (port == OST_PORTS_MAX)
		port = ost_slot_pin(c->site, k->slot, k->p->port);
	if (port != k->p->port)
		return OST_REASON_MAC_WRONG_PORT;
	c->tallies[k->slot].last_tick = c->tick | 1;
	if (!(ost_slot_rights(c->site, k->slot, role_of(c, k->slot)) & OST_RIGHT_INFRASTRUCTURE))
		return OST_REASON_STATE;
	if (!(role_of(c, k->slot)->includes & include))
		return OST_REASON_NOT_INCLUDED;
	return ost_limits_take(c, k->slot, k->p->length);
}

static void judge(struct ost_classifier *c, const struct ost_packet *p, struct ost_verdict *v)
{
	struct ost_control k = {.c = c, .p = p, .v = v, .slot = OST_SLOT_NONE};
	unsigned row = p->kind - OST_KIND_CONTROL_FIRST;
	enum ost_reason r = OST_REASON_NONE;

	if (p->kind == OST_KIND_EAPOL) {
		ost_control_eapol(&k);
		return;
	}
	if (!(p->flags & OST_PACKET_TO_DEVICE)) {
		/* What only a server or a router says is refused as that, whoever says it. */
		r = ost_control_forbidden(p);
		if (r == OST_REASON_NONE)
			r = device_may(&k, protocols[row].include);
		else
			k.slot = ost_control_device(c, p->bytes + 6, p->vlan);
	} else {
		k.slot = ost_control_device(c, p->bytes + 6, p->vlan);
		r = k.slot != OST_SLOT_NONE ? OST_REASON_MAC_ON_NETWORK : OST_REASON_NONE;
	}
	if (r != OST_REASON_NONE)
		ost_control_refuse(&k, r);
	else
		protocols[row].handle(&k);
}

void ost_control(struct ost_classifier *c, const struct ost_packet *p, struct ost_verdict *v)
{
	judge(c, p, v);
	if (v->action != OST_REFUSE)
		ost_copy_take(c, p, v->device, OST_COPY_CONTROL, OST_REASON_NONE);
}
