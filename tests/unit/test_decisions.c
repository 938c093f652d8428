/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <jansson.h>

#include "regime_rig.h"

struct world {
	struct ost_regime *g;
	struct ost_decisions *d;
	uint32_t journaled;
	int refuse;
	char kind[16], last[8192];
	char why[OST_DECISION_WHY];
};

static int journal(void *user, const char *kind, const char *members)
{
	struct world *w = user;

	if (w->refuse != 0)
		return w->refuse;
	w->journaled++;
	(void)snprintf(w->kind, sizeof(w->kind), "%s", kind);
	(void)snprintf(w->last, sizeof(w->last), "{%s}", members);
	return 0;
}

static void begin(struct world *w)
{
	struct ost_diag diag = {0};

	*w = (struct world){0};
	if (ost_regime_load("config/regimes/nis2.json", &diag, &w->g) != 0) {
		findings_print(&diag);
		fail();
	}
	assert_int_equal(ost_decisions_new("0190a6e2-0000-7000-8000-000000000000", journal, w, &w->d), 0);
}

static void end(struct world *w)
{
	ost_decisions_free(&w->d);
	ost_decisions_free(&w->d);
	ost_regime_free(&w->g);
}

#define NOW at("2026-11-22T12:00Z")

static int add(struct world *w, struct ost_decision said)
{
	if (said.by == NULL)
		said.by = "jane";
	if (said.reason == NULL)
		said.reason = "the shift leader called";
	w->why[0] = '\0';
	return ost_decisions_add(w->d, w->g, &said, NOW, false, w->why);
}

static struct ost_decision yes(const char *aware_at)
{
	return (struct ost_decision){.kind = OST_DECISION_SIGNIFICANCE, .significant = true, .moment_ns = at(aware_at)};
}

static struct ost_decision sent(const char *stage, const char *when)
{
	return (struct ost_decision){.kind = OST_DECISION_SUBMISSION, .of = stage, .moment_ns = at(when), .value = "BSI-4711"};
}

static void a_decision_is_journaled_with_who_when_why(void **state)
{
	struct world w;
	json_t *json;

	(void)state;
	begin(&w);
	assert_int_equal(add(&w, yes("2026-11-22T08:00Z")), 0);
	assert_int_equal(w.journaled, 1);
	assert_string_equal(w.kind, "decision");
	json = json_loads(w.last, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "regime")), "nis2");
	assert_true(json_is_true(json_object_get(json, "significant")));
	assert_string_equal(json_string_value(json_object_get(json, "aware_at")), "2026-11-22T08:00:00.000000Z");
	assert_string_equal(json_string_value(json_object_get(json, "by")), "jane");
	assert_string_equal(json_string_value(json_object_get(json, "at")), "2026-11-22T12:00:00.000000Z");
	assert_string_equal(json_string_value(json_object_get(json, "reason")), "the shift leader called");
	assert_int_equal(json_integer_value(json_object_get(json, "number")), 1);
	json_decref(json);
	assert_int_equal(add(&w, sent("early-warning", "2026-11-22T09:00Z")), 0);
	assert_string_equal(w.kind, "submission");
	json = json_loads(w.last, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "stage")), "early_warning");
	assert_string_equal(json_string_value(json_object_get(json, "authority_ref")), "BSI-4711");
	json_decref(json);
	end(&w);
}

static void what_the_journal_refuses_does_not_count(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.refuse = -EROFS;
	assert_int_equal(add(&w, yes("2026-11-22T08:00Z")), -EROFS);
	assert_null(ost_decisions_significance(w.d, w.g));
	assert_int_equal(ost_decisions_count(w.d), 0);
	end(&w);
}

