/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <jansson.h>

#include "regime_rig.h"

#define HOUR_MS 3600000ull

#define YES(f, name)   ost_fact_set(f, OST_FACT_##name, 1, OST_ORIGIN_MEASURED)
#define NO(f, name)    ost_fact_set(f, OST_FACT_##name, 0, OST_ORIGIN_MEASURED)
#define SET(f, name, v) ost_fact_set(f, OST_FACT_##name, v, OST_ORIGIN_CONFIGURED)

static const struct ost_rule_trace *trace_of(const struct ost_assessment *a, const char *id)
{
	for (uint32_t i = 0; i < a->count; i++) {
		if (strcmp(a->rules[i].rule->id, id) == 0)
			return &a->rules[i];
	}
	fail_msg("no rule %s", id);
	return NULL;
}

static enum ost_proposal one(const struct ost_regime *g, const char *rule, const struct ost_facts *f)
{
	struct ost_assessment *a = calloc(1, sizeof(*a));
	enum ost_proposal result;

	ost_assess(g, f, a);
	result = trace_of(a, rule)->result;
	free(a);
	return result;
}

static void n1_access(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_facts f = {0};

	(void)state;
	YES(&f, SUCCEEDED);
	YES(&f, ESSENTIAL);
	assert_int_equal(one(g, "N1", &f), OST_PROPOSE); /* nobody denied that it is malicious */
	YES(&f, MALICIOUS);
	assert_int_equal(one(g, "N1", &f), OST_PROPOSE);
	NO(&f, MALICIOUS);
	assert_int_equal(one(g, "N1", &f), OST_NOT_PROPOSED);
	YES(&f, MALICIOUS);
	NO(&f, ESSENTIAL);
	assert_int_equal(one(g, "N1", &f), OST_NOT_PROPOSED);
	f.of[OST_FACT_ESSENTIAL].known = false;
	assert_int_equal(one(g, "N1", &f), OST_REVIEW);
	f.of[OST_FACT_SUCCEEDED].known = false;
	assert_int_equal(one(g, "N1", &f), OST_NOT_PROPOSED); /* nothing of it is known to hold */
	YES(&f, ESSENTIAL);
	assert_int_equal(one(g, "N1", &f), OST_REVIEW);
	NO(&f, SUCCEEDED);
	assert_int_equal(one(g, "N1", &f), OST_NOT_PROPOSED);
	ost_regime_free(&g);
}

static void n2_loss_to_the_cent(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_facts f = {0};

	(void)state;
	/* 500,000 EUR an hour, for an hour: not more than that */
	SET(&f, EUR_PER_HOUR, 500000);
	SET(&f, TURNOVER_EUR, 100000000);
	SET(&f, OUTAGE_MS, HOUR_MS);
	assert_int_equal(one(g, "N2", &f), OST_REVIEW);
	SET(&f, OUTAGE_MS, HOUR_MS + 1);
	assert_int_equal(one(g, "N2", &f), OST_PROPOSE);
	/* half of it: review from there on */
	SET(&f, OUTAGE_MS, HOUR_MS / 2);
	assert_int_equal(one(g, "N2", &f), OST_REVIEW);
	SET(&f, OUTAGE_MS, HOUR_MS / 2 - 1);
	assert_int_equal(one(g, "N2", &f), OST_NOT_PROPOSED);
	/* the smaller one: 5 percent of 9,999,980 are 499,999 */
	SET(&f, OUTAGE_MS, HOUR_MS);
	SET(&f, TURNOVER_EUR, 9999980);
	assert_int_equal(one(g, "N2", &f), OST_PROPOSE);
	SET(&f, TURNOVER_EUR, 10000000);
	assert_int_equal(one(g, "N2", &f), OST_REVIEW);
	SET(&f, FIXED_EUR, 1);
	assert_int_equal(one(g, "N2", &f), OST_PROPOSE);
	/* the turnover is not known: more than the fixed number is enough, less may be */
	f.of[OST_FACT_TURNOVER_EUR].known = false;
	assert_int_equal(one(g, "N2", &f), OST_PROPOSE);
	SET(&f, FIXED_EUR, 0);
	SET(&f, OUTAGE_MS, 1000);
	assert_int_equal(one(g, "N2", &f), OST_REVIEW);
	/* nothing known of the costs; no outage */
	f.of[OST_FACT_EUR_PER_HOUR].known = false;
	assert_int_equal(one(g, "N2", &f), OST_REVIEW);
	SET(&f, OUTAGE_MS, 0);
	assert_int_equal(one(g, "N2", &f), OST_NOT_PROPOSED);
	/* numbers as large as they come */
	SET(&f, OUTAGE_MS, UINT64_MAX);
	SET(&f, EUR_PER_HOUR, 1000000000000ull);
	assert_int_equal(one(g, "N2", &f), OST_PROPOSE);
	ost_regime_free(&g);
}

