/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between devices: both allow-lists agree, each sees the flow by its own key, and either one can end it. */
#include "classify_rig.h"

#define POLICY(cam_port)                                                                                 \
	"ostiary: 1\n"                                                                                   \
	"roles:\n"                                                                                       \
	"  camera:\n    authenticate: mac\n    include: [arp]\n    allow:\n"                             \
	"      - to: { role: recorder, service: [tcp/554, udp/554, icmp/echo-request] }\n"               \
	"      - to: { role: plc, service: tcp/502 }\n"                                                  \
	"  recorder:\n    authenticate: mac\n    include: [arp]\n    allow:\n"                           \
	"      - from: { role: camera, service: [tcp/554, udp/554, icmp/echo-request] }\n"               \
	"  plc:\n    authenticate: mac\n    include: [arp]\n"                                            \
	"devices:\n"                                                                                     \
	"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: " cam_port ", address: 10.0.0.1 }\n"   \
	"  rec: { role: recorder, mac: \"02:00:00:00:00:02\", port: dev2, address: 10.0.0.2 }\n"         \
	"  plc: { role: plc, mac: \"02:00:00:00:00:03\", port: dev3, address: 10.0.0.3 }\n"              \
	"  near: { role: recorder, mac: \"02:00:00:00:00:04\", port: dev1, address: 10.0.0.4 }\n"

static const struct way to_rec = {DEV1, 2, 1, "10.0.0.1", "10.0.0.2", 40000, 554};
static int setup(void **state)
{
	return rig_start(state, POLICY("dev1"), NULL);
}

static void both_allow(void **state)
{
	struct way back = way_back(&to_rec, DEV2);

	assert_refused(rig_tcp(*state, &back, SYN | ACK, 1, 1, 0), NO_FLOW);
	assert_refused(rig_tcp(*state, &back, SYN, 1, 0, 0), NOT_ALLOWED);
	rig_connect(*state, &to_rec, DEV2);
	assert_int_equal(rig.v.egress, DEV2);
	assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 10));
	assert_int_equal(rig.v.egress, DEV1);
}

static void one_denies(void **state)
{
	struct way w = {DEV1, 3, 1, "10.0.0.1", "10.0.0.3", 40000, 502};

	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), PEER_NOT_ALLOWED);
	w = (struct way){DEV3, 2, 3, "10.0.0.3", "10.0.0.2", 40000, 554};
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), NOT_ALLOWED);
}

static void echo_between_devices(void **state)
{
	struct way ask = {DEV1, 2, 1, "10.0.0.1", "10.0.0.2", 7, 0}, answer = way_back(&ask, DEV2);

	answer.sport = 7;
	assert_refused(rig_echo(*state, &answer, true), NO_FLOW);
	assert_passes(rig_echo(*state, &ask, false));
	assert_refused(rig_echo(*state, &answer, false), NO_FLOW);
	assert_passes(rig_echo(*state, &answer, true));
	assert_int_equal(rig.v.egress, DEV1);
}

static void the_mac_and_the_address_are_the_same_devices(void **state)
{
	struct way w = to_rec;

	w.dst = 3;
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), UNKNOWN_DESTINATION);
	w = to_rec;
	w.to = "10.0.0.4";
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), UNKNOWN_DESTINATION);
	w.dst = 4; /* on the same port: its own switch's business */
	assert_refused(rig_tcp(*state, &w, SYN, 1, 0, 0), UNKNOWN_DESTINATION);
}

/* The flow does not lead elsewhere by the MAC that its packets are sent to: others are on the port too. */
static void packets_of_a_flow_are_for_its_other_device(void **state)
{
	struct way back = way_back(&to_rec, DEV2), w = to_rec;

	rig_connect(*state, &to_rec, DEV2);
	for (unsigned mac = 3; mac <= 5; mac++) {
		w.dst = mac;
		assert_refused(rig_tcp(*state, &w, PSH | ACK, 1001, 5001, 10), UNKNOWN_DESTINATION);
	}
	w.dst = GROUP;
	assert_refused(rig_tcp(*state, &w, PSH | ACK, 1001, 5001, 10), UNKNOWN_DESTINATION);
	w = back;
	w.dst = 4;
	assert_refused(rig_tcp(*state, &w, PSH | ACK, 5001, 1001, 10), UNKNOWN_DESTINATION);
	assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 10));
	assert_passes(rig_tcp(*state, &to_rec, PSH | ACK, 1001, 5011, 10));
}

