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
};

#define TENTATIVE_TICKS 477u /* half a second */
/* An address lapses when its device has not spoken of it for so long: temporary addresses (RFC 8981) come and go. */
#define ND_LIFETIME_S 14400u
#define OPTIONS_MAX	16u

struct nd {
	uint8_t type;
	uint64_t source[2], target[2];
	const uint8_t *mac; /* of the option that fits the type, or NULL */
};

static bool options_read(struct ost_cursor *c, struct nd *n)
{
	for (unsigned i = 0; ost_cursor_left(c) > 0; i++) {
		uint8_t type = ost_cursor_u8(c), length = ost_cursor_u8(c);
		const uint8_t *body = length > 0 ? ost_cursor_take(c, length * 8u - 2) : NULL;

		if (body == NULL || i == OPTIONS_MAX)
			return false;
		if (type == (n->type == ND_NA ? OPTION_TARGET_MAC : OPTION_SOURCE_MAC))
			n->mac = body;
	}
	return true;
}

/* RFC 4861 sections 6.1 and 7.1: hop limit 255, code 0, lengths, a target that is no group. */
static bool nd_read(const struct ost_packet *p, struct nd *n)
{
	static const uint8_t fixed[] = {[ND_RS - ND_RS] = 8, [ND_RA - ND_RS] = 16, [ND_NS - ND_RS] = 24,
		[ND_NA - ND_RS] = 24, [ND_REDIRECT - ND_RS] = 40};
	struct ost_cursor c = ost_cursor_of(p->bytes + p->l4, p->l4_bytes);
	uint8_t code;

	n->type = ost_cursor_u8(&c);
	code = ost_cursor_u8(&c);
	if (n->type < ND_RS || n->type > ND_REDIRECT || code != 0 || p->bytes[p->l3 + 7] != 255)
		return false;
	const uint8_t *body = ost_cursor_take(&c, (size_t)fixed[n->type - ND_RS] - 2);

	if (body == NULL)
		return false;
	memcpy(n->source, p->bytes + p->l3 + 8, 16);
	if (n->type == ND_NS || n->type == ND_NA)
		memcpy(n->target, body + 6, 16);
	return *(const uint8_t *)n->target != 0xff && options_read(&c, n);
}

static bool unspecified(const uint64_t ip[2])
{
	return (ip[0] | ip[1]) == 0;
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

static void nd_from_device(struct ost_control *k, const struct nd *n)
{
	const uint8_t *source = k->p->bytes + 6;
	enum ost_reason r = OST_REASON_NONE;

	if (n->mac != NULL && memcmp(n->mac, source, 6) != 0)
		r = OST_REASON_ND_SPOOF;
	else if (!unspecified(n->source) && !holds(k, n->source))
		r = OST_REASON_ND_SPOOF;
	else if (n->type == ND_NA && !holds(k, n->target))
		r = OST_REASON_ND_SPOOF;
	else if (n->type == ND_NS && unspecified(n->source))
		r = claim(k, n->target, TENTATIVE_TICKS);
	if (r != OST_REASON_NONE) {
		ost_control_refuse(k, r);
		return;
	}
	if (n->type == ND_RS || unspecified(n->source)) {
		ost_control_forward(k, k->c->site->config.ports[k->p->port].uplink);
		return;
	}
	if (n->type == ND_NS) {
		ost_control_ask(k, n->source, n->target, OST_INCLUDE_ND);
		return;
	}
	/* An answer goes to whom it is addressed. */
	uint64_t to[2];

	memcpy(to, k->p->bytes + k->p->l3 + 24, 16);
	ost_control_ask(k, n->target, to, OST_INCLUDE_ND);
}

/* Somebody on the network side has, or asks to have, what a device has just claimed: the claim falls. */
static void contest(struct ost_control *k, const uint64_t ip[2])
{
	uint64_t hash = ost_binding_hash(k->c->site, ip, k->p->vlan);
	const struct ost_binding *b = ost_binding_find_in(&k->c->site->bindings_table, k->c->site->bindings, hash, ip, k->p->vlan);

	if (b != NULL && b->vlan >> 24 == OST_BINDING_ND && ost_binding_tentative(b, k->c->tick))
		ost_binding_remove(k->c->site, b->slot, ip, k->p->vlan);
}

static void nd_from_network(struct ost_control *k, const struct nd *n)
{
	uint32_t owner;

	if (n->type == ND_NA)
		contest(k, n->target);
	/* Speaking for a device's address, or asking to get it. */
	owner = ost_control_owner(k->c, n->type == ND_NA ? n->target : n->source, k->p->vlan);
	if (owner != OST_SLOT_NONE) {
		k->slot = owner;
		ost_control_refuse(k, OST_REASON_ND_SPOOF);
		return;
	}
	if (n->type == ND_NS) {
		owner = ost_control_owner(k->c, n->target, k->p->vlan);
		if (owner == OST_SLOT_NONE)
			ost_control_refuse(k, OST_REASON_GROUP_DESTINATION);
		else
			ost_control_to_device(k, owner, OST_INCLUDE_ND);
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
	uint64_t word = ost_mac_word(k->p->bytes);

	owner = ost_slot_find(k->c->site, ost_slot_hash(k->c->site, word, k->p->vlan), word, k->p->vlan);
	if (owner == OST_SLOT_NONE || k->c->view->hot[owner].role == UINT32_MAX)
		ost_control_refuse(k, OST_REASON_UNKNOWN_DESTINATION);
	else
		ost_control_to_device(k, owner, OST_INCLUDE_ND);
}

void ost_control_nd(struct ost_control *k)
{
	struct nd n = {0};

	if (!nd_read(k->p, &n))
		ost_control_refuse(k, OST_REASON_MALFORMED_L4);
	else if (k->p->flags & OST_PACKET_TO_DEVICE)
		nd_from_network(k, &n);
	else
		nd_from_device(k, &n);
}
