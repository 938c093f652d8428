/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May it? The one decision about a flow: state, allow-list, and the other device's allow-list. Used for
 * first packets and for flows that are judged anew. */
#pragma once

#include "allow.h"
#include "classifier.h"

struct ost_judgement {
	uint32_t rule;
	uint32_t peer_rule; /* OST_RULE_NONE when the remote is no device */
	enum ost_reason audit; /* what would have refused it, and passes by audit; NONE */
};

/* What a device's state lets it do under this role. A role that asks for proof gives nothing for being
 * identified by a MAC only. */
static inline unsigned ost_slot_rights(const struct ost_site *site, uint32_t slot, const struct ost_image_role *role)
{
	uint8_t state = atomic_load_explicit(&site->standings[slot].state, memory_order_acquire);

	if (role->authenticate != OST_AUTH_MAC && state == OST_STATE_IDENTIFIED)
		return 0;
	return ost_state_rights(state);
}

static inline void ost_question_address(struct ost_question *q, const uint64_t ip[2])
{
	if (ip[1] == OST_BINDING_IPV4) {
		q->family = OST_IPV4;
		q->remote4 = ost_be32((uint32_t)ip[0]);
		return;
	}
	q->family = OST_IPV6;
	q->remote6[0] = __builtin_bswap64(ip[0]);
	q->remote6[1] = __builtin_bswap64(ip[1]);
}

/* One side: the rule of the slot's role, or OST_RULE_NONE. peer: slot of the remote, or OST_SLOT_NONE. */
static inline uint32_t ost_judge_side(const struct ost_view *v, uint32_t slot, uint32_t peer, struct ost_question *q)
{
	const struct ost_image_role *role = &v->image->roles[v->hot[slot].role];
	uint32_t rule;

	q->view = v;
	q->slot = slot;
	q->assurance = atomic_load_explicit(&v->site->standings[slot].assurance, memory_order_relaxed);
	rule = ost_allow_address(v, role, q);
	if (rule == OST_RULE_NONE && peer != OST_SLOT_NONE && role->peer_count > 0)
		rule = ost_allow_peer(v, role, peer, q);
	if (rule == OST_RULE_NONE && OST_UNLIKELY(role->host_count > 0))
		rule = ost_allow_host(v, role, q);
	return rule;
}

/* Nothing matched: is it the state (or the assurance) that stands in the way, or the allow-list? */
enum ost_reason ost_judge_why(const struct ost_view *v, uint32_t slot, uint32_t peer, struct ost_question *q);

/* Whether audit lets pass what this reason would refuse: the allow-list's business, while the role's audit is open. */
static inline bool ost_audited(const struct ost_view *v, const struct ost_image_role *role, enum ost_reason reason)
{
	const uint64_t lists = 1ull << OST_REASON_NOT_ALLOWED | 1ull << OST_REASON_NOT_ALLOWED_IN | 1ull << OST_REASON_SCHEDULE |
		1ull << OST_REASON_NAME_UNRESOLVED | 1ull << OST_REASON_NAME_LIMIT | 1ull << OST_REASON_FOREIGN_DNS |
		1ull << OST_REASON_DNS_REBIND;

	return role->mode == OST_MODE_AUDIT && (lists >> reason & 1) && ost_view_open(v, role->audit);
}

/* One side: NONE, with its rule, or without one as its role is in audit. */
static inline enum ost_reason ost_judge_audited(const struct ost_view *v, uint32_t slot, uint32_t peer, struct ost_question *q,
	uint32_t *ret_rule, enum ost_reason *ret_audit)
{
	const struct ost_image_role *role = &v->image->roles[v->hot[slot].role];
	bool infrastructure_only = q->infrastructure_only, assured;
	enum ost_reason r;

	*ret_rule = ost_judge_side(v, slot, peer, q);
	if (OST_LIKELY(*ret_rule != OST_RULE_NONE))
		return OST_REASON_NONE;
	assured = q->assurance >= role->assurance;
	r = ost_judge_why(v, slot, peer, q);
	if (infrastructure_only || !assured || !ost_audited(v, role, r))
		return r;
	*ret_audit = r;
	return OST_REASON_NONE;
}

/* The whole decision. q: address of the remote, protocol, value, direction are set. dev_ip: the device's
 * own address, for the other side's question. need: rights of which one is enough. */
static inline enum ost_reason ost_judge(const struct ost_view *v, uint32_t slot, uint32_t peer, struct ost_question *q,
	const uint64_t dev_ip[2], bool established, struct ost_judgement *ret)
{
	const struct ost_image_role *role = &v->image->roles[v->hot[slot].role];
	unsigned rights = ost_slot_rights(v->site, slot, role);
	enum ost_reason r;

	if (established && (rights & OST_RIGHT_ESTABLISHED))
		rights |= OST_RIGHT_NEW_FLOWS;
	if (!(rights & (OST_RIGHT_NEW_FLOWS | OST_RIGHT_INFRASTRUCTURE)))
		return OST_REASON_STATE;
	q->infrastructure_only = !(rights & OST_RIGHT_NEW_FLOWS);
	q->established = established;
	ret->peer_rule = OST_RULE_NONE;
	ret->audit = OST_REASON_NONE;
	r = ost_judge_audited(v, slot, peer, q, &ret->rule, &ret->audit);
	if (OST_LIKELY(peer == OST_SLOT_NONE) || r != OST_REASON_NONE)
		return r;

	const struct ost_image_role *other = &v->image->roles[v->hot[peer].role];
	struct ost_question back = *q;

	rights = ost_slot_rights(v->site, peer, other);
	if (established && (rights & OST_RIGHT_ESTABLISHED))
		rights |= OST_RIGHT_NEW_FLOWS;
	if (!(rights & (OST_RIGHT_NEW_FLOWS | OST_RIGHT_INFRASTRUCTURE)))
		return OST_REASON_PEER_NOT_ALLOWED;
	ost_question_address(&back, dev_ip);
	back.direction = !q->direction;
	back.infrastructure_only = !(rights & OST_RIGHT_NEW_FLOWS);
	r = ost_judge_audited(v, peer, slot, &back, &ret->peer_rule, &ret->audit);
	return r == OST_REASON_NONE ? OST_REASON_NONE : OST_REASON_PEER_NOT_ALLOWED;
}