/* Who knows a flow's addresses and ports cannot break it from the network side. */
static void a_stranger_takes_no_flow_away(void **state)
{
	struct way back = way_back(&to_rec, DEV2), forged = to_rec, answer = back;

	rig_connect(*state, &to_rec, DEV2);
	forged.port = answer.port = NET;
	forged.src = answer.src = ROUTER;
	assert_refused(rig_tcp(*state, &forged, PSH | ACK, 1001, 5001, 10), NO_FLOW);
	assert_refused(rig_tcp(*state, &answer, PSH | ACK, 5001, 1001, 10), NO_FLOW);
	assert_int_equal(rig_flows(*state), 2);
	assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 10));
	assert_int_equal(rig.v.egress, DEV1);
}

/* By way of a router on the network side each device is asked by its own side. */
static void routed_between_devices(void **state)
{
	struct way up = to_rec, down = {NET, 2, ROUTER, "10.0.0.1", "10.0.0.2", 40000, 554}, denied = up;

	up.dst = ROUTER;
	assert_passes(rig_tcp(*state, &up, SYN, 1000, 0, 0));
	assert_int_equal(rig.v.egress, NET);
	assert_passes(rig_tcp(*state, &down, SYN, 1000, 0, 0));
	assert_int_equal(rig.v.egress, DEV2);
	denied.dst = ROUTER;
	denied.to = "10.0.0.3";
	denied.dport = 502;
	assert_refused(rig_tcp(*state, &denied, SYN, 1, 0, 0), PEER_NOT_ALLOWED);
}

static void nobody_joins_from_the_network_side(void **state)
{
	struct way a = {NET, 1, ROUTER, "10.0.0.2", "10.0.0.1", 554, 40000}, b = {NET, 2, ROUTER, "10.0.0.1", "10.0.0.2", 40000, 554};

	rig_connect(*state, &to_rec, DEV2);
	assert_refused(rig_tcp(*state, &a, PSH | ACK, 5001, 1001, 1), NO_FLOW);
	assert_refused(rig_tcp(*state, &b, PSH | ACK, 1001, 5001, 1), NO_FLOW);
}

static void either_ones_state_ends_it(void **state)
{
	struct way back = way_back(&to_rec, DEV2);
	static const char *const names[] = {"cam", "rec"};

	for (int i = 0; i < 2; i++) {
		rig_connect(*state, &to_rec, DEV2);
		rig_state(*state, names[i], OST_STATE_REVOKED, OST_ASSURANCE_NONE);
		assert_int_not_equal(rig_tcp(*state, &to_rec, PSH | ACK, 1001, 5001, 1), OST_REASON_NONE);
		assert_int_not_equal(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 1), OST_REASON_NONE);
		rig_state(*state, names[i], OST_STATE_IDENTIFIED, OST_ASSURANCE_IDENTIFIED);
		assert_refused(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 1), NO_FLOW);
		rig_sweep(*state);
		assert_int_equal(rig_flows(*state), 0);
	}
	rig_connect(*state, &to_rec, DEV2);
	rig_state(*state, "rec", OST_STATE_EXPIRED, OST_ASSURANCE_NONE); /* what is established goes on */
	assert_passes(rig_tcp(*state, &to_rec, PSH | ACK, 1001, 5001, 1));
	rig_state(*state, "rec", OST_STATE_REVOKED, OST_ASSURANCE_NONE);
	rig_sweep(*state); /* silent flows, too */
	assert_int_equal(rig_flows(*state), 0);
}

