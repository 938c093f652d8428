/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payload for the observer: of which connections, how much of it, and that everything else goes its way as ever. */
#include "classify_rig.h"

#define POLICY                                                                                              \
	"ostiary: 1\nnetworks: { plant: [10.20.0.0/16, \"fd00:20::/64\"] }\nroles:\n"                           \
	"  camera:\n    include: [arp]\n    allow:\n"                                                           \
	"      - to: { network: plant, service: [tcp/21, tcp/443, tcp/1883, udp/21] }\n"                        \
	"      - from: { network: plant, service: tcp/23 }\n      - to: { role: recorder, service: tcp/23 }\n"    \
	"  recorder:\n    include: [arp]\n    allow:\n      - from: { role: camera, service: tcp/23 }\n"         \
	"devices:\n"                                                                                            \
	"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n"   \
	"  rec: { role: recorder, mac: \"02:00:00:00:00:02\", port: dev2, address: 10.0.0.2 }\n"

static struct ost_segment got[64];
static uint32_t got_slot[64], got_count;

static void take(void *user, uint32_t slot, struct ost_segment *s)
{
	(void)user;
	assert_true(got_count < OST_ARRAY_SIZE(got));
	got_slot[got_count] = slot;
	got[got_count++] = *s;
}

static uint64_t drain(void)
{
	got_count = 0;
	ost_classifier_copies_flip(rig.c);
	return ost_classifier_segments_drain(rig.c, 1000, take, NULL);
}

static int setup(void **state)
{
	const struct rig_options o = {.segments = 64, .flows_max = 20000};

	(void)rig_start(state, POLICY, &o);
	ost_site_observer_set(rig.site, true);
	return 0;
}

static const struct way ftp = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 21};

static void both_ways(void **state)
{
	struct way back = way_back(&ftp, NET), in = {NET, 1, ROUTER, "fd00:20::7", "fd00::1", 50000, 23}, other = ftp;

	(void)state;
	rig_connect(&rig, &ftp, NET);
	assert_passes(rig_tcp(&rig, &back, PSH | ACK, 5001, 1001, 20));
	assert_passes(rig_tcp(&rig, &ftp, ACK, 1001, 5021, 0)); /* no payload */
	assert_passes(rig_tcp(&rig, &ftp, PSH | ACK, 1001, 5021, 11));
	other.dport = 443;
	rig_connect(&rig, &other, NET);
	assert_passes(rig_tcp(&rig, &other, PSH | ACK, 1001, 5001, 30));
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 2);
	assert_int_equal(got[0].length, 20);
	assert_int_equal(got[0].reply, 1);
	assert_int_equal(got[0].ordinal, 0);
	assert_int_equal(got[1].length, 11);
	assert_int_equal(got[1].whole_bytes, 11);
	assert_int_equal(got[1].reply, 0);
	assert_int_equal(got[1].ordinal, 1);
	assert_int_equal(got[1].tcp_seq, 1001);
	assert_int_equal(got[1].service, 21);
	assert_int_equal(got[1].direction, 0);
	assert_int_equal(got[0].flow, got[1].flow);
	assert_memory_equal(got[1].peer_ip, "\x0a\x14\x00\x09", 4);
	assert_int_equal(got_slot[0], ost_site_slot(rig.site, rig_device(&rig, "cam")));
	/* Somebody logs in at the device. */
	rig_connect(&rig, &in, DEV1);
	assert_passes(rig_tcp(&rig, &in, PSH | ACK, 1001, 5001, 5));
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 1);
	assert_int_equal(got[0].direction, 1);
	assert_int_equal(got[0].reply, 0);
	assert_int_equal(got[0].service, 23);
	assert_int_equal(got[0].family, OST_IPV6);
	assert_int_equal(got[0].peer_ip[0], 0xfd);
	assert_int_equal(got[0].peer_ip[15], 7);
}

/* After so many packets the connection is one as all others. */
static void enough(void **state)
{
	struct way mqtt = ftp;
	uint32_t seq = 1001;

	(void)state;
	mqtt.dport = 1883;
	rig_connect(&rig, &mqtt, NET);
	for (uint32_t i = 0; i < 10; i++, seq += 50)
		assert_passes(rig_tcp(&rig, &mqtt, PSH | ACK, seq, 5001, 50));
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 3);
	/* And one that was opened before there was an observer. */
	ost_site_observer_set(rig.site, false);
	mqtt.sport = 40001;
	rig_connect(&rig, &mqtt, NET);
	ost_site_observer_set(rig.site, true);
	assert_passes(rig_tcp(&rig, &mqtt, PSH | ACK, 1001, 5001, 50));
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 0);
}

static void between_devices(void **state)
{
	const struct way peer = {DEV1, 2, 1, "10.0.0.1", "10.0.0.2", 40000, 23};
	struct way back = way_back(&peer, DEV2);

	(void)state;
	rig_connect(&rig, &peer, DEV2);
	assert_passes(rig_tcp(&rig, &back, PSH | ACK, 5001, 1001, 10));
	assert_passes(rig_tcp(&rig, &peer, PSH | ACK, 1001, 5011, 6));
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 2);
	assert_int_equal(got[0].flow, got[1].flow);
	assert_int_equal(got[0].reply, 1);
	assert_int_equal(got[1].reply, 0);
	assert_int_equal(got[1].service, 23);
	assert_memory_equal(got[1].peer_ip, "\x0a\x00\x00\x02", 4);
}

/* A device that opens thousands: its share, and every packet passes. */
static void many(void **state)
{
	struct way w = ftp;
	uint64_t lost = 0;
	uint32_t told = 0;

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		w.sport = (uint16_t)(10000 + i);
		rig_connect(&rig, &w, NET);
		assert_passes(rig_tcp(&rig, &w, PSH | ACK, 1001, 5001, 100));
		if (i % 1000 == 999) {
			lost += drain();
			told += got_count;
		}
	}
	assert_int_equal(told, 3 * 32);
	assert_int_equal(lost + told, 3000);
	/* Those whose place others took are no trouble either. */
	for (uint32_t i = 0; i < 3000; i++) {
		w.sport = (uint16_t)(10000 + i);
		assert_passes(rig_tcp(&rig, &w, PSH | ACK, 1101, 5001, 100));
		assert_passes(rig_tcp(&rig, &w, PSH | ACK, 1201, 5001, 100));
	}
	lost = drain();
	assert_in_range(lost + got_count, 1000, 2 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ways, setup, rig_stop),
		cmocka_unit_test_setup_teardown(enough, setup, rig_stop),
		cmocka_unit_test_setup_teardown(between_devices, setup, rig_stop),
		cmocka_unit_test_setup_teardown(many, setup, rig_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
