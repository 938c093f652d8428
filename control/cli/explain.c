/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <stdio.h>

#include "show.h"

static const struct ost_role *role_of(const struct ost_explain *x, uint32_t device)
{
	const struct ost_policy *p = x->policy.policy;

	return &p->roles[p->devices[device].role];
}

static bool has_peer(const struct ost_explain *x)
{
	return x->answer.peer_device < x->policy.image.device_count;
}

static const char *peer_name(const struct ost_explain *x)
{
	return ost_image_device_name(&x->policy.image, x->answer.peer_device);
}

/* ---- what came near ---- */

static void find_near(struct ost_explain *x)
{
	const struct ost_policy *policy = x->policy.policy;
	const struct ost_device *device = &policy->devices[x->device];
	struct ost_near_question q = {
		.policy = policy,
		.role = device->role,
		.direction = x->question.direction,
		.protocol = x->question.protocol,
		.value = x->question.value,
		.peer_device = has_peer(x) ? ost_policy_device_find(policy, peer_name(x)) : -1,
		.peer = x->question.has_peer_device || x->question.peer_host.name != NULL ? NULL : &x->question.peer,
		.host = x->question.peer_host.name,
		.assurance = x->answer.assurance,
	};

	if (x->answer.allowed)
		return;
	if (x->answer.reason != OST_REASON_PEER_NOT_ALLOWED)
		x->near_count = ost_near_rules(&q, x->near, OST_EXPLAIN_NEAR);
	if (q.peer_device < 0)
		return;
	q.role = policy->devices[q.peer_device].role;
	q.direction = q.direction == OST_TO ? OST_FROM : OST_TO;
	q.peer_device = x->device;
	q.peer = device->address_count > 0 ? &device->addresses[0] : NULL;
	x->peer_near_count = ost_near_rules(&q, x->peer_near, OST_EXPLAIN_NEAR);
}

/* ---- text ---- */

/* "  rule     " and what goes on below it. */
#define say(x, label, fmt, ...) ost_show_line((x)->cli, 0, 11, "  %-8s " fmt, label, __VA_ARGS__)

static void print_rule(const struct ost_explain *x, const char *label, uint32_t rule)
{
	char text[OST_CLI_RULE_TEXT];

	if (rule < x->policy.image.rule_count)
		say(x, label, "%s", ost_cli_rule_text(&x->policy.image, rule, text));
}

static void print_near(const struct ost_cli *cli, const char *role, const struct ost_near_rule *near, uint32_t count)
{
	if (count == 0) {
		ost_show_line(cli, 0, 4, "  no rule of role %s has anything in common with it", role);
		return;
	}
	ost_show_line(cli, 0, 4, "  nearest rules of role %s:", role);
	for (uint32_t i = 0; i < count; i++) {
		const struct ost_rule *r = near[i].rule;

		ost_show_line(cli, 0, 6, "    %s:%u:%u: %s", r->pos.file, r->pos.line, r->pos.column, r->text);
		if (near[i].words[0] != '\0')
			ost_show_line(cli, 0, 8, "      but %s", near[i].words);
	}
}

static void print_denied(const struct ost_explain *x)
{
	const struct ost_judgement *a = &x->answer;

	say(x, "reason", "%s: %s", ost_reason_name(a->reason), ost_reason_meaning(a->reason));
	if (a->reason == OST_REASON_NOT_ALLOWED || a->reason == OST_REASON_NOT_ALLOWED_IN)
		say(x, "advice", "if it is meant to pass, add a rule to allow: of role %s",
			role_of(x, x->device)->name); /* the general advice is to come here */
	else
		say(x, "advice", "%s", ost_reason_advice(a->reason));
	if (a->reason != OST_REASON_PEER_NOT_ALLOWED)
		print_near(x->cli, role_of(x, x->device)->name, x->near, x->near_count);
	if (has_peer(x)) {
		int64_t peer = ost_policy_device_find(x->policy.policy, peer_name(x));

		ost_show_line(x->cli, 0, 4, "  %s is a device too, and its role must agree:", peer_name(x));
		if (peer >= 0)
			print_near(x->cli, role_of(x, (uint32_t)peer)->name, x->peer_near, x->peer_near_count);
	}
}

void ost_explain_print(const struct ost_explain *x)
{
	const struct ost_judgement *a = &x->answer;
	const char *on = "", *off = x->cli->colour ? "\033[0m" : "";

	if (x->cli->colour)
		on = a->allowed ? "\033[32m" : "\033[31m";
	ost_show_line(x->cli, 0, 2, "%s%s%s  %s (role %s): %s", on, a->allowed ? "allowed" : "denied", off,
		x->device_name, role_of(x, x->device)->name, x->question_text);
	if (a->audit != OST_REASON_NONE)
		say(x, "audit", "no rule allows it (%s: %s); it passes while role %s, or its peer's, is in audit", ost_reason_name(a->audit),
			ost_reason_meaning(a->audit), role_of(x, x->device)->name);
	print_rule(x, "rule", a->rule);
	print_rule(x, "peer", a->peer_rule);
	if (a->allowed && a->rule >= x->policy.image.rule_count && a->audit == OST_REASON_NONE)
		say(x, "rule", "%s", "include: of the role");
	if (!a->allowed)
		print_denied(x);
	say(x, "judged", "as %s, assurance %s%s", ost_state_name(a->state), ost_assurance_name(a->assurance),
		a->assumed ? " (assumed: its role asks it to prove itself first)" : "");
}

