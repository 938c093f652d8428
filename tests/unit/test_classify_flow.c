/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows: what opens one, what belongs to it, what ends it. */
#include "classify_rig.h"

#define POLICY(limits)                                                                        \
	"ostiary: 1\n"                                                                        \
	"networks:\n  plant: [10.20.0.0/24, \"fd00:20::/64\"]\n"                              \
	"roles:\n  camera:\n    authenticate: mac\n    allow:\n"                              \
	"      - to: { network: plant, service: [tcp/443, udp/5000, icmp/echo-request, icmpv6/echo-request] }\n" \
	"      - from: { network: plant, service: tcp/80 }\n" limits                          \
	"devices:\n  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n"

static const char policy[] = POLICY("");
static const struct way out = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 443};
static const struct way out6 = {DEV1, ROUTER, 1, "fd00::1", "fd00:20::9", 40000, 443};

static int setup(void **state)
{
	return rig_start(state, policy, NULL);
}

static void only_a_syn_opens(void **state)
{
	static const uint8_t flags[] = {ACK, SYN | ACK, FIN | ACK, RST, RST | ACK, PSH | ACK, FIN};

	for (size_t i = 0; i < OST_ARRAY_SIZE(flags); i++)
		assert_refused(rig_tcp(*state, &out, flags[i], 1, 1, 0), NO_FLOW);
	assert_int_equal(rig_flows(*state), 0);
	assert_passes(rig_tcp(*state, &out, SYN, 1, 0, 0));
	assert_int_equal(rig_flows(*state), 1);
	assert_int_equal(rig.v.egress, NET);
}

static void a_flow_has_both_directions(void **state)
{
	struct way ways[] = {out, out6};

	for (size_t i = 0; i < 2; i++) {
		struct way back = way_back(&ways[i], NET);

		assert_refused(rig_tcp(*state, &back, SYN | ACK, 5000, 1001, 0), NO_FLOW);
		rig_connect(*state, &ways[i], NET);
		assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 10));
		assert_int_equal(rig.v.egress, DEV1);
		assert_int_equal(rig.v.device, ost_site_slot(rig.site, 0));
	}
}

/* A router may be another one for each packet; a device's MAC it must not be. */
static void who_sends_from_the_network_is_no_device(void **state)
{
	static const char with_twin[] = POLICY("") "  twin: { role: camera, mac: \"02:00:00:00:00:f2\", port: dev2 }\n"
		"  far: { role: camera, mac: \"02:00:00:00:00:f3\", vlan: 7 }\n";
	struct way ways[] = {out, out6};

	for (size_t i = 0; i < 2; i++) {
		struct way back = way_back(&ways[i], NET);

		assert_int_equal(rig_swap(*state, policy), 0);
		rig_connect(*state, &ways[i], NET);
		/* The second of the same burst meets what the first one taught. */
		for (unsigned router = 0xf1; router <= 0xf3; router++) {
			back.src = router;
			assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 0));
			assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 0));
		}
		back.src = 1; /* the device's own */
		assert_refused(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 0), MAC_ON_NETWORK);
		/* A router becomes a device: from now on it is refused. */
		assert_int_equal(rig_swap(*state, with_twin), 0);
		back.src = 0xf2;
		assert_refused(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 0), MAC_ON_NETWORK);
		back.src = 0xf3; /* a device of another VLAN is none here */
		assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 0));
		back.src = ROUTER;
		assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 0));
		back.src = 0xf2;
		assert_refused(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 0), MAC_ON_NETWORK);
		assert_int_equal(rig_counts(*state, "twin").refused_pkts[OST_REASON_MAC_ON_NETWORK], 2 * (i + 1));
		assert_passes(rig_tcp(*state, &ways[i], RST, 1001, 0, 0));
	}
}

static void a_flow_from_the_network(void **state)
{
	struct way in = {NET, 1, ROUTER, "10.20.0.9", "10.0.0.1", 50000, 80}, other = in;

	rig_connect(*state, &in, DEV1);
	other.dport = 81;
	assert_refused(rig_tcp(*state, &other, SYN, 1, 0, 0), NOT_ALLOWED_IN);
	other = in;
	other.from = "10.21.0.9";
	assert_refused(rig_tcp(*state, &other, SYN, 1, 0, 0), NOT_ALLOWED_IN);
}

static void a_syn_is_repeated_by_its_sender_only(void **state)
{
	struct way back = way_back(&out, NET);

	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	assert_refused(rig_tcp(*state, &back, SYN, 5000, 0, 0), NO_FLOW);
	assert_passes(rig_tcp(*state, &back, SYN | ACK, 5000, 1001, 0));
	assert_refused(rig_tcp(*state, &back, SYN, 5000, 0, 0), NO_FLOW);
}

