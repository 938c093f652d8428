/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "regime_rig.h"

struct world {
	struct ost_regime *g;
	struct ost_decisions *d;
	struct ost_due dues[OST_REGIME_STAGES];
	uint32_t count;
};

static const char dora[] =
	"{ \"id\": \"dora\", \"v\": 1, \"title\": \"DORA\", \"law\": \"L\", \"valid_from\": \"2025-01-17\",\n"
	"  \"moments\": [{ \"id\": \"classified\", \"title\": \"the incident was classified as major\" }],\n"
	"  \"stages\": [{ \"id\": \"initial\", \"title\": \"I\", \"basis\": \"b\", \"anchor\": \"classified\", \"offset\": \"PT4H\",\n"
	"    \"at_most\": { \"anchor\": \"aware\", \"offset\": \"PT24H\" }, \"fields\": [] }] }\n";

static void begin(struct world *w, const char *id)
{
	struct ost_diag diag = {0};

	*w = (struct world){0};
	if (strcmp(id, "dora") != 0) {
		w->g = shipped_load(id);
	} else if (ost_regime_parse("dora", dora, strlen(dora), &diag, &w->g) != 0) {
		findings_print(&diag);
		fail();
	}
	assert_int_equal(ost_decisions_new("x", journal_any, w, &w->d), 0);
}

static void end(struct world *w)
{
	ost_decisions_free(&w->d);
	ost_regime_free(&w->g);
}

static void say(struct world *w, struct ost_decision said)
{
	char why[OST_DECISION_WHY] = "";

	said.by = "jane";
	said.reason = "r";
	if (ost_decisions_add(w->d, w->g, &said, at("2030-01-01T00:00Z"), false, why) != 0)
		fail_msg("%s", why);
}

static void aware(struct world *w, const char *when, uint32_t corrects)
{
	say(w, (struct ost_decision){.kind = OST_DECISION_SIGNIFICANCE, .significant = true, .moment_ns = at(when), .corrects = corrects});
}

static void sent(struct world *w, const char *stage, const char *when)
{
	say(w, (struct ost_decision){.kind = OST_DECISION_SUBMISSION, .of = stage, .moment_ns = at(when), .value = "R-1"});
}

static void happened(struct world *w, const char *moment, const char *when)
{
	say(w, (struct ost_decision){.kind = OST_DECISION_MOMENT, .of = moment, .moment_ns = at(when)});
}

static void count(struct world *w, enum ost_proposal result, const char *detected, const char *now)
{
	w->count = ost_deadlines(w->g, w->d, result, at(detected), NULL, at(now), w->dues);
	assert_int_equal(w->count, w->g->stage_count);
}

static const struct ost_due *due(const struct world *w, const char *stage)
{
	uint32_t s = 0;

	assert_int_equal(ost_regime_stage_find(w->g, stage, &s), 0);
	assert_int_equal(w->dues[s].stage, s);
	return &w->dues[s];
}

#define DETECTED "2026-11-22T10:00Z"

static void shadow_clocks_run_from_the_detection(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2");
	count(&w, OST_NOT_PROPOSED, DETECTED, DETECTED);
	assert_int_equal(due(&w, "early_warning")->state, OST_DUE_NONE);
	count(&w, OST_REVIEW, DETECTED, DETECTED);
	assert_int_equal(due(&w, "early_warning")->state, OST_DUE_RUNNING);
	assert_true(due(&w, "early_warning")->shadow);
	assert_true(due(&w, "early_warning")->due_ns == at("2026-11-23T10:00Z"));
	assert_true(due(&w, "notification")->due_ns == at("2026-11-25T10:00Z"));
	assert_int_equal(due(&w, "final")->state, OST_DUE_UNDEFINED);
	end(&w);
}

static void a_decision_ends_the_shadow(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2");
	aware(&w, "2026-11-22T08:00Z", 0);
	count(&w, OST_NOT_PROPOSED, DETECTED, DETECTED); /* whatever the machine thinks of it */
	assert_false(due(&w, "early_warning")->shadow);
	assert_true(due(&w, "early_warning")->due_ns == at("2026-11-23T08:00Z"));
	say(&w, (struct ost_decision){.kind = OST_DECISION_SIGNIFICANCE, .corrects = 1});
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	for (uint32_t i = 0; i < w.count; i++)
		assert_int_equal(w.dues[i].state, OST_DUE_NONE);
	assert_string_equal(w.dues[0].why, "decided: not significant");
	end(&w);
}

