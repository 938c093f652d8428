/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents: one per (device, cause, scope); when something is written, and what happens when there is no room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "incident.h"

static struct {
	unsigned records[OST_INCIDENT_RECORD_COUNT], all;
	struct ost_incident last;
	char why[32];
	uint64_t told; /* sum of what the records said of events that were held back */
	uint64_t random;
} seen;

static void random_fill(void *user, void *bytes, size_t length)
{
	(void)user;
	for (size_t i = 0; i < length; i++) {
		seen.random = seen.random * 6364136223846793005ull + 1442695040888963407ull;
		((uint8_t *)bytes)[i] = (uint8_t)(seen.random >> 56);
	}
}

static void record(void *user, enum ost_incident_record what, const struct ost_incident *incident, const char *why)
{
	(void)user;
	seen.records[what]++;
	seen.all++;
	seen.last = *incident;
	seen.told += incident->suppressed;
	(void)snprintf(seen.why, sizeof(seen.why), "%s", why);
}

static int setup(void **state)
{
	struct ost_incidents_config config = {.key = {{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93}}, .random = random_fill, .record = record};
	struct ost_incidents *s;

	memset(&seen, 0, sizeof(seen));
	if (ost_incidents_new(&config, &s) < 0)
		return -1;
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct ost_incidents *s = *state;

	ost_incidents_free(&s);
	return 0;
}

#define WALL 1764000000000000000ull

static struct ost_moment at_ms(uint64_t ms)
{
	return (struct ost_moment){.mono_ns = 1000000000ull + ms * OST_NS_PER_MS, .wall_ns = WALL + ms * OST_NS_PER_MS};
}

static struct ost_incident_event event(enum ost_cause cause, const char *who, const char *scope)
{
	return (struct ost_incident_event){.cause = cause, .who = who, .place = "dev1", .scope = scope, .count = 1, .first_wall_ns = WALL,
		.last_wall_ns = WALL};
}

/* The reference's acceptance: 10,000 failures are one incident, at most six records, and the count is exact. */
static void a_brute_force_is_one_incident(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event e = event(OST_CAUSE_BRUTE_FORCE, "cam-01", "eapol");

	for (unsigned i = 0; i < 10000; i++)
		assert_non_null(ost_incidents_event(s, &e, at_ms(100 * i))); /* over a quarter of an hour */
	for (unsigned i = 0; i < 2000; i++)
		ost_incidents_tick(s, at_ms(1000000 + 1000 * i));
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_OPEN], 1);
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_CLOSE], 1);
	assert_true(seen.all <= 6);
	assert_int_equal(seen.last.count, 10000);
	assert_int_equal(seen.told, 10000);
	assert_int_equal(ost_incidents_counts(s)->opened, 1);
	assert_int_equal(ost_incidents_counts(s)->open, 0);
}

static void written_at_powers_of_ten_and_not_more_than_once_a_minute(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event e = event(OST_CAUSE_SCAN, "cam-01", "10.0.0.0/24");

	for (unsigned i = 0; i < 9; i++)
		(void)ost_incidents_event(s, &e, at_ms(i));
	assert_int_equal(seen.all, 1);
	(void)ost_incidents_event(s, &e, at_ms(10));
	assert_int_equal(seen.all, 1); /* due, and held back */
	ost_incidents_tick(s, at_ms(59000));
	assert_int_equal(seen.all, 1);
	e.count = 990;
	(void)ost_incidents_event(s, &e, at_ms(59500));
	ost_incidents_tick(s, at_ms(60000));
	assert_int_equal(seen.all, 2);
	assert_string_equal(seen.why, "count");
	assert_int_equal(seen.last.count, 1000);
	e.count = 1;
	(void)ost_incidents_event(s, &e, at_ms(200000));
	ost_incidents_tick(s, at_ms(300000));
	assert_int_equal(seen.all, 2); /* nothing new to say */
	e.count = 9000;
	(void)ost_incidents_event(s, &e, at_ms(301000));
	assert_int_equal(seen.all, 3);
}