static void fin_from_both_closes(void **state)
{
	struct way back = way_back(&out, NET);

	rig_connect(*state, &out, NET);
	assert_passes(rig_tcp(*state, &out, FIN | ACK, 1001, 5001, 0));
	assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1002, 100));
	assert_passes(rig_tcp(*state, &back, FIN | ACK, 5101, 1002, 0));
	assert_passes(rig_tcp(*state, &out, ACK, 1002, 5102, 0));
	rig_wait_ms(*state, 31000);
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 0);
}

static void a_closed_connection_opens_again(void **state)
{
	struct way back = way_back(&out, NET);

	rig_connect(*state, &out, NET);
	assert_passes(rig_tcp(*state, &out, FIN | ACK, 1001, 5001, 0));
	assert_passes(rig_tcp(*state, &back, FIN | ACK, 5001, 1002, 0));
	assert_passes(rig_tcp(*state, &out, SYN, 9000, 0, 0));
	assert_passes(rig_tcp(*state, &back, SYN | ACK, 7000, 9001, 0));
	assert_int_equal(rig_flows(*state), 1);
	assert_int_equal(rig_counts(*state, "cam").flows, 1);
	assert_int_equal(rig_counts(*state, "cam").flows_opened, 2);
}

/* The other side may open with the same ports once it is closed, if its direction is allowed. */
static void ports_are_used_again_the_other_way(void **state)
{
	struct way in = {NET, 1, ROUTER, "10.20.0.9", "10.0.0.1", 443, 80}, back = way_back(&in, DEV1);

	rig_connect(*state, &in, DEV1);
	assert_passes(rig_tcp(*state, &in, FIN | ACK, 1001, 5001, 0));
	assert_passes(rig_tcp(*state, &back, FIN | ACK, 5001, 1002, 0));
	assert_passes(rig_tcp(*state, &back, SYN, 77, 0, 0));
	assert_passes(rig_tcp(*state, &in, SYN | ACK, 88, 78, 0));
}

/* Half closed is still open: nobody from outside ends it by a SYN. */
static void a_syn_from_outside_does_not_end_a_half_closed_flow(void **state)
{
	struct way back = way_back(&out, NET);

	rig_connect(*state, &out, NET);
	assert_passes(rig_tcp(*state, &out, FIN | ACK, 1001, 5001, 0));
	assert_refused(rig_tcp(*state, &back, SYN, 1, 0, 0), NO_FLOW);
	assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1002, 100));
}

/* A FIN that comes again closes its own side only: the other one goes on. */
static void a_repeated_fin_closes_one_side(void **state)
{
	struct way back = way_back(&out, NET);

	for (int i = 0; i < 2; i++) {
		const struct way *first = i == 0 ? &out : &back, *other = i == 0 ? &back : &out;

		rig_connect(*state, &out, NET);
		assert_passes(rig_tcp(*state, first, FIN | ACK, i == 0 ? 1001 : 5001, i == 0 ? 5001 : 1001, 0));
		assert_passes(rig_tcp(*state, first, FIN | ACK, i == 0 ? 1001 : 5001, i == 0 ? 5001 : 1001, 0));
		rig_wait_ms(*state, 60000); /* longer than what is closed stays */
		assert_passes(rig_tcp(*state, other, PSH | ACK, i == 0 ? 5001 : 1001, i == 0 ? 1002 : 5002, 10));
		rig_wait_ms(*state, 300000);
		assert_refused(rig_tcp(*state, other, PSH | ACK, i == 0 ? 5011 : 1011, i == 0 ? 1002 : 5002, 10), NO_FLOW);
	}
}

static void a_reset_must_fit(void **state)
{
	struct way back = way_back(&out, NET);

	rig_connect(*state, &out, NET);
	assert_refused(rig_tcp(*state, &back, RST, 5000, 0, 0), NO_FLOW);
	assert_refused(rig_tcp(*state, &back, RST, 5001 + (1 << 20), 0, 0), NO_FLOW);
	assert_refused(rig_tcp(*state, &out, RST, 1000, 0, 0), NO_FLOW);
	assert_passes(rig_tcp(*state, &back, PSH | ACK, 5001, 1001, 10)); /* it still stands */
	assert_passes(rig_tcp(*state, &out, ACK, 1001, 5011, 0));
	assert_refused(rig_tcp(*state, &back, RST, 5001, 0, 0), NO_FLOW);
	assert_passes(rig_tcp(*state, &back, RST, 5011, 0, 0));
	assert_refused(rig_tcp(*state, &out, PSH | ACK, 1001, 5011, 1), TCP_CLOSED);
	assert_refused(rig_tcp(*state, &back, PSH | ACK, 5011, 1001, 1), TCP_CLOSED);
	assert_passes(rig_tcp(*state, &out, ACK, 1001, 5011, 0));
	assert_passes(rig_tcp(*state, &back, RST, 1, 0, 0)); /* repeated: it changes nothing */
	assert_passes(rig_tcp(*state, &out, SYN, 3000, 0, 0));
}

