/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCPv6 snooping: RFC 8415. The addresses of a Reply from the network side are bound to the device that it is
 * for; a device's Release or Decline unbinds them. A device is a client: neither server nor relay. */
#include "control.h"

enum {
	MESSAGE_SOLICIT = 1,
	MESSAGE_ADVERTISE,
	MESSAGE_REQUEST,
	MESSAGE_CONFIRM,
	MESSAGE_RENEW,
	MESSAGE_REBIND,
	MESSAGE_REPLY,
	MESSAGE_RELEASE,
	MESSAGE_DECLINE,
	MESSAGE_RECONFIGURE,
	MESSAGE_INFORMATION_REQUEST,
	MESSAGE_RELAY_FORWARD,
	MESSAGE_RELAY_REPLY,
	MESSAGE_COUNT,
	OPTION_IA_NA = 3,
	OPTION_IA_TA = 4,
	OPTION_IAADDR = 5,
};

#define OPTIONS_MAX   64u
#define ADDRESSES_MAX 64u /* in one message */

/* What a device may send, by message: it is a client (sections 7.3 and 16). */
static const uint8_t from_device[MESSAGE_COUNT] = {
	[0] = OST_REASON_NOT_ALLOWED,
	[MESSAGE_ADVERTISE] = OST_REASON_DHCP_SERVER,
	[MESSAGE_REPLY] = OST_REASON_DHCP_SERVER,
	[MESSAGE_RECONFIGURE] = OST_REASON_DHCP_SERVER,
	[MESSAGE_RELAY_FORWARD] = OST_REASON_DHCP_SPOOF,
	[MESSAGE_RELAY_REPLY] = OST_REASON_DHCP_SERVER,
};

/* The addresses of a message. */
struct addresses {
	struct ost_lease leases[ADDRESSES_MAX];
	uint32_t count;
	uint32_t tick;
	bool reply; /* it gives those that have a lifetime; else all are taken back */
};

/* What is said of an address last counts. */
static enum ost_reason address_add(struct addresses *a, const uint8_t *body)
{
	uint32_t valid_s = ost_be32(ost_load32(body + 20)), i = 0;
	struct ost_lease l = {.given = a->reply && valid_s != 0, .expires_tick = ost_lease_end(a->tick, valid_s)};

	memcpy(l.ip, body, 16);
	/* No group, nor what is or embeds no IPv6 address (::/64). */
	if (l.given && (body[0] == 0xff || l.ip[0] == 0))
		return OST_REASON_MALFORMED_L4;
	while (i < a->count && (a->leases[i].ip[0] != l.ip[0] || a->leases[i].ip[1] != l.ip[1]))
		i++;
	if (i == ADDRESSES_MAX)
		return OST_REASON_BINDING_LIMIT;
	a->leases[i] = l;
	a->count = OST_MAX(a->count, i + 1);
	return OST_REASON_NONE;
}

/* The next option of a list: false at its end, and where it is no sound one (then the cursor has failed). */
static bool option_next(struct ost_cursor *c, unsigned *count, uint16_t *ret_type, struct ost_cursor *ret_body)
{
	uint16_t length;
	const uint8_t *body;

	if (c->failed || ost_cursor_left(c) == 0)
		return false;
	*ret_type = ost_cursor_be16(c);
	length = ost_cursor_be16(c);
	body = ost_cursor_take(c, length);
	if (body == NULL || ++*count > OPTIONS_MAX) {
		c->failed = true;
		return false;
	}
	*ret_body = ost_cursor_of(body, length);
	return true;
}

/* IAADDR options inside an IA (section 21.6). */
static enum ost_reason ia_read(struct addresses *a, struct ost_cursor ia)
{
	struct ost_cursor body;
	unsigned count = 0;
	uint16_t type;

	while (option_next(&ia, &count, &type, &body)) {
		enum ost_reason r;

		if (type != OPTION_IAADDR)
			continue;
		if (ost_cursor_left(&body) < 24)
			return OST_REASON_MALFORMED_L4;
		r = address_add(a, body.at);
		if (r != OST_REASON_NONE)
			return r;
	}
	return ia.failed ? OST_REASON_MALFORMED_L4 : OST_REASON_NONE;
}

/* IA_NA and IA_TA options of a message (sections 21.4 and 21.5). */
static enum ost_reason message_read(struct addresses *a, struct ost_cursor c)
{
	struct ost_cursor body;
	unsigned count = 0;
	uint16_t type;

