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

#define OPTIONS_MAX 64u

/* What a device may send, by message: it is a client (sections 7.3 and 16). */
static const uint8_t from_device[MESSAGE_COUNT] = {
	[0] = OST_REASON_NOT_ALLOWED,
	[MESSAGE_ADVERTISE] = OST_REASON_DHCP_SERVER,
	[MESSAGE_REPLY] = OST_REASON_DHCP_SERVER,
	[MESSAGE_RECONFIGURE] = OST_REASON_DHCP_SERVER,
	[MESSAGE_RELAY_FORWARD] = OST_REASON_DHCP_SPOOF,
	[MESSAGE_RELAY_REPLY] = OST_REASON_DHCP_SERVER,
};

/* What is done with the addresses of a message. */
enum use { USE_CHECK_REPLY, USE_BIND, USE_CHECK_RELEASE, USE_UNBIND };

static enum ost_reason address_use(struct ost_control *k, const uint8_t *body, enum use use)
{
	uint32_t valid_s = ost_be32(ost_load32(body + 20));
	uint64_t ip[2];

	memcpy(ip, body, 16);
	/* No group, nor what is or embeds no IPv6 address (::/64). */
	if (use == USE_CHECK_REPLY)
		return valid_s != 0 && (body[0] == 0xff || ip[0] == 0) ? OST_REASON_MALFORMED_L4 : OST_REASON_NONE;
	if (use == USE_CHECK_RELEASE)
		return OST_REASON_NONE;
	if (use == USE_UNBIND || valid_s == 0) {
		ost_binding_remove(k->c->site, k->slot, ip, k->p->vlan);
		return OST_REASON_NONE;
	}
	return ost_binding_set(k->c->site, k->slot, ip, k->p->vlan, OST_BINDING_DHCP, k->c->tick,
		ost_lease_end(k->c->tick, valid_s), k->c->tick);
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
static enum ost_reason ia_use(struct ost_control *k, struct ost_cursor ia, enum use use)
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
		r = address_use(k, body.at, use);
		if (r != OST_REASON_NONE)
			return r;
	}
	return ia.failed ? OST_REASON_MALFORMED_L4 : OST_REASON_NONE;
}

/* IA_NA and IA_TA options of a message (sections 21.4 and 21.5). */
static enum ost_reason message_use(struct ost_control *k, struct ost_cursor c, enum use use)
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
		r = ia_use(k, body, use);
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
	uint64_t source[2];

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
	if (message_use(k, options, USE_CHECK_RELEASE) != OST_REASON_NONE)
		return OST_REASON_MALFORMED_L4;
	return message_use(k, options, USE_UNBIND);
}

static void dhcpv6_from_network(struct ost_control *k, uint8_t message, struct ost_cursor options)
{
	uint32_t slot = ost_control_device(k->c, k->p->bytes, k->p->vlan);
	enum ost_reason r;

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
	if (message == MESSAGE_REPLY && message_use(k, options, USE_CHECK_REPLY) != OST_REASON_NONE) {
		ost_control_refuse(k, OST_REASON_MALFORMED_L4);
		return;
	}
	ost_control_to_device(k, slot, OST_INCLUDE_DHCPV6);
	if (k->v->action != OST_FORWARD || message != MESSAGE_REPLY)
		return;
	r = message_use(k, options, USE_BIND);
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
