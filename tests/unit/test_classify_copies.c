/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of headers: of which frames, how many bytes of them, and who may take how much of the room. */
#include "classify_rig.h"

#define POLICY                                                                                              \
	"ostiary: 1\nnetworks: { plant: [10.20.0.0/16, \"fd00:20::/64\"] }\ninfrastructure: { resolvers: [10.0.0.53] }\nroles:\n" \
	"  camera:\n    include: [arp, dhcp, dns]\n    allow:\n"                                                \
	"      - to: { network: plant, service: [tcp/80, udp/5000, icmp/echo-request] }\n"                      \
	"  trial:\n    include: [arp]\n    mode: audit\n    audit-until: 2026-12-01T00:00Z\n    allow:\n"       \
	"      - to: { network: plant, service: tcp/80 }\n"                                                     \
	"devices:\n"                                                                                            \
	"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n"   \
	"  two: { role: camera, mac: \"02:00:00:00:00:02\", port: dev2, address: 10.0.0.2 }\n"                  \
	"  try: { role: trial, mac: \"02:00:00:00:00:03\", port: dev3, address: 10.0.0.3 }\n"

#define COPIES 64u
#define SHARE  8u /* of one source, as copies.h says */

static struct ost_copy got[COPIES];
static uint32_t got_slot[COPIES], got_count;

static void take(void *user, uint32_t slot, const struct ost_copy *copy)
{
	(void)user;
	assert_true(got_count < COPIES);
	got_slot[got_count] = slot;
	got[got_count++] = *copy;
}

/* All since the last time; the number of frames that found no room. The records go too, as every tenth of a second. */
static uint64_t drain(void)
{
	got_count = 0;
	ost_classifier_copies_flip(rig.c);
	ost_classifier_refusals_flip(rig.c);
	return ost_classifier_copies_drain(rig.c, 1000, take, NULL);
}

static void nothing(void *user, const struct ost_refusal *r)
{
	(void)user;
	(void)r;
}

static int setup(void **state)
{
	const struct rig_options o = {.opened_records = 512, .refusal_records = 4096, .copies = COPIES, .flows_max = 2000};

	(void)rig_start(state, POLICY, &o);
	ost_site_wall_set(rig.site, 1793520000); /* 2026-11-01: the audit is open */
	return 0;
}

static const struct way web = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 80};

static void assert_copy(uint32_t i, enum ost_copy_verdict verdict, enum ost_reason reason, uint32_t length)
{
	assert_true(i < got_count);
	assert_string_equal(ost_copy_verdict_name(got[i].verdict), ost_copy_verdict_name(verdict));
	assert_reason(got[i].reason, reason);
	assert_int_equal(got[i].length, length);
}

static void which_frames(void **state)
{
	struct way w = web, audited = {DEV3, ROUTER, 3, "10.0.0.3", "10.20.0.9", 40000, 81};
	struct wire arp;

	(void)state;
	rig_connect(&rig, &w, NET);
	assert_passes(rig_tcp(&rig, &w, PSH | ACK, 1001, 5001, 100)); /* established: none */
	w.dport = 81;
	assert_refused(rig_tcp(&rig, &w, SYN, 1, 0, 0), NOT_ALLOWED);
	assert_refused(rig_tcp(&rig, &w, SYN, 1, 0, 0), NOT_ALLOWED); /* the same again: none */
	assert_passes(rig_tcp(&rig, &audited, SYN, 1, 0, 0));
	wire_eth(&arp, GROUP, 1);
	wire_u16(&arp, 0x0806);
	wire_u16(&arp, 1);
	wire_u16(&arp, 0x0800);
	wire_u16(&arp, 6 << 8 | 4);
	wire_u16(&arp, 1);
	wire_put(&arp, "\x02\0\0\0\0\x01\x0a\0\0\x01\0\0\0\0\0\0\x0a\0\0\xfe", 20);
	wire_end(&arp);
	assert_passes(rig_send(&rig, DEV1, &arp));
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 4);
	assert_copy(0, OST_COPY_OPENED, OST_REASON_NONE, 54);
	assert_copy(1, OST_COPY_REFUSED, OST_REASON_NOT_ALLOWED, 54);
	assert_copy(2, OST_COPY_AUDITED, OST_REASON_NOT_ALLOWED, 54);
	assert_copy(3, OST_COPY_CONTROL, OST_REASON_NONE, 42);
	assert_int_equal(got[0].port, DEV1);
	assert_int_equal(got[2].port, DEV3);
	assert_int_equal(got_slot[0], ost_site_slot(rig.site, rig_device(&rig, "cam")));
	assert_int_equal(got_slot[2], ost_site_slot(rig.site, rig_device(&rig, "try")));
	assert_int_equal(got[0].wall_ns, rig.now_ns + 1000);
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 0);
}