static void a_refused_connection_is_reset(void **state)
{
	struct way back = way_back(&out, NET);

	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	assert_refused(rig_tcp(*state, &back, RST, 0, 0, 0), NO_FLOW);
	assert_refused(rig_tcp(*state, &back, RST | ACK, 0, 1000, 0), NO_FLOW);
	assert_passes(rig_tcp(*state, &back, RST | ACK, 0, 1001, 0));
	assert_refused(rig_tcp(*state, &back, PSH | ACK, 1, 1001, 5), TCP_CLOSED);
}

/* A sender with a fixed port that tries again with a new sequence number hears the answer to that one. */
static void the_answer_to_a_newer_syn_is_a_reset(void **state)
{
	struct way back = way_back(&out, NET);

	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	assert_passes(rig_tcp(*state, &out, SYN, 70000, 0, 0));
	assert_refused(rig_tcp(*state, &back, RST | ACK, 0, 1001, 0), NO_FLOW);
	assert_passes(rig_tcp(*state, &back, RST | ACK, 0, 70001, 0));
}

static void sequence_numbers_wrap(void **state)
{
	struct way back = way_back(&out, NET);

	assert_passes(rig_tcp(*state, &out, SYN, UINT32_MAX, 0, 0));
	assert_passes(rig_tcp(*state, &back, SYN | ACK, UINT32_MAX - 5, 0, 0));
	assert_passes(rig_tcp(*state, &out, ACK, 0, UINT32_MAX - 4, 0));
	assert_refused(rig_tcp(*state, &back, RST, UINT32_MAX - 5, 0, 0), NO_FLOW);
	assert_passes(rig_tcp(*state, &back, RST, 7, 0, 0));
}

/* ---- UDP, ICMP, others ---- */

static void udp_is_answered(void **state)
{
	struct way ask = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 6000, 5000}, answer = way_back(&ask, NET);

	assert_refused(rig_udp(*state, &answer), NOT_ALLOWED_IN);
	assert_passes(rig_udp(*state, &ask));
	rig_wait_ms(*state, 59000);
	assert_passes(rig_udp(*state, &answer));
	/* Answered: it lives longer. */
	rig_wait_ms(*state, 179000);
	assert_passes(rig_udp(*state, &answer));
	rig_wait_ms(*state, 181000);
	assert_refused(rig_udp(*state, &answer), NOT_ALLOWED_IN);
}

static void unanswered_udp_ends_early(void **state)
{
	struct way ask = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 6000, 5000}, answer = way_back(&ask, NET);

	assert_passes(rig_udp(*state, &ask));
	rig_wait_ms(*state, 61000);
	assert_refused(rig_udp(*state, &answer), NOT_ALLOWED_IN);
	assert_int_equal(rig_flows(*state), 0);
}

static void echo_replies_only_from_whom_was_asked(void **state)
{
	struct way asks[] = {{DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 7, 0},
		{DEV1, ROUTER, 1, "fd00::1", "fd00:20::9", 7, 0}};

	for (size_t i = 0; i < 2; i++) {
		struct way answer = way_back(&asks[i], NET), wrong;

		answer.sport = asks[i].sport;
		assert_refused(rig_echo(*state, &answer, true), NO_FLOW);
		assert_passes(rig_echo(*state, &asks[i], false));
		assert_refused(rig_echo(*state, &asks[i], true), NO_FLOW); /* the asker answers itself */
		assert_refused(rig_echo(*state, &answer, false), NO_FLOW); /* the asked asks back */
		wrong = answer;
		wrong.sport = 8;
		assert_refused(rig_echo(*state, &wrong, true), NO_FLOW);
		wrong = answer;
		wrong.from = i == 0 ? "10.20.0.8" : "fd00:20::8";
		assert_refused(rig_echo(*state, &wrong, true), NO_FLOW);
		assert_passes(rig_echo(*state, &answer, true));
		assert_passes(rig_echo(*state, &asks[i], false));
	}
}

/* ---- time ---- */

