/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a frame is from, what its device's state permits, and what happens when the policy changes. */
#include "classify_rig.h"

#define HEAD "ostiary: 1\nnetworks:\n  plant: [10.20.0.0/24]\ninfrastructure:\n  resolvers: [10.0.0.254]\nroles:\n"
#define CAM_(allow, limits)                                                                       \
	"  camera:\n    authenticate: mac\n    include: [arp, dns]\n    allow:\n" allow limits
#define ALLOW_443 "      - to: { network: plant, service: tcp/443 }\n"
#define ALLOW_BOTH "      - to: { network: plant, service: tcp/22 }\n" ALLOW_443
#define ALLOW_22  "      - to: { network: plant, service: tcp/22 }\n"
#define CAM	  "  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"
#define FREE	  "  free: { role: camera, mac: \"02:00:00:00:00:02\", address: 10.0.0.2 }\n"
#define TAGGED	  "  tag: { role: camera, mac: \"02:00:00:00:00:03\", vlan: 7, port: dev2, address: 10.0.0.3 }\n"
#define STRONG_ROLE                                                                                  \
	"  strong:\n    authenticate: eap-tls\n    assurance: software\n    include: [dns]\n    allow:\n" \
	ALLOW_443 "      - to: { network: plant, service: tcp/8443 }\n        assurance: tee\n"
#define STRONG "  lock: { role: strong, certificate: \"urn:dev:lock\", mac: \"02:00:00:00:00:04\", port: dev3, address: 10.0.0.4 }\n"

static const char policy[] = HEAD CAM_(ALLOW_443, "") STRONG_ROLE "devices:\n" CAM FREE TAGGED STRONG;
static const struct way out = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 443};
static const struct way dns = {DEV1, ROUTER, 1, "10.0.0.1", "10.0.0.254", 5353, 53};
static int setup(void **state)
{
	struct rig_options o = {.devices_max = 4, .refusal_records = 64};

	return rig_start(state, policy, &o);
}

/* ---- identity ---- */

static enum ost_reason tagged(struct rig *r, uint16_t vid)
{
	struct wire w;

	wire_eth(&w, ROUTER, 3);
	if (vid != 0)
		wire_tag(&w, 0x8100, vid);
	wire_ip(&w, "10.0.0.3", "10.20.0.9", 6);
	wire_tcp(&w, 1, 443, SYN, 1, 0, 0);
	wire_end(&w);
	return rig_send(r, DEV2, &w);
}

static void who_a_frame_is_from(void **state)
{
	struct way w = out, in = {NET, 1, 2, "10.20.0.9", "10.0.0.1", 1, 2};

	w.src = 0x99;
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), UNKNOWN_DEVICE);
	w = out;
	w.port = DEV2;
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), MAC_WRONG_PORT);
	assert_int_equal(rig_counts(*state, "cam").refused_pkts[OST_REASON_MAC_WRONG_PORT], 1);
	assert_refused(rig_tcp(*state, &in, SYN, 1, 0, 0), MAC_ON_NETWORK);
	assert_int_equal(rig_counts(*state, "free").refused_pkts[OST_REASON_MAC_ON_NETWORK], 1);
	in.src = ROUTER;
	in.dst = 0x99;
	assert_refused(rig_tcp(*state, &in, SYN, 1, 0, 0), UNKNOWN_DESTINATION);
	in.dst = GROUP;
	assert_refused(rig_tcp(*state, &in, SYN, 1, 0, 0), GROUP_DESTINATION);
	assert_passes(tagged(*state, 7));
	assert_refused(tagged(*state, 8), UNKNOWN_DEVICE);
	assert_refused(tagged(*state, 0), UNKNOWN_DEVICE);
}

static void a_device_without_port_stays_where_it_was_first_seen(void **state)
{
	struct way w = {DEV2, ROUTER, 2, "10.0.0.2", "10.20.0.9", 1, 443};

	assert_passes(rig_tcp(*state, &w, SYN, 1, 0, 0));
	w.port = DEV3;
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), MAC_WRONG_PORT);
	ost_site_port_down(rig.site, DEV3);
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), MAC_WRONG_PORT);
	ost_site_port_down(rig.site, DEV2);
	assert_passes(rig_tcp(*state, &w, SYN, 1, 0, 0));
	assert_int_equal(rig.v.egress, NET);
	w.port = DEV2;
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), MAC_WRONG_PORT);
}