static void a_correction_is_a_further_entry(void **state)
{
	struct world w;
	struct ost_decision no = {.kind = OST_DECISION_SIGNIFICANCE, .moment_ns = 0, .corrects = 1, .reason = "it was a test"};

	(void)state;
	begin(&w);
	assert_int_equal(add(&w, yes("2026-11-22T08:00Z")), 0);
	assert_int_equal(add(&w, yes("2026-11-22T07:00Z")), -EINVAL); /* does not say that it corrects */
	assert_non_null(strstr(w.why, "entry 1"));
	assert_int_equal(add(&w, no), 0);
	assert_int_equal(ost_decisions_count(w.d), 2);
	assert_non_null(strstr(w.last, "\"corrects\":1"));
	assert_false(ost_decisions_significance(w.d, w.g)->said.significant);
	assert_true(ost_decisions_entry(w.d, 1)->corrected);
	assert_true(ost_decisions_entry(w.d, 1)->said.significant); /* it stays as it was said */
	assert_int_equal(add(&w, no), -EINVAL); /* entry 1 was corrected already */
	no.corrects = 7;
	assert_int_equal(add(&w, no), -EINVAL);
	assert_int_equal(ost_decisions_count(w.d), 2);
	end(&w);
}

static void submissions_have_an_order(void **state)
{
	struct world w;
	struct ost_decision again;

	(void)state;
	begin(&w);
	assert_int_equal(add(&w, sent("early_warning", "2026-11-22T09:00Z")), -EINVAL);
	assert_non_null(strstr(w.why, "decide first"));
	assert_int_equal(add(&w, yes("2026-11-22T08:00Z")), 0);
	assert_int_equal(add(&w, sent("final", "2026-11-22T09:00Z")), -EINVAL);
	assert_non_null(strstr(w.why, "submit notification first"));
	assert_int_equal(add(&w, sent("notification", "2026-11-22T07:59Z")), -EINVAL); /* before anybody was aware */
	assert_int_equal(add(&w, sent("notification", "2026-11-22T13:00Z")), -EINVAL); /* in the future */
	assert_int_equal(add(&w, sent("notification", "2026-11-22T09:00Z")), 0);
	assert_int_equal(add(&w, sent("notification", "2026-11-22T10:00Z")), -EINVAL);
	assert_int_equal(add(&w, sent("final", "2026-11-22T08:30Z")), -EINVAL); /* before the notification */
	assert_int_equal(add(&w, sent("final", "2026-11-22T09:30Z")), 0);
	/* on request, as often as they ask */
	assert_int_equal(add(&w, sent("intermediate", "2026-11-22T10:00Z")), 0);
	assert_int_equal(add(&w, sent("intermediate", "2026-11-22T11:00Z")), 0);
	assert_int_equal(add(&w, sent("finale", "2026-11-22T11:00Z")), -EINVAL);
	again = sent("early_warning", "2026-11-22T09:00Z");
	again.value = " ";
	assert_int_equal(add(&w, again), -EINVAL); /* no receipt */
	again.value = "X";
	again.sha256 = "abc";
	assert_int_equal(add(&w, again), -EINVAL);
	end(&w);
}

static void decided_not_significant_submits_nothing(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(add(&w, (struct ost_decision){.kind = OST_DECISION_SIGNIFICANCE}), 0); /* aware of what? */
	assert_int_equal(add(&w, sent("early_warning", "2026-11-22T09:00Z")), -EINVAL);
	end(&w);
}

static void an_answer_is_its_own_reason(void **state)
{
	struct ost_decision answer = {.kind = OST_DECISION_ANSWER, .of = "root_cause", .value = "a laptop", .by = "jane"};
	char why[OST_DECISION_WHY];
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(ost_decisions_add(w.d, w.g, &answer, NOW, false, why), 0);
	assert_null(ost_decisions_entry(w.d, 1)->said.reason);
	assert_int_equal(w.journaled, 1);
	end(&w);
}

