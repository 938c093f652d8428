/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extends: of roles: what a role has of others, and the whole of each role from its own parts and theirs.
 *
 * Bases come first, in the order in which they are written, each with its own bases before it, each once. Rules and includes add
 * up and keep the places of their own lines; of settings the last one that says something wins, which is the role itself
 * when it does. Exceptions are no part of it. */
#include "policy_reader.h"

#define BASES_MAX   64u	 /* of one role, written */
#define LINEAGE_MAX 256u /* of one role, in all */
#define DEPTH_MAX   32u

struct lineage {
	uint32_t roles[LINEAGE_MAX];
	uint32_t count;
};

/* ---- reading ---- */

void policy_extends_read(struct policy_reader *r, const struct ost_yaml_node *list, struct role_facts *facts)
{
	if (!ost_yaml_is_list(&r->y, list, "extends"))
		return;
	if (list->kind == OST_YAML_SEQUENCE && list->count > BASES_MAX) {
		ost_yaml_error(&r->y, list, "let some of them extend others", "the role extends more than %u roles", BASES_MAX);
		return;
	}
	facts->extends = ost_yaml_pos(&r->y, list);
	policy_role_list_read(r, list, &facts->bases);
	for (uint32_t i = 0; i < facts->bases.count; i++)
		r->roles[facts->bases.items[i]].extended = true;
}

/* ---- lineage ---- */

static void lineage_error(struct policy_reader *r, uint32_t role, const char *hint, const char *what)
{
	ost_diag_error(r->y.diag, r->roles[role].extends, hint, "role %s %s", r->policy->roles[role].name, what);
	r->extends_broken = true;
}

static bool is_among(const struct lineage *l, uint32_t role)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->roles[i] == role)
			return true;
	return false;
}

/* A circle is told once: where its first role begins it. */
static bool is_least(const uint32_t *path, uint32_t depth)
{
	for (uint32_t i = 1; i <= depth; i++)
		if (path[i] < path[0])
			return false;
	return true;
}

/* Walks up; path holds the roles that are being walked. False: told. */
static bool walk(struct policy_reader *r, uint32_t role, uint32_t path[static DEPTH_MAX], uint32_t depth, struct lineage *l)
{
	const struct role_list *bases = &r->roles[role].bases;

	path[depth] = role;
	for (uint32_t i = 0; i < bases->count; i++) {
		uint32_t base = bases->items[i];

		for (uint32_t k = 0; k <= depth; k++)
			if (path[k] == base) {
				if (k == 0 && is_least(path, depth))
					lineage_error(r, path[0], "remove one step of the circle", "extends itself, by itself or over others");
				return false;
			}
		if (is_among(l, base))
			continue;
		if (depth + 1 == DEPTH_MAX) {
			lineage_error(r, path[0], "extend the roles behind it directly", "extends others over more than 31 steps");
			return false;
		}
		if (!walk(r, base, path, depth + 1, l))
			return false;
	}
	if (l->count == LINEAGE_MAX) {
		lineage_error(r, path[0], "join some of them", "has more than 255 roles above it");
		return false;
	}
	l->roles[l->count++] = role;
	return true;
}

/* ---- the whole of a role ---- */

static void *copy_of(struct policy_reader *r, const void *items, size_t count, size_t size)
{
	void *copy;

	if (count == 0)
		return NULL;
	copy = ost_yaml_alloc(&r->y, count, size);
	if (copy != NULL)
		memcpy(copy, items, count * size);
	return copy;
}

static void hosts_copy(struct policy_reader *r, const struct ost_rule *from, struct ost_rule *to)
{
	to->hosts = from->host_count > 0 ? ost_yaml_alloc(&r->y, from->host_count, sizeof(*to->hosts)) : NULL;
	for (uint32_t i = 0; i < from->host_count && to->hosts != NULL; i++) {
		char *name = ost_yaml_strdup(&r->y, from->hosts[i].name);

		if (name == NULL)
			return;
		to->hosts[to->host_count++] = (struct ost_host){name, from->hosts[i].suffix};
	}
}

/* False, told at the role's place, when the allow-lists would hold too much. */
static bool copy_fits(struct policy_reader *r, const struct ost_rule *rule, const struct ost_role *role)
{
	if (r->prefixes <= OST_PREFIXES_MAX)
		r->prefixes += rule->prefix_count;
	if (r->rule_services <= OST_SERVICES_MAX)
		r->rule_services += rule->service_count;
	if (r->prefixes <= OST_PREFIXES_MAX && r->rule_services <= OST_SERVICES_MAX)
		return true;
	if (!r->copies_broken)
		ost_diag_error(r->y.diag, r->roles[role - r->policy->roles].pos, "let fewer roles extend large ones",
			"with role %s the allow-lists hold too many prefixes or services", role->name);
	r->copies_broken = true;
	return false;
}