static void a_change_of_meaning_is_told(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event e = event(OST_CAUSE_BRUTE_FORCE, "cam-01", "telnet");

	e.peer = 7;
	(void)ost_incidents_event(s, &e, at_ms(0));
	(void)ost_incidents_event(s, &e, at_ms(61000));
	assert_int_equal(seen.all, 1);
	e.succeeded = OST_ANSWER_YES;
	(void)ost_incidents_event(s, &e, at_ms(62000));
	assert_int_equal(seen.all, 2);
	assert_string_equal(seen.why, "succeeded");
	assert_int_equal(seen.last.succeeded, OST_ANSWER_YES);
	e.succeeded = OST_ANSWER_NO; /* what once succeeded stays so */
	(void)ost_incidents_event(s, &e, at_ms(130000));
	assert_int_equal(seen.all, 2);
	e.essential = true;
	(void)ost_incidents_event(s, &e, at_ms(131000));
	assert_string_equal(seen.why, "risk");
	assert_int_equal(seen.last.risk, 6);
	e.peer = 8;
	(void)ost_incidents_event(s, &e, at_ms(195000));
	assert_string_equal(seen.why, "peers");
	assert_int_equal(ost_incident_peers(&seen.last), 2);
	assert_int_equal(seen.last.succeeded, OST_ANSWER_YES);
}

static void the_same_again_has_the_same_id(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event e = event(OST_CAUSE_ARP_SPOOF, "cam-01", "10.0.0.1");
	uint8_t id[16];

	memcpy(id, ost_incidents_event(s, &e, at_ms(0))->id, sizeof(id));
	ost_incidents_tick(s, at_ms(899000));
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_CLOSE], 0);
	ost_incidents_tick(s, at_ms(900000));
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_CLOSE], 1);
	(void)ost_incidents_event(s, &e, at_ms(1000000));
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_REOPEN], 1);
	assert_memory_equal(seen.last.id, id, sizeof(id));
	assert_int_equal(seen.last.count, 2);
	ost_incidents_tick(s, at_ms(1900000));
	(void)ost_incidents_event(s, &e, at_ms(1900000 + 86400001));
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_OPEN], 2); /* a day later it is another one */
	assert_memory_not_equal(seen.last.id, id, sizeof(id));
	assert_int_equal(seen.last.count, 1);
}

static void device_cause_and_scope_make_it_another(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event e[] = {event(OST_CAUSE_SCAN, "a", "x"), event(OST_CAUSE_SCAN, "b", "x"), event(OST_CAUSE_SCAN, "a", "y"),
		event(OST_CAUSE_ARP_SPOOF, "a", "x"), event(OST_CAUSE_SCAN, "", "x")};

	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < OST_ARRAY_SIZE(e); i++)
			assert_non_null(ost_incidents_event(s, &e[i], at_ms(round)));
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_OPEN], OST_ARRAY_SIZE(e));
	e[4].place = "dev2";
	(void)ost_incidents_event(s, &e[4], at_ms(9));
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_OPEN], OST_ARRAY_SIZE(e) + 1);
}

/* What belongs together on one device names the earliest as its parent. */
static void related_ones_are_named(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event a = event(OST_CAUSE_ARP_SPOOF, "cam-01", "x"), b = event(OST_CAUSE_BAD_CHAIN, "cam-01", "eapol"),
				  c = event(OST_CAUSE_NEW_BEHAVIOUR, "cam-01", "y"), d = event(OST_CAUSE_SCAN, "cam-02", "y"),
				  late = event(OST_CAUSE_FLOOD_OUT, "cam-01", "z");
	uint8_t first[16];

	memcpy(first, ost_incidents_event(s, &a, at_ms(0))->id, sizeof(first));
	(void)ost_incidents_event(s, &b, at_ms(1000));
	(void)ost_incidents_event(s, &c, at_ms(2000));
	assert_int_equal(seen.last.related_count, 2);
	assert_memory_equal(seen.last.related[0], first, sizeof(first));
	(void)ost_incidents_event(s, &d, at_ms(3000));
	assert_int_equal(seen.last.related_count, 0);
	(void)ost_incidents_event(s, &late, at_ms(700000));
	assert_int_equal(seen.last.related_count, 0);
}

