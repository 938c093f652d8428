/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that add nothing, because another rule of the role allows all that they allow, under no stronger conditions. All rules
 * allow, so it does not matter which one stands first; of two that say the same the later one is told. */
#include "compile_lanes.h"
#include "policy_reader.h"

#define BUDGET	 (64u << 20) /* comparisons in all: a second at most */
#define KEPT_MAX 50u

/* From the lowest to the highest port of a rule's services: what covers it reaches as far. Of a rule without services: nothing. */
struct reach {
	uint16_t lo, hi;
};

struct search {
	struct policy_reader *r;
	uint32_t budget, kept;
	struct reach *reaches; /* of the rules of the role */
	uint32_t capacity;
};

static bool spend(struct search *s)
{
	if (s->budget > 0)
		s->budget--;
	return s->budget > 0;
}

static bool prefix_covers(const struct ost_prefix *wide, const struct ost_prefix *p)
{
	return wide->length <= p->length && ost_prefix_contains(wide, &p->ip);
}

static bool prefixes_cover(struct search *s, const struct ost_rule *wide, const struct ost_rule *rule)
{
	for (uint32_t i = 0; i < rule->prefix_count; i++) {
		uint32_t k = 0;

		while (k < wide->prefix_count && spend(s) && !prefix_covers(&wide->prefixes[k], &rule->prefixes[i]))
			k++;
		if (k == wide->prefix_count || s->budget == 0)
			return false;
	}
	return true;
}

static bool roles_cover(struct search *s, const struct ost_rule *wide, const struct ost_rule *rule)
{
	for (uint32_t i = 0; i < rule->peer_role_count; i++) {
		uint32_t k = 0;

		while (k < wide->peer_role_count && spend(s) && wide->peer_roles[k] != rule->peer_roles[i])
			k++;
		if (k == wide->peer_role_count || s->budget == 0)
			return false;
	}
	return true;
}

static bool host_covers(const struct ost_host *wide, const struct ost_host *host)
{
	size_t n = strlen(wide->name), m = strlen(host->name);

	if (wide->suffix == host->suffix && strcmp(wide->name, host->name) == 0)
		return true;
	return wide->suffix && m > n && host->name[m - n - 1] == '.' && strcmp(host->name + m - n, wide->name) == 0;
}

static bool hosts_cover(struct search *s, const struct ost_rule *wide, const struct ost_rule *rule)
{
	for (uint32_t i = 0; i < rule->host_count; i++) {
		uint32_t k = 0;

		while (k < wide->host_count && spend(s) && !host_covers(&wide->hosts[k], &rule->hosts[i]))
			k++;
		if (k == wide->host_count || s->budget == 0)
			return false;
	}
	return true;
}

static bool peer_covers(struct search *s, const struct ost_rule *wide, const struct ost_rule *rule)
{
	if (wide->peer == OST_PEER_ANY)
		return true;
	if (wide->peer != rule->peer)
		return false;
	switch (wide->peer) {
	case OST_PEER_NETWORK:
		return prefixes_cover(s, wide, rule);
	case OST_PEER_ROLE:
		return roles_cover(s, wide, rule);
	case OST_PEER_TAG:
		return (rule->peer_tags & ~wide->peer_tags) == 0;
	case OST_PEER_NAME:
		return hosts_cover(s, wide, rule);
	default:
		return false;
	}
}

static bool service_covers(const struct ost_service *wide, const struct ost_service *service)
{
	return (wide->protocol == 0 || wide->protocol == service->protocol) && (wide->family == 0 || wide->family == service->family) &&
	       wide->lo <= service->lo && wide->hi >= service->hi;
}

static bool services_cover(struct search *s, const struct ost_rule *wide, const struct ost_rule *rule)
{
	for (uint32_t i = 0; i < rule->service_count; i++) {
		uint32_t k = 0;

		while (k < wide->service_count && spend(s) && !service_covers(&wide->services[k], &rule->services[i]))
			k++;
		if (k == wide->service_count || s->budget == 0)
			return false;
	}
	return true;
}

/* Whether a guard makes a difference to the rule. */
static bool may_be_dns(const struct ost_rule *rule)
{
	for (uint32_t i = 0; i < rule->service_count; i++) {
		const struct ost_service *s = &rule->services[i];

		if ((s->lo <= 443 && s->hi >= 443) || (s->lo <= 853 && s->hi >= 853))
			return true;
	}
	return false;
}

