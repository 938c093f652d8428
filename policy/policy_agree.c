/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between two devices both allow-lists must agree: rules about devices that have no counterpart with those whom they are about. What
 * is a matter of time and proof is taken to hold, and so is what depends on addresses that the policy does not give. */
#include "policy_reader.h"

#define BUDGET	 (32u << 20) /* comparisons in all: less than a second */
#define KEPT_MAX 50u

struct search {
	struct policy_reader *r;
	uint64_t *tags;	 /* by role: those that its devices have */
	bool *floating; /* by role: some device of it may have addresses that the policy does not say */
	struct ost_pos told[KEPT_MAX]; /* a rule of a base is told once */
	uint32_t kept, budget;
};

static bool spend(struct search *s)
{
	if (s->budget > 0)
		s->budget--;
	return s->budget > 0;
}

static bool is_about_role(const struct ost_rule *rule, uint32_t role)
{
	for (uint32_t i = 0; i < rule->peer_role_count; i++) {
		if (rule->peer_roles[i] == role)
			return true;
	}
	return false;
}

/* Whether a device of the role has an address that the rule is about. */
static bool is_about_address(struct search *s, const struct ost_rule *rule, uint32_t role)
{
	const struct ost_policy *p = s->r->policy;

	for (uint32_t i = 0; i < p->device_count; i++) {
		if (!spend(s))
			return true;
		for (uint32_t a = 0; p->devices[i].role == role && a < p->devices[i].address_count; a++) {
			for (uint32_t k = 0; k < rule->prefix_count && spend(s); k++) {
				if (ost_prefix_contains(&rule->prefixes[k], &p->devices[i].addresses[a]))
					return true;
			}
		}
	}
	return false;
}

static bool is_about(struct search *s, const struct ost_rule *rule, uint32_t role)
{
	switch (rule->peer) {
	case OST_PEER_ROLE:
		return is_about_role(rule, role);
	case OST_PEER_TAG:
		return (rule->peer_tags & s->tags[role]) != 0;
	case OST_PEER_NETWORK:
		return s->floating[role] || is_about_address(s, rule, role);
	default:
		return true; /* any, and names, which may lead anywhere */
	}
}

static bool services_meet(struct search *s, const struct ost_rule *a, const struct ost_rule *b)
{
	for (uint32_t i = 0; i < a->service_count; i++) {
		for (uint32_t k = 0; k < b->service_count; k++) {
			const struct ost_service *x = &a->services[i], *y = &b->services[k];

			if (!spend(s))
				return true;
			if ((x->protocol == 0 || y->protocol == 0 || x->protocol == y->protocol) &&
				(x->family == 0 || y->family == 0 || x->family == y->family) && x->lo <= y->hi && y->lo <= x->hi)
				return true;
		}
	}
	return false;
}

/* Whether the other role lets any of it pass, to or from devices of this one. */
static bool agrees(struct search *s, uint32_t role, const struct ost_rule *rule, uint32_t other)
{
	const struct ost_role *theirs = &s->r->policy->roles[other];

	if (theirs->mode == OST_MODE_AUDIT)
		return true;
	for (uint32_t i = 0; i < theirs->rule_count; i++) {
		const struct ost_rule *half = &theirs->rules[i];

		if (!spend(s))
			return true;
		if (half->direction != rule->direction && services_meet(s, rule, half) && is_about(s, half, role))
			return true;
	}
	return false;
}

static void tell(struct search *s, const struct ost_rule *rule, const char *role, const char *other)
{
	struct ost_pos pos = {policy_borrowed_file(s->r, rule->pos.file), rule->pos.line, rule->pos.column};
	const char *word = rule->direction == OST_TO ? "from" : "to";
	char hint[OST_HINT_MAX];

	for (uint32_t i = 0; i < OST_MIN(s->kept, KEPT_MAX); i++) {
		if (s->told[i].file == pos.file && s->told[i].line == pos.line && s->told[i].column == pos.column)
			return;
	}
	if (s->kept++ >= KEPT_MAX) {
		s->r->y.diag->warnings++;
		return;
	}
	s->told[s->kept - 1] = pos;
	ost_diag_warning(s->r->y.diag, pos, ost_hint(hint, sizeof(hint), "write %s: { role: %.63s, service: ... } in role %.63s", word, role, other),
		"nothing passes by the rule for role %s with role %s, whose allow-list has no %s: for it, and both are asked", role, other, word);
}

/* Of the roles that a rule names each one is meant; of those whose devices have a tag some are enough. */
static void rule_check(struct search *s, uint32_t role, const struct ost_rule *rule)
{
	const struct ost_policy *p = s->r->policy;
	uint32_t missing = p->role_count;
	bool tag = rule->peer == OST_PEER_TAG;

	for (uint32_t other = 0; other < p->role_count && s->budget > 0; other++) {
		if (s->r->roles[other].devices == 0 || !is_about(s, rule, other))
			continue;
		if (!agrees(s, role, rule, other))
			missing = OST_MIN(missing, other);
		else if (tag)
			return;
	}
	if (missing < p->role_count)
		tell(s, rule, p->roles[role].name, p->roles[missing].name);
}

/* What a MUD file says is its maker's, and infrastructure is no device's. */
static bool is_asked(const struct ost_rule *rule)
{
	return (rule->peer == OST_PEER_ROLE || rule->peer == OST_PEER_TAG) && !rule->infrastructure && rule->pos.file != NULL &&
	       !policy_source_is_mud(rule->pos.file);
}

static void devices_note(struct search *s)
{
	const struct ost_policy *p = s->r->policy;

	for (uint32_t i = 0; i < p->role_count; i++)
		s->floating[i] = (p->roles[i].includes & (OST_INCLUDE_DHCP | OST_INCLUDE_DHCPV6 | OST_INCLUDE_ND)) != 0;
	for (uint32_t i = 0; i < p->device_count; i++) {
		s->tags[p->devices[i].role] |= p->devices[i].tags;
		s->floating[p->devices[i].role] |= p->devices[i].address_count == 0;
	}
}

void policy_agree_advise(struct policy_reader *r)
{
	const struct ost_policy *p = r->policy;
	OST_AUTO_FREE uint64_t *tags = ost_yaml_alloc(&r->y, p->role_count, sizeof(*tags));
	OST_AUTO_FREE bool *floating = ost_yaml_alloc(&r->y, p->role_count, sizeof(*floating));
	struct search s = {.r = r, .tags = tags, .floating = floating, .budget = BUDGET};

	if (tags == NULL || floating == NULL)
		return;
	devices_note(&s);
	for (uint32_t i = 0; i < p->role_count; i++) {
		for (uint32_t k = 0; r->roles[i].devices > 0 && k < p->roles[i].rule_count && s.budget > 0; k++) {
			if (is_asked(&p->roles[i].rules[k]))
				rule_check(&s, i, &p->roles[i].rules[k]);
		}
	}
}