static void a_final_report_has_no_date_before_the_notification(void **state)
{
	static const char *const ids[] = {"nis2", "nis2-tsp", "cra-incident"};

	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(ids); i++) {
		struct world w;

		begin(&w, ids[i]);
		aware(&w, "2026-01-28T08:00Z", 0);
		count(&w, OST_PROPOSE, DETECTED, "2029-01-01T00:00Z");
		assert_int_equal(due(&w, "final")->state, OST_DUE_UNDEFINED);
		assert_int_equal(due(&w, "final")->due_ns, 0);
		assert_false(due(&w, "final")->late);
		assert_string_equal(due(&w, "final")->why, "until notification is submitted");
		sent(&w, "early_warning", "2026-01-28T09:00Z");
		count(&w, OST_PROPOSE, DETECTED, "2029-01-01T00:00Z");
		assert_int_equal(due(&w, "final")->state, OST_DUE_UNDEFINED);
		sent(&w, "notification", "2026-01-31T07:00Z");
		count(&w, OST_PROPOSE, DETECTED, "2026-02-01T00:00Z");
		assert_int_equal(due(&w, "final")->state, OST_DUE_RUNNING);
		assert_true(due(&w, "final")->due_ns == at("2026-02-28T07:00Z"));
		assert_int_equal(due(&w, "notification")->state, OST_DUE_SUBMITTED);
		end(&w);
	}
}

static void trust_services_notify_in_a_day(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2-tsp");
	aware(&w, "2028-02-28T12:00Z", 0);
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_true(due(&w, "early_warning")->due_ns == at("2028-02-29T12:00Z"));
	assert_true(due(&w, "notification")->due_ns == at("2028-02-29T12:00Z"));
	end(&w);
}

static void a_vulnerability_has_another_anchor(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "cra-vulnerability");
	aware(&w, "2026-12-20T12:00Z", 0);
	sent(&w, "notification", "2026-12-21T12:00Z");
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_int_equal(due(&w, "final")->state, OST_DUE_UNDEFINED);
	assert_string_equal(due(&w, "final")->why, "until it is told when: a corrective or mitigating measure is available");
	happened(&w, "measure_available", "2026-12-24T12:00Z");
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_true(due(&w, "final")->due_ns == at("2027-01-07T12:00Z"));
	end(&w);
}

static void an_incident_that_goes_on(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2");
	aware(&w, "2026-11-20T08:00Z", 0);
	sent(&w, "notification", "2026-11-22T08:00Z");
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_int_equal(due(&w, "final")->state, OST_DUE_RUNNING);
	assert_int_equal(due(&w, "progress")->state, OST_DUE_NONE);
	happened(&w, "ongoing", "2026-12-20T08:00Z");
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_int_equal(due(&w, "final")->state, OST_DUE_NONE);
	assert_true(due(&w, "progress")->due_ns == at("2026-12-22T08:00Z"));
	assert_int_equal(due(&w, "final_after_ongoing")->state, OST_DUE_UNDEFINED);
	happened(&w, "handled", "2027-01-31T08:00Z");
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_true(due(&w, "final_after_ongoing")->due_ns == at("2027-02-28T08:00Z"));
	end(&w);
}

static void no_hour_is_counted(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "gdpr");
	aware(&w, "2026-11-20T08:00Z", 0);
	count(&w, OST_PROPOSE, DETECTED, "2029-01-01T00:00Z");
	assert_int_equal(due(&w, "register")->state, OST_DUE_UNTIMED);
	assert_false(due(&w, "register")->late);
	assert_int_equal(due(&w, "notify_ds")->state, OST_DUE_UNDEFINED);
	happened(&w, "high_risk_decision", "2026-11-21T08:00Z");
	count(&w, OST_PROPOSE, DETECTED, "2029-01-01T00:00Z");
	assert_int_equal(due(&w, "notify_ds")->state, OST_DUE_UNTIMED);
	assert_true(due(&w, "notify_sa")->late);
	end(&w);
}

static void late_is_a_nanosecond_past_it(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2");
	aware(&w, "2026-11-20T08:00Z", 0);
	count(&w, OST_PROPOSE, DETECTED, "2026-11-21T08:00Z");
	assert_false(due(&w, "early_warning")->late);
	(void)ost_deadlines(w.g, w.d, OST_PROPOSE, at(DETECTED), NULL, at("2026-11-21T08:00Z") + 1, w.dues);
	assert_true(due(&w, "early_warning")->late);
	sent(&w, "early_warning", "2026-11-21T08:00Z");
	count(&w, OST_PROPOSE, DETECTED, "2029-11-21T08:00Z");
	assert_false(due(&w, "early_warning")->late); /* it was in time */
	end(&w);
}

