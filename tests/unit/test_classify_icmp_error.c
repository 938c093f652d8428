/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors: they pass with the flow that they speak about, to the end that sent its packet, and nowhere else. */
#include "classify_rig.h"

static const char policy[] =
	"ostiary: 1\n"
	"networks:\n  plant: [10.20.0.0/24, \"fd00:20::/64\"]\n"
	"roles:\n  camera:\n    authenticate: mac\n    allow:\n"
	"      - to: { network: plant, service: [tcp/443, udp/5000, icmp/echo-request, icmpv6/echo-request] }\n"
	"      - from: { network: plant, service: tcp/80 }\n"
	"    limits: { packets: 50/s }\n"
	"devices:\n  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n";

static int setup(void **state)
{
	return rig_start(state, policy, NULL);
}

struct error {
	struct way outer;
	uint8_t type, code;
	struct way inner; /* as it was sent */
	uint8_t protocol;
};

static void error_build(struct wire *f, const struct error *e)
{
	bool v4 = strchr(e->outer.from, ':') == NULL;

	wire_eth(f, e->outer.dst, e->outer.src);
	wire_ip(f, e->outer.from, e->outer.to, v4 ? 1 : 58);
	wire_u16(f, (unsigned)e->type << 8 | e->code);
	wire_u16(f, 0);
	wire_u32(f, 0);
	if (v4) {
		wire_u32(f, 0x45000028);
		wire_u32(f, 0x00014000);
		wire_u32(f, 63u << 24 | (uint32_t)e->protocol << 16);
	} else {
		wire_u32(f, 0x60000000);
		wire_u32(f, 20u << 16 | (uint32_t)e->protocol << 8 | 63);
	}
	wire_address(f, e->inner.from);
	wire_address(f, e->inner.to);
	if (e->protocol == 1 || e->protocol == 58) {
		wire_u32(f, e->protocol == 1 ? 8u << 24 : 128u << 24);
		wire_u16(f, e->inner.sport);
		wire_u16(f, 1);
	} else {
		wire_u16(f, e->inner.sport);
		wire_u16(f, e->inner.dport);
		wire_u32(f, 1000);
	}
	wire_end(f);
}

static enum ost_reason error_send(struct rig *r, const struct error *e)
{
	struct wire f;

	error_build(&f, e);
	return rig_send(r, e->outer.port, &f);
}

static const struct way out = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 443};
static const struct way out6 = {DEV1, ROUTER, 1, "fd00::1", "fd00:20::9", 40000, 443};

static void an_error_about_a_flow_comes_in(void **state)
{
	struct error e4 = {{NET, 1, ROUTER, "10.99.0.1", "10.0.0.1", 0, 0}, 3, 1, out, 6};
	struct error e6 = {{NET, 1, ROUTER, "fd00:99::1", "fd00::1", 0, 0}, 1, 0, out6, 6};

	assert_refused(error_send(*state, &e4), ICMP_UNRELATED);
	assert_refused(error_send(*state, &e6), ICMP_UNRELATED);
	assert_passes(rig_tcp(*state, &out, SYN, 1000, 0, 0));
	assert_passes(rig_tcp(*state, &out6, SYN, 1000, 0, 0));
	assert_passes(error_send(*state, &e4));
	assert_int_equal(rig.v.egress, DEV1);
	assert_passes(error_send(*state, &e6));
	e4.inner.sport++;
	assert_refused(error_send(*state, &e4), ICMP_UNRELATED);
	e4.inner = out;
	e4.type = 5;
	assert_refused(error_send(*state, &e4), ICMP_UNRELATED); /* a redirect, whatever flow it names */
}

static void an_error_about_a_flow_goes_out(void **state)
{
	struct way in = {NET, 1, ROUTER, "10.20.0.9", "10.0.0.1", 50000, 80};
	struct error e = {{DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 0, 0}, 3, 3, in, 6};

	assert_refused(error_send(*state, &e), ICMP_UNRELATED);
	assert_passes(rig_tcp(*state, &in, SYN, 1000, 0, 0));
	assert_passes(error_send(*state, &e));
	assert_int_equal(rig.v.egress, NET);
	e.type = 5;
	assert_refused(error_send(*state, &e), RA_GUARD);
}

static void an_error_about_a_question(void **state)
{
	struct way ask = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 7, 0}, ask6 = {DEV1, ROUTER, 1, "fd00::1", "fd00:20::9", 7, 0};
	struct error e4 = {{NET, 1, ROUTER, "10.99.0.1", "10.0.0.1", 0, 0}, 11, 0, ask, 1};
	struct error e6 = {{NET, 1, ROUTER, "fd00:99::1", "fd00::1", 0, 0}, 3, 0, ask6, 58};

	assert_passes(rig_echo(*state, &ask, false));
	assert_passes(rig_echo(*state, &ask6, false));
	assert_passes(error_send(*state, &e4));
	assert_passes(error_send(*state, &e6));
	/* The device about an answer that it got: the identifier does not change sides. */
	struct error own = {{DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 0, 0}, 3, 3, {NET, 1, ROUTER, "10.20.0.9", "10.0.0.1", 7, 0}, 1};

	assert_passes(error_send(*state, &own));
	own.inner.sport = 8;
	assert_refused(error_send(*state, &own), ICMP_UNRELATED);
	e4.inner.sport = e6.inner.sport = 8;
	assert_refused(error_send(*state, &e4), ICMP_UNRELATED);
	assert_refused(error_send(*state, &e6), ICMP_UNRELATED);
}

