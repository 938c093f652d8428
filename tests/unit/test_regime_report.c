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
	struct ost_entity *e;
	struct ost_incident i;
	struct ost_report_case c;
	struct ost_report *p;
	struct ost_facts f;
	uint32_t service;
};

static const char entity[] =
	"ostiary: 1\nname: Stadtwerke\nregistration: HRB 1\nsector: energy\nmember-states: [DE]\ncontact: noc\ndpo: dpo\ncsirt: cert\n"
	"authority: bsi\nproduct: p\nservices:\n  heating: { tags: [t], users: 1200, personal-data: names }\n";

static void begin(struct world *w, const char *regime, const char *stage)
{
	struct ost_diag diag = {0};

	*w = (struct world){.g = shipped_load(regime)};
	if (ost_entity_parse("e", entity, strlen(entity), &diag, &w->e) != 0) {
		findings_print(&diag);
		fail();
	}
	assert_int_equal(ost_decisions_new("x", journal_any, NULL, &w->d), 0);
	w->i = (struct ost_incident){.state = OST_INCIDENT_OPEN,
		.cause = OST_CAUSE_ARP_SPOOF,
		.who = "cam-01",
		.count = 1234,
		.first_wall_ns = at("2026-11-22T10:00Z"),
		.last_wall_ns = at("2026-11-22T10:31Z"),
		.detected_wall_ns = at("2026-11-22T10:00:01Z"),
		.risk = 6,
		.succeeded = OST_ANSWER_NO,
		.malicious = OST_ANSWER_YES,
		.disposition = OST_DISPOSITION_REFUSED,
		.wire = {.mac = {2, 0, 0x5e, 0, 0, 7}, .ip = {10, 0, 0, 7}, .peer_ip = {10, 0, 0, 1}, .family = 4, .protocol = 6, .peer_port_l4 = 443}};
	w->c = (struct ost_report_case){.incident = &w->i,
		.regime = w->g,
		.decisions = w->d,
		.entity = w->e,
		.services = &w->service,
		.service_count = 1,
		.gateway = "gw1",
		.proof = "seq 7 of gw1/ostiary/journal",
		.now_ns = at("2026-11-22T12:00Z")};
	ost_entity_facts(w->e, &w->service, 1, &w->f);
	w->c.facts = &w->f;
	assert_int_equal(ost_regime_stage_find(w->g, stage, &w->c.stage), 0);
}

static void end(struct world *w)
{
	ost_report_free(&w->p);
	ost_report_free(&w->p);
	ost_decisions_free(&w->d);
	ost_entity_free(&w->e);
	ost_regime_free(&w->g);
}

static void make(struct world *w)
{
	ost_report_free(&w->p);
	assert_int_equal(ost_report_make(&w->c, &w->p), 0);
}

static void say(struct world *w, struct ost_decision said)
{
	char why[OST_DECISION_WHY] = "";

	said.by = "jane";
	said.reason = "seen by the shift leader";
	if (ost_decisions_add(w->d, w->g, &said, at("2026-12-31T12:00Z"), false, why) != 0)
		fail_msg("%s", why);
}

static void decide(struct world *w, const char *aware_at)
{
	say(w, (struct ost_decision){.kind = OST_DECISION_SIGNIFICANCE, .significant = true, .moment_ns = at(aware_at)});
}

static void answer(struct world *w, const char *field, const char *value)
{
	say(w, (struct ost_decision){.kind = OST_DECISION_ANSWER, .of = field, .stage = w->g->stages[w->c.stage].id, .value = value});
}

static const struct ost_report_value *value(const struct world *w, const char *id)
{
	for (uint32_t i = 0; i < w->p->count; i++) {
		if (strcmp(w->p->values[i].field->id, id) == 0)
			return &w->p->values[i];
	}
	fail_msg("no field %s", id);
	return NULL;
}

