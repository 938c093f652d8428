/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of flows that were opened: who opened what to whom, joined, bounded, and none of what is refused or goes on. */
#include "classify_rig.h"

#define POLICY                                                                                              \
	"ostiary: 1\nnetworks: { plant: [10.20.0.0/16, \"fd00:20::/64\"] }\ninfrastructure: { resolvers: [10.0.0.53] }\nroles:\n"              \
	"  camera:\n    include: [arp, dns]\n    allow:\n"                                                      \
	"      - to: { network: plant, service: [tcp/80, udp/5000, icmp/echo-request] }\n"                      \
	"      - from: { network: plant, service: tcp/22 }\n      - to: { role: recorder, service: tcp/554 }\n"    \
	"      - to: { name: .example.com, service: tcp/443 }\n"                                                \
	"  recorder:\n    include: [arp]\n    allow:\n      - from: { role: camera, service: tcp/554 }\n"        \
	"  trial:\n    include: [arp]\n    mode: audit\n    audit-until: 2026-12-01T00:00Z\n    allow:\n"            \
	"      - to: { network: plant, service: tcp/80 }\n"                                                     \
	"devices:\n"                                                                                            \
	"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n"     \
	"  rec: { role: recorder, mac: \"02:00:00:00:00:02\", port: dev2, address: 10.0.0.2 }\n"                 \
	"  try: { role: trial, mac: \"02:00:00:00:00:03\", port: dev3, address: 10.0.0.3 }\n"

static struct ost_opened got[512];
static uint32_t got_count;

static void take(void *user, const struct ost_opened *o)
{
	(void)user;
	assert_true(got_count < OST_ARRAY_SIZE(got));
	got[got_count++] = *o;
}

/* All since the last time; the number of flows that found no room. */
static uint64_t drain(void)
{
	got_count = 0;
	ost_classifier_refusals_flip(rig.c);
	return ost_classifier_opened_drain(rig.c, 1000, take, NULL);
}

static int setup(void **state)
{
	const struct rig_options o = {.opened_records = 64, .flows_max = 2000};

	(void)rig_start(state, POLICY, &o);
	ost_site_wall_set(rig.site, 1793520000); /* 2026-11-01: the audit is open */
	return 0;
}

static const struct way web = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 80};

static void equal_ones_are_joined(void **state)
{
	struct way w = web;
	uint64_t first = rig.now_ns;

	(void)state;
	rig_connect(&rig, &w, NET);
	assert_passes(rig_tcp(&rig, &w, PSH | ACK, 1001, 5001, 10)); /* goes on: no flow */
	rig_wait_ms(&rig, 500);
	w.sport = 40001;
	assert_passes(rig_tcp(&rig, &w, SYN, 1, 0, 0));
	w.dport = 81;
	assert_refused(rig_tcp(&rig, &w, SYN, 1, 0, 0), NOT_ALLOWED);
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 1);
	assert_int_equal(got[0].flows, 2);
	assert_int_equal(got[0].device, rig_device(&rig, "cam"));
	assert_int_equal(got[0].peer, OST_DEVICE_NONE);
	assert_int_equal(got[0].value, 80);
	assert_int_equal(got[0].protocol, 6);
	assert_int_equal(got[0].family, OST_IPV4);
	assert_int_equal(got[0].direction, 0);
	assert_int_equal(got[0].generation, rig.generation);
	assert_memory_equal(got[0].peer_ip, "\x0a\x14\x00\x09", 4);
	assert_int_equal(got[0].first_wall_ns, first + 1000);
	assert_int_equal(got[0].last_wall_ns, first + 500 * OST_NS_PER_MS + 1000);
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 0);
}

static void all_kinds(void **state)
{
	const struct way in = {NET, 1, ROUTER, "10.20.0.7", "10.0.0.1", 50000, 22}, peer = {DEV1, 2, 1, "10.0.0.1", "10.0.0.2", 40000, 554};
	const struct way v6 = {DEV1, ROUTER, 1, "fd00::1", "fd00:20::9", 7000, 5000}, echo = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 7, 0};
	static const uint16_t values[] = {22, 554, 5000, 8 << 8};
	bool seen[4] = {false};

	(void)state;
	assert_passes(rig_tcp(&rig, &in, SYN, 1, 0, 0));
	assert_passes(rig_tcp(&rig, &peer, SYN, 1, 0, 0));
	assert_passes(rig_udp(&rig, &v6));
	assert_passes(rig_echo(&rig, &echo, false));
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 4);
	for (uint32_t i = 0; i < got_count; i++) {
		const struct ost_opened *o = &got[i];
		int kind = o->direction == 1 ? 0 : o->peer != OST_DEVICE_NONE ? 1 : o->family == OST_IPV6 ? 2 : 3;

		seen[kind] = true;
		assert_int_equal(o->device, rig_device(&rig, "cam"));
		assert_int_equal(o->value, values[kind]);
		assert_int_equal(o->peer, kind == 1 ? rig_device(&rig, "rec") : OST_DEVICE_NONE);
	}
	assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
}

static void what_audit_lets_pass(void **state)
{
	struct way w = {DEV3, ROUTER, 3, "10.0.0.3", "10.20.0.9", 40000, 80};

	(void)state;
	assert_passes(rig_tcp(&rig, &w, SYN, 1, 0, 0));
	w.dport = 81;
	assert_passes(rig_tcp(&rig, &w, SYN, 1, 0, 0));
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 2);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(got[i].audit, got[i].value == 81);
}

/* A scan of what is allowed: flows are opened all the same, and counted. */
static void no_room(void **state)
{
	struct way w = web;
	uint64_t sum = 0, lost;
	char to[32];

	(void)state;
	w.to = to;
	for (uint32_t i = 0; i < 1000; i++) {
		(void)snprintf(to, sizeof(to), "10.20.%u.%u", i / 250, i % 250 + 1);
		assert_passes(rig_tcp(&rig, &w, SYN, 1, 0, 0));
	}
	lost = drain();
	for (uint32_t i = 0; i < got_count; i++)
		sum += got[i].flows;
	assert_true(got_count <= 64 && got_count > 32);
	assert_int_equal(sum + lost, 1000);
	assert_int_equal(drain(), 0);
}

static void names(void **state)
{
	struct ost_ip ip;
	char name[OST_HOST_TEXT];

	(void)state;
	assert_int_equal(ost_ip_parse("198.51.100.7", &ip), 0);
	assert_false(ost_site_name_of(rig.site, rig_device(&rig, "cam"), &ip, rig.now_ns, name));
	assert_int_equal(ost_site_name_bind(rig.site, rig_device(&rig, "cam"), "a.video.example.com", &ip, rig.now_ns, rig.now_ns + OST_NS_PER_S), 0);
	assert_true(ost_site_name_of(rig.site, rig_device(&rig, "cam"), &ip, rig.now_ns, name));
	assert_string_equal(name, "a.video.example.com");
	assert_false(ost_site_name_of(rig.site, rig_device(&rig, "rec"), &ip, rig.now_ns, name));
	assert_false(ost_site_name_of(rig.site, 1000, &ip, rig.now_ns, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(equal_ones_are_joined, setup, rig_stop),
		cmocka_unit_test_setup_teardown(all_kinds, setup, rig_stop),
		cmocka_unit_test_setup_teardown(what_audit_lets_pass, setup, rig_stop),
		cmocka_unit_test_setup_teardown(no_room, setup, rig_stop),
		cmocka_unit_test_setup_teardown(names, setup, rig_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