/* An error that quotes a flow which the device may have is no licence to write to whom it likes. */
static void an_error_goes_to_the_sender_of_what_it_quotes(void **state)
{
	struct way back = way_back(&out, NET), back6 = way_back(&out6, NET);
	struct error e4 = {{DEV1, ROUTER, 1, "10.0.0.1", "198.51.100.1", 0, 0}, 3, 3, back, 6};
	struct error e6 = {{DEV1, ROUTER, 1, "fd00::1", "2001:db8::1", 0, 0}, 1, 4, back6, 6};

	rig_connect(*state, &out, NET);
	rig_connect(*state, &out6, NET);
	assert_refused(error_send(*state, &e4), ICMP_UNRELATED);
	assert_refused(error_send(*state, &e6), ICMP_UNRELATED);
	e4.outer.to = "10.20.0.9";
	e6.outer.to = "fd00:20::9";
	assert_passes(error_send(*state, &e4));
	assert_passes(error_send(*state, &e6));
	e4.outer = (struct way){NET, 1, ROUTER, "10.99.0.1", "10.0.0.77", 0, 0};
	e4.inner = out;
	assert_refused(error_send(*state, &e4), ICMP_UNRELATED);
}

static void an_error_from_a_device_bears_its_own_address(void **state)
{
	struct way back = way_back(&out, NET);
	struct error e = {{DEV1, ROUTER, 1, "10.0.0.2", "10.20.0.9", 0, 0}, 3, 3, back, 6};

	rig_connect(*state, &out, NET);
	assert_refused(error_send(*state, &e), ICMP_UNRELATED);
	e.outer.from = "10.0.0.1";
	assert_passes(error_send(*state, &e));
}

static void errors_count_against_the_limits_and_for_the_device(void **state)
{
	struct way back = way_back(&out, NET);
	struct error e = {{DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 0, 0}, 3, 3, back, 6};
	unsigned passed = 0;

	rig_connect(*state, &out, NET);
	rig_sweep(*state);
	assert_int_equal(rig_counts(*state, "cam").out_pkts, 2);
	for (int i = 0; i < 100; i++) {
		enum ost_reason r = error_send(*state, &e);

		passed += r == OST_REASON_NONE;
		if (r != OST_REASON_NONE)
			assert_refused(r, PACKET_RATE);
	}
	assert_in_range(passed, 29, 33);
	rig_sweep(*state);
	assert_int_equal(rig_counts(*state, "cam").out_pkts, 2 + passed);
}

static void what_it_quotes_is_cut_short_or_damaged(void **state)
{
	struct error e4 = {{NET, 1, ROUTER, "10.99.0.1", "10.0.0.1", 0, 0}, 3, 1, out, 6};
	struct wire f;

	rig_connect(*state, &out, NET);
	error_build(&f, &e4);
	f.b[f.l4 + 8] = 0x65; /* inner version */
	assert_refused(rig_send(*state, NET, &f), ICMP_UNRELATED);
	f.b[f.l4 + 8] = 0x44; /* inner header of four words */
	assert_refused(rig_send(*state, NET, &f), ICMP_UNRELATED);
	f.b[f.l4 + 8] = 0x4f;
	assert_refused(rig_send(*state, NET, &f), ICMP_UNRELATED);
	f.b[f.l4 + 8] = 0x45;
	f.b[f.l4 + 8 + 7] = 1; /* a later fragment: what follows is no header */
	assert_refused(rig_send(*state, NET, &f), ICMP_UNRELATED);
	f.b[f.l4 + 8 + 7] = 0;
	assert_passes(rig_send(*state, NET, &f));
	f.b[f.l3 + 3] = 20 + 8 + 27; /* one byte less than eight of the transport */
	assert_refused(rig_send(*state, NET, &f), ICMP_UNRELATED);
	f.b[f.l3 + 3] = 20 + 8 + 28;
	assert_passes(rig_send(*state, NET, &f));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(an_error_about_a_flow_comes_in), TEST(an_error_about_a_flow_goes_out),
		TEST(an_error_about_a_question), TEST(an_error_goes_to_the_sender_of_what_it_quotes),
		TEST(an_error_from_a_device_bears_its_own_address),
		TEST(errors_count_against_the_limits_and_for_the_device), TEST(what_it_quotes_is_cut_short_or_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