static void the_other_worker_hands_over_what_only_control_may_do(void **state)
{
	struct rig_options o = {.two = true};
	struct wire w;
	struct rig r;

	(void)state;
	rig_new(&r, policy, &o);
	wire_eth(&w, ROUTER, 2);
	wire_ip(&w, "10.0.0.2", "10.20.0.9", 6);
	wire_tcp(&w, 1, 443, SYN, 1, 0, 0);
	wire_end(&w);
	/* A flow is in the table of the worker that met its first packet, though the device was never seen before: */
	assert_passes(rig_send_by(&r, r.second, DEV2, &w));
	assert_refused(rig_send_by(&r, r.second, DEV3, &w), MAC_WRONG_PORT);
	assert_refused(rig_send(&r, DEV3, &w), MAC_WRONG_PORT);
	assert_int_equal(rig_flows(&r), 0);
	wire_eth(&w, 2, ROUTER);
	wire_ip(&w, "10.20.0.9", "10.0.0.2", 6);
	wire_tcp(&w, 443, 1, SYN | ACK, 1, 2, 0);
	wire_end(&w);
	/* there the answer finds it. */
	assert_passes(rig_send_by(&r, r.second, NET, &w));
	assert_int_equal(r.v.egress, DEV2);
	assert_refused(rig_send(&r, NET, &w), NO_FLOW);
	wire_eth(&w, GROUP, 1);
	wire_u16(&w, 0x0806);
	wire_zeros(&w, 46);
	(void)rig_send_by(&r, r.second, DEV1, &w);
	assert_int_equal(r.v.action, OST_HANDOVER);
	assert_int_equal(ost_classifier_port_counts(r.second, DEV1)->handed_over_pkts, 1);
	assert_int_equal(ost_classifier_port_counts(r.second, DEV2)->handed_over_pkts, 0);
	assert_refused(rig_send(&r, DEV1, &w), MALFORMED_ARP);
	rig_free(&r);
}

/* ---- states ---- */

static void each_state_gives_its_rights(void **state)
{
	static const struct {
		enum ost_state state;
		enum ost_reason infrastructure, established, fresh;
	} rows[OST_STATE_COUNT] = {
		{OST_STATE_UNKNOWN, OST_REASON_STATE, OST_REASON_STATE, OST_REASON_STATE},
		{OST_STATE_LEARNING, OST_REASON_NONE, OST_REASON_STATE, OST_REASON_STATE},
		{OST_STATE_IDENTIFIED, OST_REASON_NONE, OST_REASON_NONE, OST_REASON_NONE},
		{OST_STATE_QUARANTINED, OST_REASON_NONE, OST_REASON_STATE, OST_REASON_STATE},
		{OST_STATE_AUTHENTICATED, OST_REASON_NONE, OST_REASON_NONE, OST_REASON_NONE},
		{OST_STATE_EXPIRED, OST_REASON_NONE, OST_REASON_NONE, OST_REASON_STATE},
		{OST_STATE_LOCKED_OUT, OST_REASON_STATE, OST_REASON_STATE, OST_REASON_STATE},
		{OST_STATE_REVOKED, OST_REASON_STATE, OST_REASON_STATE, OST_REASON_STATE},
		{OST_STATE_RETIRED, OST_REASON_STATE, OST_REASON_STATE, OST_REASON_STATE},
	};
	struct way w = out, d = dns;

	for (size_t i = 0; i < OST_STATE_COUNT; i++) {
		uint64_t before;

		w.sport = (uint16_t)(1000 + i);
		d.sport = (uint16_t)(2000 + i);
		rig_state(*state, "cam", OST_STATE_IDENTIFIED, OST_ASSURANCE_IDENTIFIED);
		rig_connect(*state, &w, NET);
		rig_state(*state, "cam", rows[i].state, OST_ASSURANCE_IDENTIFIED);
		assert_reason(rig_udp(*state, &d), rows[i].infrastructure);
		assert_reason(rig_tcp(*state, &w, PSH | ACK, 1001, 5001, 1), rows[i].established);
		w.sport += 100;
		assert_reason(rig_tcp(*state, &w, SYN, 1, 0, 0), rows[i].fresh);
		/* And a silent flow is cut by the sweep alone. */
		rig_state(*state, "cam", OST_STATE_IDENTIFIED, OST_ASSURANCE_IDENTIFIED);
		w.sport += 100;
		rig_connect(*state, &w, NET);
		before = rig_flows(*state);
		rig_state(*state, "cam", rows[i].state, OST_ASSURANCE_IDENTIFIED);
		rig_sweep(*state);
		assert_true((rig_flows(*state) < before) == (rows[i].established != OST_REASON_NONE));
	}
}