static void n3_recurring_by_the_calendar(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_facts f = {0};

	(void)state;
	SET(&f, FIRST_SEEN, at("2027-02-28T12:00Z"));
	SET(&f, OUTAGE_MS, HOUR_MS / 2);
	SET(&f, EUR_PER_HOUR, 500000);
	SET(&f, TURNOVER_EUR, 100000000);
	assert_int_equal(one(g, "N3", &f), OST_NOT_PROPOSED); /* once is not again */
	f.earlier_count = 1;
	f.earlier[0] = (struct ost_earlier){at("2026-08-31T12:00Z"), HOUR_MS / 2 + 1}; /* six months end on 28 February */
	assert_int_equal(one(g, "N3", &f), OST_PROPOSE);
	f.earlier[0].first_ns--;
	assert_int_equal(one(g, "N3", &f), OST_NOT_PROPOSED);
	f.earlier[0] = (struct ost_earlier){at("2026-08-31T12:00Z"), HOUR_MS / 2}; /* together exactly the threshold */
	assert_int_equal(one(g, "N3", &f), OST_NOT_PROPOSED);
	f.of[OST_FACT_EUR_PER_HOUR].known = false;
	assert_int_equal(one(g, "N3", &f), OST_REVIEW);
	f.earlier[0].first_ns = at("2027-03-01T00:00Z"); /* a later one is no earlier one */
	assert_int_equal(one(g, "N3", &f), OST_NOT_PROPOSED);
	ost_regime_free(&g);
}

static void n4_secrets(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_facts f = {0};

	(void)state;
	YES(&f, TRADE_SECRET);
	YES(&f, SUCCEEDED);
	SET(&f, BYTES_LIMIT, 1000000);
	SET(&f, BYTES_OUT, 1000001);
	assert_int_equal(one(g, "N4", &f), OST_PROPOSE);
	SET(&f, BYTES_OUT, 1000000);
	assert_int_equal(one(g, "N4", &f), OST_NOT_PROPOSED);
	SET(&f, BYTES_OUT, 1000001);
	NO(&f, SUCCEEDED); /* blocked */
	assert_int_equal(one(g, "N4", &f), OST_NOT_PROPOSED);
	YES(&f, SUCCEEDED);
	f.of[OST_FACT_BYTES_LIMIT].known = false;
	assert_int_equal(one(g, "N4", &f), OST_REVIEW);
	ost_regime_free(&g);
}

static void n5_safety(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_facts f = {0};

	(void)state;
	YES(&f, SAFETY);
	NO(&f, ALTERED);
	YES(&f, UNAVAILABLE);
	assert_int_equal(one(g, "N5", &f), OST_REVIEW);
	NO(&f, UNAVAILABLE);
	assert_int_equal(one(g, "N5", &f), OST_NOT_PROPOSED);
	YES(&f, ALTERED);
	assert_int_equal(one(g, "N5", &f), OST_REVIEW);
	NO(&f, SAFETY);
	assert_int_equal(one(g, "N5", &f), OST_NOT_PROPOSED);
	ost_regime_free(&g);
}

