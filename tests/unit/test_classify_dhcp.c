/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCP snooping (RFC 2131): what a server's answer binds, who may say what to whom. */
#include "rig_dhcp.h"

#define DEVICES                                                              \
	"devices:\n"                                                         \
	"  a: { role: thing, mac: \"02:00:00:00:00:01\", port: dev1 }\n"     \
	"  b: { role: thing, mac: \"02:00:00:00:00:02\", port: dev2 }\n"     \
	"  bare: { role: bare, mac: \"02:00:00:00:00:03\", port: dev3 }\n"

#define POLICY(more) \
	"ostiary: 1\n" \
	"networks:\n  plant: [10.20.0.0/24, \"fd00:20::/64\"]\n" \
	"roles:\n  thing:\n    authenticate: mac\n    include: [arp, nd, dhcp, dhcpv6, igmp]\n    allow:\n" \
	"      - to: { network: plant, service: [udp/5000, " more "] }\n" \
	"      - from: { network: plant, service: udp/6000 }\n" \
	"    limits: { addresses: 3, packets: 100/s }\n" \
	"  bare:\n    authenticate: mac\n    allow:\n      - to: { network: plant, service: udp/5000 }\n" DEVICES

static const char policy[] = POLICY("tcp/1");

static int setup(void **state)
{
	struct rig_options o = {.bindings_max = 4};

	return rig_start(state, policy, &o);
}

static void only_the_ack_binds(void **state)
{
	struct dhcp offer = dhcp_server(1, OFFER, "10.0.0.1", 100);

	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
	assert_passes(dhcp_send(*state, &offer));
	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
	dhcp_lease(*state, 1, "10.0.0.1", 100);
	assert_passes(speak(*state, 1, "10.0.0.1"));
	assert_refused(speak(*state, 1, "10.0.0.2"), SOURCE_ADDRESS);
	assert_refused(speak(*state, 2, "10.0.0.1"), SOURCE_ADDRESS);
	assert_int_equal(held(*state), 1);
}

/* The packets of one burst are judged in their order. */
static void an_address_holds_in_the_burst_that_brings_it(void **state)
{
	struct rig *r = *state;
	const struct dhcp ack = dhcp_server(1, DHCP_ACK, "10.0.0.1", 100);
	struct wire wires[3];
	struct ost_frame frames[3];
	struct ost_verdict v[3];

	for (uint32_t i = 0; i < 3; i++) {
		wire_eth(&wires[i], 1, ROUTER);
		wire_ip(&wires[i], "10.20.0.9", "10.0.0.1", 17);
		wire_udp(&wires[i], 7, 6000, 20);
		wire_end(&wires[i]);
		if (i == 1)
			dhcp_wire(&ack, &wires[i]);
		frames[i] = (struct ost_frame){.bytes = wires[i].b, .length = wires[i].n, .port = NET};
	}
	ost_classify(r->c, frames, 3, r->now_ns, v);
	assert_refused((enum ost_reason)v[0].reason, UNKNOWN_DESTINATION);
	assert_passes((enum ost_reason)v[1].reason);
	assert_passes((enum ost_reason)v[2].reason);
}

static void a_release_unbinds_and_cuts(void **state)
{
	struct dhcp d = dhcp_client(1, RELEASE);

	dhcp_lease(*state, 1, "10.0.0.1", 100);
	assert_passes(speak(*state, 1, "10.0.0.1"));
	d.from = d.ciaddr = "10.0.0.1";
	d.to = "10.20.0.1";
	d.dst = ROUTER;
	assert_passes(dhcp_send(*state, &d));
	assert_int_equal(held(*state), 0);
	assert_refused(speak(*state, 1, "10.0.0.1"), POLICY_CHANGED);
	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
}

/* A server that we do not know does not hear of it: the address is given up all the same. */
static void a_release_to_an_unknown_server_unbinds(void **state)
{
	struct dhcp d = dhcp_client(1, RELEASE);

	rig_bind(*state, "a", "10.0.0.1");
	d.from = d.ciaddr = "10.0.0.1";
	d.to = DHCP_SERVER_IP;
	assert_refused(dhcp_send(*state, &d), NOT_ALLOWED);
	assert_int_equal(held(*state), 0);
}

