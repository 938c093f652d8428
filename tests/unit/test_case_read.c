/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a journal gathered to cases: the newest record counts, summaries behind it add, bounds hold, and hostile lines are just lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "case_read.h"
#include "incident_json.h"
#include "regime.h"

static const struct ost_regime_set *no_regimes(void)
{
	static const struct ost_regime_set none;

	return &none;
}

static struct ost_incident incident(uint32_t n)
{
	struct ost_incident i = {.id = {1, 0xa2}, .state = OST_INCIDENT_OPEN, .cause = OST_CAUSE_SCAN, .who = "cam-1", .place = "dev1", .scope = "from the device",
		.count = 1, .records = 1, .first_wall_ns = 1764000000000000000ull, .last_wall_ns = 1764000001000000000ull,
		.detected_wall_ns = 1764000000000000000ull, .risk = 3};

	memcpy(i.id + 12, &n, sizeof(n));
	return i;
}

static int line(struct case_reading *r, uint64_t seq, const char *kind, const char *members)
{
	char *text = NULL;
	int s, n = asprintf(&text,
		    "{\"v\":1,\"seq\":%u,\"prev\":\"00\",\"kind\":\"%s\",\"@timestamp\":\"2026-11-22T10:00:00.000000Z\",\"boot_id\":\"x\",\"mono_ns\":1,"
		    "\"clock\":{\"synced\":true,\"error_us\":0}%s%s}",
		    (unsigned)seq, kind, members[0] != '\0' ? "," : "", members);

	assert_true(n > 0);
	s = case_reading_line(r, seq, text, (size_t)n);
	free(text);
	return s;
}

static void record(struct case_reading *r, uint64_t seq, const struct ost_incident *i, enum ost_incident_record what, const char *why)
{
	const struct ost_incident_context context = {.gateway = "gw \",\"kind\":\"decision\" \"clock\":{}"};
	struct ost_jsonw w = {0};

	ost_incident_json(&w, i, what, why, &context);
	assert_int_equal(line(r, seq, ost_incident_record_name(what), w.text), 0);
	ost_jsonw_free(&w);
}

static void the_newest_counts(void **state)
{
	struct case_reading r = {0};
	struct ost_incident i = incident(7);
	char id[OST_INCIDENT_ID_TEXT], summary[256];
	const struct ost_case *c;

	(void)state;
	record(&r, 3, &i, OST_INCIDENT_RECORD_OPEN, "first");
	(void)snprintf(summary, sizeof(summary), "\"ostiary\":{\"suppress\":{\"incidents\":[{\"id\":\"%s\",\"count\":9,\"last\":\"2026-11-22T10:00:00.000000Z\"}]}}",
		ost_incident_id_text(i.id, id));
	assert_int_equal(line(&r, 4, "suppress", summary), 0);
	i.count = 12;
	i.records = 2;
	record(&r, 5, &i, OST_INCIDENT_RECORD_UPDATE, "count");
	(void)snprintf(summary, sizeof(summary), "\"ostiary\":{\"suppress\":{\"incidents\":[{\"id\":\"%s\",\"count\":77,\"last\":\"2026-11-22T11:00:00.000000Z\"}]}}",
		id);
	assert_int_equal(line(&r, 6, "suppress", summary), 0);
	case_reading_finish(&r, no_regimes(), 1764000000000000000ull);
	assert_int_equal(r.slots, 1);
	c = r.newest->restored;
	assert_non_null(c);
	assert_int_equal(c->i.count, 77);
	assert_int_equal(c->i.records, 2);
	assert_int_equal(c->i.state, OST_INCIDENT_OPEN);
	assert_int_equal(c->history_count, 2);
	assert_true(c->history[0].seq == 3 && c->history[1].seq == 5 && c->history[1].count == 12);
	assert_string_equal(c->history[0].kind, "incident.open");
	assert_string_equal(c->history[1].why, "count");
	assert_non_null(c->record);
	assert_int_equal(strncmp(c->record, "\"message\":", 10), 0);
	case_free(r.newest->restored);
	case_reading_free(&r);
}

static void bounds(void **state)
{
	struct case_reading r = {0};

	(void)state;
	for (uint32_t n = 0; n < OST_CASES_MAX + 500; n++) {
		struct ost_incident i = incident(n);

		record(&r, n, &i, OST_INCIDENT_RECORD_OPEN, "first");
	}
	assert_int_equal(r.slots, OST_CASES_MAX);
	assert_int_equal(r.oldest->seq, 500);
	for (uint32_t k = 0; k < 40; k++) {
		struct ost_incident i = incident(700);

		i.records = k;
		record(&r, 20000 + k, &i, OST_INCIDENT_RECORD_UPDATE, "count");
	}
	assert_int_equal(r.newest->history_count, OST_CASE_HISTORY);
	assert_int_equal(r.newest->history[0].seq, 700); /* the first one stays */
	assert_int_equal(r.newest->history[OST_CASE_HISTORY - 1].seq, 20039);
	for (uint32_t k = 0; k < OST_CASE_SAID_MOST + 10; k++)
		assert_int_equal(line(&r, 30000 + k, "decision", "\"a\":1"), 0);
	assert_int_equal(r.said_count, OST_CASE_SAID_MOST);
	assert_int_equal(r.said_lost, 10);
	case_reading_free(&r);
}

static void hostile_lines(void **state)
{
	static const char *const lines[] = {"", "{", "{}", "\",\"kind\":\"", "\",\"kind\":\"incident.open", "\",\"kind\":\"incident.open\"",
		"\",\"kind\":\"incident.open\",\"incident\":{\"id\":\"", "\",\"kind\":\"incident.open\",\"incident\":{\"id\":\"zz\"",
		"\",\"kind\":\"incident.open\",\"incident\":{\"id\":\"01a20000-0000-7000-8000-000000000000\"",
		"\",\"kind\":\"suppress\",\"ostiary\":", "{\"x\":\",\"kind\":\"suppress\",\"ostiary\":{\"suppress\":{\"incidents\":[7,{},{\"id\":7,\"count\":-1}]}}}",
		"\",\"kind\":\"decision\"", "\",\"kind\":\"a-kind-that-is-longer-than-any-kind-may-be-by-far-and-longer\""};
	struct case_reading r = {0};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(lines); i++)
		assert_int_equal(case_reading_line(&r, i, lines[i], strlen(lines[i])), 0);
	case_reading_finish(&r, no_regimes(), 1);
	assert_int_equal(r.slots, 1); /* it says that it is one, and cannot be read */
	assert_null(r.newest->restored);
	case_reading_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_counts),
		cmocka_unit_test(bounds),
		cmocka_unit_test(hostile_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