static void n6_more_than_thirty_minutes(void **state)
{
	struct ost_regime *g = shipped_load("nis2"), *tsp = shipped_load("nis2-tsp");
	struct ost_facts f = {0};

	(void)state;
	YES(&f, LISTED);
	SET(&f, LIMITED_MS, 0);
	SET(&f, OUTAGE_MS, 30 * 60 * 1000);
	assert_int_equal(one(g, "N6", &f), OST_NOT_PROPOSED);
	assert_int_equal(one(tsp, "N6", &f), OST_PROPOSE);
	SET(&f, OUTAGE_MS, 30 * 60 * 1000 + 1);
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	SET(&f, OUTAGE_MS, 20 * 60 * 1000);
	assert_int_equal(one(tsp, "N6", &f), OST_NOT_PROPOSED);
	SET(&f, OUTAGE_MS, 20 * 60 * 1000 + 1);
	assert_int_equal(one(tsp, "N6", &f), OST_PROPOSE);
	/* for entities that the regulation binds; N8 is for the others */
	SET(&f, OUTAGE_MS, 30 * 60 * 1000 + 1);
	NO(&f, LISTED);
	assert_int_equal(one(g, "N6", &f), OST_NOT_PROPOSED);
	f.of[OST_FACT_LISTED].known = false;
	assert_int_equal(one(g, "N6", &f), OST_REVIEW);
	ost_regime_free(&g);
	ost_regime_free(&tsp);
}

static void n6_limited_availability(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_facts f = {0};

	(void)state;
	YES(&f, LISTED);
	SET(&f, OUTAGE_MS, 0);
	SET(&f, LIMITED_MS, HOUR_MS + 1);
	SET(&f, USERS_ALL, 1000);
	SET(&f, USERS_AFFECTED, 50);
	assert_int_equal(one(g, "N6", &f), OST_NOT_PROPOSED); /* 5 percent are not more than 5 percent */
	SET(&f, USERS_AFFECTED, 51);
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	SET(&f, LIMITED_MS, HOUR_MS);
	assert_int_equal(one(g, "N6", &f), OST_NOT_PROPOSED);
	/* the smaller one: a million of a hundred million */
	SET(&f, LIMITED_MS, HOUR_MS + 1);
	SET(&f, USERS_ALL, 100000000);
	SET(&f, USERS_AFFECTED, 1000000);
	assert_int_equal(one(g, "N6", &f), OST_NOT_PROPOSED);
	SET(&f, USERS_AFFECTED, 1000001);
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	f.of[OST_FACT_USERS_ALL].known = false;
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	SET(&f, USERS_AFFECTED, 51);
	assert_int_equal(one(g, "N6", &f), OST_REVIEW);
	ost_regime_free(&g);
}

static void n7_compromise(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_facts f = {0};

	(void)state;
	YES(&f, LISTED);
	YES(&f, COMPROMISED);
	assert_int_equal(one(g, "N7", &f), OST_PROPOSE);
	NO(&f, MALICIOUS);
	assert_int_equal(one(g, "N7", &f), OST_NOT_PROPOSED);
	YES(&f, MALICIOUS);
	NO(&f, COMPROMISED);
	assert_int_equal(one(g, "N7", &f), OST_NOT_PROPOSED);
	ost_regime_free(&g);
}

static void n8_own_thresholds(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_facts f = {0};

	(void)state;
	NO(&f, LISTED);
	YES(&f, ESSENTIAL);
	NO(&f, SUCCEEDED);
	SET(&f, OUTAGE_MS, 1800000);
	assert_int_equal(one(g, "N8", &f), OST_NOT_PROPOSED);
	SET(&f, OUTAGE_MS, 1800001);
	assert_int_equal(one(g, "N8", &f), OST_REVIEW);
	SET(&f, OWN_OUTAGE_MS, 7200000);
	assert_int_equal(one(g, "N8", &f), OST_NOT_PROPOSED);
	SET(&f, OUTAGE_MS, 7200001);
	assert_int_equal(one(g, "N8", &f), OST_REVIEW);
	YES(&f, LISTED);
	assert_int_equal(one(g, "N8", &f), OST_NOT_PROPOSED);
	NO(&f, LISTED);
	SET(&f, OUTAGE_MS, 0);
	YES(&f, SUCCEEDED); /* as N1 */
	assert_int_equal(one(g, "N8", &f), OST_REVIEW);
	ost_regime_free(&g);
}

