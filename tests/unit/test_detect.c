/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From refusals to causes: what becomes an incident, of which cause, and that each packet is counted once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "detect.h"

static struct {
	uint64_t count[OST_CAUSE_COUNT], events[OST_CAUSE_COUNT], all;
	char scope[OST_CAUSE_COUNT][OST_INCIDENT_SCOPE], who[OST_CAUSE_COUNT][OST_INCIDENT_WHO];
} seen;

static void event(void *user, const struct ost_incident_event *e, struct ost_moment now)
{
	(void)user;
	(void)now;
	assert_true(e->count > 0);
	assert_true(e->first_wall_ns != 0 && e->first_wall_ns <= e->last_wall_ns);
	assert_non_null(e->rule != NULL || e->count == 1 ? e : NULL);
	seen.count[e->cause] += e->count;
	seen.events[e->cause]++;
	seen.all++;
	(void)snprintf(seen.scope[e->cause], sizeof(seen.scope[0]), "%s", e->scope);
	(void)snprintf(seen.who[e->cause], sizeof(seen.who[0]), "%s", e->who);
}

static int setup(void **state)
{
	const struct ost_detect_config config = {.key = {{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93}}, .watches = 64, .event = event};
	struct ost_detect *d;

	memset(&seen, 0, sizeof(seen));
	if (ost_detect_new(&config, &d) < 0)
		return -1;
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct ost_detect *d = *state;

	ost_detect_free(&d);
	return 0;
}

static struct ost_moment at_ms(uint64_t ms)
{
	return (struct ost_moment){.mono_ns = 5000000000ull + ms * OST_NS_PER_MS, .wall_ns = 1764000000000000000ull + ms * OST_NS_PER_MS};
}

struct shot {
	unsigned reason;
	const char *device, *peer;
	uint32_t to; /* IPv4 address */
	uint16_t port;
	bool network, foreign;
	uint64_t count;
};

static void shoot(struct ost_detect *d, struct shot s, uint64_t ms)
{
	struct ost_moment now = at_ms(ms);
	struct ost_refusal r = {.first_wall_ns = now.wall_ns, .last_wall_ns = now.wall_ns, .count_pkts = s.count != 0 ? s.count : 1, .src_port = (uint16_t)ms,
		.dst_port = s.port, .ethertype = 0x0800, .protocol = 6, .family = OST_IPV4, .reason = (uint8_t)s.reason};
	const struct ost_detect_refusal f = {.record = &r, .device = s.device, .port = s.network ? "net1" : "dev1", .peer = s.peer != NULL ? s.peer : "",
		.network = s.network, .foreign = s.foreign};

	for (unsigned i = 0; i < 4; i++)
		r.dst_ip[i] = (uint8_t)(s.to >> (24 - 8 * i));
	ost_detect_refused(d, &f, now);
}

static void ticks(struct ost_detect *d, uint64_t from_ms, uint64_t to_ms)
{
	for (uint64_t ms = from_ms; ms <= to_ms; ms += 1000)
		ost_detect_tick(d, at_ms(ms));
}

/* Every packet is somewhere. */
static void accounts(const struct ost_detect *d)
{
	const struct ost_detect_counts *n = ost_detect_counts(d);
	uint64_t told = 0;

	for (unsigned i = 0; i < OST_CAUSE_COUNT; i++)
		told += i != OST_CAUSE_BEACONING ? seen.count[i] : 0; /* its packets are those of another cause, too */
	assert_int_equal(n->packets, told + n->causeless + n->lapsed + n->pending);
}

/* 254 hosts, 1,000 ports each, in a minute: one cause, and the count is exact. */
static void a_scan(void **state)
{
	struct ost_detect *d = *state;

	for (unsigned i = 0; i < 254000; i++) {
		shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-01", .peer = i % 5 == 0 ? "plc" : NULL, .to = 0x0a000001 + i % 254, .port = (uint16_t)(1 + i / 254), .foreign = i % 3 == 0}, i / 4);
		if (i % 4000 == 0)
			ost_detect_tick(d, at_ms(i / 4));
	}
	ticks(d, 64000, 1000000);
	assert_int_equal(seen.count[OST_CAUSE_SCAN], 254000);
	assert_int_equal(seen.all, seen.events[OST_CAUSE_SCAN] + seen.events[OST_CAUSE_BEACONING]);
	assert_string_equal(seen.who[OST_CAUSE_SCAN], "cam-01");
	accounts(d);
}