/* DORA: four hours from the classification, and never more than a day from awareness. */
static void the_earlier_of_two_clocks_counts(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "dora");
	aware(&w, "2026-11-20T08:00Z", 0);
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_true(due(&w, "initial")->due_ns == at("2026-11-21T08:00Z"));
	happened(&w, "classified", "2026-11-20T10:00Z");
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_true(due(&w, "initial")->due_ns == at("2026-11-20T14:00Z"));
	say(&w, (struct ost_decision){.kind = OST_DECISION_MOMENT, .of = "classified", .moment_ns = at("2026-11-21T07:00Z"), .corrects = 2});
	count(&w, OST_PROPOSE, DETECTED, DETECTED);
	assert_true(due(&w, "initial")->due_ns == at("2026-11-21T08:00Z"));
	end(&w);
}

struct warned {
	uint32_t count;
	unsigned percent[32];
	uint32_t stage[32];
};

static void warn(void *user, const struct ost_due *d, unsigned percent)
{
	struct warned *n = user;

	assert_true(n->count < 32);
	n->percent[n->count] = percent;
	n->stage[n->count++] = d->stage;
}

static void tick(struct world *w, struct ost_warnings *s, uint64_t now, struct warned *n)
{
	uint32_t c = ost_deadlines(w->g, w->d, OST_PROPOSE, at(DETECTED), NULL, now, w->dues);

	ost_warnings_tick(s, w->dues, c, now, warn, n);
}

/* Of the early warning's 24 hours: 12:00, 18:00, 21:36, the end; the notification's half comes later. */
static void warnings_at_50_75_and_90_percent(void **state)
{
	struct ost_warnings s = {0};
	struct warned n = {0};
	uint64_t t = at(DETECTED);
	struct world w;

	(void)state;
	begin(&w, "nis2");
	tick(&w, &s, t - 1, &n); /* a clock that was put back */
	tick(&w, &s, t + 12 * 3600 * OST_NS_PER_S - 1, &n);
	assert_int_equal(n.count, 0);
	tick(&w, &s, t + 12 * 3600 * OST_NS_PER_S, &n);
	tick(&w, &s, t + 12 * 3600 * OST_NS_PER_S + 1, &n);
	assert_int_equal(n.count, 1);
	assert_int_equal(n.percent[0], 50);
	tick(&w, &s, t + 18 * 3600 * OST_NS_PER_S - 1, &n);
	assert_int_equal(n.count, 1);
	tick(&w, &s, t + 18 * 3600 * OST_NS_PER_S, &n);
	assert_int_equal(n.percent[1], 75);
	tick(&w, &s, t + (21 * 60 + 36) * 60 * OST_NS_PER_S - 1, &n);
	assert_int_equal(n.count, 2);
	tick(&w, &s, t + (21 * 60 + 36) * 60 * OST_NS_PER_S, &n);
	assert_int_equal(n.percent[2], 90);
	tick(&w, &s, t + 24 * 3600 * OST_NS_PER_S, &n);
	assert_int_equal(n.percent[3], 100);
	assert_int_equal(n.count, 4);
	/* the gateway was off meanwhile: one warning, the highest */
	tick(&w, &s, t + 71 * 3600 * OST_NS_PER_S, &n);
	assert_int_equal(n.count, 5);
	assert_int_equal(n.percent[4], 90);
	assert_int_equal(n.stage[4], 1);
	end(&w);
}

static void a_clock_that_begins_anew_is_warned_of_anew(void **state)
{
	struct ost_warnings s = {0};
	struct warned n = {0};
	struct world w;

	(void)state;
	begin(&w, "nis2");
	tick(&w, &s, at("2026-11-22T23:00Z"), &n);
	assert_int_equal(n.count, 1);
	aware(&w, "2026-11-22T20:00Z", 0);
	tick(&w, &s, at("2026-11-22T23:30Z"), &n);
	assert_int_equal(n.count, 1);
	tick(&w, &s, at("2026-11-23T08:00Z"), &n);
	assert_int_equal(n.count, 2);
	assert_int_equal(n.percent[1], 50);
	sent(&w, "early_warning", "2026-11-23T08:00Z");
	tick(&w, &s, at("2026-11-23T19:59Z"), &n); /* it was submitted: nothing to warn of */
	assert_int_equal(n.count, 2);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shadow_clocks_run_from_the_detection),
		cmocka_unit_test(a_decision_ends_the_shadow),
		cmocka_unit_test(a_final_report_has_no_date_before_the_notification),
		cmocka_unit_test(trust_services_notify_in_a_day),
		cmocka_unit_test(a_vulnerability_has_another_anchor),
		cmocka_unit_test(an_incident_that_goes_on),
		cmocka_unit_test(no_hour_is_counted),
		cmocka_unit_test(late_is_a_nanosecond_past_it),
		cmocka_unit_test(the_earlier_of_two_clocks_counts),
		cmocka_unit_test(warnings_at_50_75_and_90_percent),
		cmocka_unit_test(a_clock_that_begins_anew_is_warned_of_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