static void n9_users(void **state)
{
	struct ost_regime *g = shipped_load("nis1");
	struct ost_facts f = {0};

	(void)state;
	NO(&f, SAFETY);
	NO(&f, COMPROMISED);
	SET(&f, DAMAGE_EUR, 1000000);
	SET(&f, USERS_AFFECTED, 5000000);
	SET(&f, OUTAGE_MS, HOUR_MS);
	assert_int_equal(one(g, "N9", &f), OST_NOT_PROPOSED);
	SET(&f, OUTAGE_MS, HOUR_MS + 1);
	assert_int_equal(one(g, "N9", &f), OST_PROPOSE);
	SET(&f, OUTAGE_MS, 0);
	YES(&f, COMPROMISED);
	SET(&f, USERS_AFFECTED, 100000);
	assert_int_equal(one(g, "N9", &f), OST_NOT_PROPOSED);
	SET(&f, USERS_AFFECTED, 100001);
	assert_int_equal(one(g, "N9", &f), OST_PROPOSE);
	NO(&f, COMPROMISED);
	SET(&f, DAMAGE_EUR, 1000001);
	assert_int_equal(one(g, "N9", &f), OST_PROPOSE);
	SET(&f, DAMAGE_EUR, 0);
	YES(&f, SAFETY);
	YES(&f, ALTERED);
	assert_int_equal(one(g, "N9", &f), OST_PROPOSE);
	ost_regime_free(&g);
}

static void outage_in_a_window(struct ost_facts *f)
{
	YES(f, LISTED);
	SET(f, OUTAGE_MS, 31 * 60 * 1000);
	SET(f, FIRST_SEEN, at("2026-11-22T22:10Z"));
	SET(f, LAST_SEEN, at("2026-11-22T22:41Z"));
	SET(f, WINDOW_OPENED, at("2026-11-22T20:00Z"));
	SET(f, WINDOW_FROM, at("2026-11-22T22:00Z"));
	SET(f, WINDOW_UNTIL, at("2026-11-22T23:00Z"));
	SET(f, WINDOW_SIGNED, 1);
}

static void x1_maintenance(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_assessment *a = calloc(1, sizeof(*a));
	struct ost_facts f = {0};

	(void)state;
	outage_in_a_window(&f);
	ost_assess(g, &f, a);
	assert_int_equal(a->result, OST_NOT_PROPOSED);
	assert_string_equal(trace_of(a, "N6")->suppressed_by->id, "X1");
	assert_int_equal(trace_of(a, "N6")->condition, OST_TRI_YES); /* the reason is kept */
	/* opened after the event, at it, a moment before it */
	SET(&f, WINDOW_OPENED, at("2026-11-22T22:20Z"));
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	SET(&f, WINDOW_OPENED, f.of[OST_FACT_FIRST_SEEN].value);
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	SET(&f, WINDOW_OPENED, f.of[OST_FACT_FIRST_SEEN].value - 1);
	assert_int_equal(one(g, "N6", &f), OST_NOT_PROPOSED);
	/* not signed, or nobody knows */
	SET(&f, WINDOW_SIGNED, 0);
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	f.of[OST_FACT_WINDOW_SIGNED].known = false;
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	SET(&f, WINDOW_SIGNED, 1);
	/* the event goes on behind its end, or began before */
	SET(&f, LAST_SEEN, f.of[OST_FACT_WINDOW_UNTIL].value);
	assert_int_equal(one(g, "N6", &f), OST_NOT_PROPOSED);
	SET(&f, LAST_SEEN, f.of[OST_FACT_WINDOW_UNTIL].value + 1);
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	SET(&f, LAST_SEEN, at("2026-11-22T22:41Z"));
	SET(&f, WINDOW_FROM, f.of[OST_FACT_FIRST_SEEN].value + 1);
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	/* an attack is no maintenance, and access is none of what it takes back */
	outage_in_a_window(&f);
	YES(&f, MALICIOUS);
	assert_int_equal(one(g, "N6", &f), OST_PROPOSE);
	f.of[OST_FACT_MALICIOUS].known = false;
	YES(&f, SUCCEEDED);
	YES(&f, ESSENTIAL);
	ost_assess(g, &f, a);
	assert_int_equal(trace_of(a, "N6")->result, OST_NOT_PROPOSED);
	assert_int_equal(trace_of(a, "N1")->result, OST_PROPOSE);
	assert_int_equal(a->result, OST_PROPOSE);
	free(a);
	ost_regime_free(&g);
}