static void never_ready_while_a_person_is_missing(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2", "early-warning");
	make(&w);
	assert_false(w.p->ready);
	assert_int_equal(w.p->missing, 5); /* aware, decided, malicious, cross-border, description */
	assert_int_equal(value(&w, "suspected_malicious")->state, OST_REPORT_MISSING);
	assert_string_equal(value(&w, "suspected_malicious")->suggestion, "yes"); /* shown, not filled in */
	decide(&w, "2026-11-22T11:00Z");
	answer(&w, "suspected_malicious", "yes: ARP spoofing does not happen by itself");
	answer(&w, "cross_border", "unknown");
	make(&w);
	assert_false(w.p->ready);
	assert_int_equal(w.p->missing, 1);
	assert_int_equal(value(&w, "cross_border")->state, OST_REPORT_UNKNOWN);
	answer(&w, "summary", "somebody spoofed");
	make(&w);
	assert_true(w.p->ready);
	assert_true(w.p->due.due_ns == at("2026-11-23T11:00Z"));
	assert_string_equal(value(&w, "summary")->by, "jane");
	end(&w);
}

static void without_configuration_or_proof_it_is_not_ready(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2", "early-warning");
	decide(&w, "2026-11-22T11:00Z");
	answer(&w, "suspected_malicious", "unknown");
	answer(&w, "cross_border", "unknown");
	answer(&w, "summary", "s");
	make(&w);
	assert_true(w.p->ready);
	w.c.entity = NULL;
	make(&w);
	assert_false(w.p->ready);
	assert_int_equal(value(&w, "entity")->state, OST_REPORT_MISSING);
	w.c.entity = w.e;
	w.c.proof = NULL;
	make(&w);
	assert_false(w.p->ready);
	end(&w);
}

/* "unknown" that was said for all stages is no answer in one that wants to know. */
static void unknown_is_no_answer_to_the_root_cause(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2", "final");
	say(&w, (struct ost_decision){.kind = OST_DECISION_ANSWER, .of = "root_cause", .value = "unknown"});
	make(&w);
	assert_int_equal(value(&w, "root_cause")->state, OST_REPORT_MISSING);
	answer(&w, "root_cause", "a camera with old firmware");
	make(&w);
	assert_int_equal(value(&w, "root_cause")->state, OST_REPORT_FILLED);
	end(&w);
}

static void decided_otherwise_nothing_is_ready(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2", "early-warning");
	decide(&w, "2026-11-22T11:00Z");
	answer(&w, "suspected_malicious", "unknown");
	answer(&w, "cross_border", "unknown");
	answer(&w, "summary", "s");
	say(&w, (struct ost_decision){.kind = OST_DECISION_SIGNIFICANCE, .moment_ns = at("2026-11-22T11:00Z"), .corrects = 1});
	make(&w);
	assert_int_equal(w.p->missing, 0);
	assert_false(w.p->ready);
	end(&w);
}

/* Every field of every shipped stage: what a machine fills is filled, what a person fills is not. */
static void each_stage_of_each_regime(void **state)
{
	static const char *const ids[] = {"nis1", "nis2", "nis2-tsp", "gdpr", "cra-vulnerability", "cra-incident"};

	(void)state;
	for (uint32_t r = 0; r < OST_ARRAY_SIZE(ids); r++) {
		struct world w;
		uint32_t stages;

		begin(&w, ids[r], strcmp(ids[r], "gdpr") == 0 ? "register" : strcmp(ids[r], "nis1") == 0 ? "notification" : "final");
		stages = w.g->stage_count;
		for (uint32_t s = 0; s < stages; s++) {
			w.c.stage = s;
			make(&w);
			assert_false(w.p->ready);
			for (uint32_t i = 0; i < w.p->count; i++) {
				const struct ost_report_value *v = &w.p->values[i];

				if (v->field->by == OST_FILLER_PERSON)
					assert_null(v->text);
				else if (!v->field->optional)
					assert_non_null(v->text);
			}
		}
		end(&w);
	}
}

static void late_wants_a_reason(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "gdpr", "notify_sa");
	decide(&w, "2026-11-22T11:00Z");
	w.c.now_ns = at("2026-11-25T11:00Z");
	make(&w);
	assert_int_equal(value(&w, "delay_reason")->state, OST_REPORT_LEFT_OUT);
	w.c.now_ns++;
	make(&w);
	assert_int_equal(value(&w, "delay_reason")->state, OST_REPORT_MISSING);
	answer(&w, "delay_reason", "the forensics took so long");
	make(&w);
	assert_int_equal(value(&w, "delay_reason")->state, OST_REPORT_FILLED);
	end(&w);
}