/* RFC 2131 table 5: ciaddr is 0 in a DHCPDECLINE, the address stands in option 50. */
static void a_decline_unbinds(void **state)
{
	struct dhcp d = dhcp_client(1, DECLINE);

	dhcp_lease(*state, 1, "10.0.0.1", 100);
	d.requested = "10.0.0.1";
	assert_passes(dhcp_send(*state, &d));
	assert_int_equal(held(*state), 0);
}

static void nobody_releases_for_another(void **state)
{
	struct dhcp d = dhcp_client(2, RELEASE);

	dhcp_lease(*state, 1, "10.0.0.1", 100);
	d.ciaddr = "10.0.0.1";
	assert_passes(dhcp_send(*state, &d));
	assert_int_equal(held(*state), 1);
	d.chaddr = 1;
	assert_refused(dhcp_send(*state, &d), DHCP_SPOOF);
	d = dhcp_client(2, RELEASE);
	d.from = "10.0.0.1";
	assert_refused(dhcp_send(*state, &d), SOURCE_ADDRESS);
	assert_int_equal(held(*state), 1);
}

static void a_lease_lapses_and_is_renewed(void **state)
{
	struct dhcp ack = dhcp_server(1, DHCP_ACK, "10.0.0.1", 100);

	dhcp_lease(*state, 1, "10.0.0.1", 100);
	rig_wait_ms(*state, 90000);
	assert_passes(dhcp_send(*state, &ack));
	rig_wait_ms(*state, 90000);
	rig_sweep(*state);
	assert_passes(speak(*state, 1, "10.0.0.1"));
	rig_wait_ms(*state, 11000);
	rig_sweep(*state);
	assert_int_equal(held(*state), 0);
	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
}

static void an_address_in_use_is_given_to_nobody_else(void **state)
{
	struct dhcp ack = dhcp_server(2, DHCP_ACK, "10.0.0.1", 100);

	dhcp_lease(*state, 1, "10.0.0.1", 100);
	assert_refused(dhcp_send(*state, &ack), ADDRESS_IN_USE);
	rig_wait_ms(*state, 101000); /* lapsed, if unswept */
	assert_passes(dhcp_send(*state, &ack));
	assert_passes(speak(*state, 2, "10.0.0.1"));
	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
}

/* Nor is one that the policy gives to another; what nobody in the policy holds is free. */
static void an_address_of_the_policy_is_its_devices(void **state)
{
	static const char with_static[] = "ostiary: 1\nroles: { thing: { include: [dhcp] } }\ndevices:\n"
		"  a: { role: thing, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"
		"  b: { role: thing, mac: \"02:00:00:00:00:02\", port: dev2 }\n";
	static const char without_a[] = "ostiary: 1\nroles: { thing: { include: [dhcp] } }\ndevices:\n"
		"  b: { role: thing, mac: \"02:00:00:00:00:02\", port: dev2 }\n";
	struct dhcp ack = dhcp_server(2, DHCP_ACK, "10.0.0.1", 100);

	assert_int_equal(rig_swap(*state, with_static), 0);
	assert_refused(dhcp_send(*state, &ack), ADDRESS_IN_USE);
	dhcp_lease(*state, 1, "10.0.0.1", 100);
	dhcp_lease(*state, 1, "10.0.0.3", 100);
	ack.yiaddr = "10.0.0.3";
	assert_refused(dhcp_send(*state, &ack), ADDRESS_IN_USE);
	assert_int_equal(rig_swap(*state, without_a), 0);
	assert_passes(dhcp_send(*state, &ack));
	ack.yiaddr = "10.0.0.1";
	assert_passes(dhcp_send(*state, &ack));
}

static void a_rogue_server_is_told(void **state)
{
	struct dhcp d = dhcp_server(2, OFFER, "10.0.0.1", 100);

	d.port = DEV1;
	d.src = 1;
	assert_refused(dhcp_send(*state, &d), DHCP_SERVER);
	d.src = 0x77; /* whoever it is */
	assert_refused(dhcp_send(*state, &d), DHCP_SERVER);
	d = dhcp_client(1, OFFER);
	d.op = 2;
	assert_refused(dhcp_send(*state, &d), DHCP_SPOOF);
}