/* A million invented addresses at one port over a minute, each a scope of its own: few records, and a real one is still opened. */
static void a_million_strangers_keep_nobody_out(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event real = event(OST_CAUSE_ARP_SPOOF, "cam-01", "10.0.0.1"), other = event(OST_CAUSE_BRUTE_FORCE, "", "eapol");
	char scope[32];

	for (unsigned i = 0; i < 1000000; i++) {
		struct ost_incident_event e = event(OST_CAUSE_UNKNOWN_DEVICE, "", scope);

		(void)snprintf(scope, sizeof(scope), "mac %06x", i);
		(void)ost_incidents_event(s, &e, at_ms(i * 60 / 1000));
	}
	assert_true(seen.all <= OST_INCIDENT_WHO_MAX + 6);
	assert_non_null(ost_incidents_event(s, &real, at_ms(60001)));
	assert_non_null(ost_incidents_event(s, &other, at_ms(60002))); /* of their own port, but of another kind */
	assert_int_equal(ost_incidents_counts(s)->events, 1000002);
	assert_int_equal(ost_incidents_counts(s)->overflow_by_cause[OST_CAUSE_UNKNOWN_DEVICE], 1000000 - OST_INCIDENT_WHO_MAX / 2);
	for (unsigned i = 0; i < 2000; i++)
		ost_incidents_tick(s, at_ms(61000 + 1000 * i));
	assert_int_equal(seen.told, 1000002); /* every one of them is in a record */
	assert_true(seen.all <= 2 * OST_INCIDENT_WHO_MAX + 12);
}

/* From many places too: those of low risk leave a quarter of the hour and of the table to others. */
static void many_places_leave_room_for_what_is_worse(void **state)
{
	struct ost_incidents *s = *state;
	char who[32];
	unsigned opened = 0;

	for (unsigned i = 0; i < 5000; i++) {
		struct ost_incident_event e = event(OST_CAUSE_DENIED_FLOW, who, "x");

		(void)snprintf(who, sizeof(who), "device-%u", i);
		opened += ost_incidents_event(s, &e, at_ms(i)) != NULL;
	}
	assert_int_equal(opened, 750);
	for (unsigned i = 0; i < 400; i++) {
		struct ost_incident_event e = event(OST_CAUSE_LATERAL_MOVEMENT, who, "x");

		(void)snprintf(who, sizeof(who), "device-%u", i);
		opened += ost_incidents_event(s, &e, at_ms(5000 + i)) != NULL;
	}
	assert_int_equal(opened, 1000);
	/* The hour turns. */
	for (unsigned i = 0; i < 100; i++) {
		struct ost_incident_event e = event(OST_CAUSE_SCAN, who, "x");

		(void)snprintf(who, sizeof(who), "device-%u", i);
		opened += ost_incidents_event(s, &e, at_ms(3700000 + i)) != NULL;
	}
	assert_int_equal(opened, 1100);
}

static void what_the_journal_knew_goes_on(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event e = event(OST_CAUSE_ROGUE_DHCP, "cam-01", "dev1");
	struct ost_incident kept;

	(void)ost_incidents_event(s, &e, at_ms(0));
	kept = seen.last;
	assert_int_equal(teardown(state), 0);
	assert_int_equal(setup(state), 0);
	s = *state;
	assert_int_equal(ost_incidents_restore(s, &kept, at_ms(5000)), 0);
	assert_int_equal(seen.all, 0);
	assert_memory_equal(ost_incidents_event(s, &e, at_ms(6000))->id, kept.id, sizeof(kept.id));
	assert_int_equal(seen.records[OST_INCIDENT_RECORD_OPEN], 0);
	assert_int_equal(ost_incidents_by_id(s, kept.id)->count, 2);
}

