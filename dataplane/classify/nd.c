/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbour Discovery (RFC 4861), duplicate address detection (RFC 4862), with RA guard (RFC 6105) and
 * first-come first-served source addresses (RFC 6620): the address that a device asks about in its duplicate
 * address detection becomes its own half a second later, unless somebody has it. */
#include "control.h"

enum {
	ND_RS = 133,
	ND_RA = 134,
	ND_NS = 135,
	ND_NA = 136,
	ND_REDIRECT = 137,
	OPTION_SOURCE_MAC = 1,
	OPTION_TARGET_MAC = 2,
	OPTION_NONCE = 14,
};

#define TENTATIVE_TICKS 477u /* half a second */
/* An address lapses when its device has not spoken of it for four hours: temporary addresses (RFC 8981) come and go.
 * Words that follow each other closely do not renew it each time. */
#define ND_LIFETIME_S (14400u + OST_BINDING_ND_GRAIN_S)
#define OPTIONS_MAX   16u
#define NA_SOLICITED  0x40u

static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1}, all_routers[16] = {0xff, 2, [15] = 2};

struct nd {
	uint8_t type, flags; /* flags: of an advertisement */
	bool link_layer;     /* it bears a link-layer address */
	uint64_t source[2], to[2], target[2];
};

static bool unspecified(const uint64_t ip[2])
{
	return (ip[0] | ip[1]) == 0;
}

static bool is_group(const uint64_t ip[2])
{
	return *(const uint8_t *)ip == 0xff;
}