static void a_role_that_asks_for_proof(void **state)
{
	struct way w = {DEV3, ROUTER, 4, "10.0.0.4", "10.20.0.9", 40000, 443}, d = dns;

	d = (struct way){DEV3, ROUTER, 4, "10.0.0.4", "10.0.0.254", 5353, 53};
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), STATE);
	rig_state(*state, "lock", OST_STATE_IDENTIFIED, OST_ASSURANCE_IDENTIFIED);
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), STATE);
	assert_refused(rig_udp(*state, &d), STATE);
	rig_state(*state, "lock", OST_STATE_AUTHENTICATED, OST_ASSURANCE_IDENTIFIED);
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), STATE);
	rig_state(*state, "lock", OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
	assert_passes(rig_tcp(*state, &w, SYN, 1, 0, 0));
	w.dport = 8443;
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), STATE);
	w.dport = 8444;
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), NOT_ALLOWED);
	w.dport = 8443;
	rig_state(*state, "lock", OST_STATE_AUTHENTICATED, OST_ASSURANCE_TEE);
	assert_passes(rig_tcp(*state, &w, SYN, 1, 0, 0));
}

/* ---- another policy ---- */

static void a_flow_outlives_a_policy_that_allows_it(void **state)
{
	rig_connect(*state, &out, NET);
	assert_int_equal(rig_swap(*state, HEAD CAM_(ALLOW_BOTH, "") "devices:\n" CAM), 0);
	assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
	assert_int_equal(rig_swap(*state, HEAD CAM_(ALLOW_22, "") "devices:\n" CAM), 0);
	assert_refused(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1), POLICY_CHANGED);
	assert_refused(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1), NO_FLOW);
	assert_int_equal(rig_flows(*state), 0);
}

static void an_old_flow_obeys_new_limits(void **state)
{
	unsigned passed = 0;

	rig_connect(*state, &out, NET);
	assert_int_equal(rig_swap(*state, HEAD CAM_(ALLOW_443, "    limits: { packets: 50/s }\n") "devices:\n" CAM), 0);
	for (int i = 0; i < 200; i++)
		passed += rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1) == OST_REASON_NONE;
	assert_in_range(passed, 31, 34);
	assert_int_equal(rig_swap(*state, HEAD CAM_(ALLOW_443, "") "devices:\n" CAM), 0);
	for (int i = 0; i < 200; i++)
		assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
}

static void a_device_leaves_and_comes_back(void **state)
{
	rig_connect(*state, &out, NET);
	assert_int_equal(rig_swap(*state, HEAD CAM_(ALLOW_443, "") "devices:\n" FREE), 0);
	assert_int_equal(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1), OST_REASON_UNKNOWN_DEVICE);
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 0);
	assert_int_equal(rig_swap(*state, policy), 0);
	assert_refused(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1), NO_FLOW);
	rig_connect(*state, &out, NET);
}

#define MANY(x, n) "  " #x #n ": { role: camera, mac: \"02:00:00:00:0" #x ":0" #n "\" }\n"