/* The checked path of DHCP is for DHCP's ports: what else bears its form and one of its ports is refused. */
static void dhcp_opens_no_other_port(void **state)
{
	struct dhcp d = dhcp_client(1, DISCOVER), s = dhcp_server(1, OFFER, "10.0.0.1", 100);

	d.dport = 443;
	assert_refused(dhcp_send(*state, &d), NOT_ALLOWED);
	s.dport = 80;
	assert_refused(dhcp_send(*state, &s), NOT_ALLOWED_IN);
}

static void a_role_without_dhcp_gets_none(void **state)
{
	struct dhcp d = dhcp_client(3, DISCOVER), s = dhcp_server(3, DHCP_ACK, "10.0.0.3", 100);

	assert_refused(dhcp_send(*state, &d), NOT_INCLUDED);
	assert_refused(dhcp_send(*state, &s), NOT_INCLUDED);
	assert_int_equal(held(*state), 0);
}

/* ---- whom a device may ask ---- */

/* RFC 2131 section 4.4.4: all, or the server that it knows. */
static void who_may_be_asked(void **state)
{
	static const char *const never[] = {"10.20.0.2", "8.8.8.8", "10.0.0.255", "224.0.0.1", "0.0.0.0", "10.0.0.9"};
	struct dhcp renew = dhcp_client(1, REQUEST), ack = dhcp_server(1, DHCP_ACK, "10.0.0.1", 100);

	renew.dst = ROUTER;
	renew.to = DHCP_SERVER_IP;
	assert_refused(dhcp_send(*state, &renew), NOT_ALLOWED); /* it never heard of it */
	renew.to = "0.0.0.0";
	assert_refused(dhcp_send(*state, &renew), NOT_ALLOWED);
	renew.to = DHCP_SERVER_IP;
	dhcp_lease(*state, 1, "10.0.0.1", 100);
	dhcp_lease(*state, 2, "10.0.0.9", 100);
	renew.from = renew.ciaddr = "10.0.0.1";
	assert_passes(dhcp_send(*state, &renew));
	assert_int_equal(rig.v.egress, NET);
	for (size_t i = 0; i < OST_ARRAY_SIZE(never); i++) {
		renew.to = never[i];
		assert_refused(dhcp_send(*state, &renew), NOT_ALLOWED);
	}
	renew.to = "255.255.255.255";
	assert_passes(dhcp_send(*state, &renew));
	/* Another server takes over. */
	ack.server = "10.20.0.2";
	assert_passes(dhcp_send(*state, &ack));
	renew.to = "10.20.0.2";
	assert_passes(dhcp_send(*state, &renew));
	renew.to = DHCP_SERVER_IP;
	assert_refused(dhcp_send(*state, &renew), NOT_ALLOWED);
	/* The other device knows the first one, and an address that is a device's is no server's. */
	renew = dhcp_client(2, REQUEST);
	renew.to = DHCP_SERVER_IP;
	assert_passes(dhcp_send(*state, &renew));
	ack = dhcp_server(2, DHCP_ACK, "10.0.0.9", 100);
	ack.server = "10.0.0.1";
	assert_passes(dhcp_send(*state, &ack));
	renew.to = "10.0.0.1";
	assert_refused(dhcp_send(*state, &renew), NOT_ALLOWED);
}