/* A device that was refused something minutes before is seen to scan all the same. */
static void a_scan_after_a_refusal(void **state)
{
	struct ost_detect *d = *state;

	shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-01", .peer = NULL, .to = 0x0a090001, .port = 80}, 1000);
	ticks(d, 1000, 70000);
	for (unsigned i = 0; i < 200; i++)
		shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-01", .peer = NULL, .to = 0x0a000001 + i, .port = 22}, 70000 + 10 * i);
	ticks(d, 72000, 200000);
	assert_in_range(seen.count[OST_CAUSE_SCAN], 200, 201);
	assert_int_equal(seen.count[OST_CAUSE_DENIED_FLOW], 0);
	accounts(d);
}

static void a_scan_from_the_network(void **state)
{
	struct ost_detect *d = *state;

	for (unsigned i = 0; i < 1000; i++)
		shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED_IN, .device = "cam-01", .peer = NULL, .to = 0x0a000001 + i % 5, .port = (uint16_t)(1 + i), .network = true}, i);
	assert_int_equal(seen.count[OST_CAUSE_SCAN], 1000);
	assert_string_equal(seen.who[OST_CAUSE_SCAN], ""); /* the device is its victim */
	accounts(d);
}

static void a_device_that_keeps_asking(void **state)
{
	struct ost_detect *d = *state;

	for (unsigned i = 0; i < 49; i++)
		shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-01", .peer = NULL, .to = 0x0a000005, .port = 443}, i * 1000);
	ticks(d, 49000, 70000);
	assert_int_equal(seen.all, 0);
	shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-01", .peer = NULL, .to = 0x0a000006, .port = 443, .count = 5}, 71000); /* the same /24 */
	ticks(d, 71000, 90000);
	assert_int_equal(seen.count[OST_CAUSE_DENIED_FLOW], 54);
	assert_string_equal(seen.scope[OST_CAUSE_DENIED_FLOW], "10.0.0.0/24 tcp/443");
	accounts(d);
	/* A few now and then are none. */
	for (unsigned i = 0; i < 40; i++) {
		shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-02", .peer = NULL, .to = 0x0a000005, .port = 80}, 100000 + i * 60000);
		ticks(d, 100000 + i * 60000, 100000 + i * 60000 + 59000);
	}
	assert_int_equal(seen.count[OST_CAUSE_DENIED_FLOW], 54);
	accounts(d);
}

static void the_internet_and_other_devices(void **state)
{
	struct ost_detect *d = *state;

	for (unsigned i = 0; i < 12; i++)
		shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-01", .peer = NULL, .to = 0x08080808, .port = 443, .foreign = true}, i * 100);
	ticks(d, 2000, 15000);
	assert_int_equal(seen.count[OST_CAUSE_POLICY_VIOLATION_INTERNET], 12);
	for (unsigned i = 0; i < 9; i++) {
		static const char *const peers[] = {"plc-1", "plc-2", "plc-3"};

		shoot(d, (struct shot){.reason = OST_REASON_PEER_NOT_ALLOWED, .device = "cam-02", .peer = peers[i % 3], .to = 0x0a000010 + i % 3, .port = 22}, 20000 + i);
	}
	ticks(d, 20000, 40000);
	assert_int_equal(seen.count[OST_CAUSE_LATERAL_MOVEMENT], 9);
	assert_string_equal(seen.who[OST_CAUSE_LATERAL_MOVEMENT], "cam-02");
	accounts(d);
}

