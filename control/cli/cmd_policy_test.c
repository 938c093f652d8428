/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "judge.h"
#include "options.h"
#include "policy_input.h"

struct run {
	const struct ost_cli *cli;
	struct ost_cli_policy policy;
	struct ost_judge *judge;
	struct ost_jsonw json;
	uint32_t passed, failed, undecided;
};

static const char *word(bool allow)
{
	return allow ? "allow" : "deny";
}

static void print_failure(
	const struct run *r, const struct ost_test *t, const struct ost_judgement *j)
{
	const struct ost_image *image = &r->policy.image;
	char rule[OST_CLI_RULE_TEXT];

	(void)printf("%s:%u:%u: %s: \"%s\" should be %s, and is %s", t->pos.file, t->pos.line,
		t->pos.column, r->policy.policy->devices[t->device].name, t->text,
		t->allow ? "allowed" : "denied", j->allowed ? "allowed" : "denied");
	if (!j->allowed) {
		(void)printf(
			": %s (%s)\n", ost_reason_name(j->reason), ost_reason_meaning(j->reason));
		return;
	}
	(void)printf(" by %s\n",
		j->rule < image->rule_count ? ost_cli_rule_text(image, j->rule, rule) : "the role's include:");
}

static void add_json(
	struct run *r, const struct ost_test *t, const struct ost_judgement *j, bool pass)
{
	struct ost_jsonw *w = &r->json;

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "file", t->pos.file);
	ost_jsonw_u64(w, "line", t->pos.line);
	ost_jsonw_u64(w, "column", t->pos.column);
	ost_jsonw_string(w, "device", r->policy.policy->devices[t->device].name);
	ost_jsonw_string(w, "question", t->text);
	ost_jsonw_string(w, "expected", word(t->allow));
	ost_jsonw_string(w, "verdict", word(j->allowed));
	ost_jsonw_string(w, "reason", j->allowed ? NULL : ost_reason_name(j->reason));
	ost_cli_rule_json(w, "rule", &r->policy.image, j->rule);
	ost_cli_rule_json(w, "peer_rule", &r->policy.image, j->peer_rule);
	ost_jsonw_bool(w, "passed", pass);
	ost_jsonw_end(w, '}');
}

/* A question that cannot be put to the classifier is a fault of the input. */
static void tell_undecided(struct run *r, const struct ost_test *t, int rc)
{
	r->undecided++;
	(void)fprintf(stderr, "%s:%u:%u: error: \"%s\" cannot be asked: %s\n", t->pos.file,
		t->pos.line, t->pos.column, t->text,
		rc == -EINVAL ? "a device does not open flows to itself; name another peer"
			      : strerror(-rc));
}

static void run_test(struct run *r, const struct ost_test *t)
{
	struct ost_judgement j;
	bool pass = false;
	int rc = ost_judge_test(r->judge, &r->policy.image, r->policy.policy, t, &j, &pass);

	if (rc < 0) {
		tell_undecided(r, t, rc);
		return;
	}
	if (pass)
		r->passed++;
	else
		r->failed++;
	if (r->cli->json)
		add_json(r, t, &j, pass);
	else if (!pass)
		print_failure(r, t, &j);
}

static int summary(struct run *r)
{
	if (r->cli->json) {
		ost_jsonw_end(&r->json, ']');
		ost_jsonw_u64(&r->json, "passed", r->passed);
		ost_jsonw_u64(&r->json, "failed", r->failed);
		ost_jsonw_end(&r->json, '}');
		if (ost_cli_json_print(&r->json) != OST_EXIT_OK)
			return OST_EXIT_INPUT;
	} else if (r->policy.policy->test_count == 0) {
		(void)printf("no tests: in the policy; a block of them says what must stay allowed "
			     "and denied\n");
	} else {
		(void)printf("%u passed, %u failed\n", r->passed, r->failed);
	}
	if (r->undecided > 0)
		return OST_EXIT_INPUT;
	return r->failed > 0 ? OST_EXIT_NO : OST_EXIT_OK;
}

static int run_all(struct run *r)
{
	const struct ost_policy *policy = r->policy.policy;
	int rc = ost_judge_new(&r->policy.image, &r->judge);

	if (rc < 0)
		return ost_cli_fail("policy test: %s", strerror(-rc));
	if (r->cli->json) {
		ost_jsonw_object(&r->json, NULL);
		ost_jsonw_array(&r->json, "tests");
	}
	for (uint32_t i = 0; i < policy->test_count; i++)
		run_test(r, &policy->tests[i]);
	ost_judge_free(&r->judge);
	return summary(r);
}

int ost_cmd_policy_test(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli here = *cli;
	struct run r = {.cli = &here};
	int first = ost_cli_option_json(&here, argc, argv), rc;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first == argc)
		return ost_cli_fail(
			"policy test: which file? write: ostiary policy test FILE|DIR...");
	rc = ost_cli_policy_open(
		&here, (const char *const *)argv + first, (uint32_t)(argc - first), &r.policy);
	if (rc == OST_EXIT_OK)
		rc = run_all(&r);
	ost_cli_policy_free(&r.policy);
	return rc;
}