static bool link_local(const uint64_t ip[2])
{
	const uint8_t *b = (const uint8_t *)ip;

	return b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

/* The group that an address is asked for in (RFC 4291 section 2.7.1). */
static bool solicits(const uint64_t group[2], const uint64_t ip[2])
{
	static const uint8_t prefix[13] = {0xff, 2, [11] = 1, 0xff};

	return memcmp(group, prefix, 13) == 0 && memcmp((const uint8_t *)group + 13, (const uint8_t *)ip + 13, 3) == 0;
}

/* A link-layer address is the sender's own; the network names no device's. */
static enum ost_reason link_layer_check(struct ost_control *k, const uint8_t *mac)
{
	uint32_t slot;

	if (!(k->p->flags & OST_PACKET_TO_DEVICE))
		return memcmp(mac, k->p->bytes + 6, 6) == 0 ? OST_REASON_NONE : OST_REASON_ND_SPOOF;
	slot = ost_control_device(k->c, mac, k->p->vlan);
	if (slot == OST_SLOT_NONE)
		return OST_REASON_NONE;
	k->slot = slot;
	return OST_REASON_ND_SPOOF;
}

/* From the network, unknown options are the receiver's to ignore (RFC 4861 section 4.6). A device has use for its
 * link-layer address (one unit, RFC 2464) and for one nonce (RFC 7527); what else it writes would carry anything. */
static enum ost_reason options_check(struct ost_control *k, struct ost_cursor *c, struct nd *n)
{
	bool from_device = !(k->p->flags & OST_PACKET_TO_DEVICE), nonce = false;

	for (unsigned i = 0; ost_cursor_left(c) > 0; i++) {
		uint8_t type = ost_cursor_u8(c), units = ost_cursor_u8(c);
		const uint8_t *body = units > 0 ? ost_cursor_take(c, units * 8u - 2) : NULL;
		enum ost_reason r;

		if (body == NULL || i == OPTIONS_MAX || (from_device && units != 1))
			return OST_REASON_MALFORMED_L4;
		if (type == OPTION_SOURCE_MAC || type == OPTION_TARGET_MAC) {
			n->link_layer = true;
			r = link_layer_check(k, body);
			if (r != OST_REASON_NONE)
				return r;
			continue;
		}
		if (from_device && (type != OPTION_NONCE || nonce))
			return OST_REASON_MALFORMED_L4;
		nonce = true;
	}
	return OST_REASON_NONE;
}

/* RFC 4861 sections 4.4, 6.1 and 7.1: what may not be together. */
static bool sound(const struct nd *n)
{
	bool nobody = unspecified(n->source);

	if (is_group(n->source) || is_group(n->target) || (nobody && n->link_layer))
		return false;
	if (n->type == ND_NS)
		return !nobody || solicits(n->to, n->target);
	if (n->type == ND_NA)
		return !nobody && !(is_group(n->to) && (n->flags & NA_SOLICITED));
	return n->type == ND_RS || link_local(n->source);
}

static uint64_t sum16(const uint8_t *bytes, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return n & 1 ? sum + ((uint32_t)bytes[n - 1] << 8) : sum;
}

/* RFC 4443 section 2.3, RFC 8200 section 8.1. Who has an address that a device claims must hear of it, or he cannot
 * contest it: what he would not believe, we do not. */
static bool checksum_right(const struct ost_packet *p)
{
	uint64_t sum = sum16(p->bytes + p->l3 + 8, 32) + p->l4_bytes + 58 + sum16(p->bytes + p->l4, p->l4_bytes);

	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* RFC 4861 sections 6.1 and 7.1: hop limit 255, code 0, lengths, checksum. Reserved bits are the receiver's to ignore, and
 * ours: a later standard may give them a meaning, and 29 bits now and then are no more than a nonce carries. */
static enum ost_reason nd_read(struct ost_control *k, struct nd *n)
{
	static const uint8_t fixed[] = {[ND_RS - ND_RS] = 8, [ND_RA - ND_RS] = 16, [ND_NS - ND_RS] = 24,
		[ND_NA - ND_RS] = 24, [ND_REDIRECT - ND_RS] = 40};
	const struct ost_packet *p = k->p;
	struct ost_cursor c = ost_cursor_of(p->bytes + p->l4, p->l4_bytes);
	const uint8_t *body;
	enum ost_reason r;

	n->type = ost_cursor_u8(&c);
	if (n->type < ND_RS || n->type > ND_REDIRECT || ost_cursor_u8(&c) != 0 || p->bytes[p->l3 + 7] != 255)
		return OST_REASON_MALFORMED_L4;
	body = ost_cursor_take(&c, (size_t)fixed[n->type - ND_RS] - 2);
	if (body == NULL)
		return OST_REASON_MALFORMED_L4;
	n->flags = body[2];
	memcpy(n->source, p->bytes + p->l3 + 8, 16);
	memcpy(n->to, p->bytes + p->l3 + 24, 16);
	if (n->type == ND_NS || n->type == ND_NA)
		memcpy(n->target, body + 6, 16);
	r = options_check(k, &c, n);
	return r == OST_REASON_NONE && !(sound(n) && checksum_right(p)) ? OST_REASON_MALFORMED_L4 : r;
}

/* The link-local address that a device makes of its own MAC (RFC 4291 appendix A): its MAC proves it. */
static bool eui64_of(const uint64_t ip[2], const uint8_t *mac)
{
	const uint8_t want[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, (uint8_t)(mac[0] ^ 2), mac[1], mac[2], 0xff, 0xfe,
		mac[3], mac[4], mac[5]};

	return memcmp(ip, want, 16) == 0;
}

static enum ost_reason claim(struct ost_control *k, const uint64_t ip[2], uint32_t wait_ticks)
{
	return ost_binding_set(k->c->site, k->slot, ip, k->p->vlan, OST_BINDING_ND, k->c->tick,
		ost_lease_end(k->c->tick, ND_LIFETIME_S), k->c->tick + wait_ticks);
}

/* Does the device hold the address, or may it have it at once because it follows from its MAC? */
static bool holds(struct ost_control *k, const uint64_t ip[2])
{
	if (ost_control_owner(k->c, ip, k->p->vlan) == k->slot)
		return claim(k, ip, 0) == OST_REASON_NONE;
	return eui64_of(ip, k->p->bytes + 6) && claim(k, ip, 0) == OST_REASON_NONE;
}

/* Whom a device may address at all: what it does not reach by a flow, it does not reach by this either, and a router
 * sends on what is for somebody further away. */
static bool may_reach(const struct ost_control *k, const struct nd *n)
{
	if (link_local(n->to) || n->to[0] == n->source[0]) /* the prefix of a link is of 64 bits (RFC 4291) */
		return true;
	for (int d = OST_TO; d <= OST_FROM; d++) {
		struct ost_question q = {.direction = (uint8_t)d};

		ost_question_address(&q, n->to);
		if (ost_allow_related(k->c->view, k->slot, OST_SLOT_NONE, &q))
			return true;
	}
	return false;
}

/* A group's frame goes to the group's MAC (RFC 2464 section 7): to any other, whom it asks would not hear it. */
static bool group_mac(const uint8_t *mac, const uint64_t group[2])
{
	return mac[0] == 0x33 && mac[1] == 0x33 && memcmp(mac + 2, (const uint8_t *)group + 12, 4) == 0;
}

/* RFC 4861 sections 4.1, 4.3 and 4.4, RFC 9131 section 4: where each message goes. */
static enum ost_reason destination_check(const struct ost_control *k, const struct nd *n)
{
	bool nodes = memcmp(n->to, all_nodes, 16) == 0, routers = memcmp(n->to, all_routers, 16) == 0, fits;
	uint32_t owner;

	if (n->type == ND_RS) {
		fits = routers || link_local(n->to);
	} else if (is_group(n->to)) {
		fits = nodes || solicits(n->to, n->target) || (routers && n->type == ND_NA);
	} else {
		owner = ost_control_owner(k->c, n->to, k->p->vlan);
		if (owner != OST_SLOT_NONE && owner != k->slot)
			return ost_control_related(k->c, k->slot, n->source, owner, n->to) ? OST_REASON_NONE
											    : OST_REASON_PEER_NOT_ALLOWED;
		fits = may_reach(k, n);
	}
	if (is_group(n->to) && !group_mac(k->p->bytes, n->to))
		fits = false;
	/* A question to one is about that one. */
	if (n->type == ND_NS && !is_group(n->to) && memcmp(n->to, n->target, 16) != 0)
		fits = false;
	return fits ? OST_REASON_NONE : OST_REASON_NOT_ALLOWED;
}

static enum ost_reason device_says(struct ost_control *k, const struct nd *n)
{
	enum ost_reason r;

	if (!unspecified(n->source) && !holds(k, n->source))
		return OST_REASON_ND_SPOOF;
	if (n->type == ND_NA && !holds(k, n->target))
		return OST_REASON_ND_SPOOF;
	r = destination_check(k, n);
	if (r != OST_REASON_NONE || n->type != ND_NS || !unspecified(n->source))
		return r;
	return claim(k, n->target, eui64_of(n->target, k->p->bytes + 6) ? 0 : TENTATIVE_TICKS);
}

static void nd_from_device(struct ost_control *k, const struct nd *n)
{
	/* An extension header could bear an option for which its receivers throw it away (RFC 8200 section 4.2). */
	bool plain = k->p->l4 == k->p->l3 + 40;
	enum ost_reason r = plain ? device_says(k, n) : OST_REASON_IPV6_EXTENSION;

	if (r != OST_REASON_NONE)
		ost_control_refuse(k, r);
	else if (n->type == ND_RS || unspecified(n->source))
		ost_control_forward(k, k->c->site->config.ports[k->p->port].uplink);
	else if (n->type == ND_NS)
		ost_control_ask(k, n->source, n->target, OST_INCLUDE_ND);
	else /* An answer goes to whom it is addressed. */
		ost_control_ask(k, n->target, n->to, OST_INCLUDE_ND);
}

/* Somebody on the network side has, or asks to have, what a device has just claimed: the claim falls. The slot
 * that it was of, or OST_SLOT_NONE. */
static uint32_t contest(struct ost_control *k, const uint64_t ip[2])
{
	uint64_t hash = ost_binding_hash(k->c->site, ip, k->p->vlan);
	const struct ost_binding *b = ost_binding_find_in(&k->c->site->bindings_table, k->c->site->bindings, hash, ip, k->p->vlan);
	uint32_t slot;

	if (b == NULL || b->vlan >> 24 != OST_BINDING_ND || !ost_binding_tentative(b, k->c->tick))
		return OST_SLOT_NONE;
	slot = b->slot;
	ost_binding_remove(k->c->site, slot, ip, k->p->vlan);
	return k->c->view->hot[slot].role != UINT32_MAX ? slot : OST_SLOT_NONE;
}

static void network_asks(struct ost_control *k, const struct nd *n)
{
	/* RFC 4862 section 5.4.3: two ask for the same address; the device has to hear of the other one. */
	uint32_t owner = unspecified(n->source) ? contest(k, n->target) : OST_SLOT_NONE;

	if (owner == OST_SLOT_NONE)
		owner = ost_control_owner(k->c, n->target, k->p->vlan);
	if (owner == OST_SLOT_NONE)
		ost_control_refuse(k, OST_REASON_GROUP_DESTINATION);
	else
		ost_control_to_device(k, owner, OST_INCLUDE_ND);
}

static void nd_from_network(struct ost_control *k, const struct nd *n)
{
	uint32_t owner;

	if (n->type == ND_NA)
		(void)contest(k, n->target);
	/* Speaking for a device's address, or from it. */
	owner = ost_control_owner(k->c, n->source, k->p->vlan);
	if (owner == OST_SLOT_NONE && n->type == ND_NA)
		owner = ost_control_owner(k->c, n->target, k->p->vlan);
	if (owner != OST_SLOT_NONE) {
		k->slot = owner;
		ost_control_refuse(k, OST_REASON_ND_SPOOF);
		return;
	}
	if (n->type == ND_NS) {
		network_asks(k, n);
		return;
	}
	if (n->type == ND_RS || n->type == ND_REDIRECT) {
		ost_control_refuse(k, n->type == ND_RS ? OST_REASON_GROUP_DESTINATION : OST_REASON_RA_GUARD);
		return;
	}
	if (k->p->flags & OST_PACKET_GROUP_MAC) {
		ost_control_flood(k);
		return;
	}
	owner = ost_control_device(k->c, k->p->bytes, k->p->vlan);
	if (owner == OST_SLOT_NONE)
		ost_control_refuse(k, OST_REASON_UNKNOWN_DESTINATION);
	else
		ost_control_to_device(k, owner, OST_INCLUDE_ND);
}

void ost_control_nd(struct ost_control *k)
{
	struct nd n = {0};
	enum ost_reason r = nd_read(k, &n);

	if (r != OST_REASON_NONE)
		ost_control_refuse(k, r);
	else if (k->p->flags & OST_PACKET_TO_DEVICE)
		nd_from_network(k, &n);
	else
		nd_from_device(k, &n);
}