static void a_device_that_moved_has_no_flow(void **state)
{
	struct way back = way_back(&to_rec, DEV2), moved = to_rec;

	rig_connect(*state, &to_rec, DEV2);
	assert_int_equal(rig_swap(*state, POLICY("dev3")), 0);
	assert_refused(rig_tcp(*state, &to_rec, PSH | ACK, 1001, 5001, 1), MAC_WRONG_PORT);
	assert_refused(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 1), POLICY_CHANGED);
	moved.port = DEV3;
	rig_connect(*state, &moved, DEV2);
	assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 1));
	assert_int_equal(rig.v.egress, DEV3);
}

/* What the peer's key leads to must go when its flow went, even when other flows take its place before the sweep. */
static void names_of_dead_flows_do_not_pile_up(void **state)
{
	struct way w = to_rec;

	for (uint16_t round = 0; round < 60; round++) {
		for (uint16_t i = 0; i < 10; i++) {
			w.sport = (uint16_t)(10000 + round * 10 + i);
			assert_passes(rig_tcp(*state, &w, SYN, 1000, 0, 0));
		}
		rig_sweep(*state);
		assert_int_equal(rig_flows(*state), 20);
		rig_wait_ms(*state, 31000);
		while (ost_classifier_sweep(rig.c, 1000, rig.now_ns) > 0)
			;
	}
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 0);
}

static void a_peers_answer_is_the_devices_own_packet(void **state)
{
	struct way back = way_back(&to_rec, DEV2);

	rig_connect(*state, &to_rec, DEV2);
	back.port = DEV3;
	assert_refused(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 1), MAC_WRONG_PORT);
	back.port = DEV2;
	back.from = "10.0.0.3";
	assert_refused(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 1), SOURCE_ADDRESS);
}

/* ---- ARP between devices ---- */

static enum ost_reason arp(struct rig *r, uint8_t port, unsigned dst, unsigned src, uint16_t op, unsigned sender,
	const char *sender_ip, const char *target_ip)
{
	struct wire w;
	uint8_t mac[6];

	wire_eth(&w, dst, src);
	wire_u16(&w, 0x0806);
	wire_u32(&w, 0x00010800);
	wire_u16(&w, 0x0604);
	wire_u16(&w, op);
	wire_mac(sender, mac);
	wire_put(&w, mac, 6);
	wire_address(&w, sender_ip);
	wire_zeros(&w, 6);
	wire_address(&w, target_ip);
	wire_end(&w);
	return rig_send(r, port, &w);
}

static void arp_asks_who_may_be_talked_to(void **state)
{
	assert_passes(arp(*state, DEV1, GROUP, 1, 1, 1, "10.0.0.1", "10.0.0.2"));
	assert_int_equal(rig.v.egress, DEV2);
	assert_passes(arp(*state, DEV2, GROUP, 2, 1, 2, "10.0.0.2", "10.0.0.1"));
	assert_int_equal(rig.v.egress, DEV1);
	assert_passes(arp(*state, DEV2, 1, 2, 2, 2, "10.0.0.2", "10.0.0.1"));
	assert_int_equal(rig.v.egress, DEV1);
	assert_refused(arp(*state, DEV1, GROUP, 1, 1, 1, "10.0.0.1", "10.0.0.3"), PEER_NOT_ALLOWED);
	assert_refused(arp(*state, DEV1, 3, 1, 2, 1, "10.0.0.1", "10.0.0.3"), PEER_NOT_ALLOWED);
	assert_passes(arp(*state, DEV1, GROUP, 1, 1, 1, "10.0.0.1", "10.0.0.99"));
	assert_int_equal(rig.v.egress, NET);
}