static void the_authoritys_reference_goes_on(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "nis2", "notification");
	decide(&w, "2026-11-22T11:00Z");
	make(&w);
	assert_int_equal(value(&w, "authority_reference")->state, OST_REPORT_MISSING);
	say(&w, (struct ost_decision){.kind = OST_DECISION_SUBMISSION, .of = "early-warning", .moment_ns = at("2026-11-22T12:00Z"), .value = "BSI-7"});
	make(&w);
	assert_string_equal(value(&w, "authority_reference")->text, "BSI-7");
	end(&w);
}

static char *printed(const struct ost_report *p, void (*print)(const struct ost_report *p, FILE *out))
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	print(p, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static const char hostile[] = "<script>alert('x')</script>&\"\x1b[31m\xe2\x80\xae\x01\x7f\xff\xc0\xaf\xed\xa0\x80\xc2\x85\xe2\x80\xa8line\nnext";

static void hostile_texts_do_nothing(void **state)
{
	struct world w;
	struct ost_jsonw j = {0};
	json_t *json;
	char *text;

	(void)state;
	begin(&w, "nis2", "early-warning");
	(void)snprintf(w.i.who, sizeof(w.i.who), "%s", hostile);
	(void)snprintf(w.i.rule, sizeof(w.i.rule), "<b>%s", "rule");
	w.c.gateway = hostile;
	decide(&w, "2026-11-22T11:00Z");
	answer(&w, "summary", hostile);
	make(&w);
	text = printed(w.p, ost_report_html);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<b>rule"));
	assert_non_null(strstr(text, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;[U+001B][31m[U+202E][U+0001][U+007F]"));
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "http:"));
	assert_null(strstr(text, "https:"));
	assert_null(strstr(text, "src="));
	assert_null(strstr(text, "href"));
	free(text);
	text = printed(w.p, ost_report_text);
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strchr(text, '\xff'));
	assert_non_null(strstr(text, "line\n    next"));
	assert_non_null(strstr(text, "[U+0085][U+2028]"));
	free(text);
	ost_report_json(w.p, &j);
	assert_false(j.failed);
	json = json_loads(j.text, 0, NULL);
	assert_non_null(json);
	assert_true(json_is_false(json_object_get(json, "ready")));
	assert_int_equal(json_array_size(json_object_get(json, "fields")), w.p->count);
	json_decref(json);
	ost_jsonw_free(&j);
	end(&w);
}

static void what_is_missing_is_marked(void **state)
{
	struct world w;
	char *text;

	(void)state;
	begin(&w, "nis2", "final");
	make(&w);
	text = printed(w.p, ost_report_text);
	assert_non_null(strstr(text, "DRAFT, not ready"));
	assert_non_null(strstr(text, "MISSING: a person must answer"));
	assert_non_null(strstr(text, "Nothing was sent to anybody"));
	free(text);
	text = printed(w.p, ost_report_html);
	assert_non_null(strstr(text, "class=\"missing\">MISSING: a person must answer"));
	free(text);
	end(&w);
}

/* The same case gives the same bytes. */
static void it_is_a_function_of_its_case(void **state)
{
	struct world w;
	char *one, *two;

	(void)state;
	begin(&w, "nis2", "notification");
	make(&w);
	one = printed(w.p, ost_report_html);
	make(&w);
	two = printed(w.p, ost_report_html);
	assert_string_equal(one, two);
	free(one);
	free(two);
	w.c.stage = w.g->stage_count;
	assert_int_equal(ost_report_make(&w.c, &w.p), -EINVAL);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_ready_while_a_person_is_missing),
		cmocka_unit_test(without_configuration_or_proof_it_is_not_ready),
		cmocka_unit_test(unknown_is_no_answer_to_the_root_cause),
		cmocka_unit_test(decided_otherwise_nothing_is_ready),
		cmocka_unit_test(each_stage_of_each_regime),
		cmocka_unit_test(late_wants_a_reason),
		cmocka_unit_test(the_authoritys_reference_goes_on),
		cmocka_unit_test(hostile_texts_do_nothing),
		cmocka_unit_test(what_is_missing_is_marked),
		cmocka_unit_test(it_is_a_function_of_its_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
