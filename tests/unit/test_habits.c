/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New behaviour and beaconing of allowed flows; an incident's record read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "habits.h"
#include "incident_json.h"
#include "incident_read.h"

static struct {
	unsigned events[OST_CAUSE_COUNT];
	char scope[OST_INCIDENT_SCOPE];
} seen;

static void event(void *user, const struct ost_incident_event *e, struct ost_moment now)
{
	(void)user;
	(void)now;
	seen.events[e->cause]++;
	assert_true(e->count > 0);
	assert_int_equal(e->disposition, OST_DISPOSITION_ALERTED);
	(void)snprintf(seen.scope, sizeof(seen.scope), "%s", e->scope);
}

static struct ost_habits *habits(void)
{
	const struct ost_habits_config config = {.key = {{1, 2, 3, 4}}, .beacon = {6, 10}, .event = event};
	struct ost_habits *h;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(ost_habits_new(&config, &h), 0);
	return h;
}

static void open_at(struct ost_habits *h, struct ost_habit_flow f, uint64_t s)
{
	const struct ost_moment now = {(1000 + s) * OST_NS_PER_S, (1764000000 + s) * OST_NS_PER_S};

	f.first_wall_ns = f.last_wall_ns = now.wall_ns;
	f.count = 1;
	ost_habits_opened(h, &f, now);
}

static const struct ost_habit_flow flow = {.device = "cam-1", .ip = {{203, 0, 113, 5}, OST_IPV4}, .value = 443, .protocol = 6, .from_device = true,
	.novel = true, .settled = true, .foreign = true};

static void what_is_new(void **state)
{
	struct ost_habits *h = habits();
	struct ost_habit_flow f = flow;

	(void)state;
	f.settled = false; /* a young device, or a young policy */
	open_at(h, f, 0);
	f.settled = true;
	f.novel = false;
	open_at(h, f, 1);
	assert_int_equal(seen.events[OST_CAUSE_NEW_BEHAVIOUR], 0);
	f.novel = true;
	f.peer = "cloud.example";
	open_at(h, f, 2);
	assert_int_equal(seen.events[OST_CAUSE_NEW_BEHAVIOUR], 1);
	assert_string_equal(seen.scope, "to cloud.example tcp/443");
	for (uint64_t s = 60; s < 3600; s += 60) { /* a name that a rule lists may be asked as evenly as it likes */
		f.novel = false;
		open_at(h, f, s);
	}
	assert_int_equal(seen.events[OST_CAUSE_BEACONING], 0);
	ost_habits_free(&h);
}

static void even_intervals(void **state)
{
	struct ost_habits *h = habits();
	struct ost_habit_flow f = flow;

	(void)state;
	open_at(h, f, 0);
	f.novel = false;
	for (uint64_t n = 1; n <= 5; n++)
		open_at(h, f, 60 * n);
	assert_int_equal(seen.events[OST_CAUSE_BEACONING], 0);
	open_at(h, f, 360);
	assert_int_equal(seen.events[OST_CAUSE_BEACONING], 1);
	assert_string_equal(seen.scope, "to 203.0.113.5 tcp/443");
	ost_habits_free(&h);
}

static void uneven_intervals(void **state)
{
	static const uint64_t at[] = {60, 75, 200, 220, 500, 560, 900, 915, 1300, 1400};
	struct ost_habits *h = habits();
	struct ost_habit_flow f = flow;

	(void)state;
	open_at(h, f, 0);
	f.novel = false;
	for (size_t i = 0; i < OST_ARRAY_SIZE(at); i++)
		open_at(h, f, at[i]);
	assert_int_equal(seen.events[OST_CAUSE_BEACONING], 0);
	ost_habits_free(&h);
}

static void many_new_flows(void **state)
{
	struct ost_habits *h = habits();
	struct ost_habit_flow f = flow;

	(void)state;
	for (uint32_t i = 0; i < 4 * OST_HABITS; i++) {
		f.value = (uint16_t)i;
		open_at(h, f, i);
	}
	assert_int_equal(seen.events[OST_CAUSE_NEW_BEHAVIOUR], 4 * OST_HABITS);
	ost_habits_free(&h);
}

/* ---- read back ---- */

