/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a matter of time in a policy that is sound: a clock is needed to judge it, and the reader has none. */
#include <stdio.h>

#include "policy_yaml.h"
#include "yaml_bind.h"

#define AUDIT_MOST_S (31 * 86400)
#define KEPT_MAX     50u /* warnings of one kind */

struct check {
	const struct ost_policy *policy;
	int64_t now_s;
	struct ost_diag *diag;
	uint32_t exceptions, schedules;
	struct ost_pos last; /* an exception for a tag stands in several roles */
};

/* When it closes for ever; INT64_MAX: never. */
static int64_t schedule_end(const struct ost_policy *policy, uint16_t number)
{
	const struct ost_schedule *s = &policy->schedules[number - 1];
	int64_t end = INT64_MIN;

	for (uint32_t i = 0; i < s->window_count; i++)
		end = OST_MAX(end, s->windows[i].kind == OST_WINDOW_ABSOLUTE ? s->windows[i].until_s : INT64_MAX);
	return end;
}

static void audit_check(struct check *c, const struct ost_role *role)
{
	char hint[OST_HINT_MAX], text[OST_TIME_MINUTES], most[OST_TIME_MINUTES];
	int64_t end;

	if (role->mode != OST_MODE_AUDIT || role->audit == OST_SCHEDULE_ALWAYS)
		return;
	end = schedule_end(c->policy, role->audit);
	if (end > c->now_s + AUDIT_MOST_S) {
		ost_hint(hint, sizeof(hint), "write a time until %s", ost_time_format(c->now_s + AUDIT_MOST_S, most));
		ost_diag_error(c->diag, role->audit_pos, hint, "the audit of role %s lasts until %s, and 31 days from now are the most",
			role->name, ost_time_format(end, text));
	} else if (end <= c->now_s) {
		ost_diag_warning(c->diag, role->audit_pos, "remove mode: and audit-until:, or write a later time",
			"the audit of role %s has ended: it enforces", role->name);
	}
}

static void exception_check(struct check *c, const struct ost_rule *rule)
{
	char text[OST_TIME_MINUTES];
	bool told = c->last.file == rule->pos.file && c->last.line == rule->pos.line && c->last.column == rule->pos.column;
	int64_t end;

	if (!(rule->flags & OST_RULE_EXCEPTION) || rule->schedule == OST_SCHEDULE_ALWAYS || told)
		return;
	end = schedule_end(c->policy, rule->schedule);
	if (end > c->now_s)
		return;
	c->last = rule->pos;
	if (c->exceptions++ < KEPT_MAX)
		ost_diag_warning(c->diag, rule->pos, "remove it", "the exception has run out, at %s", ost_time_format(end, text));
}

/* Those that the file defines: the others belong to audits and exceptions. */
static void schedule_check(struct check *c, uint32_t index)
{
	const struct ost_schedule *s = &c->policy->schedules[index];
	int64_t end = schedule_end(c->policy, (uint16_t)(index + 1));

	if (end <= c->now_s && strchr(s->name, ' ') == NULL && c->schedules++ < KEPT_MAX)
		ost_diag_warning(c->diag, s->pos, "remove it, or give it a window to come", "schedule %s is never open again", s->name);
}

int ost_policy_times_check(const struct ost_policy *policy, int64_t now_s, struct ost_diag *diag)
{
	struct check c = {.policy = policy, .now_s = now_s, .diag = diag};
	uint32_t errors = diag->errors;

	for (uint32_t i = 0; i < policy->schedule_count; i++)
		schedule_check(&c, i);
	for (uint32_t i = 0; i < policy->role_count; i++) {
		audit_check(&c, &policy->roles[i]);
		for (uint32_t k = 0; k < policy->roles[i].rule_count; k++)
			exception_check(&c, &policy->roles[i].rules[k]);
	}
	return diag->errors > errors ? -EINVAL : 0;
}