static void g1_g2_personal_data(void **state)
{
	struct ost_regime *g = shipped_load("gdpr");
	struct ost_facts f = {0};

	(void)state;
	YES(&f, PERSONAL_DATA);
	YES(&f, PLAINTEXT);
	SET(&f, ENCRYPTED, 0);
	assert_int_equal(one(g, "G1", &f), OST_PROPOSE);
	SET(&f, ENCRYPTED, 1);
	assert_int_equal(one(g, "G1", &f), OST_NOT_PROPOSED);
	f.of[OST_FACT_ENCRYPTED].known = false;
	assert_int_equal(one(g, "G1", &f), OST_REVIEW);
	SET(&f, ENCRYPTED, 0);
	NO(&f, PLAINTEXT);
	NO(&f, SUCCEEDED);
	NO(&f, ALTERED);
	NO(&f, UNAVAILABLE);
	assert_int_equal(one(g, "G1", &f), OST_NOT_PROPOSED);
	YES(&f, UNAVAILABLE);
	assert_int_equal(one(g, "G1", &f), OST_PROPOSE);
	NO(&f, SPECIAL_CATEGORY);
	NO(&f, CREDENTIALS);
	SET(&f, SUBJECTS_LIMIT, 100);
	SET(&f, SUBJECTS, 100);
	assert_int_equal(one(g, "G2", &f), OST_NOT_PROPOSED);
	SET(&f, SUBJECTS, 101);
	assert_int_equal(one(g, "G2", &f), OST_PROPOSE);
	SET(&f, SUBJECTS, 1);
	YES(&f, CREDENTIALS);
	assert_int_equal(one(g, "G2", &f), OST_PROPOSE);
	NO(&f, PERSONAL_DATA);
	assert_int_equal(one(g, "G1", &f), OST_NOT_PROPOSED);
	assert_int_equal(one(g, "G2", &f), OST_NOT_PROPOSED);
	ost_regime_free(&g);
}

static void c1_c2_products(void **state)
{
	struct ost_regime *incident = shipped_load("cra-incident"), *vulnerability = shipped_load("cra-vulnerability");
	struct ost_facts f = {0};

	(void)state;
	assert_int_equal(one(incident, "C1", &f), OST_NOT_PROPOSED);
	YES(&f, GATEWAY);
	assert_int_equal(one(incident, "C1", &f), OST_PROPOSE);
	assert_int_equal(one(vulnerability, "C2", &f), OST_NOT_PROPOSED);
	YES(&f, EXPLOITED);
	assert_int_equal(one(vulnerability, "C2", &f), OST_REVIEW);
	ost_regime_free(&incident);
	ost_regime_free(&vulnerability);
}

/* The mass: nothing known but that the gate refused it. */
static void blocked_at_the_gate(void **state)
{
	static const char *const ids[] = {"nis1", "nis2", "nis2-tsp", "gdpr", "cra-vulnerability", "cra-incident"};
	struct ost_assessment *a = calloc(1, sizeof(*a));
	struct ost_facts f = {0};

	(void)state;
	NO(&f, SUCCEEDED);
	YES(&f, MALICIOUS);
	YES(&f, PERSONAL_DATA);
	YES(&f, SAFETY);
	YES(&f, TRADE_SECRET);
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(ids); i++) {
		struct ost_regime *g = shipped_load(ids[i]);

		ost_assess(g, &f, a);
		assert_int_equal(a->result, OST_NOT_PROPOSED);
		ost_regime_free(&g);
	}
	/* assumed is not measured; and what is certain is proposed all the same */
	{
		struct ost_regime *g = shipped_load("nis2");

		ost_fact_set(&f, OST_FACT_SUCCEEDED, 0, OST_ORIGIN_ASSUMED);
		assert_int_equal(one(g, "N5", &f), OST_REVIEW);
		NO(&f, SUCCEEDED);
		assert_int_equal(one(g, "N5", &f), OST_NOT_PROPOSED);
		YES(&f, UNAVAILABLE);
		assert_int_equal(one(g, "N5", &f), OST_REVIEW);
		ost_regime_free(&g);
	}
	free(a);
}

