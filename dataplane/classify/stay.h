/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May a flow that is there stay? Asked of the view in force, when a flow's stamp is old (sweep.c), and of a policy that is only
 * rehearsed (rehearsal.c): one piece of code for both, which changes nothing. */
#pragma once

#include "decide.h"

/* What a flow's key says, and what is asked about it. */
struct ost_flow_known {
	uint64_t dev_ip[2], rem_ip[2];
	uint64_t mac;
	uint32_t vlan;
	uint8_t protocol;
	uint16_t dev_port, rem_port;
	struct ost_question q;
};

static inline struct ost_flow ost_flow_at(struct ost_classifier *c, uint32_t place, bool v4)
{
	return v4 ? ost_flow4_at(c, place) : ost_flow6_at(c, place);
}

/* The key as a packet has it: without port and state. */
void ost_flow_key(const struct ost_classifier *c, uint32_t place, bool v4, uint64_t key[6]);

/* Of a key as packets have it. */
void ost_flow_known(const uint64_t *key, bool v4, uint8_t flags, uint32_t tick, struct ost_flow_known *ret_known);

/* Slot of the device that the remote address is bound to under this view, or OST_SLOT_NONE. */
uint32_t ost_flow_peer(const struct ost_view *v, const struct ost_flow_known *k, uint32_t tick);

/* OST_REASON_NONE, with the slot and by what; else POLICY_CHANGED when its device is not where it was, or what the allow-lists and
 * states say. */
enum ost_reason ost_flow_may_stay(const struct ost_view *v, const struct ost_flow *f, struct ost_flow_known *k, uint32_t peer, uint32_t tick,
	struct ost_judgement *ret_judgement);