static const struct {
	struct ost_decision said;
	const char *words;
} refused[] = {
	{{.kind = OST_DECISION_SIGNIFICANCE, .significant = true}, "aware"},
	{{.kind = OST_DECISION_SIGNIFICANCE, .by = " "}, "nobody"},
	{{.kind = OST_DECISION_SIGNIFICANCE, .reason = "\t\n "}, "reason"},
	{{.kind = OST_DECISION_ANSWER, .of = "root_cause", .value = "x", .corrects = 1, .reason = " "}, "reason"},
	{{.kind = OST_DECISION_SIGNIFICANCE, .of = "final"}, "about the incident"},
	{{.kind = OST_DECISION_SIGNIFICANCE, .moment_ns = UINT64_MAX}, "future"},
	{{.kind = OST_DECISION_MOMENT, .of = "handled"}, "a time is needed"},
	{{.kind = OST_DECISION_MOMENT, .of = "finished", .moment_ns = 1}, "knows no moment"},
	{{.kind = OST_DECISION_ANSWER, .of = "nonsense", .value = "x"}, "no report"},
	{{.kind = OST_DECISION_ANSWER, .of = "root_cause", .value = " "}, "empty"},
	{{.kind = OST_DECISION_ANSWER, .of = "count", .value = "1"}, "filled by the machine"},
	{{.kind = OST_DECISION_ANSWER, .of = "entity", .value = "x"}, "filled by the configuration"},
	{{.kind = OST_DECISION_ANSWER, .of = "aware_at", .value = "x"}, "comes from the decision"},
	{{.kind = OST_DECISION_ANSWER, .of = "root_cause", .stage = "final", .value = "unknown"}, "no answer"},
	{{.kind = OST_DECISION_ANSWER, .of = "root_cause", .stage = "early_warning", .value = "x"}, "no report"},
	{{.kind = OST_DECISION_KIND_COUNT}, "kind"},
};

static void what_cannot_be_said(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(refused); i++) {
		struct world w;

		begin(&w);
		assert_int_equal(add(&w, refused[i].said), -EINVAL);
		if (strstr(w.why, refused[i].words) == NULL)
			fail_msg("%u: '%s' and not '%s'", i, w.why, refused[i].words);
		assert_int_equal(w.journaled, 0);
		end(&w);
	}
}

static void answers_for_one_stage_go_before_those_for_all(void **state)
{
	struct world w;
	const struct ost_entry *e;

	(void)state;
	begin(&w);
	assert_int_equal(add(&w, (struct ost_decision){.kind = OST_DECISION_ANSWER, .of = "cross_border", .value = "unknown"}), 0);
	assert_int_equal(
		add(&w, (struct ost_decision){.kind = OST_DECISION_ANSWER, .of = "cross_border", .stage = "notification", .value = "no"}), 0);
	e = ost_decisions_find(w.d, w.g, OST_DECISION_ANSWER, "cross_border", "early_warning");
	assert_string_equal(e->said.value, "unknown");
	e = ost_decisions_find(w.d, w.g, OST_DECISION_ANSWER, "cross_border", "notification");
	assert_string_equal(e->said.value, "no");
	end(&w);
}

static void entries_are_bounded(void **state)
{
	struct world w;
	int r = 0;

	(void)state;
	begin(&w);
	assert_int_equal(add(&w, yes("2026-11-22T08:00Z")), 0);
	while (r == 0)
		r = add(&w, sent("intermediate", "2026-11-22T10:00Z"));
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(ost_decisions_count(w.d), OST_DECISIONS_MAX);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_is_journaled_with_who_when_why),
		cmocka_unit_test(what_the_journal_refuses_does_not_count),
		cmocka_unit_test(a_correction_is_a_further_entry),
		cmocka_unit_test(submissions_have_an_order),
		cmocka_unit_test(decided_not_significant_submits_nothing),
		cmocka_unit_test(an_answer_is_its_own_reason),
		cmocka_unit_test(what_cannot_be_said),
		cmocka_unit_test(answers_for_one_stage_go_before_those_for_all),
		cmocka_unit_test(entries_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