/* Its kind is new again when its record has been told. */
static void again_with_the_next_record(void **state)
{
	struct way w = web;

	(void)state;
	w.dport = 81;
	for (uint32_t i = 0; i < 3; i++) {
		assert_refused(rig_tcp(&rig, &w, SYN, 1, 0, 0), NOT_ALLOWED);
		assert_refused(rig_tcp(&rig, &w, SYN, 1, 0, 0), NOT_ALLOWED);
		assert_int_equal(drain(), 0);
		(void)ost_classifier_refusals_drain(rig.c, 0, nothing, NULL);
		assert_int_equal(got_count, 1);
	}
}

static void send_udp(const char *src, const char *dst, uint16_t sport, uint16_t dport, const char *payload)
{
	struct wire w;
	uint32_t n;

	wire_eth(&w, ROUTER, 1);
	wire_ip(&w, src, dst, 17);
	wire_udp(&w, sport, dport, 0);
	wire_put(&w, payload, 200);
	wire_end(&w);
	n = w.n;
	(void)rig_send(&rig, DEV1, &w);
	assert_int_equal(w.n, n);
}

/* Payload is not copied, whatever it is; what the infrastructure's protocols say is. */
static void no_payload(void **state)
{
	static const char secret[201] = "secret secret secret secret secret secret secret secret secret secret secret secret secret secret secret secret";
	static const char dns[201] = "\1\1\1\0\0\1";
	struct way w = web, v6 = {DEV1, ROUTER, 1, "fd00::1", "fd00:20::9", 7000, 81};
	struct way echo = {DEV1, ROUTER, 1, "10.0.0.1", "10.99.0.9", 7, 0};

	(void)state;
	w.dport = 81;
	send_udp("10.0.0.1", "10.99.0.9", 7000, 4711, secret);
	send_udp("fd00::1", "fd00:99::9", 7000, 4711, secret);
	send_udp("10.0.0.1", "10.99.0.53", 7000, 53, dns);
	(void)rig_tcp(&rig, &w, SYN, 1, 0, 100);
	(void)rig_tcp(&rig, &v6, SYN, 1, 0, 100);
	(void)rig_echo(&rig, &echo, false);
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 6);
	assert_int_equal(got[0].length, 14 + 20 + 8);
	assert_int_equal(got[0].frame_bytes, 14 + 20 + 8 + 200);
	assert_int_equal(got[1].length, 14 + 40 + 8);
	assert_int_equal(got[2].length, OST_COPY_BYTES);
	assert_int_equal(got[3].length, 14 + 20 + 20);
	assert_int_equal(got[4].length, 14 + 40 + 20);
	assert_int_equal(got[5].length, 14 + 20 + 8);
	for (uint32_t i = 0; i < got_count; i++)
		assert_null(memmem(got[i].bytes, sizeof(got[i].bytes), "secret", 6));
}