static void arp_lies(void **state)
{
	assert_refused(arp(*state, DEV1, GROUP, 1, 1, 1, "10.0.0.2", "10.0.0.254"), ARP_SPOOF);
	assert_refused(arp(*state, DEV1, 2, 1, 2, 1, "10.0.0.254", "10.0.0.2"), ARP_SPOOF);
	assert_refused(arp(*state, DEV1, GROUP, 1, 1, 2, "10.0.0.1", "10.0.0.254"), ARP_SPOOF);
	assert_refused(arp(*state, DEV2, GROUP, 1, 1, 1, "10.0.0.1", "10.0.0.254"), MAC_WRONG_PORT);
	assert_refused(arp(*state, DEV1, GROUP, 1, 3, 1, "10.0.0.1", "10.0.0.254"), MALFORMED_ARP);
	/* From the network: nobody there has a device's address or MAC. */
	assert_refused(arp(*state, NET, GROUP, ROUTER, 2, ROUTER, "10.0.0.1", "10.0.0.1"), ARP_SPOOF);
	assert_refused(arp(*state, NET, GROUP, ROUTER, 1, 2, "10.0.0.254", "10.0.0.1"), ARP_SPOOF);
	assert_refused(arp(*state, NET, GROUP, 2, 1, 2, "10.0.0.254", "10.0.0.1"), MAC_ON_NETWORK);
}

static void arp_probes_and_announcements(void **state)
{
	assert_passes(arp(*state, DEV1, GROUP, 1, 1, 1, "0.0.0.0", "10.0.0.50"));
	assert_int_equal(rig.v.egress, NET);
	assert_passes(arp(*state, DEV1, GROUP, 1, 1, 1, "0.0.0.0", "10.0.0.2")); /* the holder answers */
	assert_int_equal(rig.v.egress, DEV2);
	assert_refused(arp(*state, DEV1, GROUP, 1, 2, 1, "0.0.0.0", "10.0.0.2"), ARP_SPOOF);
	assert_passes(arp(*state, DEV1, GROUP, 1, 1, 1, "10.0.0.1", "10.0.0.1"));
	assert_int_equal(rig.v.egress, NET);
	assert_passes(arp(*state, NET, GROUP, ROUTER, 1, ROUTER, "10.0.0.254", "10.0.0.1"));
	assert_int_equal(rig.v.egress, DEV1);
	assert_passes(arp(*state, NET, GROUP, ROUTER, 1, ROUTER, "0.0.0.0", "10.0.0.1"));
	assert_refused(arp(*state, NET, GROUP, ROUTER, 1, ROUTER, "10.0.0.254", "10.0.0.99"), GROUP_DESTINATION);
}

/* The recorder's rule is open for a while. A camera that reaches it by the router hangs on that, too: what comes back for the
 * camera is judged by its flow alone. */
#define OPEN_UNTIL 1800000000
static void the_other_ends_schedule_closes(void **state)
{
	static const char policy[] = "ostiary: 1\nschedules: { fair: { until: 2027-01-15T08:00:00Z } }\nroles:\n"
		"  camera:\n    authenticate: mac\n    allow:\n      - to: { role: recorder, service: udp/554 }\n"
		"  recorder:\n    authenticate: mac\n    allow:\n      - { from: { role: camera, service: udp/554 }, when: fair }\n"
		"devices:\n"
		"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"
		"  rec: { role: recorder, mac: \"02:00:00:00:00:02\", port: dev2, address: 10.0.0.2 }\n";
	struct way up = {DEV1, ROUTER, 1, "10.0.0.1", "10.0.0.2", 40000, 554};

	assert_int_equal(rig_swap(*state, policy), 0);
	ost_site_wall_set(rig.site, OPEN_UNTIL - 1);
	assert_passes(rig_udp(*state, &up));
	assert_passes(rig_udp(*state, &up));
	ost_site_wall_set(rig.site, OPEN_UNTIL + 1);
	assert_refused(rig_udp(*state, &up), POLICY_CHANGED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(the_other_ends_schedule_closes), TEST(both_allow), TEST(one_denies), TEST(echo_between_devices),
		TEST(the_mac_and_the_address_are_the_same_devices), TEST(packets_of_a_flow_are_for_its_other_device),
		TEST(a_stranger_takes_no_flow_away), TEST(routed_between_devices),
		TEST(nobody_joins_from_the_network_side), TEST(either_ones_state_ends_it),
		TEST(a_device_that_moved_has_no_flow), TEST(names_of_dead_flows_do_not_pile_up),
		TEST(a_peers_answer_is_the_devices_own_packet), TEST(arp_asks_who_may_be_talked_to),
		TEST(arp_lies), TEST(arp_probes_and_announcements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
