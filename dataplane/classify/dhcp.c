/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCP snooping: RFC 2131 and 2132. A lease that a server on the network side gives is what
 * binds an address to a device. Server messages from the device side are refused before they come here. */
#include "control.h"

enum {
	DHCP_REQUEST = 1, /* op */
	DHCP_REPLY = 2,
	OPTION_PAD = 0,
	OPTION_REQUESTED = 50,
	OPTION_LEASE = 51,
	OPTION_MESSAGE = 53,
	OPTION_SERVER = 54,
	OPTION_END = 255,
	MESSAGE_DECLINE = 4,
	MESSAGE_ACK = 5,
	MESSAGE_RELEASE = 7,
};

#define DHCP_FIXED_BYTES    236u
#define DHCP_MAGIC	    0x63825363u
#define LEASE_DEFAULT_S	    3600u
#define OPTIONS_MAX	    64u

struct dhcp {
	uint8_t op, message;
	uint8_t client[6];
	uint32_t client_be, your_be; /* ciaddr, yiaddr */
	uint32_t requested_be;	     /* 0: not said */
	uint32_t server_be;	     /* 0: not said */
	uint32_t lease_s;
};

static void option_take(struct dhcp *d, uint8_t type, uint8_t length, const uint8_t *body)
{
	if (type == OPTION_MESSAGE && length == 1)
		d->message = body[0];
	if (type == OPTION_REQUESTED && length == 4)
		d->requested_be = ost_load32(body);
	if (type == OPTION_SERVER && length == 4)
		d->server_be = ost_load32(body);
	if (type == OPTION_LEASE && length == 4)
		d->lease_s = ost_be32(ost_load32(body));
}

/* False: an option does not fit. The end need not be marked. */
static bool options_read(struct ost_cursor *c, struct dhcp *d)
{
	for (unsigned count = 0; ost_cursor_left(c) > 0;) {
		uint8_t type = ost_cursor_u8(c), length;
		const uint8_t *body;

		if (type == OPTION_PAD)
			continue;
		if (type == OPTION_END)
			return true;
		length = ost_cursor_u8(c);
		body = ost_cursor_take(c, length);
		if (body == NULL || ++count > OPTIONS_MAX)
			return false;
		option_take(d, type, length, body);
	}
	return true;
}

static bool dhcp_read(const struct ost_packet *p, struct dhcp *d)
{
	struct ost_cursor c = ost_cursor_of(p->bytes + p->l4, p->l4_bytes);
	const uint8_t *fixed;
	uint16_t length;

	(void)ost_cursor_skip(&c, 4);
	length = ost_cursor_be16(&c);
	(void)ost_cursor_skip(&c, 2);
	if (length < 8 || !ost_cursor_limit(&c, length - 8u))
		return false;
	fixed = ost_cursor_take(&c, DHCP_FIXED_BYTES);
	/* Ethernet hardware addresses only. */
	if (fixed == NULL || fixed[1] != 1 || fixed[2] != 6)
		return false;
	d->op = fixed[0];
	d->client_be = ost_load32(fixed + 12);
	d->your_be = ost_load32(fixed + 16);
	memcpy(d->client, fixed + 28, 6);
	d->lease_s = LEASE_DEFAULT_S;
	if (ost_cursor_be32(&c) != DHCP_MAGIC)
		return false;
	return options_read(&c, d) && (d->op == DHCP_REQUEST || d->op == DHCP_REPLY);
}

/* RFC 2131 section 4.4.4: a client broadcasts, or asks a server that it knows, and when that one is silent it broadcasts
 * again. It knows the one that gave it its address; any other is one that a rule lets it reach. What it says must
 * not be a way round the allow-list. */
static bool may_reach(struct ost_control *k, uint32_t to_be, const uint64_t source[2])
{
	struct ost_question q = {.protocol = 17, .value = 67, .direction = OST_TO, .tick = k->c->tick};
	struct ost_judgement j;
	uint64_t to[2];

	if (to_be == UINT32_MAX)
		return true;
	ost_binding_key4(to_be, to);
	if (ost_control_owner(k->c, to, k->p->vlan) != OST_SLOT_NONE) /* no device is a server */
		return false;
	if (to_be != 0 && to_be == k->c->site->slots[k->slot].dhcp_server_be)
		return true;
	ost_question_address(&q, to);
	return ost_judge(k->c->view, k->slot, OST_SLOT_NONE, &q, source, false, &j) == OST_REASON_NONE;
}

