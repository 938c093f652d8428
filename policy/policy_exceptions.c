/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exceptions: of the policy file: rules that hold for a while, for one device, for a role, or for those that have a tag. */
#include "policy_reader.h"

#define EXCEPTIONS_MAX 65536u
#define REASON_MAX     200u /* bytes */
#define TEXT_MAX       (POLICY_RULE_TEXT + REASON_MAX + 64)

/* An exception as it is read. */
struct draft {
	struct rule_draft rule;
	const struct ost_yaml_node *device, *role, *tag, *since, *until, *reason;
	struct ost_window span;
	uint16_t schedule;
	uint32_t device_index, role_index;
	uint64_t tags;
	char text[TEXT_MAX];
};

OST_YAML_KEEP(struct draft, device)
OST_YAML_KEEP(struct draft, role)
OST_YAML_KEEP(struct draft, tag)
OST_YAML_KEEP(struct draft, since)
OST_YAML_KEEP(struct draft, until)
OST_YAML_KEEP(struct draft, reason)

static void to_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct draft *draft = target;

	(void)context;
	draft->rule.to = value;
}

static void from_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct draft *draft = target;

	(void)context;
	draft->rule.from = value;
}

/* For whom it is: one of device, role and tag. */
static bool whom_read(struct policy_reader *r, const struct ost_yaml_node *item, struct draft *draft)
{
	int whom = (draft->device != NULL) + (draft->role != NULL) + (draft->tag != NULL);
	const struct ost_name *name = NULL;

	if (whom != 1) {
		ost_yaml_error(&r->y, item, "write device: NAME, role: NAME or tag: NAME",
			"an exception is for %s", whom == 0 ? "nobody: it does not say for whom" : "one: a device, a role or a tag");
		return false;
	}
	if (draft->tag != NULL) {
		draft->tags = policy_tags_read(r, draft->tag, "tag");
		return draft->tags != 0;
	}
	if (draft->device != NULL && ost_yaml_is_scalar(&r->y, draft->device, "device"))
		name = policy_resolve(r, &r->device_names, draft->device, "device");
	else if (draft->role != NULL && ost_yaml_is_scalar(&r->y, draft->role, "role"))
		name = policy_resolve(r, &r->role_names, draft->role, "role");
	if (name == NULL)
		return false;
	draft->device_index = name->index;
	draft->role_index = draft->device != NULL ? r->policy->devices[name->index].role : name->index;
	return true;
}

static bool time_read(struct policy_reader *r, const struct ost_yaml_node *item, struct draft *draft)
{
	if (draft->until == NULL) {
		ost_yaml_error(&r->y, item, "write until: and a time, such as 2026-12-01T12:00Z; what has no end is a rule",
			"the exception has no end");
		return false;
	}
	if (!policy_span_read(r, draft->since, draft->until, &draft->span))
		return false;
	draft->schedule = policy_schedule_span(r, draft->until, &draft->span);
	return draft->schedule != OST_SCHEDULE_ALWAYS;
}

static bool reason_read(struct policy_reader *r, const struct ost_yaml_node *item, const struct draft *draft)
{
	if (draft->reason == NULL) {
		ost_yaml_error(&r->y, item, "write reason: \"what for, and who asked\"", "the exception has no reason");
		return false;
	}
	if (!ost_yaml_is_scalar(&r->y, draft->reason, "reason"))
		return false;
	if (draft->reason->count <= REASON_MAX)
		return true;
	ost_yaml_error(&r->y, draft->reason, "say it shorter, and where to read more", "the reason has more than %u bytes", REASON_MAX);
	return false;
}

static void text_make(struct draft *draft)
{
	char rule[POLICY_RULE_TEXT], until[OST_TIME_MINUTES];

	ost_hint(draft->text, sizeof(draft->text), "%s, exception until %s: %s", policy_endpoint_text(&draft->rule, rule),
		ost_time_format(draft->span.until_s, until), draft->reason->text);
}

static void rule_add(struct policy_reader *r, const struct ost_yaml_node *item, const struct draft *draft, uint32_t role)
{
	struct ost_rule *rule = policy_rule_new(r, &r->policy->roles[role]);

	if (rule == NULL)
		return;
	rule->pos = policy_pos(r, item);
	rule->text = ost_yaml_strdup(&r->y, draft->text);
	rule->reason = ost_yaml_strdup(&r->y, draft->reason->text);
	rule->schedule = draft->schedule;
	rule->flags = OST_RULE_EXCEPTION;
	rule->only_tags = draft->tags;
	if (draft->device != NULL) {
		rule->flags |= OST_RULE_ONE;
		rule->only_device = draft->device_index;
	}
	policy_endpoint_apply(r, &draft->rule, rule);
}

/* A rule in each role that a device with one of the tags has. Its parts are read once with their findings, then copied. */
static void rules_by_tag_add(struct policy_reader *r, const struct ost_yaml_node *item, const struct draft *draft)
{
	const struct ost_policy *p = r->policy;
	OST_AUTO_FREE bool *done = ost_yaml_alloc(&r->y, p->role_count, sizeof(*done));
	const struct ost_rule *first = NULL;
	uint32_t first_role = 0, first_index = 0;

	for (uint32_t i = 0; i < p->device_count && p->role_count > 0 && done != NULL && !r->y.no_memory; i++) {
		uint32_t role = p->devices[i].role;

		if (!(p->devices[i].tags & draft->tags) || done[role])
			continue;
		done[role] = true;
		if (first == NULL) {
			rule_add(r, item, draft, role);
			first_role = role;
			first_index = p->roles[role].rule_count - 1;
		} else {
			policy_rule_copy(r, first, &p->roles[role]);
		}
		first = &p->roles[first_role].rules[first_index];
	}
}

static void exception_read(struct policy_reader *r, const struct ost_yaml_node *item)
{
	static const struct ost_yaml_field fields[] = {
		{"device", device_field},
		{"role", role_field},
		{"tag", tag_field},
		{"to", to_field},
		{"from", from_field},
		{"since", since_field},
		{"until", until_field},
		{"reason", reason_field},
	};
	struct draft draft = {0};
	bool sound;

	if (!ost_yaml_is_mapping(&r->y, item, "an exception"))
		return;
	ost_yaml_fields(&r->y, item, "an exception", fields, OST_ARRAY_SIZE(fields), r, &draft);
	sound = whom_read(r, item, &draft);
	sound &= policy_endpoint_check(r, item, "an exception", &draft.rule);
	sound &= time_read(r, item, &draft);
	sound &= reason_read(r, item, &draft);
	if (!sound || r->policy->role_count == 0)
		return;
	text_make(&draft);
	if (draft.tag != NULL)
		rules_by_tag_add(r, item, &draft);
	else
		rule_add(r, item, &draft, draft.role_index);
}

static void exceptions_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	if (section->kind != OST_YAML_SEQUENCE) {
		if (section->kind != OST_YAML_BROKEN)
			ost_yaml_error(&r->y, section, "write - { device: NAME, to: { ... }, until: TIME, reason: TEXT }",
				"exceptions must be a list");
		return;
	}
	for (const struct ost_yaml_node *item = section->first; item != NULL && !r->y.no_memory; item = item->next) {
		if (r->exceptions++ == EXCEPTIONS_MAX) {
			ost_yaml_error(&r->y, item, "remove those that have run out", "there are more than %u exceptions", EXCEPTIONS_MAX);
			return;
		}
		exception_read(r, item);
	}
}

void policy_exceptions_read(struct policy_reader *r)
{
	policy_sections(r, OST_TOP_EXCEPTIONS, exceptions_section);
}