static void send_raw(const char *name, uint16_t ethertype, const void *bytes, uint32_t n, uint32_t want)
{
	struct wire w;

	wire_eth(&w, ROUTER, 1);
	wire_u16(&w, ethertype);
	wire_put(&w, bytes, n);
	(void)rig_send(&rig, DEV1, &w);
	assert_int_equal(drain(), 0);
	(void)ost_classifier_refusals_drain(rig.c, 0, nothing, NULL);
	if (got_count != 1 || got[0].length != want)
		fail_msg("%s: %u copies of %u bytes, not %u", name, got_count, got_count > 0 ? got[0].length : 0, want);
}

/* Frames that say nonsense of themselves, and those that are cut short. */
static void odd_frames(void **state)
{
	static uint8_t ip[200] = {0x45, 0, 0, 60, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 20, 0, 9};
	static uint8_t v6[200] = {0x60, 0, 0, 0, 0, 60, 44, 64};

	(void)state;
	send_raw("unknown protocol", 0x88b5, ip, 100, 14);
	send_raw("IPv4 cut short", 0x0800, ip, 12, 14 + 12);
	ip[6] = 0x00;
	ip[7] = 0x10; /* a later fragment: what follows is payload */
	send_raw("fragment", 0x0800, ip, 100, 14 + 20);
	ip[6] = 0x20;
	ip[7] = 0; /* the first one: it has its header */
	ip[32] = 0x50;
	send_raw("first fragment", 0x0800, ip, 100, 14 + 20 + 20);
	ip[6] = 0;
	ip[0] = 0x4f; /* its header is longer than the packet */
	ip[3] = 40;
	send_raw("options", 0x0800, ip, 100, 14 + 60 + 20);
	send_raw("IPv6 fragment", 0x86dd, v6, 100, 14 + 40 + 8);
	send_raw("EAPOL", 0x888e, ip, 100, 14 + 9);
}

/* Neither a device nor strangers can take the room of others. */
static void shares(void **state)
{
	struct way w = web, quiet = {DEV2, ROUTER, 2, "10.0.0.2", "10.99.0.9", 40000, 81};
	uint64_t lost;
	uint32_t own = 0, strange = 0;

	(void)state;
	for (uint16_t port = 100; port < 200; port++) { /* a scan */
		w.dport = port;
		assert_refused(rig_tcp(&rig, &w, SYN, 1, 0, 0), NOT_ALLOWED);
	}
	for (unsigned mac = 10; mac < 200; mac++) { /* strangers, one frame each */
		struct way s = {DEV3, ROUTER, mac, "10.0.0.9", "10.20.0.9", 40000, 80};

		assert_refused(rig_tcp(&rig, &s, SYN, 1, 0, 0), UNKNOWN_DEVICE);
	}
	assert_refused(rig_tcp(&rig, &quiet, SYN, 1, 0, 0), NOT_ALLOWED);
	lost = drain();
	for (uint32_t i = 0; i < got_count; i++) {
		own += got_slot[i] == ost_site_slot(rig.site, rig_device(&rig, "cam"));
		strange += got_slot[i] == OST_DEVICE_NONE;
	}
	assert_int_equal(own, SHARE);
	assert_int_equal(strange, COPIES / 4);
	assert_int_equal(got_slot[got_count - 1], ost_site_slot(rig.site, rig_device(&rig, "two")));
	assert_int_equal(lost + got_count, 100 + 190 + 1);
	/* The next tenth of a second begins anew. */
	(void)ost_classifier_refusals_drain(rig.c, 0, nothing, NULL);
	w.dport = 300;
	assert_refused(rig_tcp(&rig, &w, SYN, 1, 0, 0), NOT_ALLOWED);
	assert_int_equal(drain(), 0);
	assert_int_equal(got_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(which_frames, setup, rig_stop),
		cmocka_unit_test_setup_teardown(again_with_the_next_record, setup, rig_stop),
		cmocka_unit_test_setup_teardown(no_payload, setup, rig_stop),
		cmocka_unit_test_setup_teardown(odd_frames, setup, rig_stop),
		cmocka_unit_test_setup_teardown(shares, setup, rig_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
