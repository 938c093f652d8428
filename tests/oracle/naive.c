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

/* "A suffix is every name that ends in a dot and it" */
bool naive_host_is(const struct ost_host *host, const char *name)
{
	size_t n = strlen(name), m = strlen(host->name);

	if (!host->suffix)
		return strcmp(name, host->name) == 0;
	return n > m && name[n - m - 1] == '.' && strcmp(name + n - m, host->name) == 0;
}

/* "Inside is what lies in one of policy->inside, and an IPv6 address that bears such an IPv4 address: in 64:ff9b::/96 as its last 32
 * bits, in 2002::/16 as the 32 behind those." */
static bool is_inside(const struct ost_policy *policy, const struct ost_ip *ip)
{
	static const struct {
		uint8_t head[12], length, at;
	} bearers[] = {{{0, 0x64, 0xff, 0x9b}, 12, 12}, {{0x20, 2}, 2, 2}};

	for (uint32_t i = 0; i < policy->inside_count; i++) {
		if (in_prefix(&policy->inside[i], ip))
			return true;
	}
	for (unsigned i = 0; ip->family == OST_IPV6 && i < OST_ARRAY_SIZE(bearers); i++) {
		struct ost_ip borne = {.family = OST_IPV4};

		memcpy(borne.b, ip->b + bearers[i].at, 4);
		if (memcmp(ip->b, bearers[i].head, bearers[i].length) == 0 && is_inside(policy, &borne))
			return true;
	}
	return false;
}

/* "is in policy->private_domains: is one of them, or ends in a dot and one" */
static bool is_private(const struct ost_policy *policy, const char *name)
{
	for (uint32_t i = 0; i < policy->private_domain_count; i++) {
		const struct ost_host itself = {.name = policy->private_domains[i]}, below = {.name = itself.name, .suffix = true};

		if (naive_host_is(&itself, name) || naive_host_is(&below, name))
			return true;
	}
	return false;
}

/* "An address inside is given by such a name only when that name, and each alias behind it up to the one that has the address, is in
 * policy->private_domains" */
static bool may_give(const struct ost_policy *policy, const struct naive_given *g, uint32_t from)
{
	if (!is_inside(policy, &g->ip))
		return true;
	for (; from < g->name_count; from++) {
		if (!is_private(policy, g->names[from]))
			return false;
	}
	return true;
}

/* "the device itself was given the remote address in an answer to a query of its own for one of these names, or for one whose
 * aliases (CNAME) lead through one, [...] and the answer's time has not run out." What is open stays so. anything: also what may
 * not be given so. */
static bool was_given(const struct ost_policy *policy, const struct ost_rule *rule, const struct naive_flow *flow, bool anything)
{
	for (uint32_t i = 0; flow->given != NULL && i < flow->given->count; i++) {
		const struct naive_given *g = &flow->given->items[i];

		if (g->device != flow->device || !same_ip(&g->ip, &flow->remote) || (!flow->established && g->until_ns <= flow->given->now_ns))
			continue;
		for (uint32_t k = 0; k < g->name_count * rule->host_count; k++) {
			if (naive_host_is(&rule->hosts[k % rule->host_count], g->names[k / rule->host_count]) &&
				(anything || may_give(policy, g, k / rule->host_count)))
				return true;
		}
	}
	return false;
}

/* "Peer: OST_PEER_ANY: every address. OST_PEER_NETWORK: the remote address lies in one of the
 * prefixes. OST_PEER_ROLE: the remote address is bound to a device that has this role." */