static void a_record_comes_back(void **state)
{
	struct ost_incident i = {.id = {1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10}, .state = OST_INCIDENT_CLOSED, .cause = OST_CAUSE_ARP_SPOOF, .who = "cam-1",
		.place = "dev1", .scope = "dev1 VLAN 7", .rule = "3 in 60 s", .count = 1234567, .suppressed = 3, .first_wall_ns = 1764000000000001000ull,
		.last_wall_ns = 1764000001000002000ull, .detected_wall_ns = 1764000000500000000ull, .closed_wall_ns = 1764000900000000000ull, .records = 7,
		.reopened = 2, .risk = 6, .succeeded = OST_ANSWER_NO, .malicious = OST_ANSWER_YES, .disposition = OST_DISPOSITION_QUARANTINED, .essential = true,
		.related_count = 1, .wire = {.mac = {2, 0, 0, 0, 0, 1}, .ip = {10, 0, 0, 7}, .peer_ip = {10, 0, 0, 1}, .peer_port_l4 = 443, .family = 4,
		.protocol = 6, .reason = OST_REASON_ARP_SPOOF, .vlan = 7}};
	const struct ost_incident_context context = {.gateway = "gw"};
	struct ost_incident back = {0};
	struct ost_jsonw w = {0};
	json_t *o;

	(void)state;
	i.peers[0] = 0x7f;
	i.related[0][0] = 9;
	ost_jsonw_object(&w, NULL);
	ost_incident_json(&w, &i, OST_INCIDENT_RECORD_CLOSE, "quiet", &context);
	ost_jsonw_end(&w, '}');
	o = json_loads(w.text, 0, NULL);
	assert_non_null(o);
	assert_int_equal(ost_incident_read(o, &back), 0);
	assert_memory_equal(back.id, i.id, 16);
	assert_int_equal(back.state, i.state);
	assert_int_equal(back.cause, i.cause);
	assert_string_equal(back.who, i.who);
	assert_string_equal(back.place, i.place);
	assert_string_equal(back.scope, i.scope);
	assert_string_equal(back.rule, i.rule);
	assert_true(back.count == i.count && back.records == i.records && back.reopened == i.reopened);
	assert_true(back.first_wall_ns == i.first_wall_ns && back.last_wall_ns == i.last_wall_ns);
	assert_true(back.detected_wall_ns == i.detected_wall_ns && back.closed_wall_ns == i.closed_wall_ns);
	assert_int_equal(back.risk, i.risk);
	assert_true(back.succeeded == i.succeeded && back.malicious == i.malicious && back.disposition == i.disposition && back.essential);
	assert_int_equal(ost_incident_peers(&back), ost_incident_peers(&i));
	assert_memory_equal(back.related, i.related, sizeof(i.related));
	assert_memory_equal(back.wire.mac, i.wire.mac, 6);
	assert_memory_equal(back.wire.peer_ip, i.wire.peer_ip, 16);
	assert_true(back.wire.family == 4 && back.wire.protocol == 6 && back.wire.peer_port_l4 == 443 && back.wire.vlan == 7 &&
		back.wire.reason == i.wire.reason);
	json_decref(o);
	ost_jsonw_free(&w);
}

static void what_is_no_record(void **state)
{
	static const char *const bad[] = {"{}", "[]", "{\"ostiary\":7}", "{\"ostiary\":{\"incident\":{\"id\":\"x\"}}}",
		"{\"ostiary\":{\"incident\":{\"id\":\"01020304-0506-7000-8000-000000000000\",\"cause\":\"nothing\"}}}",
		"{\"ostiary\":{\"incident\":{\"id\":\"01020304-0506-7000-8000-000000000000\",\"cause\":\"scan\",\"count\":-1}}}"};
	struct ost_incident i;

	(void)state;
	for (size_t k = 0; k < OST_ARRAY_SIZE(bad); k++) {
		json_t *o = json_loads(bad[k], 0, NULL);

		assert_int_equal(ost_incident_read(o, &i), -EINVAL);
		json_decref(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_new),
		cmocka_unit_test(even_intervals),
		cmocka_unit_test(uneven_intervals),
		cmocka_unit_test(many_new_flows),
		cmocka_unit_test(a_record_comes_back),
		cmocka_unit_test(what_is_no_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