static void ids_are_uuids_of_version_7(void **state)
{
	struct ost_incidents *s = *state;
	struct ost_incident_event e = event(OST_CAUSE_SCAN, "a", "x");
	char text[OST_INCIDENT_ID_TEXT];
	uint8_t id[16];
	uint64_t ms = 0;

	(void)ost_incidents_event(s, &e, at_ms(0));
	for (unsigned i = 0; i < 6; i++)
		ms = ms << 8 | seen.last.id[i];
	assert_int_equal(ms, WALL / OST_NS_PER_MS);
	assert_int_equal(seen.last.id[6] >> 4, 7);
	assert_int_equal(seen.last.id[8] >> 6, 2);
	assert_int_equal(ost_incident_id_parse(ost_incident_id_text(seen.last.id, text), id), 0);
	assert_memory_equal(id, seen.last.id, sizeof(id));
	assert_int_equal(ost_incident_id_parse("0190a6e2-0000-7000-8000-00000000000", id), -EINVAL);
	assert_int_equal(ost_incident_id_parse("0190a6e2-0000-7000-8000-0000000000000", id), -EINVAL);
	assert_int_equal(ost_incident_id_parse("0190a6e2x0000-7000-8000-000000000000", id), -EINVAL);
	assert_int_equal(ost_incident_id_parse("", id), -EINVAL);
}

static void peers_are_estimated(void **state)
{
	struct ost_incident i = {0};
	uint64_t x = 1;

	(void)state;
	for (unsigned n = 1; n <= 3000; n++) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		i.peers[(x >> 40) % OST_INCIDENT_PEER_BITS / 64] |= 1ull << ((x >> 40) % 64);
		if (n == 100 || n == 1000 || n == 3000)
			assert_in_range(ost_incident_peers(&i), n - n / 8, n + n / 8);
	}
	memset(i.peers, 0xff, sizeof(i.peers));
	assert_int_equal(ost_incident_peer(0), 1);
	assert_int_equal(ost_incident_peer(2), 2); /* each bit of a hash counts: half of them would stop at 709 */
	assert_true(ost_incident_peers(&i) > 7000);
}

/* Each cause has a name of its own, words for people, and the numbers of the standards in their range. */
static void causes_are_complete(void **state)
{
	(void)state;
	for (unsigned i = 0; i < OST_CAUSE_COUNT; i++) {
		const struct ost_cause_info *c = ost_cause_info((enum ost_cause)i);
		enum ost_cause back;
		unsigned risk;

		assert_non_null(c->name);
		assert_non_null(c->rsit);
		assert_non_null(c->attack);
		assert_non_null(c->ics);
		assert_true(strlen(c->title) > 3 && strlen(c->why) > 10 && strlen(c->next) > 10);
		assert_int_equal(ost_cause_by_name(c->name, &back), 0);
		assert_int_equal(back, i);
		assert_in_range(c->likelihood, 1, 3);
		assert_in_range(c->impact, 1, 3);
		assert_true(c->quiet_s >= 900);
		for (unsigned essential = 0; essential < 2; essential++) {
			risk = ost_cause_risk((enum ost_cause)i, essential);
			assert_true(risk == 1 || risk == 2 || risk == 3 || risk == 4 || risk == 6 || risk == 9);
			assert_in_range(ost_risk_severity(risk), 2, 5);
		}
	}
	assert_int_equal(ost_risk_severity(1), 2);
	assert_int_equal(ost_risk_severity(2), 2);
	assert_int_equal(ost_risk_severity(3), 3);
	assert_int_equal(ost_risk_severity(4), 3);
	assert_int_equal(ost_risk_severity(6), 4);
	assert_int_equal(ost_risk_severity(9), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_brute_force_is_one_incident, setup, teardown),
		cmocka_unit_test_setup_teardown(written_at_powers_of_ten_and_not_more_than_once_a_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_of_meaning_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_again_has_the_same_id, setup, teardown),
		cmocka_unit_test_setup_teardown(device_cause_and_scope_make_it_another, setup, teardown),
		cmocka_unit_test_setup_teardown(related_ones_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(a_million_strangers_keep_nobody_out, setup, teardown),
		cmocka_unit_test_setup_teardown(many_places_leave_room_for_what_is_worse, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_journal_knew_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(ids_are_uuids_of_version_7, setup, teardown),
		cmocka_unit_test(peers_are_estimated),
		cmocka_unit_test(causes_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