static bool peer_matches(const struct ost_policy *policy, const struct ost_rule *rule,
	const struct naive_flow *flow, uint32_t remote_device)
{
	const struct ost_ip *remote = &flow->remote;

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
	case OST_PEER_NAME:
		return was_given(policy, rule, flow, false);
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

static bool services_match(const struct ost_rule *rule, const struct naive_flow *flow)
{
	for (uint32_t i = 0; i < rule->service_count; i++) {
		if (service_matches(&rule->services[i], flow))
			return true;
	}
	return false;
}

/* "A rule matches a flow when its peer and one of its services match." */
bool naive_rule_matches(const struct ost_policy *policy, const struct ost_rule *rule,
	const struct naive_flow *flow, uint32_t remote_device)
{
	if (rule->direction != flow->direction)
		return false;
	return peer_matches(policy, rule, flow, remote_device) && services_match(rule, flow);
}

/* What a device may at all. state.h: IDENTIFIED is "known by its MAC: rules that ask for no more
 * than that", so a role that asks for a proof gives it nothing. */
static unsigned device_rights(const struct naive_world *w, uint32_t device)
{
	const struct ost_role *role = &w->policy->roles[w->policy->devices[device].role];

	if (w->states[device] == OST_STATE_IDENTIFIED && role->authenticate != OST_AUTH_MAC)
		return 0;
	return ost_state_rights(w->states[device]);
}

#define BIT(reason) (1ull << OST_REASON_##reason)

static bool schedule_open(const struct naive_world *w, uint16_t number)
{
	const struct ost_schedule *s;

	if (number == OST_SCHEDULE_ALWAYS)
		return true;
	s = &w->policy->schedules[number - 1];
	for (uint32_t i = 0; i < s->window_count; i++) {
		if (s->windows[i].since_s <= w->wall_s && w->wall_s < s->windows[i].until_s)
			return true;
	}
	return false;
}

/* "TCP or UDP to port 853, or to port 443 of an address in policy->resolvers" */
static bool encrypted_dns(const struct naive_world *w, const struct naive_flow *flow)
{
	if (flow->direction != OST_TO || (flow->protocol != 6 && flow->protocol != 17))
		return false;
	if (flow->value == 853)
		return true;
	for (uint32_t i = 0; flow->value == 443 && i < w->policy->resolver_count; i++) {
		if (in_prefix(&w->policy->resolvers[i], &flow->remote))
			return true;
	}
	return false;
}

/* "it is about this device" */
static bool is_about(const struct naive_world *w, const struct ost_rule *rule, const struct naive_flow *flow)
{
	if ((rule->flags & OST_RULE_ONE) && rule->only_device != flow->device)
		return false;
	return rule->only_tags == 0 || (rule->only_tags & w->policy->devices[flow->device].tags) != 0;
}

/* One device's part. */
struct side {
	bool allows;
	bool by_audit; /* no rule does */
	uint64_t why;  /* when it does not, or would not: the reasons that the text permits */
	uint32_t rule;
};

/* Why a rule that matches does not hold; 0: it does.
 * "[rules of dns, ntp and portal] also hold in states with infrastructure rights only". The role's minimum
 * is not asked of them: a device in such a state is there to prove it. */
static uint64_t rule_why(const struct naive_world *w, const struct ost_role *role, const struct ost_rule *rule,
	const struct naive_flow *flow)
{
	enum ost_assurance proved = w->assurances[flow->device];
	unsigned right = OST_RIGHT_NEW_FLOWS | (flow->established ? OST_RIGHT_ESTABLISHED : 0) |
			 (rule->infrastructure ? OST_RIGHT_INFRASTRUCTURE : 0);
	uint64_t why = 0;

	if ((device_rights(w, flow->device) & right) == 0 || proved < rule->assurance)
		why |= BIT(STATE);
	if (!rule->infrastructure && proved < role->assurance)
		why |= BIT(STATE);
	if (!schedule_open(w, rule->schedule))
		why |= BIT(SCHEDULE);
	if ((rule->flags & OST_RULE_DNS_GUARD) && encrypted_dns(w, flow))
		why |= BIT(FOREIGN_DNS);
	return why;
}

bool naive_rule_holds(const struct naive_world *w, const struct ost_rule *rule, const struct naive_flow *flow, uint32_t remote_device)
{
	const struct ost_role *role = &w->policy->roles[w->policy->devices[flow->device].role];

	return naive_rule_matches(w->policy, rule, flow, remote_device) && is_about(w, rule, flow) && schedule_open(w, rule->schedule) &&
	       w->assurances[flow->device] >= rule->assurance && (rule->infrastructure || w->assurances[flow->device] >= role->assurance);
}

/* reason.h: a rule allows this service by name, and the address was not given for it, or may not be. 2: for sure; 1: whether the rule
 * holds is another question. */
static unsigned names_why(const struct naive_world *w, const struct ost_role *role, const struct naive_flow *flow, uint64_t *ret_why)
{
	struct naive_flow fresh = *flow;
	uint64_t whys[3] = {0};
	unsigned sure = 0;

	fresh.established = false;
	for (uint32_t i = 0; i < role->rule_count; i++) {
		const struct ost_rule *rule = &role->rules[i];
		unsigned so;

		if (rule->peer != OST_PEER_NAME || rule->direction != flow->direction || !services_match(rule, flow) || !is_about(w, rule, flow))
			continue;
		so = (rule_why(w, role, rule, flow) & ~BIT(STATE)) == 0 ? 2u : 1u;
		whys[so] |= was_given(w->policy, rule, &fresh, true) ? BIT(DNS_REBIND) : BIT(NAME_UNRESOLVED);
		sure = OST_MAX(sure, so);
	}
	*ret_why = whys[2] & BIT(DNS_REBIND) ? BIT(DNS_REBIND) : whys[2] != 0 ? whys[2] : whys[1];
	return sure;
}

/* No rule matches. */
static uint64_t no_rule_why(const struct naive_world *w, const struct ost_role *role, const struct naive_flow *flow)
{
	bool dns = encrypted_dns(w, flow) || (flow->value == 53 && (flow->protocol == 6 || flow->protocol == 17));
	uint64_t why = flow->direction == OST_FROM ? BIT(NOT_ALLOWED_IN) : dns ? BIT(FOREIGN_DNS) : BIT(NOT_ALLOWED);

	if (flow->direction == OST_FROM || !dns) {
		uint64_t by_name;
		unsigned named = names_why(w, role, flow, &by_name);

		why = named == 2 ? by_name : named == 1 ? why | by_name : why;
	}
	/* No rule and no right: the text does not say which of the two is told. */
	if (!(device_rights(w, flow->device) & OST_RIGHT_NEW_FLOWS) || w->assurances[flow->device] < role->assurance)
		why |= BIT(STATE);
	return why;
}

/* "A role in audit whose schedule audit is open: what its rules do not allow, or not now, passes [...]. The device's state [...]
 * asked all the same, the role's minimum of assurance" */
static bool audit_lets_pass(const struct naive_world *w, const struct ost_role *role, const struct naive_flow *flow, uint64_t why)
{
	unsigned right = OST_RIGHT_NEW_FLOWS | (flow->established ? OST_RIGHT_ESTABLISHED : 0);

	return role->mode == OST_MODE_AUDIT && schedule_open(w, role->audit) && (why & ~BIT(STATE)) != 0 &&
	       (device_rights(w, flow->device) & right) != 0 && w->assurances[flow->device] >= role->assurance;
}

static struct side side_judge(const struct naive_world *w, const struct naive_flow *flow, uint32_t remote_device)
{
	const struct ost_role *role = &w->policy->roles[w->policy->devices[flow->device].role];
	struct side side = {.rule = NAIVE_NONE};
	bool some_for_state_alone = false;

	for (uint32_t i = 0; i < role->rule_count; i++) {
		const struct ost_rule *rule = &role->rules[i];
		struct naive_flow fresh = *flow;
		uint64_t why;

		if (!naive_rule_matches(w->policy, rule, flow, remote_device) || !is_about(w, rule, flow))
			continue;
		why = rule_why(w, role, rule, flow);
		if (why == 0)
			return (struct side){.allows = true, .rule = i};
		/* A name whose time is over, and that does not let it go on, is no reason. */
		fresh.established = false;
		if (!naive_rule_matches(w->policy, rule, &fresh, remote_device))
			continue;
		side.why |= why;
		some_for_state_alone |= why == BIT(STATE);
	}
	if (side.why == 0)
		side.why = no_rule_why(w, role, flow);
	/* A rule that would allow it, had the device proved more: that is told, and is no business of audit. */
	if (some_for_state_alone)
		side.why = BIT(STATE);
	side.allows = side.by_audit = audit_lets_pass(w, role, flow, side.why);
	return side;
}

/* "When the remote address is bound to a device, that device's role must agree with the flow as
 * well, in its own direction: both allow-lists are asked, and the verdict is deny unless both say
 * allow." */
struct naive_answer naive_judge(const struct naive_world *w, const struct naive_flow *flow)
{
	struct naive_answer a = {.rule = NAIVE_NONE, .peer_rule = NAIVE_NONE};
	uint32_t remote_device = naive_bound(w, flow->vlan, &flow->remote);
	struct side own = side_judge(w, flow, remote_device), other;
	struct naive_flow mirror = *flow;

	a.rule = own.rule;
	a.allow = own.allows;
	a.reasons = own.why;
	a.audit = own.by_audit ? own.why : 0;
	if (remote_device == NAIVE_NONE)
		return a;
	mirror.device = remote_device;
	mirror.direction = flow->direction == OST_TO ? OST_FROM : OST_TO;
	mirror.own = flow->remote;
	mirror.remote = flow->own;
	other = side_judge(w, &mirror, flow->device);
	a.peer_rule = other.rule;
	a.allow = own.allows && other.allows;
	a.audit |= other.by_audit ? other.why : 0;
	/* The device's own answer comes first; when it allows, the peer is the reason. */
	if (own.allows && !other.allows)
		a.reasons = BIT(PEER_NOT_ALLOWED) | (other.why & BIT(STATE));
	return a;
}