/* ---- JSON ---- */

static void near_json(
	struct ost_jsonw *w, const char *key, const struct ost_near_rule *near, uint32_t count)
{
	ost_jsonw_array(w, key);
	for (uint32_t i = 0; i < count; i++) {
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "text", near[i].rule->text);
		ost_jsonw_string(w, "file", near[i].rule->pos.file);
		ost_jsonw_u64(w, "line", near[i].rule->pos.line);
		ost_jsonw_u64(w, "column", near[i].rule->pos.column);
		ost_jsonw_bool(w, "direction_matches", near[i].direction_ok);
		ost_jsonw_bool(w, "peer_matches", near[i].peer_ok);
		ost_jsonw_bool(w, "protocol_matches", near[i].protocol_ok);
		ost_jsonw_bool(w, "value_matches", near[i].value_ok);
		ost_jsonw_bool(w, "assurance_matches", near[i].assurance_ok);
		ost_jsonw_string(w, "but", near[i].words);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}

void ost_explain_members(const struct ost_explain *x, struct ost_jsonw *w)
{
	const struct ost_judgement *a = &x->answer;
	char at[OST_TIME_MINUTES];

	ost_jsonw_string(w, "device", x->device_name);
	ost_jsonw_string(w, "role", role_of(x, x->device)->name);
	ost_jsonw_string(w, "question", x->question_text);
	ost_jsonw_string(w, "at", ost_time_format(x->at_s, at));
	ost_jsonw_string(w, "verdict", a->allowed ? "allow" : "deny");
	ost_jsonw_string(w, "reason", a->allowed ? NULL : ost_reason_name(a->reason));
	ost_jsonw_string(w, "audit", a->audit == OST_REASON_NONE ? NULL : ost_reason_name(a->audit));
	ost_jsonw_string(w, "meaning", a->allowed ? NULL : ost_reason_meaning(a->reason));
	ost_jsonw_string(w, "advice", a->allowed ? NULL : ost_reason_advice(a->reason));
	ost_cli_rule_json(w, "rule", &x->policy.image, a->rule);
	ost_jsonw_string(w, "peer_device", has_peer(x) ? peer_name(x) : NULL);
	ost_cli_rule_json(w, "peer_rule", &x->policy.image, a->peer_rule);
	ost_jsonw_string(w, "state", ost_state_name(a->state));
	ost_jsonw_string(w, "assurance", ost_assurance_name(a->assurance));
	ost_jsonw_bool(w, "state_assumed", a->assumed);
	near_json(w, "nearest", x->near, x->near_count);
	near_json(w, "peer_nearest", x->peer_near, x->peer_near_count);
}

/* ---- asking ---- */

static int ask(struct ost_explain *x)
{
	const struct ost_image *image = &x->policy.image;
	struct ost_judge *judge = NULL;
	int rc = ost_judge_new(image, &judge);

	if (rc == 0) {
		ost_judge_wall_set(judge, x->at_s);
		rc = ost_judge_ask_model(judge, x->policy.policy, x->device, &x->question, &x->answer);
	}
	ost_judge_free(&judge);
	if (rc == -EINVAL)
		return ost_cli_fail("a device does not open flows to itself; name another peer than %s", x->device_name);
	if (rc < 0)
		return ost_cli_fail("policy explain: %s", strerror(-rc));
	find_near(x);
	return OST_EXIT_OK;
}

int ost_explain_ask(struct ost_explain *x)
{
	const struct ost_policy *policy = x->policy.policy;
	int64_t device = ost_policy_device_find(policy, x->device_name);
	char why[256];

	if (device < 0)
		return ost_cli_fail("no device '%s' in the policy%s%s", x->device_name,
			policy->device_count > 0 ? "; it has, for example, " : ", and no other either",
			policy->device_count > 0 ? policy->devices[0].name : "");
	x->device = (uint32_t)device;
	if (ost_flow_question_parse(policy, x->question_text, &x->question, why) < 0)
		return ost_cli_fail("\"%s\": %s", x->question_text, why);
	return ask(x);
}

void ost_explain_free(struct ost_explain *x)
{
	free(x->question.peer_host.name);
	ost_cli_policy_free(&x->policy);
	json_decref(x->sources);
}