static void spoofs_and_rogues(void **state)
{
	struct ost_detect *d = *state;

	shoot(d, (struct shot){.reason = OST_REASON_DHCP_SERVER, .device = "cam-01"}, 0);
	assert_int_equal(seen.count[OST_CAUSE_ROGUE_DHCP], 1);
	shoot(d, (struct shot){.reason = OST_REASON_DHCP_SERVER, .device = "cam-01"}, 5000);
	assert_int_equal(seen.count[OST_CAUSE_ROGUE_DHCP], 2);
	shoot(d, (struct shot){.reason = OST_REASON_RA_GUARD, .device = "cam-01"}, 0);
	assert_int_equal(seen.count[OST_CAUSE_ROGUE_ROUTER], 1);
	shoot(d, (struct shot){.reason = OST_REASON_ARP_SPOOF, .device = "cam-01"}, 0);
	shoot(d, (struct shot){.reason = OST_REASON_ARP_SPOOF, .device = "cam-01"}, 1000);
	assert_int_equal(seen.count[OST_CAUSE_ARP_SPOOF], 0);
	shoot(d, (struct shot){.reason = OST_REASON_ARP_SPOOF, .device = "cam-01"}, 2000);
	assert_int_equal(seen.count[OST_CAUSE_ARP_SPOOF], 3);
	/* One frame of an address that was just given up, once an hour: none. */
	for (unsigned i = 0; i < 10; i++) {
		shoot(d, (struct shot){.reason = OST_REASON_MAC_WRONG_PORT, .device = "cam-03"}, i * 3600000ull);
		ticks(d, i * 3600000ull, i * 3600000ull + 70000);
	}
	assert_int_equal(seen.count[OST_CAUSE_MAC_IP_SPOOF], 0);
	accounts(d);
}

static void floods(void **state)
{
	struct ost_detect *d = *state;

	shoot(d, (struct shot){.reason = OST_REASON_PACKET_RATE, .device = "cam-01", .count = 999}, 0);
	assert_int_equal(seen.all, 0);
	shoot(d, (struct shot){.reason = OST_REASON_PACKET_RATE, .device = "cam-01", .count = 1000000}, 100);
	assert_int_equal(seen.count[OST_CAUSE_FLOOD_OUT], 1000999);
	shoot(d, (struct shot){.reason = OST_REASON_NO_FLOW, .device = "cam-02", .count = 999}, 150); /* late segments, nothing else */
	ticks(d, 150, 20000);
	shoot(d, (struct shot){.reason = OST_REASON_MALFORMED_L4, .device = "", .count = 1000}, 20000);
	assert_int_equal(seen.count[OST_CAUSE_FLOOD_OUT], 1001999);
	shoot(d, (struct shot){.reason = OST_REASON_PACKET_RATE, .device = "cam-01", .network = true, .count = 5000}, 20000);
	assert_int_equal(seen.count[OST_CAUSE_FLOOD_IN], 5000);
	shoot(d, (struct shot){.reason = OST_REASON_UNKNOWN_DEVICE, .device = "", .count = 1000000}, 21000);
	assert_int_equal(seen.count[OST_CAUSE_UNKNOWN_DEVICE], 1000000);
	accounts(d);
}

static void failed(struct ost_detect *d, const char *device, unsigned reason, bool retired, uint64_t ms)
{
	const struct ost_detect_failure f = {.device = device, .place = "dev1", .way = "eapol", .reason = (uint8_t)reason, .retired = retired};

	ost_detect_failed(d, &f, at_ms(ms));
}

static void failed_admissions(void **state)
{
	struct ost_detect *d = *state;

	/* eight devices, one failure each */
	for (unsigned i = 0; i < 8; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "cam-%u", i);
		failed(d, name, OST_AUTH_REASON_TIMEOUT, false, i * 100);
	}
	ticks(d, 1000, 90000);
	assert_int_equal(seen.all, 0);
	for (unsigned i = 0; i < 10000; i++)
		failed(d, "lock", OST_AUTH_REASON_TIMEOUT, false, 100000 + i * 10);
	ticks(d, 200000, 300000);
	assert_int_equal(seen.count[OST_CAUSE_BRUTE_FORCE], 10000);
	assert_int_equal(seen.count[OST_CAUSE_AUTH_FAILURE], 0);
	for (unsigned i = 0; i < 4; i++)
		failed(d, "door", OST_AUTH_REASON_TIMEOUT, false, 300000 + i * 10000);
	ticks(d, 340000, 400000);
	assert_int_equal(seen.count[OST_CAUSE_AUTH_FAILURE], 4);
	failed(d, "lamp", OST_AUTH_REASON_EXPIRED, false, 400000);
	failed(d, "lamp", OST_AUTH_REASON_REVOKED, false, 400000);
	failed(d, "lamp", OST_AUTH_REASON_REVOKED, true, 400000);
	failed(d, "", OST_AUTH_REASON_UNKNOWN_CA, false, 400000);
	failed(d, "lamp", OST_AUTH_REASON_PEER_REFUSED, false, 400000);
	failed(d, "lamp", OST_AUTH_REASON_LOCKED_OUT, false, 400000);
	failed(d, "lamp", OST_AUTH_REASON_LOGOFF, false, 400000);
	assert_int_equal(seen.count[OST_CAUSE_CERT_EXPIRED], 1);
	assert_int_equal(seen.count[OST_CAUSE_CERT_REVOKED_USED], 1);
	assert_int_equal(seen.count[OST_CAUSE_KEY_RETIRED_USED], 1);
	assert_int_equal(seen.count[OST_CAUSE_BAD_CHAIN], 1);
	assert_int_equal(seen.count[OST_CAUSE_NETWORK_AUTH_FAILED], 1);
	assert_int_equal(seen.count[OST_CAUSE_LOCKOUT], 1);
	for (unsigned i = 0; i < 7; i++) /* a stranger's lock-outs are more of the same */
		failed(d, "", OST_AUTH_REASON_LOCKED_OUT, false, 400100 + i);
	assert_int_equal(seen.count[OST_CAUSE_LOCKOUT], 1);
	assert_int_equal(seen.count[OST_CAUSE_BAD_CHAIN], 8);
	accounts(d);
}