static void dhcp_from_device(struct ost_control *k, const struct dhcp *d)
{
	const uint8_t *ip = k->p->bytes + k->p->l3;
	uint64_t source[2], own[2];
	bool reachable;

	if (d->op != DHCP_REQUEST || memcmp(d->client, k->p->bytes + 6, 6) != 0) {
		ost_control_refuse(k, OST_REASON_DHCP_SPOOF);
		return;
	}
	ost_binding_key4(ost_load32(ip + 12), source);
	reachable = may_reach(k, ost_load32(ip + 16), source);
	if (source[0] != 0 && ost_control_owner(k->c, source, k->p->vlan) != k->slot) {
		ost_control_refuse(k, OST_REASON_SOURCE_ADDRESS);
		return;
	}
	/* RFC 2131 table 5: what is declined is named by an option. What a device gives up is gone, whether or not its server
	 * may hear of it: we may have forgotten the server, and the address may be given to another. */
	ost_binding_key4(d->message == MESSAGE_DECLINE ? d->requested_be : d->client_be, own);
	if ((d->message == MESSAGE_RELEASE || d->message == MESSAGE_DECLINE) && own[0] != 0)
		ost_binding_remove(k->c->site, k->slot, own, k->p->vlan);
	if (!reachable)
		ost_control_refuse(k, OST_REASON_NOT_ALLOWED);
	else
		ost_control_forward(k, k->c->site->config.ports[k->p->port].uplink);
}

/* The server that an ACK names, for what its client asks it alone: to renew, to release. */
static void server_learn(struct ost_control *k, uint32_t server_be)
{
	uint8_t first = *(const uint8_t *)&server_be;

	if (first != 0 && first != 127 && first < 224)
		k->c->site->slots[k->slot].dhcp_server_be = server_be;
}

static void dhcp_from_network(struct ost_control *k, const struct dhcp *d)
{
	uint32_t slot = ost_control_device(k->c, d->client, k->p->vlan);
	enum ost_reason r = OST_REASON_NONE;
	uint64_t yours[2];

	if (slot == OST_SLOT_NONE) {
		ost_control_refuse(k, OST_REASON_UNKNOWN_DESTINATION);
		return;
	}
	k->slot = slot;
	if (d->op != DHCP_REPLY ||
		(!(k->p->flags & OST_PACKET_GROUP_MAC) && memcmp(k->p->bytes, d->client, 6) != 0)) {
		ost_control_refuse(k, OST_REASON_DHCP_SPOOF);
		return;
	}
	ost_control_to_device(k, slot, OST_INCLUDE_DHCP);
	if (k->v->action != OST_FORWARD || d->message != MESSAGE_ACK)
		return;
	if (d->your_be != 0) {
		ost_binding_key4(d->your_be, yours);
		r = ost_binding_set(k->c->site, slot, yours, k->p->vlan, OST_BINDING_DHCP, k->c->tick,
			ost_lease_end(k->c->tick, d->lease_s), k->c->tick);
	}
	if (r != OST_REASON_NONE)
		ost_control_take_back(k, r);
	else
		server_learn(k, d->server_be);
}

void ost_control_dhcp(struct ost_control *k)
{
	bool to_device = k->p->flags & OST_PACKET_TO_DEVICE;
	struct dhcp d = {0};

	/* To any other port it is not DHCP: the checked path is no way round the allow-list. */
	if (!ost_control_to_port(k->p, to_device ? 68 : 67))
		ost_control_refuse(k, to_device ? OST_REASON_NOT_ALLOWED_IN : OST_REASON_NOT_ALLOWED);
	else if (!dhcp_read(k->p, &d))
		ost_control_refuse(k, OST_REASON_MALFORMED_L4);
	else if (to_device)
		dhcp_from_network(k, &d);
	else
		dhcp_from_device(k, &d);
}