/* Refused as a whole: what it would have brought must stand in nobody's way afterwards. */
static void too_many_devices_change_nothing(void **state)
{
	static const char too_many[] = HEAD CAM_(ALLOW_443, "") "devices:\n" CAM MANY(1, 1) MANY(1, 2) MANY(1, 3) MANY(1, 4);
	static const char all_four[] = HEAD CAM_(ALLOW_443, "") "devices:\n" CAM FREE MANY(2, 1) MANY(2, 2);

	assert_int_equal(rig_swap(*state, HEAD CAM_(ALLOW_443, "") "devices:\n" CAM FREE), 0);
	rig_free(&rig);
	assert_int_equal(setup(state), 0);
	rig_free(&rig);
	rig_new(&rig, HEAD CAM_(ALLOW_443, "") "devices:\n" CAM FREE, &(struct rig_options){.devices_max = 4});
	rig_connect(*state, &out, NET);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(rig_swap(*state, too_many), -ENOSPC);
		assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
		assert_int_equal(ost_site_image(rig.site)->device_count, 2);
	}
	assert_int_equal(rig_swap(*state, all_four), 0);
	assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
}

static void places_of_former_devices_are_used_again(void **state)
{
	static const char a[] = HEAD CAM_(ALLOW_443, "") "devices:\n" CAM MANY(1, 1);
	static const char b[] = HEAD CAM_(ALLOW_443, "") "devices:\n" CAM MANY(2, 1);
	static const char c[] = HEAD CAM_(ALLOW_443, "") "devices:\n" CAM MANY(3, 1);
	static const char d[] = HEAD CAM_(ALLOW_443, "") "devices:\n" CAM MANY(4, 1);
	static const char *const policies[] = {a, b, c, d};

	rig_free(&rig);
	rig_new(&rig, HEAD CAM_(ALLOW_443, "") "devices:\n" CAM, &(struct rig_options){.devices_max = 6});
	rig_connect(*state, &out, NET);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rig_swap(*state, policies[i % 4]), 0);
		assert_in_range(ost_site_slots(rig.site), 1, 6);
		assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
	}
}

static void a_static_address_moves_to_another_device(void **state)
{
	static const char moved[] = HEAD CAM_(ALLOW_443, "") "devices:\n"
		"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.2 }\n"
		"  free: { role: camera, mac: \"02:00:00:00:00:02\", port: dev2, address: 10.0.0.1 }\n";
	struct way now = {DEV2, ROUTER, 2, "10.0.0.1", "10.20.0.9", 40000, 443};

	rig_connect(*state, &out, NET);
	assert_int_equal(rig_swap(*state, moved), 0);
	assert_refused(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1), POLICY_CHANGED);
	assert_refused(rig_tcp(*state, &out, SYN, 1, 0, 0), SOURCE_ADDRESS);
	rig_connect(*state, &now, NET);
}

static void no_policy_no_packet(void **state)
{
	struct rig r;

	(void)state;
	rig_new(&r, NULL, NULL);
	assert_refused(rig_tcp(&r, &out, SYN, 1, 0, 0), NO_POLICY);
	rig_free(&r);
}

static void seventy_thousand_policies(void **state)
{
	struct ost_view *old = NULL;

	rig_connect(*state, &out, NET);
	for (int i = 0; i < 70000; i++) {
		assert_int_equal(ost_site_policy_set(rig.site, &rig.image, rig.now_ns, &old), 0);
		ost_view_free(&old);
		if (i % 7 == 0)
			assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
	}
	assert_int_equal(rig_flows(*state), 1);
	assert_int_equal(ost_site_slots(rig.site), 4);
}

/* ---- limits ---- */

static void new_flows_and_flows_are_limited(void **state)
{
	struct way w = out;
	unsigned opened = 0;

	rig_free(&rig);
	rig_new(&rig, HEAD CAM_(ALLOW_443, "    limits: { new-flows: 10/s, flows: 40 }\n") "devices:\n" CAM,
		&(struct rig_options){.flows_max = 256});
	for (uint16_t i = 0; i < 100; i++) {
		w.sport = i;
		opened += rig_tcp(*state, &w, SYN, 1, 0, 0) == OST_REASON_NONE;
		assert_true(rig.v.reason == OST_REASON_NONE || rig.v.reason == OST_REASON_NEW_FLOW_RATE);
	}
	assert_in_range(opened, 32, 34);
	rig_wait_ms(*state, 4000);
	for (uint16_t i = 100; i < 200; i++) {
		w.sport = i;
		opened += rig_tcp(*state, &w, SYN, 1, 0, 0) == OST_REASON_NONE;
		assert_true(rig.v.reason == OST_REASON_NONE || rig.v.reason == OST_REASON_FLOW_LIMIT);
	}
	assert_int_equal(opened, 40);
	rig_wait_ms(*state, 31000);
	rig_sweep(*state);
	assert_int_equal(rig_counts(*state, "cam").flows, 0);
	assert_passes(rig_tcp(*state, &w, SYN, 1, 0, 0));
}