/* The same peer of the Internet each minute, three SYNs each time; and at random times. */
static void a_beacon(void **state)
{
	struct ost_detect *d = *state;
	uint64_t x = 1, ms = 0;

	for (unsigned i = 0; i < 20; i++) {
		ms += 20000 + (x >> 33) % 200000;
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-01", .peer = NULL, .to = 0x08080808, .port = 443, .foreign = true}, ms);
	}
	assert_int_equal(seen.events[OST_CAUSE_BEACONING], 0);
	for (unsigned i = 0; i < 8; i++)
		for (unsigned k = 0; k < 3; k++)
			shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = "cam-02", .peer = NULL, .to = 0x08080404, .port = 443, .foreign = true}, ms + i * 60000 + k * 2000);
	assert_true(seen.events[OST_CAUSE_BEACONING] >= 1);
	assert_string_equal(seen.who[OST_CAUSE_BEACONING], "cam-02");
	accounts(d);
}

/* Many places: the table has a bound, and every packet is still accounted for. */
static void more_places_than_watches(void **state)
{
	struct ost_detect *d = *state;
	char name[16];

	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "cam-%u", i);
		shoot(d, (struct shot){.reason = OST_REASON_NOT_ALLOWED, .device = name, .peer = NULL, .to = 0x0a000005, .port = 443, .foreign = false}, i);
	}
	assert_int_equal(ost_detect_counts(d)->watches, 64);
	assert_int_equal(ost_detect_counts(d)->evicted, 5000 - 64);
	accounts(d);
	ticks(d, 5000, 1000000);
	assert_int_equal(ost_detect_counts(d)->pending, 0);
	accounts(d);
}

/* What is not the sender's doing is no cause; and no reason of the list was forgotten. */
static void reasons(void **state)
{
	struct ost_detect *d = *state;
	unsigned with = 0;

	for (unsigned i = 0; i < OST_REASON_COUNT; i++)
		with += ost_detect_cause_of(i) != OST_CAUSE_COUNT;
	assert_int_equal(ost_detect_cause_of(OST_REASON_NONE), OST_CAUSE_COUNT);
	assert_int_equal(ost_detect_cause_of(OST_REASON_COUNT), OST_CAUSE_COUNT);
	assert_int_equal(with, 44);
	shoot(d, (struct shot){.reason = OST_REASON_EGRESS_FULL, .device = "cam-01", .count = 100000}, 0);
	assert_int_equal(seen.all, 0);
	assert_int_equal(ost_detect_counts(d)->causeless, 100000);
	accounts(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_scan, setup, teardown),
		cmocka_unit_test_setup_teardown(a_scan_after_a_refusal, setup, teardown),
		cmocka_unit_test_setup_teardown(a_scan_from_the_network, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_that_keeps_asking, setup, teardown),
		cmocka_unit_test_setup_teardown(the_internet_and_other_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(spoofs_and_rogues, setup, teardown),
		cmocka_unit_test_setup_teardown(floods, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_admissions, setup, teardown),
		cmocka_unit_test_setup_teardown(a_beacon, setup, teardown),
		cmocka_unit_test_setup_teardown(more_places_than_watches, setup, teardown),
		cmocka_unit_test_setup_teardown(reasons, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