static void only_an_ack_that_passes_names_a_server(void **state)
{
	static const char *const none[] = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"};
	struct dhcp ack = dhcp_server(1, DHCP_ACK, "10.0.0.1", 100), ask = dhcp_client(1, REQUEST);

	dhcp_lease(*state, 2, "10.0.0.9", 100);
	dhcp_lease(*state, 1, "10.0.0.1", 100);
	ack.server = "10.20.0.2";
	ack.message = OFFER;
	assert_passes(dhcp_send(*state, &ack));
	ack.message = NAK;
	assert_passes(dhcp_send(*state, &ack));
	ack.message = DHCP_ACK;
	ack.yiaddr = "10.0.0.9";
	assert_refused(dhcp_send(*state, &ack), ADDRESS_IN_USE);
	ask.to = "10.20.0.2";
	assert_refused(dhcp_send(*state, &ask), NOT_ALLOWED);
	ack.yiaddr = "10.0.0.1";
	for (size_t i = 0; i < OST_ARRAY_SIZE(none); i++) {
		ack.server = none[i];
		assert_passes(dhcp_send(*state, &ack));
		ask.to = DHCP_SERVER_IP;
		assert_passes(dhcp_send(*state, &ask)); /* the one before */
	}
	ack.yiaddr = "0.0.0.0"; /* the answer to an INFORM */
	ack.server = "10.20.0.2";
	assert_passes(dhcp_send(*state, &ack));
	assert_int_equal(held(*state), 2); /* no address is none */
	ask.to = "10.20.0.2";
	assert_passes(dhcp_send(*state, &ask));
}

static void a_rule_names_a_server(void **state)
{
	struct dhcp inform = dhcp_client(1, 8);

	inform.from = inform.ciaddr = "10.0.0.1";
	inform.to = "10.20.0.7";
	rig_bind(*state, "a", "10.0.0.1");
	assert_refused(dhcp_send(*state, &inform), NOT_ALLOWED);
	assert_int_equal(rig_swap(*state, POLICY("udp/67")), 0);
	assert_passes(dhcp_send(*state, &inform));
	inform.to = "10.21.0.7";
	assert_refused(dhcp_send(*state, &inform), NOT_ALLOWED);
	inform.to = "10.20.0.7";
	rig_state(*state, "a", OST_STATE_QUARANTINED, OST_ASSURANCE_IDENTIFIED);
	assert_refused(dhcp_send(*state, &inform), NOT_ALLOWED);
	inform.to = "255.255.255.255";
	assert_passes(dhcp_send(*state, &inform));
}

/* ---- options ---- */

/* The message without its options, and where they begin. */
static uint32_t without_options(struct wire *f)
{
	struct dhcp ack = dhcp_server(1, DHCP_ACK, "10.0.0.1", 0);

	dhcp_wire(&ack, f);
	f->n = f->l4 + 8 + 240;
	return f->n;
}

static enum ost_reason done(struct rig *r, struct wire *f)
{
	wire_end(f);
	return rig_send(r, NET, f);
}

static void options_cut_short_bind_nothing(void **state)
{
	struct rig *r = *state;
	struct wire f;
	uint32_t begin = without_options(&f);

	wire_u16(&f, 53u << 8 | 1);
	wire_u8(&f, DHCP_ACK);
	wire_u16(&f, 51u << 8 | 4);
	wire_u32(&f, 100);
	for (uint32_t n = begin + 1; n < begin + 9; n++) {
		struct wire cut = f;

		cut.n = n;
		if (n == begin + 3)
			continue;
		assert_refused(done(r, &cut), MALFORMED_L4);
	}
	for (uint32_t n = begin - 240; n < begin; n += 7) {
		struct wire cut = f;

		cut.n = n;
		assert_refused(done(r, &cut), MALFORMED_L4);
	}
	for (int by = -1; by <= 1; by += 2) { /* UDP's own length */
		struct wire wrong = f;

		wire_end(&wrong);
		wrong.b[f.l4 + 4] = by < 0 ? 0 : wrong.b[f.l4 + 4];
		wrong.b[f.l4 + 5] = by < 0 ? 7 : (uint8_t)(wrong.b[f.l4 + 5] + 1);
		assert_refused(rig_send(r, NET, &wrong), MALFORMED_L4);
	}
	assert_int_equal(held(r), 0);
	assert_passes(done(r, &f)); /* the end need not be marked */
	assert_int_equal(held(r), 1);
	rig_wait_ms(r, 101000);
	rig_sweep(r);
	assert_refused(speak(r, 1, "10.0.0.1"), SOURCE_ADDRESS); /* the lease was read */
	f.b[begin - 1] ^= 1; /* the cookie */
	assert_refused(done(r, &f), MALFORMED_L4);
}