static void bytes_are_limited_over_time(void **state)
{
	uint64_t bytes = 0;

	rig_free(&rig);
	rig_new(&rig, HEAD CAM_(ALLOW_443, "    limits: { bytes: 1000000/s }\n") "devices:\n" CAM, NULL);
	rig_connect(*state, &out, NET);
	for (int i = 0; i < 20000; i++) {
		if (rig_tcp(*state, &out, ACK, 1001, 5001, 946) == OST_REASON_NONE)
			bytes += 1000;
		else
			assert_refused(rig.v.reason, BYTE_RATE);
		rig_wait_ms(*state, (uint64_t)i % 2);
	}
	/* Ten seconds of one megabyte each, and the burst of a tenth. */
	assert_in_range(bytes, 10000000, 10110000);
}

/* 64 kbit/s of what is left to it, whatever its role says; a flow that stood before is no way around. */
static void quarantine_is_slow(void **state)
{
	uint64_t bytes = 0;
	struct way d = dns;

	assert_passes(rig_udp(*state, &d));
	rig_state(*state, "cam", OST_STATE_QUARANTINED, OST_ASSURANCE_IDENTIFIED);
	for (int i = 0; i < 20000; i++) {
		if (i % 2)
			d.sport = (uint16_t)(3000 + i % 16);
		else
			d.sport = dns.sport;
		if (rig_udp(*state, &d) == OST_REASON_NONE)
			bytes += 14 + 20 + 8 + 20;
		else
			assert_refused(rig.v.reason, BYTE_RATE);
		rig_wait_ms(*state, 1);
	}
	/* Twenty seconds, and the burst. */
	assert_in_range(bytes, 20 * 8000, 20 * 8000 + 33 * 1514);
	rig_state(*state, "cam", OST_STATE_IDENTIFIED, OST_ASSURANCE_IDENTIFIED);
	rig_wait_ms(*state, 10000);
	for (int i = 0; i < 2000; i++)
		assert_passes(rig_udp(*state, &d));
}

/* ---- counts ---- */

static void sum_up(void *user, const struct ost_refusal *refusal)
{
	*(uint64_t *)user += refusal->count_pkts;
}