/* From what the gateway saw itself to a proposal. */
static void from_an_incident(void **state)
{
	struct ost_regime *nis2 = shipped_load("nis2"), *cra = shipped_load("cra-incident"), *maker = shipped_load("cra-vulnerability");
	struct ost_incident i = {.cause = OST_CAUSE_LATERAL_MOVEMENT, .malicious = OST_ANSWER_YES, .essential = true, .first_wall_ns = 5, .last_wall_ns = 6};
	struct ost_facts f = {0};

	(void)state;
	ost_facts_measure(&i, &f);
	assert_false(f.of[OST_FACT_SUCCEEDED].known);
	assert_false(f.of[OST_FACT_COMPROMISED].known);
	assert_false(f.of[OST_FACT_OUTAGE_MS].known); /* of a service: it cannot see that */
	assert_int_equal(f.of[OST_FACT_LAST_SEEN].value, 6);
	assert_int_equal(one(nis2, "N1", &f), OST_REVIEW);
	i.succeeded = OST_ANSWER_NO;
	ost_facts_measure(&i, &f);
	assert_int_equal(one(nis2, "N1", &f), OST_NOT_PROPOSED);
	assert_int_equal(one(maker, "C2", &f), OST_NOT_PROPOSED);
	i.succeeded = OST_ANSWER_YES;
	ost_facts_measure(&i, &f);
	assert_int_equal(one(nis2, "N1", &f), OST_PROPOSE);
	assert_int_equal(f.of[OST_FACT_SUCCEEDED].origin, OST_ORIGIN_MEASURED);
	assert_int_equal(one(maker, "C2", &f), OST_REVIEW);
	assert_int_equal(one(cra, "C1", &f), OST_NOT_PROPOSED);
	assert_false(f.of[OST_FACT_PLAINTEXT].known);
	i.cause = OST_CAUSE_DEFAULT_CREDENTIAL; /* it was read on the wire as well */
	ost_facts_measure(&i, &f);
	assert_int_equal(f.of[OST_FACT_PLAINTEXT].value, 1);
	i.cause = OST_CAUSE_JOURNAL_INTEGRITY;
	ost_facts_measure(&i, &f);
	assert_int_equal(one(cra, "C1", &f), OST_PROPOSE);
	assert_int_equal(one(maker, "C2", &f), OST_NOT_PROPOSED); /* that is no device */
	ost_regime_free(&nis2);
	ost_regime_free(&cra);
	ost_regime_free(&maker);
}

/* Who reads it sees rule, basis, each input with its origin, the comparison, what is missing. */
static void the_trace_tells_all(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	struct ost_assessment *a = calloc(1, sizeof(*a));
	struct ost_jsonw w = {0};
	struct ost_facts f = {0};
	json_t *json, *rule, *input;

	(void)state;
	YES(&f, SUCCEEDED);
	ost_assess(g, &f, a);
	ost_assessment_json(&w, NULL, a);
	assert_false(w.failed);
	json = json_loads(w.text, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "result")), "review");
	rule = json_array_get(json_object_get(json, "rules"), 0);
	assert_string_equal(json_string_value(json_object_get(rule, "rule")), "N1");
	assert_string_equal(json_string_value(json_object_get(rule, "result")), "review");
	assert_non_null(strstr(json_string_value(json_object_get(rule, "basis")), "article 23(3)(a)"));
	input = json_array_get(json_object_get(rule, "inputs"), 0);
	assert_string_equal(json_string_value(json_object_get(input, "name")), "succeeded");
	assert_string_equal(json_string_value(json_object_get(input, "value")), "yes");
	assert_string_equal(json_string_value(json_object_get(input, "origin")), "measured");
	assert_int_equal(json_array_size(json_object_get(rule, "missing")), 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(rule, "missing"), 0)), "essential");
	for (uint32_t i = 0; i < a->count; i++)
		assert_true(a->rules[i].comparison[0] != '\0' && a->rules[i].fact_count > 0 && a->rules[i].fact_count < OST_TRACE_FACTS);
	json_decref(json);
	ost_jsonw_free(&w);
	free(a);
	ost_regime_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(n1_access),
		cmocka_unit_test(n2_loss_to_the_cent),
		cmocka_unit_test(n3_recurring_by_the_calendar),
		cmocka_unit_test(n4_secrets),
		cmocka_unit_test(n5_safety),
		cmocka_unit_test(n6_more_than_thirty_minutes),
		cmocka_unit_test(n6_limited_availability),
		cmocka_unit_test(n7_compromise),
		cmocka_unit_test(n8_own_thresholds),
		cmocka_unit_test(n9_users),
		cmocka_unit_test(x1_maintenance),
		cmocka_unit_test(g1_g2_personal_data),
		cmocka_unit_test(c1_c2_products),
		cmocka_unit_test(blocked_at_the_gate),
		cmocka_unit_test(from_an_incident),
		cmocka_unit_test(the_trace_tells_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