static void each_state_has_its_timeout(void **state)
{
	struct way back = way_back(&out, NET);

	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	rig_wait_ms(*state, 29000);
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 1);
	rig_wait_ms(*state, 2000);
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 0);
	rig_connect(*state, &out, NET);
	rig_wait_ms(*state, 7430000);
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 1);
	assert_passes(rig_tcp(*state, &back, ACK, 5001, 1001, 0));
	assert_passes(rig_tcp(*state, &out, FIN | ACK, 1001, 5001, 0));
	rig_wait_ms(*state, 239000);
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 1);
	rig_wait_ms(*state, 2000);
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 0);
	rig_connect(*state, &out, NET);
	rig_wait_ms(*state, 7441000);
	assert_refused(rig_tcp(*state, &back, ACK, 5001, 1001, 0), NO_FLOW); /* unswept, and over all the same */
}

static void a_flow_that_ends_leaves_its_counts(void **state)
{
	struct ost_device_counts c;

	rig_connect(*state, &out, NET);
	rig_wait_ms(*state, 7441000);
	rig_sweep(*state);
	c = rig_counts(*state, "cam");
	assert_int_equal(c.out_pkts, 2);
	assert_int_equal(c.out_bytes, 120);
	assert_int_equal(c.in_pkts, 1);
	assert_int_equal(c.in_bytes, 60);
	assert_int_equal(c.flows, 0);
}

/* 32 bits of ticks wrap at 2^52 ns. */
static void flows_outlive_the_wrap_of_the_clock(void **state)
{
	struct way back = way_back(&out, NET);

	rig.now_ns = (1ull << 52) - OST_NS_PER_S;
	rig_connect(*state, &out, NET);
	rig_wait_ms(*state, 2000);
	rig_sweep(*state);
	assert_passes(rig_tcp(*state, &back, ACK, 5001, 1001, 0));
	rig_wait_ms(*state, 7441000);
	rig_sweep(*state);
	assert_int_equal(rig_flows(*state), 0);
}

static void last_seen_outlives_the_wrap_of_the_clock(void **state)
{
	rig.now_ns = (1ull << 52) + 5000 * OST_NS_PER_S;
	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	rig_wait_ms(*state, 10000);
	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	assert_in_range(rig_counts(*state, "cam").last_seen_ns, rig.now_ns - 11 * OST_NS_PER_S, rig.now_ns);
	rig.now_ns = (1ull << 52) - OST_NS_PER_MS;
	assert_refused(rig_tcp(*state, &out, ACK, 1, 1, 1), NO_FLOW);
	assert_in_range(rig_counts(*state, "cam").last_seen_ns, rig.now_ns - 11 * OST_NS_PER_S, rig.now_ns + (2 << 20));
}

/* ---- full ---- */

static void a_full_table_refuses_what_is_new_only(void **state)
{
	struct way w = out, back;
	unsigned opened = 0, lost = 0;

	for (uint16_t i = 0; i < 200; i++) {
		enum ost_reason r;

		w.sport = (uint16_t)(40000 + i);
		r = rig_tcp(*state, &w, SYN, 1000, 0, 0);
		if (r == OST_REASON_NONE)
			opened++;
		else
			assert_refused(r, FLOW_TABLE_FULL);
	}
	assert_in_range(opened, 60, 64);
	assert_int_equal(rig_flows(*state), opened);
	assert_int_equal(rig_counts(*state, "cam").flows, opened);
	assert_int_equal(rig_counts(*state, "cam").refused_pkts[OST_REASON_FLOW_TABLE_FULL], 200 - opened);
	for (uint16_t i = 0; i < 60; i++) {
		w.sport = (uint16_t)(40000 + i);
		back = way_back(&w, NET);
		lost += rig_tcp(*state, &back, SYN | ACK, 5000, 1001, 0) != OST_REASON_NONE;
	}
	assert_int_equal(lost, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(only_a_syn_opens), TEST(a_flow_has_both_directions), TEST(a_flow_from_the_network),
		TEST(who_sends_from_the_network_is_no_device),
		TEST(a_syn_is_repeated_by_its_sender_only), TEST(fin_from_both_closes),
		TEST(a_closed_connection_opens_again), TEST(ports_are_used_again_the_other_way),
		TEST(a_syn_from_outside_does_not_end_a_half_closed_flow), TEST(a_repeated_fin_closes_one_side), TEST(a_reset_must_fit),
		TEST(a_refused_connection_is_reset), TEST(the_answer_to_a_newer_syn_is_a_reset),
		TEST(sequence_numbers_wrap), TEST(udp_is_answered), TEST(unanswered_udp_ends_early),
		TEST(echo_replies_only_from_whom_was_asked), TEST(each_state_has_its_timeout),
		TEST(a_flow_that_ends_leaves_its_counts), TEST(flows_outlive_the_wrap_of_the_clock), TEST(last_seen_outlives_the_wrap_of_the_clock),
		TEST(a_full_table_refuses_what_is_new_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
