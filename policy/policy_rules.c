/* SPDX-License-Identifier: GPL-2.0-or-later */
/* allow: of a role: one rule an item. */
#include "array.h"
#include "policy_reader.h"

OST_YAML_KEEP(struct rule_draft, to)
OST_YAML_KEEP(struct rule_draft, from)

struct ost_rule *policy_rule_new(struct policy_reader *r, struct ost_role *role)
{
	struct role_facts *facts = &r->roles[role - r->policy->roles];
	struct ost_rule *rules = ost_array_room(role->rules, role->rule_count, &facts->rule_capacity, sizeof(*rules));

	if (rules == NULL) {
		r->y.no_memory = true;
		return NULL;
	}
	role->rules = rules;
	role->rules[role->rule_count] = (struct ost_rule){0};
	return &role->rules[role->rule_count++];
}

static void assurance_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct rule_draft *draft = target;

	(void)policy_assurance_read(context, value, &draft->assurance);
}

static void when_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct rule_draft *draft = target;

	draft->when = value;
	draft->schedule = policy_when_read(context, value);
}

static char *text_make(struct policy_reader *r, const struct rule_draft *draft)
{
	char text[POLICY_RULE_TEXT];
	size_t used;

	(void)policy_endpoint_text(draft, text);
	used = strlen(text);
	if (draft->when != NULL && draft->when->kind == OST_YAML_SCALAR)
		ost_hint(text + used, sizeof(text) - used, ", when %.63s", draft->when->text);
	return ost_yaml_strdup(&r->y, text);
}

static void rule_read(
	struct policy_reader *r, const struct ost_yaml_node *item, struct ost_role *role)
{
	static const struct ost_yaml_field fields[] = {
		{"to", to_field},
		{"from", from_field},
		{"assurance", assurance_field},
		{"when", when_field},
	};
	struct rule_draft draft = {0};
	struct ost_rule *rule;

	if (!ost_yaml_is_mapping(&r->y, item, "a rule"))
		return;
	ost_yaml_fields(&r->y, item, "a rule", fields, OST_ARRAY_SIZE(fields), r, &draft);
	if (!policy_endpoint_check(r, item, "a rule", &draft))
		return;
	rule = policy_rule_new(r, role);
	if (rule == NULL)
		return;
	rule->pos = policy_pos(r, item);
	rule->assurance = draft.assurance;
	rule->schedule = draft.schedule;
	rule->text = text_make(r, &draft);
	policy_endpoint_apply(r, &draft, rule);
}

void policy_rules_read(
	struct policy_reader *r, const struct ost_yaml_node *allow, struct ost_role *role)
{
	if (allow->kind != OST_YAML_SEQUENCE) {
		if (allow->kind != OST_YAML_BROKEN)
			ost_yaml_error(&r->y, allow,
				"write - to: { ... } below it, one line a rule",
				"allow must be a list of rules");
		return;
	}
	for (const struct ost_yaml_node *item = allow->first; item != NULL && !r->y.no_memory;
		item = item->next)
		rule_read(r, item, role);
}