static void options_are_counted_but_padding_is_not(void **state)
{
	struct rig *r = *state;
	struct wire f;

	(void)without_options(&f);
	wire_zeros(&f, 100);
	for (unsigned i = 0; i < 63; i++)
		wire_u16(&f, 80u << 8);
	wire_u16(&f, 53u << 8 | 1);
	wire_u8(&f, DHCP_ACK);
	assert_passes(done(r, &f));
	assert_int_equal(held(r), 1);
	wire_u16(&f, 80u << 8);
	assert_refused(done(r, &f), MALFORMED_L4);
	/* Behind the end there is nothing. */
	(void)without_options(&f);
	wire_u8(&f, 255);
	wire_u16(&f, 53u << 8 | 200);
	assert_passes(done(r, &f));
}

/* What has another length than its kind is not that option. */
static void options_of_other_lengths(void **state)
{
	struct rig *r = *state;
	struct wire f;

	(void)without_options(&f);
	wire_u16(&f, 53u << 8 | 2);
	wire_u16(&f, DHCP_ACK << 8);
	assert_passes(done(r, &f));
	assert_int_equal(held(r), 0);
	(void)without_options(&f);
	wire_u16(&f, 53u << 8 | 1);
	wire_u8(&f, DHCP_ACK);
	wire_u16(&f, 51u << 8 | 2);
	wire_u16(&f, 1);
	assert_passes(done(r, &f));
	rig_wait_ms(r, 3500000); /* without a lease time: an hour */
	assert_passes(speak(r, 1, "10.0.0.1"));
	rig_wait_ms(r, 200000);
	rig_sweep(r);
	assert_refused(speak(r, 1, "10.0.0.1"), SOURCE_ADDRESS);
}

/* Ethernet is the only hardware there is, and an answer goes to the client that it names. */
static void other_forms(void **state)
{
	static const struct {
		uint32_t at; /* behind UDP's header */
		uint8_t value;
	} wrong[] = {{1, 6}, {2, 8}, {0, 3}, {0, 0}};
	struct dhcp ack = dhcp_server(1, DHCP_ACK, "10.0.0.1", 100);
	struct rig *r = *state;
	struct wire f;

	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++) {
		dhcp_wire(&ack, &f);
		f.b[f.l4 + 8 + wrong[i].at] = wrong[i].value;
		assert_refused(rig_send(r, NET, &f), MALFORMED_L4);
	}
	dhcp_wire(&ack, &f);
	f.b[f.l4 + 8] = 1;
	assert_refused(rig_send(r, NET, &f), DHCP_SPOOF);
	ack.dst = 2;
	assert_refused(dhcp_send(r, &ack), DHCP_SPOOF);
	ack.chaddr = 0x66;
	assert_refused(dhcp_send(r, &ack), UNKNOWN_DESTINATION);
	assert_int_equal(held(r), 0);
	ack.dst = GROUP; /* RFC 2131 section 4.1: when the client asks for it */
	ack.chaddr = 1;
	ack.to = "255.255.255.255";
	assert_passes(dhcp_send(r, &ack));
	assert_int_equal(r->v.egress, DEV1);
	assert_int_equal(held(r), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(only_the_ack_binds), TEST(an_address_holds_in_the_burst_that_brings_it),
		TEST(a_release_unbinds_and_cuts), TEST(a_decline_unbinds),
		TEST(a_release_to_an_unknown_server_unbinds),
		TEST(nobody_releases_for_another), TEST(a_lease_lapses_and_is_renewed),
		TEST(an_address_in_use_is_given_to_nobody_else), TEST(an_address_of_the_policy_is_its_devices),
		TEST(a_rogue_server_is_told),
		TEST(dhcp_opens_no_other_port), TEST(a_role_without_dhcp_gets_none), TEST(who_may_be_asked),
		TEST(only_an_ack_that_passes_names_a_server), TEST(a_rule_names_a_server),
		TEST(options_cut_short_bind_nothing), TEST(options_are_counted_but_padding_is_not),
		TEST(options_of_other_lengths), TEST(other_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
