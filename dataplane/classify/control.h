/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the control protocols' files share. */
#pragma once

#include "cursor.h"
#include "decide.h"

/* One control packet on its way. slot: the device it is accounted to, OST_SLOT_NONE when there is none. */
struct ost_control {
	struct ost_classifier *c;
	const struct ost_packet *p;
	struct ost_verdict *v;
	uint32_t slot;
};

static inline void ost_control_refuse(struct ost_control *k, enum ost_reason reason)
{
	ost_refuse(k->c, k->p, k->slot, reason, k->v);
}

/* The device of the policy that has this MAC, or OST_SLOT_NONE. */
static inline uint32_t ost_control_device(const struct ost_classifier *c, const uint8_t *mac, uint32_t vlan)
{
	uint64_t word = ost_mac_word(mac);
	uint32_t slot = ost_slot_find(c->site, ost_slot_hash(c->site, word, vlan), word, vlan);

	return slot != OST_SLOT_NONE && c->view->hot[slot].role != UINT32_MAX ? slot : OST_SLOT_NONE;
}

/* Whether a UDP datagram is for this port. Parsing saw its whole header. */
static inline bool ost_control_to_port(const struct ost_packet *p, uint16_t port)
{
	return ost_load16(p->bytes + p->l4 + 2) == ost_be16(port);
}

void ost_control_forward(struct ost_control *k, uint8_t egress);
void ost_control_flood(struct ost_control *k);

/* Refuses after all what was just forwarded. */
void ost_control_take_back(struct ost_control *k, enum ost_reason reason);

/* Out of the device's port, if its role includes the protocol and its state permits it; else refused. */
void ost_control_to_device(struct ost_control *k, uint32_t slot, unsigned include);

/* A device asks who has target: to the device that has it, if the two are related, else up. */
void ost_control_ask(struct ost_control *k, const uint64_t own_ip[2], const uint64_t target[2], unsigned include);

bool ost_control_related(const struct ost_classifier *c, uint32_t a, const uint64_t a_ip[2], uint32_t b,
	const uint64_t b_ip[2]);

/* Slot that holds an address. */
uint32_t ost_control_owner(const struct ost_classifier *c, const uint64_t ip[2], uint32_t vlan);

/* DHCP_SERVER or RA_GUARD for what no device may ever send. */
enum ost_reason ost_control_forbidden(const struct ost_packet *p);

void ost_control_eapol(struct ost_control *k);
void ost_control_nd(struct ost_control *k);
void ost_control_dhcp(struct ost_control *k);
void ost_control_dhcpv6(struct ost_control *k);

/* Seconds of a lease to a tick at which it ends; a lease of more than 24 days ends then (32-bit ticks). 0xffffffff: never. */
static inline uint32_t ost_lease_end(uint32_t tick, uint32_t seconds)
{
	uint64_t s = OST_MIN(seconds, 24u * 86400);

	return seconds == UINT32_MAX ? 0 : (tick + (uint32_t)((s * 1000000000ull) >> OST_TICK_SHIFT)) | 1;
}