void policy_rule_copy(struct policy_reader *r, const struct ost_rule *rule, struct ost_role *role)
{
	const struct ost_rule from = *rule; /* room for one more may move its array */
	struct ost_rule *to;

	if (!copy_fits(r, rule, role))
		return;
	to = policy_rule_new(r, role);
	if (to == NULL)
		return;
	*to = from;
	to->hosts = NULL;
	to->host_count = 0;
	to->text = from.text != NULL ? ost_yaml_strdup(&r->y, from.text) : NULL;
	to->reason = from.reason != NULL ? ost_yaml_strdup(&r->y, from.reason) : NULL;
	to->peer_roles = copy_of(r, from.peer_roles, from.peer_role_count, sizeof(*from.peer_roles));
	to->prefixes = copy_of(r, from.prefixes, from.prefix_count, sizeof(*from.prefixes));
	to->services = copy_of(r, from.services, from.service_count, sizeof(*from.services));
	hosts_copy(r, &from, to);
	if (r->y.no_memory)
		to->peer_role_count = to->prefix_count = to->service_count = 0;
}

static void limits_take(struct ost_limits *to, const struct ost_limits *from)
{
	to->packets_per_s = from->packets_per_s ? from->packets_per_s : to->packets_per_s;
	to->bytes_per_s = from->bytes_per_s ? from->bytes_per_s : to->bytes_per_s;
	to->new_flows_per_s = from->new_flows_per_s ? from->new_flows_per_s : to->new_flows_per_s;
	to->flows = from->flows ? from->flows : to->flows;
	to->addresses = from->addresses ? from->addresses : to->addresses;
	to->names = from->names ? from->names : to->names;
}

static void settings_take(struct ost_role *role, struct role_facts *facts, struct role_own *own)
{
	if (own->authenticate_set) {
		role->authenticate = own->authenticate;
		facts->authenticate_pos = own->authenticate_pos;
	}
	if (own->assurance_set)
		role->assurance = own->assurance;
	if (own->tls_max_set)
		role->tls_max = own->tls_max;
	if (own->mode_set)
		role->mode = own->mode;
	if (own->audit_until != NULL)
		facts->audit = own;
	if (own->mud != NULL) {
		facts->mud = own->mud;
		facts->mud_source = own->source;
	}
	if (own->my_controller.pos.line > 0)
		facts->my_controller = &own->my_controller;
	for (unsigned i = 0; i < POLICY_INCLUDES; i++)
		if (own->includes[i].node != NULL && facts->includes[i].node == NULL)
			facts->includes[i] = own->includes[i];
	limits_take(&role->limits, &own->limits);
}

/* Own rules stand at the end of a role's: those that are whole already can be copied from, too. */
static void rules_join(struct policy_reader *r, struct ost_role *role, const struct lineage *l)
{
	struct role_facts *facts = &r->roles[role - r->policy->roles];
	struct ost_rule *own = role->rules;
	uint32_t count = role->rule_count;

	role->rules = NULL;
	role->rule_count = facts->rule_capacity = 0;
	policy_includes_make(r, role);
	for (uint32_t i = 0; i + 1 < l->count && !r->copies_broken; i++) {
		const struct ost_role *base = &r->policy->roles[l->roles[i]];
		uint32_t base_count = r->roles[l->roles[i]].own_rules;

		for (uint32_t k = 0; k < base_count && !r->copies_broken; k++)
			policy_rule_copy(r, &base->rules[base->rule_count - base_count + k], role);
	}
	facts->own_first = role->rule_count;
	for (uint32_t i = 0; i < count; i++) {
		struct ost_rule *rule = policy_rule_new(r, role);

		if (rule != NULL)
			*rule = own[i];
		else
			ost_rule_close(&own[i]);
	}
	free(own);
}

static void audit_make(struct policy_reader *r, struct ost_role *role, struct role_facts *facts)
{
	const struct role_own *own = &facts->own;
	struct ost_window span = {.kind = OST_WINDOW_ABSOLUTE, .since_s = INT64_MIN};

	if (role->mode == OST_MODE_AUDIT && facts->audit == NULL) {
		if (own->mode_set)
			ost_diag_error(r->y.diag, own->mode_pos, "write audit-until: and a time, at most 31 days ahead: 2026-12-01T00:00Z",
				"role %s is in audit without an end", role->name);
		return;
	}
	if (role->mode != OST_MODE_AUDIT) {
		if (own->audit_until != NULL)
			ost_diag_error(r->y.diag, own->audit_pos, "write mode: audit, or remove it", "role %s is not in audit", role->name);
		return;
	}
	policy_source_select(r, facts->audit->source);
	role->audit_pos = policy_pos(r, facts->audit->audit_until);
	span.until_s = facts->audit->audit_until_s;
	if (span.until_s != 0)
		role->audit = policy_schedule_span(r, facts->audit->audit_until, &span);
}

static void role_make(struct policy_reader *r, uint32_t index)
{
	struct ost_role *role = &r->policy->roles[index];
	struct role_facts *facts = &r->roles[index];
	uint32_t path[DEPTH_MAX];
	struct lineage l = {.count = 0};

	if (!walk(r, index, path, 0, &l)) {
		r->extends_broken = true;
		return;
	}
	for (uint32_t i = 0; i < l.count; i++)
		settings_take(role, facts, &r->roles[l.roles[i]].own);
	rules_join(r, role, &l);
	audit_make(r, role, facts);
}

void policy_roles_make(struct policy_reader *r)
{
	for (uint32_t i = 0; i < r->policy->role_count; i++)
		r->roles[i].own_rules = r->policy->roles[i].rule_count;
	for (uint32_t i = 0; i < r->policy->role_count && !r->y.no_memory; i++)
		role_make(r, i);
}
