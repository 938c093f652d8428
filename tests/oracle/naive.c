/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "naive.h"

/* Bit by bit, on purpose not as ost_prefix_contains() does it. */
static bool in_prefix(const struct ost_prefix *prefix, const struct ost_ip *ip)
{
	if (prefix->ip.family != ip->family)
		return false;
	for (unsigned bit = 0; bit < prefix->length; bit++) {
		unsigned a = prefix->ip.b[bit / 8] >> (7 - bit % 8) & 1;
		unsigned b = ip->b[bit / 8] >> (7 - bit % 8) & 1;

		if (a != b)
			return false;
	}
	return true;
}

static bool same_ip(const struct ost_ip *a, const struct ost_ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, a->family == OST_IPV4 ? 4 : 16) == 0;
}

uint32_t naive_bound(const struct naive_world *w, uint32_t vlan, const struct ost_ip *ip)
{
	for (uint32_t i = 0; i < w->binding_count; i++) {
		if (w->bindings[i].vlan == vlan && same_ip(&w->bindings[i].ip, ip))
			return w->bindings[i].device;
	}
	return NAIVE_NONE;
}

/* "Peer: OST_PEER_ANY: every address. OST_PEER_NETWORK: the remote address lies in one of the
 * prefixes. OST_PEER_ROLE: the remote address is bound to a device that has this role." */
static bool peer_matches(const struct ost_policy *policy, const struct ost_rule *rule,
	const struct ost_ip *remote, uint32_t remote_device)
{
	switch (rule->peer) {
	case OST_PEER_ANY:
		return true;
	case OST_PEER_NETWORK:
		for (uint32_t i = 0; i < rule->prefix_count; i++) {
			if (in_prefix(&rule->prefixes[i], remote))
				return true;
		}
		return false;
	case OST_PEER_ROLE:
		for (uint32_t i = 0; remote_device != NAIVE_NONE && i < rule->peer_role_count; i++) {
			if (policy->devices[remote_device].role == rule->peer_roles[i])
				return true;
		}
		return false;
	case OST_PEER_TAG:
		return remote_device != NAIVE_NONE && (policy->devices[remote_device].tags & rule->peer_tags) != 0;
	default:
		return false;
	}
}

/* "Service: protocol equal (or 0: any protocol), family equal (or 0: both), and lo <= value <= hi"
 */
static bool service_matches(const struct ost_service *s, const struct naive_flow *flow)
{
	if (s->protocol != 0 && s->protocol != flow->protocol)
		return false;
	if (s->family != 0 && s->family != flow->remote.family)
		return false;
	return s->lo <= flow->value && flow->value <= s->hi;
}

/* "A rule matches a flow when its peer and one of its services match." */
bool naive_rule_matches(const struct ost_policy *policy, const struct ost_rule *rule,
	const struct naive_flow *flow, uint32_t remote_device)
{
	if (rule->direction != flow->direction)
		return false;
	if (!peer_matches(policy, rule, &flow->remote, remote_device))
		return false;
	for (uint32_t i = 0; i < rule->service_count; i++) {
		if (service_matches(&rule->services[i], flow))
			return true;
	}
	return false;
}

enum side_answer {
	SIDE_ALLOWS,
	SIDE_NO_RULE,  /* nothing in the role matches */
	SIDE_NO_RIGHT, /* a rule matches, but not in this state, or not with so little proved */
};

/* What a device may at all. state.h: IDENTIFIED is "known by its MAC: rules that ask for no more
 * than that", so a role that asks for a proof gives it nothing. */
static unsigned device_rights(const struct naive_world *w, uint32_t device)
{
	const struct ost_role *role = &w->policy->roles[w->policy->devices[device].role];

	if (w->states[device] == OST_STATE_IDENTIFIED && role->authenticate != OST_AUTH_MAC)
		return 0;
	return ost_state_rights(w->states[device]);
}

/* One device's part: its role's rules, in its state, with what it has proved.
 * "[rules of dns, ntp and portal] also hold in states with infrastructure rights only". The role's minimum
 * is not asked of them: a device in such a state is there to prove it. */
static enum side_answer side_judge(const struct naive_world *w, const struct naive_flow *flow,
	uint32_t remote_device, uint32_t *ret_rule)
{
	const struct ost_role *role = &w->policy->roles[w->policy->devices[flow->device].role];
	unsigned rights = device_rights(w, flow->device);
	enum ost_assurance proved = w->assurances[flow->device];
	enum side_answer answer = SIDE_NO_RULE;

	for (uint32_t i = 0; i < role->rule_count; i++) {
		const struct ost_rule *rule = &role->rules[i];
		unsigned right = OST_RIGHT_NEW_FLOWS |
				 (flow->established ? OST_RIGHT_ESTABLISHED : 0) |
				 (rule->infrastructure ? OST_RIGHT_INFRASTRUCTURE : 0);

		if (!naive_rule_matches(w->policy, rule, flow, remote_device))
			continue;
		answer = SIDE_NO_RIGHT;
		if ((rights & right) == 0 || proved < rule->assurance)
			continue;
		if (!rule->infrastructure && proved < role->assurance)
			continue;
		*ret_rule = i;
		return SIDE_ALLOWS;
	}
	return answer;
}

#define BIT(reason) (1ull << OST_REASON_##reason)

static uint64_t own_reasons(
	const struct naive_world *w, const struct naive_flow *flow, enum side_answer answer)
{
	uint64_t no_rule = flow->direction == OST_TO ? BIT(NOT_ALLOWED) : BIT(NOT_ALLOWED_IN);

	if (answer == SIDE_NO_RIGHT)
		return BIT(STATE);
	/* No rule and no right: the text does not say which of the two is told. */
	if (!(device_rights(w, flow->device) & OST_RIGHT_NEW_FLOWS))
		return no_rule | BIT(STATE);
	if (w->assurances[flow->device] <
		w->policy->roles[w->policy->devices[flow->device].role].assurance)
		return no_rule | BIT(STATE);
	return no_rule;
}

/* "When the remote address is bound to a device, that device's role must agree with the flow as
 * well, in its own direction: both allow-lists are asked, and the verdict is deny unless both say
 * allow." */
struct naive_answer naive_judge(const struct naive_world *w, const struct naive_flow *flow)
{
	struct naive_answer a = {.rule = NAIVE_NONE, .peer_rule = NAIVE_NONE};
	uint32_t remote_device = naive_bound(w, flow->vlan, &flow->remote);
	enum side_answer own = side_judge(w, flow, remote_device, &a.rule);
	struct naive_flow mirror = *flow;
	enum side_answer other;

	if (own != SIDE_ALLOWS)
		a.reasons = own_reasons(w, flow, own);
	if (remote_device == NAIVE_NONE) {
		a.allow = own == SIDE_ALLOWS;
		return a;
	}
	mirror.device = remote_device;
	mirror.direction = flow->direction == OST_TO ? OST_FROM : OST_TO;
	mirror.own = flow->remote;
	mirror.remote = flow->own;
	other = side_judge(w, &mirror, flow->device, &a.peer_rule);
	a.allow = own == SIDE_ALLOWS && other == SIDE_ALLOWS;
	/* The device's own answer comes first; when it allows, the peer is the reason. */
	if (own == SIDE_ALLOWS && other != SIDE_ALLOWS)
		a.reasons = BIT(PEER_NOT_ALLOWED) | (own_reasons(w, &mirror, other) & BIT(STATE));
	return a;
}