	while (option_next(&c, &count, &type, &body)) {
		enum ost_reason r;

		if (type != OPTION_IA_NA && type != OPTION_IA_TA)
			continue;
		if (!ost_cursor_skip(&body, type == OPTION_IA_NA ? 12 : 4))
			return OST_REASON_MALFORMED_L4;
		r = ia_read(a, body);
		if (r != OST_REASON_NONE)
			return r;
	}
	return c.failed ? OST_REASON_MALFORMED_L4 : OST_REASON_NONE;
}

/* All_DHCP_Relay_Agents_and_Servers, All_DHCP_Servers (section 7.1), or one on the link. */
static bool near(const uint8_t *to)
{
	static const uint8_t relays[16] = {0xff, 2, [13] = 1, 0, 2}, servers[16] = {0xff, 5, [13] = 1, 0, 3};

	return memcmp(to, relays, 16) == 0 || memcmp(to, servers, 16) == 0 || (to[0] == 0xfe && (to[1] & 0xc0) == 0x80);
}

/* To the servers and relays of its own site, or its own link, and to their port: no way round the allow-list. */
static enum ost_reason device_may_say(struct ost_control *k, uint8_t message, struct ost_cursor options)
{
	const uint8_t *ip = k->p->bytes + k->p->l3;
	struct addresses a = {.tick = k->c->tick};
	uint64_t source[2];
	enum ost_reason r;

	memcpy(source, ip + 8, 16);
	if (!near(ip + 24) || !ost_control_to_port(k->p, 547))
		return OST_REASON_NOT_ALLOWED;
	if (message >= MESSAGE_COUNT)
		return OST_REASON_NOT_ALLOWED;
	if (from_device[message] != OST_REASON_NONE)
		return (enum ost_reason)from_device[message];
	if (ost_control_owner(k->c, source, k->p->vlan) != k->slot)
		return OST_REASON_SOURCE_ADDRESS;
	if (message != MESSAGE_RELEASE && message != MESSAGE_DECLINE)
		return OST_REASON_NONE;
	r = message_read(&a, options);
	return r != OST_REASON_NONE ? r : ost_binding_set_all(k->c->site, k->slot, k->p->vlan, a.leases, a.count, k->c->tick);
}

static void dhcpv6_from_network(struct ost_control *k, uint8_t message, struct ost_cursor options)
{
	uint32_t slot = ost_control_device(k->c, k->p->bytes, k->p->vlan);
	struct addresses a = {.tick = k->c->tick, .reply = true};
	enum ost_reason r = OST_REASON_NONE;

	if (slot == OST_SLOT_NONE) {
		ost_control_refuse(k, k->p->flags & OST_PACKET_GROUP_MAC ? OST_REASON_GROUP_DESTINATION
									  : OST_REASON_UNKNOWN_DESTINATION);
		return;
	}
	k->slot = slot;
	if (!ost_control_to_port(k->p, 546) ||
		(message != MESSAGE_ADVERTISE && message != MESSAGE_REPLY && message != MESSAGE_RECONFIGURE)) {
		ost_control_refuse(k, OST_REASON_NOT_ALLOWED_IN);
		return;
	}
	if (message == MESSAGE_REPLY)
		r = message_read(&a, options);
	if (r != OST_REASON_NONE) {
		ost_control_refuse(k, r);
		return;
	}
	ost_control_to_device(k, slot, OST_INCLUDE_DHCPV6);
	if (k->v->action != OST_FORWARD)
		return;
	/* A device that hears of its addresses has them all. */
	r = ost_binding_set_all(k->c->site, slot, k->p->vlan, a.leases, a.count, k->c->tick);
	if (r != OST_REASON_NONE)
		ost_control_take_back(k, r);
}

void ost_control_dhcpv6(struct ost_control *k)
{
	struct ost_cursor c = ost_cursor_of(k->p->bytes + k->p->l4, k->p->l4_bytes);
	uint16_t length;
	uint8_t message;
	enum ost_reason r;

	(void)ost_cursor_skip(&c, 4);
	length = ost_cursor_be16(&c);
	(void)ost_cursor_skip(&c, 2);
	if (length < 8 || !ost_cursor_limit(&c, length - 8u)) {
		ost_control_refuse(k, OST_REASON_MALFORMED_L4);
		return;
	}
	message = ost_cursor_u8(&c);
	if (!ost_cursor_skip(&c, 3)) {
		ost_control_refuse(k, OST_REASON_MALFORMED_L4);
		return;
	}
	if (k->p->flags & OST_PACKET_TO_DEVICE) {
		dhcpv6_from_network(k, message, c);
		return;
	}
	r = device_may_say(k, message, c);
	if (r != OST_REASON_NONE)
		ost_control_refuse(k, r);
	else
		ost_control_forward(k, k->c->site->config.ports[k->p->port].uplink);
}