static void whatever_comes_is_accounted_for(void **state)
{
	uint64_t x = 7, sent = 0, received = 0, accounted = 0, refused = 0, by_device = 0, told = 0;
	uint8_t bytes[OST_BURST][128];

	for (int burst = 0; burst < 3000; burst++) {
		struct ost_frame frames[OST_BURST];
		struct ost_verdict verdicts[OST_BURST];
		struct wire w;

		for (unsigned i = 0; i < OST_BURST; i++) {
			x = x * 6364136223846793005ull + 1442695040888963407ull;
			wire_eth(&w, (unsigned)(x >> 60), (unsigned)(x >> 56 & 7));
			wire_ip(&w, x >> 50 & 1 ? "10.0.0.1" : "10.20.0.9", x >> 51 & 1 ? "10.20.0.9" : "10.0.0.1", x >> 52 & 1 ? 6 : 17);
			wire_tcp(&w, 40000, 443, (uint8_t)(x >> 40 & 0x1f), (uint32_t)x, 0, 0);
			wire_end(&w);
			w.b[x >> 33 & 63 ? 59 : x >> 20 & 31] ^= (uint8_t)(x >> 8);
			memcpy(bytes[i], w.b, 128);
			frames[i] = (struct ost_frame){bytes[i], (uint32_t)(x >> 25 & 15 ? w.n : x >> 10 & 63), (uint8_t)(x >> 29 & 3), false};
		}
		ost_classify(rig.c, frames, OST_BURST, rig.now_ns, verdicts);
		sent += OST_BURST;
		for (unsigned i = 0; i < OST_BURST; i++) {
			refused += verdicts[i].action == OST_REFUSE;
			by_device += verdicts[i].action == OST_REFUSE && verdicts[i].device != OST_DEVICE_NONE;
		}
		rig_wait_ms(*state, 10);
	}
	for (uint32_t port = 0; port < 4; port++) {
		const struct ost_port_counts *c = ost_classifier_port_counts(rig.c, port);

		received += c->received_pkts;
		accounted += c->forwarded_pkts + c->handed_over_pkts;
		for (unsigned k = 0; k < OST_REASON_SLOTS; k++) {
			accounted += c->refused_pkts[k];
			refused -= c->refused_pkts[k];
		}
	}
	assert_int_equal(received, sent);
	assert_int_equal(accounted, sent);
	assert_int_equal(refused, 0);
	for (uint32_t slot = 0; slot < ost_site_slots(rig.site); slot++) {
		struct ost_device_counts c;

		ost_site_device_counts(rig.site, slot, &c);
		for (unsigned k = 0; k < OST_REASON_SLOTS; k++)
			by_device -= c.refused_pkts[k];
	}
	assert_int_equal(by_device, 0);
	/* Each refusal is in a record, or counted as without. */
	for (unsigned port = 0; port < 4; port++) {
		for (unsigned k = 0; k < OST_REASON_SLOTS; k++)
			refused += ost_classifier_port_counts(rig.c, port)->refused_pkts[k];
	}
	ost_classifier_refusals_flip(rig.c);
	told = ost_classifier_refusals_drain(rig.c, 0, sum_up, &by_device);
	assert_int_equal(told + by_device, refused);
	assert_true(by_device > 0);
	by_device = 0;
	ost_classifier_refusals_flip(rig.c);
	assert_int_equal(ost_classifier_refusals_drain(rig.c, 0, sum_up, &by_device), 0);
	assert_int_equal(by_device, 0);
}

static void what_was_not_sent_was_not_forwarded(void **state)
{
	const struct ost_port_counts *port = ost_classifier_port_counts(rig.c, DEV1);
	struct ost_device_counts c;

	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	ost_classifier_unsent(rig.c, DEV1, rig.v.device, false, 1, 60, OST_REASON_EGRESS_FULL);
	c = rig_counts(*state, "cam");
	assert_int_equal(c.out_pkts, 0); /* and not 2^64 - 1: the flow's own count comes with the sweep */
	assert_int_equal(c.out_bytes, 0);
	rig_sweep(*state);
	c = rig_counts(*state, "cam");
	assert_int_equal(c.out_pkts, 0);
	assert_int_equal(c.refused_pkts[OST_REASON_EGRESS_FULL], 1);
	assert_int_equal(port->forwarded_pkts, 0);
	assert_int_equal(port->forwarded_bytes, 0);
	assert_int_equal(port->refused_pkts[OST_REASON_EGRESS_FULL], 1);
	assert_int_equal(port->received_pkts, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(who_a_frame_is_from), TEST(a_device_without_port_stays_where_it_was_first_seen),
		TEST(the_other_worker_hands_over_what_only_control_may_do), TEST(each_state_gives_its_rights),
		TEST(a_role_that_asks_for_proof), TEST(a_flow_outlives_a_policy_that_allows_it),
		TEST(an_old_flow_obeys_new_limits), TEST(a_device_leaves_and_comes_back),
		TEST(too_many_devices_change_nothing), TEST(places_of_former_devices_are_used_again),
		TEST(a_static_address_moves_to_another_device), TEST(no_policy_no_packet), TEST(seventy_thousand_policies),
		TEST(new_flows_and_flows_are_limited), TEST(bytes_are_limited_over_time), TEST(quarantine_is_slow),
		TEST(whatever_comes_is_accounted_for), TEST(what_was_not_sent_was_not_forwarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