/* Wherever the one holds, the other does. */
static bool conditions_cover(const struct ost_role *role, const struct ost_rule *wide, const struct ost_rule *rule)
{
	if (wide->direction != rule->direction || (rule->infrastructure && !wide->infrastructure))
		return false;
	if (wide->schedule != OST_SCHEDULE_ALWAYS && wide->schedule != rule->schedule)
		return false;
	if ((wide->flags & OST_RULE_ONE) && !((rule->flags & OST_RULE_ONE) && rule->only_device == wide->only_device))
		return false;
	if (wide->only_tags != 0 && (rule->only_tags == 0 || (rule->only_tags & ~wide->only_tags) != 0))
		return false;
	if ((wide->flags & OST_RULE_DNS_GUARD) && !(rule->flags & OST_RULE_DNS_GUARD) && may_be_dns(rule))
		return false;
	if ((rule->flags & OST_RULE_DNS) && !(wide->flags & OST_RULE_DNS))
		return false; /* it binds names, too */
	return ost_rule_assurance(role, wide) <= ost_rule_assurance(role, rule);
}

static bool covers(struct search *s, const struct ost_role *role, const struct ost_rule *wide, const struct ost_rule *rule)
{
	return spend(s) && conditions_cover(role, wide, rule) && services_cover(s, wide, rule) && peer_covers(s, wide, rule);
}

static void tell(struct search *s, const struct ost_rule *rule, const struct ost_rule *wide, bool twice)
{
	struct ost_pos pos = {policy_borrowed_file(s->r, rule->pos.file), rule->pos.line, rule->pos.column};

	if (pos.file == NULL)
		return;
	if (s->kept++ >= KEPT_MAX) {
		s->r->y.diag->warnings++;
		return;
	}
	ost_diag_warning(s->r->y.diag, pos, "remove it, or narrow the other one", "the %s %s %s:%u:%u %s: %s",
		rule->flags & OST_RULE_EXCEPTION ? "exception" : "rule", twice ? "says what" : "adds nothing to what", wide->pos.file, wide->pos.line,
		wide->pos.column, twice ? "says already" : "allows", wide->text);
}

/* What a MUD file or a base says twice is not told here: at the base it is, and the file is its maker's. */
static bool is_own(const struct role_facts *facts, const struct ost_rule *rule, uint32_t index)
{
	const char *ending = rule->pos.file != NULL ? strrchr(rule->pos.file, '.') : NULL;

	return index >= facts->own_first && !rule->infrastructure && (ending == NULL || strcmp(ending, ".json") != 0);
}

static void rule_search(struct search *s, const struct ost_role *role, uint32_t index)
{
	const struct ost_rule *rule = &role->rules[index];
	const struct reach reach = s->reaches[index];

	for (uint32_t i = 0; i < role->rule_count && s->budget > 0; i++) {
		const struct ost_rule *wide = &role->rules[i];
		bool twice;

		/* Nearly all pairs end here. */
		if (s->reaches[i].lo > reach.lo || s->reaches[i].hi < reach.hi) {
			s->budget--;
			continue;
		}
		if (i == index || !covers(s, role, wide, rule))
			continue;
		twice = covers(s, role, rule, wide);
		if (twice && i > index)
			continue;
		tell(s, rule, wide, twice);
		return;
	}
}

static struct reach reach_of(const struct ost_rule *rule)
{
	struct reach reach = {.lo = UINT16_MAX};

	for (uint32_t i = 0; i < rule->service_count; i++) {
		reach.lo = OST_MIN(reach.lo, rule->services[i].lo);
		reach.hi = OST_MAX(reach.hi, rule->services[i].hi);
	}
	return reach;
}

static bool reaches_fill(struct search *s, const struct ost_role *role)
{
	if (role->rule_count > s->capacity) {
		struct reach *grown = reallocarray(s->reaches, role->rule_count, sizeof(*grown));

		if (grown == NULL) {
			s->r->y.no_memory = true;
			return false;
		}
		s->reaches = grown;
		s->capacity = role->rule_count;
	}
	for (uint32_t i = 0; i < role->rule_count; i++)
		s->reaches[i] = reach_of(&role->rules[i]);
	return true;
}

void policy_shadow_advise(struct policy_reader *r)
{
	struct search s = {.r = r, .budget = BUDGET};

	for (uint32_t i = 0; i < r->policy->role_count && s.budget > 0; i++) {
		const struct ost_role *role = &r->policy->roles[i];

		if (!reaches_fill(&s, role))
			break;
		for (uint32_t k = 0; k < role->rule_count && s.budget > 0; k++)
			if (is_own(&r->roles[i], &role->rules[k], k))
				rule_search(&s, role, k);
	}
	free(s.reaches);
}
