/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbour Discovery: how a device comes to an IPv6 address and keeps it, who may say what to whom. */
#include "rig_nd.h"

/* a may talk to b, and to nobody else; p stands alone; bare does not include nd. */
#define ROLES(addresses)                                                                           \
	"ostiary: 1\n"                                                                             \
	"networks:\n  plant: [\"fd00:20::/64\"]\n"                                                 \
	"roles:\n  thing:\n    authenticate: mac\n    include: [nd, igmp]\n    allow:\n"           \
	"      - to: { network: plant, service: udp/5000 }\n"                                      \
	"      - from: { network: plant, service: udp/6000 }\n"                                    \
	"      - to: { role: recorder, service: udp/554 }\n"                                       \
	"    limits: { addresses: " addresses " }\n"                                               \
	"  recorder:\n    authenticate: mac\n    include: [nd]\n    allow:\n"                      \
	"      - from: { role: thing, service: udp/554 }\n"                                        \
	"  plc:\n    authenticate: mac\n    include: [nd]\n"                                       \
	"  bare:\n    authenticate: mac\n    allow:\n      - to: { network: plant, service: udp/5000 }\n" \
	"devices:\n"

static const char policy[] = ROLES("3")
	"  a: { role: thing, mac: \"02:00:00:00:00:01\", port: dev1 }\n"
	"  b: { role: recorder, mac: \"02:00:00:00:00:02\", port: dev2 }\n"
	"  p: { role: plc, mac: \"02:00:00:00:00:03\", port: dev3 }\n"
	"  bare: { role: bare, mac: \"02:00:00:00:00:04\", port: dev3 }\n";

#define A  "fd00:30::1"
#define B  "fd00:30::2"
#define P  "fd00:30::3"
#define GW "fe80::f0"

static int setup(void **state)
{
	return rig_start(state, policy, NULL);
}

static void own(struct rig *r, unsigned device, const char *ip)
{
	assert_passes(nd_send(r, claim_of(device, ip)));
	rig_wait_ms(r, 600);
}

#define assert_to(r, port)                                      \
	do {                                                    \
		assert_int_equal((r)->v.action, OST_FORWARD);   \
		assert_int_equal((r)->v.egress, port);          \
	} while (0)

/* ---- claims ---- */

static void a_claim_waits_half_a_second(void **state)
{
	struct rig *r = *state;

	assert_refused(speak(r, 1, A), SOURCE_ADDRESS);
	assert_passes(nd_send(r, claim_of(1, A)));
	assert_to(r, NET);
	assert_int_equal(held(r), 1);
	assert_refused(speak(r, 1, A), SOURCE_ADDRESS);
	rig_wait_ms(r, 450);
	assert_refused(speak(r, 1, A), SOURCE_ADDRESS);
	assert_refused(nd_send(r, ask_of(1, A, "fd00:20::9")), ND_SPOOF);
	rig_wait_ms(r, 100);
	assert_passes(speak(r, 1, A));
	assert_refused(speak(r, 2, A), SOURCE_ADDRESS);
}

/* RFC 7527: the claim bears a nonce. Asking again does not make an address tentative again. */
static void a_claim_is_repeated(void **state)
{
	own(*state, 1, A);
	assert_passes(speak(*state, 1, A));
	assert_passes(nd_send(*state, with(claim_of(1, A), NONCE, 77)));
	assert_passes(speak(*state, 1, A));
	assert_int_equal(held(*state), 1);
}

static void an_answer_contests_a_claim(void **state)
{
	struct rig *r = *state;

	assert_passes(nd_send(r, claim_of(1, A)));
	assert_passes(nd_send(r, answer_of(NET, A, "ff02::1", GROUP)));
	assert_int_equal(r->v.action, OST_FLOOD_DEVICES);
	assert_int_equal(held(r), 0);
	rig_wait_ms(r, 600);
	assert_refused(speak(r, 1, A), SOURCE_ADDRESS);
}

/* RFC 4862 section 5.4.3: two that ask for the same address at once both do without. The device must hear of it. */
static void a_claim_contests_a_claim(void **state)
{
	struct nd other = claim_of(NET, A);
	struct rig *r = *state;

	other.src = SERVER;
	assert_passes(nd_send(r, claim_of(1, A)));
	assert_passes(nd_send(r, other));
	assert_to(r, DEV1);
	assert_int_equal(held(r), 0);
	rig_wait_ms(r, 600);
	assert_refused(speak(r, 1, A), SOURCE_ADDRESS);
}

static void a_settled_address_is_not_contested(void **state)
{
	struct nd other = claim_of(NET, A);
	struct rig *r = *state;

	own(r, 1, A);
	assert_refused(nd_send(r, answer_of(NET, A, "ff02::1", GROUP)), ND_SPOOF);
	assert_int_equal(rig_counts(r, "a").refused_pkts[OST_REASON_ND_SPOOF], 1);
	other.src = SERVER;
	assert_passes(nd_send(r, other)); /* it will be defended */
	assert_to(r, DEV1);
	assert_passes(speak(r, 1, A));
}

static void a_second_claim_is_an_address_in_use(void **state)
{
	struct rig *r = *state;

	assert_passes(nd_send(r, claim_of(1, A)));
	assert_refused(nd_send(r, claim_of(2, A)), ADDRESS_IN_USE);
	rig_wait_ms(r, 600);
	assert_refused(nd_send(r, claim_of(2, A)), ADDRESS_IN_USE);
	assert_passes(speak(r, 1, A));
}

static void the_address_of_its_mac_is_its_own_at_once(void **state)
{
	struct rig *r = *state;

	assert_refused(nd_send(r, ask_of(1, "fe80::ff:fe00:2", GW)), ND_SPOOF);
	assert_passes(nd_send(r, ask_of(1, "fe80::ff:fe00:1", GW)));
	assert_to(r, NET);
	assert_int_equal(held(r), 1);
	/* With duplicate detection before, which nobody else can win. */
	assert_passes(nd_send(r, claim_of(2, "fe80::ff:fe00:2")));
	assert_passes(nd_send(r, ask_of(2, "fe80::ff:fe00:2", GW)));
	assert_refused(nd_send(r, answer_of(NET, "fe80::ff:fe00:2", "ff02::1", GROUP)), ND_SPOOF);
}

static void a_device_holds_so_many_addresses(void **state)
{
	struct rig *r = *state;

	own(r, 1, A);
	own(r, 1, "fd00:30::11");
	own(r, 1, "fe80::ff:fe00:1");
	assert_refused(nd_send(r, claim_of(1, "fd00:30::13")), BINDING_LIMIT);
	own(r, 1, A); /* which it has */
	assert_int_equal(held(r), 3);
}

/* ---- time ---- */

#define HOUR_MS 3600000ull

static void an_address_lapses_when_nobody_speaks_of_it(void **state)
{
	struct rig *r = *state;

	own(r, 1, A);
	rig_wait_ms(r, 4 * HOUR_MS - 60000);
	assert_passes(speak(r, 1, A));
	rig_wait_ms(r, HOUR_MS);
	rig_sweep(r);
	assert_int_equal(held(r), 0);
	assert_refused(speak(r, 1, A), SOURCE_ADDRESS);
	assert_refused(nd_send(r, ask_of(1, A, "fd00:20::9")), ND_SPOOF);
}

static void asking_and_answering_keep_an_address(void **state)
{
	struct rig *r = *state;

	own(r, 1, A);
	for (int i = 0; i < 6; i++) {
		rig_wait_ms(r, 3 * HOUR_MS);
		rig_sweep(r);
		assert_passes(nd_send(r, i & 1 ? ask_of(1, A, "fd00:20::9") : answer_of(1, A, "fd00:20::9", ROUTER)));
	}
	assert_passes(speak(r, 1, A));
}

/* Its time is over, though no sweep has come by: it is claimed like any other. */
static void a_lapsed_address_is_claimed_anew(void **state)
{
	struct rig *r = *state;

	own(r, 1, A);
	rig_wait_ms(r, 5 * HOUR_MS);
	assert_passes(nd_send(r, claim_of(1, A)));
	assert_refused(speak(r, 1, A), SOURCE_ADDRESS);
	rig_wait_ms(r, 600);
	assert_passes(speak(r, 1, A));
	assert_int_equal(held(r), 1);
}

/* What a device opened ends with its address, though its packets came all the time. */
static void flows_end_with_their_address(void **state)
{
	struct rig *r = *state;
	enum ost_reason last = OST_REASON_NONE;
	unsigned passed;

	own(r, 1, A);
	for (passed = 0; passed < 2000 && (last = speak(r, 1, A)) == OST_REASON_NONE; passed++) {
		rig_wait_ms(r, 10000);
		rig_sweep(r);
	}
	assert_refused(last, SOURCE_ADDRESS);
	assert_in_range(passed, 1440, 1630);
	assert_int_equal(held(r), 0);
	assert_int_equal(rig_counts(r, "a").flows_opened, 1);
}

struct told {
	unsigned bound, unbound;
	uint64_t expires_in_ns;
};

static void note(void *user, const struct ost_binding_event *e)
{
	struct told *t = user;

	t->bound += e->bound;
	t->unbound += !e->bound;
	t->expires_in_ns = e->expires_in_ns;
}

/* ostiaryd shows when an address lapses: it hears of renewals, but not of each word. */
static void renewals_are_told_now_and_then(void **state)
{
	struct rig *r = *state;
	struct told t = {0};

	own(r, 1, A);
	for (int i = 0; i < 60; i++) {
		rig_wait_ms(r, 60000);
		assert_passes(nd_send(r, ask_of(1, A, "fd00:20::9")));
	}
	assert_int_equal(ost_site_binding_events(r->site, note, &t), 0);
	assert_in_range(t.bound, 2, 5);
	assert_int_equal(t.unbound, 0);
	assert_in_range(t.expires_in_ns / OST_NS_PER_S, 4 * 3600, 5 * 3600);
}

/* ---- who may say what ---- */

static void nobody_speaks_for_another(void **state)
{
	struct nd d;
	struct rig *r = *state;

	own(r, 1, A);
	own(r, 2, B);
	assert_refused(nd_send(r, ask_of(1, B, "fd00:20::9")), ND_SPOOF);
	assert_refused(nd_send(r, ask_of(1, "fd00:30::99", "fd00:20::9")), ND_SPOOF);
	assert_refused(nd_send(r, answer_of(1, B, "ff02::1", GROUP)), ND_SPOOF);
	d = answer_of(1, A, "ff02::1", GROUP);
	d.target = GW; /* the router's: the man in the middle */
	assert_refused(nd_send(r, d), ND_SPOOF);
	d.from = GW;
	d.target = A;
	assert_refused(nd_send(r, d), ND_SPOOF);
	assert_passes(nd_send(r, answer_of(1, A, "ff02::1", GROUP)));
	assert_to(r, NET);
}

static void a_link_layer_option_is_the_senders(void **state)
{
	struct nd plain = claim_of(1, A), d;
	struct rig *r = *state;

	own(r, 1, A);
	plain = (struct nd){.port = DEV1, .dst = GROUP, .src = 1, .from = A, .type = NS, .target = "fd00:20::9", .hops = 255};
	assert_passes(nd_send(r, plain));
	assert_refused(nd_send(r, with(plain, SLLA, 2)), ND_SPOOF);
	/* Whichever of several the receiver takes. */
	assert_passes(nd_send(r, with(with(plain, SLLA, 1), SLLA, 1)));
	assert_refused(nd_send(r, with(with(plain, SLLA, 2), SLLA, 1)), ND_SPOOF);
	assert_refused(nd_send(r, with(with(plain, SLLA, 1), SLLA, 2)), ND_SPOOF);
	assert_refused(nd_send(r, with(with(plain, SLLA, 1), TLLA, 2)), ND_SPOOF);
	d = answer_of(1, A, "ff02::1", GROUP);
	assert_refused(nd_send(r, with(d, TLLA, 2)), ND_SPOOF);
	assert_refused(nd_send(r, with(d, SLLA, 2)), ND_SPOOF);
	/* An Ethernet address fills it (RFC 2464 section 6). */
	d.options[0].units = 2;
	assert_refused(nd_send(r, d), MALFORMED_L4);
}

static void a_device_carries_nothing_in_options(void **state)
{
	static const uint8_t others[] = {0, 3, 4, 5, 11, 12, 13, 24, 25, 31, 253, 255};
	struct nd d;
	struct rig *r = *state;

	own(r, 1, A);
	d = ask_of(1, A, "fd00:20::9");
	assert_passes(nd_send(r, with(d, NONCE, 9)));
	for (unsigned i = 0; i < OST_ARRAY_SIZE(others); i++)
		assert_refused(nd_send(r, with(d, others[i], 9)), MALFORMED_L4);
	assert_refused(nd_send(r, with(with(d, NONCE, 9), NONCE, 9)), MALFORMED_L4);
	d = with(d, NONCE, 9);
	d.options[1].units = 4;
	assert_refused(nd_send(r, d), MALFORMED_L4);
}

/* From the network, options that we do not know are the receiver's to ignore (RFC 4861 section 4.6). */
static void routers_may_say_more(void **state)
{
	struct nd d = {.port = NET, .dst = GROUP, .src = ROUTER, .from = GW, .to = "ff02::1", .type = RA, .hops = 255};
	struct rig *r = *state;

	d = with(with(d, SLLA, ROUTER), 25, 7);
	d.options[1].units = 3;
	assert_passes(nd_send(r, d));
	assert_int_equal(r->v.action, OST_FLOOD_DEVICES);
	/* RFC 4861 section 6.1.2 */
	d.from = "fd00:20::9";
	assert_refused(nd_send(r, d), MALFORMED_L4);
}

static void the_network_names_no_device(void **state)
{
	struct nd d = {.port = NET, .dst = GROUP, .src = ROUTER, .from = GW, .to = "ff02::1", .type = RA, .hops = 255};
	struct rig *r = *state;

	own(r, 1, A);
	assert_refused(nd_send(r, with(d, SLLA, 1)), ND_SPOOF);
	d = ask_of(NET, GW, A);
	assert_refused(nd_send(r, with(d, SLLA, 2)), ND_SPOOF);
	d.from = A;
	assert_refused(nd_send(r, d), ND_SPOOF);
	d = ask_of(NET, GW, A);
	d.src = 2;
	assert_refused(nd_send(r, d), MAC_ON_NETWORK);
}

static void a_device_is_no_router(void **state)
{
	struct nd d = {.port = DEV1, .dst = GROUP, .src = 1, .from = "fe80::ff:fe00:1", .to = "ff02::1", .type = RA, .hops = 255};
	struct rig *r = *state;

	assert_refused(nd_send(r, d), RA_GUARD);
	d.src = 0x77; /* whoever it is */
	assert_refused(nd_send(r, d), RA_GUARD);
	d.type = REDIRECT;
	d.target = B;
	assert_refused(nd_send(r, d), RA_GUARD);
	d.port = NET;
	d.src = ROUTER;
	d.from = GW;
	assert_refused(nd_send(r, d), RA_GUARD);
}

/* ---- where it goes ---- */

static void a_question_goes_to_who_has_the_answer(void **state)
{
	struct rig *r = *state;

	own(r, 1, A);
	own(r, 2, B);
	assert_passes(nd_send(r, ask_of(NET, GW, A)));
	assert_to(r, DEV1);
	assert_passes(nd_send(r, ask_of(NET, GW, B)));
	assert_to(r, DEV2);
	assert_refused(nd_send(r, ask_of(NET, GW, "fd00:30::77")), GROUP_DESTINATION);
	assert_passes(nd_send(r, answer_of(1, A, GW, ROUTER)));
	assert_to(r, NET);
	assert_passes(nd_send(r, answer_of(NET, GW, A, 1)));
	assert_to(r, DEV1);
	assert_refused(nd_send(r, answer_of(NET, GW, A, 0x66)), UNKNOWN_DESTINATION);
}

static void between_devices_only_for_those_that_may_talk(void **state)
{
	struct nd d;
	struct rig *r = *state;

	own(r, 1, A);
	own(r, 2, B);
	own(r, 3, P);
	assert_passes(nd_send(r, ask_of(1, A, B)));
	assert_to(r, DEV2);
	assert_passes(nd_send(r, answer_of(2, B, A, 1)));
	assert_to(r, DEV1);
	assert_refused(nd_send(r, ask_of(1, A, P)), PEER_NOT_ALLOWED);
	assert_refused(nd_send(r, answer_of(3, P, A, 1)), PEER_NOT_ALLOWED);
	/* Asking for one and telling another. */
	d = ask_of(1, A, "fd00:20::9");
	d.to = P;
	assert_refused(nd_send(r, d), PEER_NOT_ALLOWED);
	d = ask_of(1, A, B);
	d.to = P;
	assert_refused(nd_send(r, d), PEER_NOT_ALLOWED);
}

static void solicitations_go_to_neighbours_only(void **state)
{
	static const char *const far[] = {"ff0e::1", "ff02::fb", "ff02::1:ff00:99"};
	struct nd rs = {.port = DEV1, .dst = GROUP, .src = 1, .from = "fe80::ff:fe00:1", .to = "ff02::2", .type = RS, .hops = 255};
	struct nd d;
	struct rig *r = *state;

	own(r, 1, A);
	for (unsigned i = 0; i < OST_ARRAY_SIZE(far); i++) {
		d = ask_of(1, A, "fd00:20::9");
		d.to = far[i];
		assert_refused(nd_send(r, d), NOT_ALLOWED);
		assert_refused(nd_send(r, answer_of(1, A, far[i], GROUP)), NOT_ALLOWED);
		rs.to = far[i];
		assert_refused(nd_send(r, rs), NOT_ALLOWED);
	}
	rs.to = "2001:db8::1"; /* a router would send it on */
	assert_refused(nd_send(r, rs), NOT_ALLOWED);
	rs.to = "ff02::2";
	assert_passes(nd_send(r, rs));
	assert_to(r, NET);
	/* Is it still there? (RFC 4861 section 7.3.3) Here is my address (RFC 9131). */
	d = ask_of(1, A, "fd00:20::9");
	d.to = "fd00:20::9";
	assert_passes(nd_send(r, d));
	assert_passes(nd_send(r, answer_of(1, A, "ff02::2", GROUP)));
	d.to = "fd00:20::8"; /* a question to one about another */
	assert_refused(nd_send(r, d), NOT_ALLOWED);
}

/* A router that is no neighbour would carry it anywhere: whom the device may not reach hears nothing this way either. */
static void neighbours_are_not_far_away(void **state)
{
	struct nd d;
	struct rig *r = *state;

	own(r, 1, A);
	d = ask_of(1, A, "2001:db8::1");
	d.dst = ROUTER;
	d.to = "2001:db8::1";
	assert_refused(nd_send(r, d), NOT_ALLOWED);
	assert_refused(nd_send(r, answer_of(1, A, "2001:db8::1", ROUTER)), NOT_ALLOWED);
	assert_passes(nd_send(r, answer_of(1, A, "fd00:30::f0", ROUTER))); /* its own prefix */
	assert_passes(nd_send(r, answer_of(1, A, GW, ROUTER)));
	d.target = d.to = GW;
	assert_passes(nd_send(r, d));
}

/* ---- form ---- */

static void what_comes_from_afar_is_refused(void **state)
{
	struct nd d;
	struct rig *r = *state;

	own(r, 1, A);
	d = ask_of(1, A, "fd00:20::9");
	d.hops = 254;
	assert_refused(nd_send(r, d), MALFORMED_L4);
	d.hops = 255;
	d.code = 1;
	assert_refused(nd_send(r, d), MALFORMED_L4);
	d = ask_of(NET, GW, A);
	d.hops = 64;
	assert_refused(nd_send(r, d), MALFORMED_L4);
	d = ask_of(1, A, "fd00:20::9");
	d.option_count = 1;
	d.options[0].units = 0;
	assert_refused(nd_send(r, d), MALFORMED_L4);
	d = ask_of(1, A, "ff02::1");
	d.to = "ff02::1";
	assert_refused(nd_send(r, d), MALFORMED_L4);
}

/* RFC 4861 sections 6.1.1, 7.1.1 and 7.1.2. */
/* RFC 4861 sections 4.4 and 4.6: an answer has a sender, an option a length; and sixteen of them are enough. */
static void answers_and_options_have_a_form(void **state)
{
	struct rig *r = *state;
	struct nd from[] = {answer_of(1, A, "ff02::1", GROUP), answer_of(NET, "fe80::f0", "ff02::1", GROUP)};
	struct wire f;

	own(r, 1, A);
	for (unsigned i = 0; i < 2; i++) {
		assert_passes(nd_send(r, from[i]));
		from[i].from = "::";
		from[i].option_count = 0;
		assert_refused(nd_send(r, from[i]), MALFORMED_L4);
	}
	from[1].from = "fe80::f0";
	for (unsigned n = 15; n < 18; n++) {
		nd_build(&f, &from[1]);
		for (unsigned i = 0; i < n; i++) {
			wire_u16(&f, 200u << 8 | 1);
			wire_zeros(&f, 6);
		}
		wire_end(&f);
		if (n < 17)
			assert_passes(rig_send(r, NET, &f));
		else
			assert_refused(rig_send(r, NET, &f), MALFORMED_L4);
	}
	nd_build(&f, &from[1]);
	wire_zeros(&f, 8); /* of length 0 */
	wire_end(&f);
	assert_refused(rig_send(r, NET, &f), MALFORMED_L4);
}

/* From an address of its own, about one that is a device's. */
static void the_network_answers_for_no_device(void **state)
{
	struct rig *r = *state;
	struct nd d = answer_of(NET, "fe80::f0", "ff02::1", GROUP);

	own(r, 1, A);
	d.target = A;
	assert_refused(nd_send(r, d), ND_SPOOF);
	assert_int_equal(rig_counts(r, "a").refused_pkts[OST_REASON_ND_SPOOF], 1);
}

/* RFC 4862 section 5.4: it asks about that one too, and need not wait. */
static void the_address_of_its_mac_is_claimed_at_once(void **state)
{
	struct rig *r = *state;

	struct nd d = ask_of(1, "fe80::ff:fe00:1", GW);

	d.to = "ff02::2"; /* all routers are told, not asked */
	assert_refused(nd_send(r, d), NOT_ALLOWED);
	assert_passes(nd_send(r, claim_of(1, "fe80::ff:fe00:1")));
	assert_passes(speak(r, 1, "fe80::ff:fe00:1"));
	assert_passes(nd_send(r, claim_of(2, "fe80::ff:fe00:1:2"))); /* of no MAC of his */
	assert_refused(speak(r, 2, "fe80::ff:fe00:1:2"), SOURCE_ADDRESS);
}

/* Who has an address must hear of it when a device claims it, or he cannot contest it: what would not reach him, or what
 * he would throw away unread, claims nothing. */
static void a_claim_that_nobody_hears_is_none(void **state)
{
	static const uint8_t header[8] = {58, 0, 0x1e | 0xc0, 4}; /* an option that is not skipped */
	const struct nd d = claim_of(1, A);
	struct rig *r = *state;
	struct wire whole, f;

	nd_build(&whole, &d);
	wire_end(&whole);
	for (uint32_t i = 0; i < 6; i++) { /* its group's MAC */
		f = whole;
		f.b[i] ^= i == 0 ? 2 : 1;
		assert_refused(rig_send(r, DEV1, &f), NOT_ALLOWED);
	}
	f = whole;
	memset(f.b, 0xff, 6);
	assert_refused(rig_send(r, DEV1, &f), NOT_ALLOWED);
	for (uint32_t i = 0; i < 24; i++) { /* the checksum holds for reserved bits, target, option */
		f = whole;
		f.b[f.l4 + i] ^= 0x80;
		if (i < 2)
			continue;
		assert_true(rig_send(r, DEV1, &f) != OST_REASON_NONE);
	}
	f = whole;
	f.b[f.l4 + 3] ^= 1;
	assert_refused(rig_send(r, DEV1, &f), MALFORMED_L4);
	f = whole;
	memmove(f.b + f.l4 + 8, f.b + f.l4, f.n - f.l4);
	memcpy(f.b + f.l4, header, 8);
	f.b[f.l3 + 6] = 60;
	f.b[f.l3 + 5] = (uint8_t)(f.b[f.l3 + 5] + 8);
	f.n += 8;
	assert_refused(rig_send(r, DEV1, &f), IPV6_EXTENSION);
	rig_wait_ms(r, 600);
	assert_int_equal(held(r), 0);
	assert_refused(speak(r, 1, A), SOURCE_ADDRESS);
	assert_passes(rig_send(r, DEV1, &whole));
	assert_int_equal(held(r), 1);
}

/* RFC 4861 sections 4.3 and 4.4: a receiver ignores them. */
static void reserved_bits_are_nobodys(void **state)
{
	struct rig *r = *state;
	struct nd d = claim_of(1, A);

	d.word = 0xffffffff;
	assert_passes(nd_send(r, d));
	rig_wait_ms(r, 600);
	d = answer_of(1, A, "ff02::1", GROUP);
	d.word |= 0x1fffffff;
	assert_passes(nd_send(r, d));
	d = ask_of(NET, "fd00:20::9", A);
	d.word = 0xffffffff;
	assert_passes(nd_send(r, d));
	assert_to(r, DEV1);
}

/* From the network too: a router's word with a wrong checksum is noise. */
static void noise_from_the_network_contests_nothing(void **state)
{
	struct rig *r = *state;
	struct nd d = answer_of(NET, A, "ff02::1", GROUP);
	struct wire f;

	assert_passes(nd_send(r, claim_of(1, A)));
	nd_build(&f, &d);
	wire_end(&f);
	f.b[f.l4 + 2] ^= 0x10;
	assert_refused(rig_send(r, NET, &f), MALFORMED_L4);
	rig_wait_ms(r, 600);
	assert_passes(speak(r, 1, A));
}

static void contradictions_are_refused(void **state)
{
	struct nd rs = {.port = DEV1, .dst = GROUP, .src = 1, .from = "::", .to = "ff02::2", .type = RS, .hops = 255}, d;
	struct rig *r = *state;

	assert_passes(nd_send(r, rs));
	assert_refused(nd_send(r, with(rs, SLLA, 1)), MALFORMED_L4);
	assert_refused(nd_send(r, with(claim_of(1, A), SLLA, 1)), MALFORMED_L4);
	d = claim_of(1, A);
	d.to = "ff02::1";
	assert_refused(nd_send(r, d), MALFORMED_L4);
	d.to = "fd00:20::9";
	assert_refused(nd_send(r, d), MALFORMED_L4);
	assert_int_equal(held(r), 0);
	own(r, 1, A);
	d = answer_of(1, A, "ff02::1", GROUP);
	d.word = SOLICITED | OVERRIDE;
	assert_refused(nd_send(r, d), MALFORMED_L4);
	d = answer_of(1, A, "ff02::1", GROUP);
	d.from = "::";
	assert_refused(nd_send(r, d), MALFORMED_L4);
	d = ask_of(NET, GW, A);
	d.from = "ff02::9";
	assert_refused(nd_send(r, d), MALFORMED_L4);
}

static void cut_short_at_every_byte(void **state)
{
	struct nd nds[3];
	struct rig *r = *state;

	own(r, 1, A);
	nds[0] = ask_of(1, A, "fd00:20::9");
	nds[1] = answer_of(1, A, "ff02::1", GROUP);
	nds[2] = ask_of(NET, GW, A);
	for (unsigned i = 0; i < OST_ARRAY_SIZE(nds); i++) {
		struct wire f, cut;

		nd_build(&f, &nds[i]);
		assert_int_equal(f.n - f.l4, 32);
		for (uint32_t n = 0; n < 32; n++) {
			cut = f;
			cut.n = f.l4 + n;
			wire_end(&cut);
			/* 24 is a whole message without options. */
			if (n == 24)
				assert_passes(rig_send(r, nds[i].port, &cut));
			else if (n >= 4)
				assert_refused(rig_send(r, nds[i].port, &cut), MALFORMED_L4);
			else
				assert_int_not_equal(rig_send(r, nds[i].port, &cut), OST_REASON_NONE);
			cut = f;
			cut.n = f.l4 + n; /* the frame is shorter than its IP length */
			cut.b[f.l3 + 5] = 32;
			assert_refused(rig_send(r, nds[i].port, &cut), MALFORMED_IPV6);
		}
	}
}

/* ---- role and state ---- */

static void a_role_without_nd_has_none(void **state)
{
	struct nd d = claim_of(4, "fd00:30::4");
	struct rig *r = *state;

	d.port = DEV3;
	assert_refused(nd_send(r, d), NOT_INCLUDED);
	assert_int_equal(held(r), 0);
	rig_bind(r, "bare", "fd00:30::4");
	assert_refused(nd_send(r, ask_of(NET, GW, "fd00:30::4")), NOT_INCLUDED);
	d = claim_of(1, A);
	d.port = DEV2;
	assert_refused(nd_send(r, d), MAC_WRONG_PORT);
}

static void states_without_infrastructure_have_none(void **state)
{
	struct rig *r = *state;

	own(r, 1, A);
	rig_state(r, "a", OST_STATE_QUARANTINED, OST_ASSURANCE_NONE);
	assert_passes(nd_send(r, ask_of(1, A, "fd00:20::9")));
	assert_passes(nd_send(r, ask_of(NET, GW, A)));
	rig_state(r, "a", OST_STATE_REVOKED, OST_ASSURANCE_NONE);
	assert_refused(nd_send(r, ask_of(1, A, "fd00:20::9")), STATE);
	assert_refused(nd_send(r, claim_of(1, "fd00:30::11")), STATE);
	assert_refused(nd_send(r, ask_of(NET, GW, A)), STATE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(a_claim_waits_half_a_second), TEST(a_claim_is_repeated), TEST(an_answer_contests_a_claim),
		TEST(a_claim_contests_a_claim), TEST(a_settled_address_is_not_contested),
		TEST(a_second_claim_is_an_address_in_use), TEST(the_address_of_its_mac_is_its_own_at_once),
		TEST(a_device_holds_so_many_addresses), TEST(an_address_lapses_when_nobody_speaks_of_it),
		TEST(asking_and_answering_keep_an_address), TEST(a_lapsed_address_is_claimed_anew),
		TEST(flows_end_with_their_address), TEST(renewals_are_told_now_and_then), TEST(nobody_speaks_for_another),
		TEST(a_link_layer_option_is_the_senders), TEST(a_device_carries_nothing_in_options),
		TEST(routers_may_say_more), TEST(the_network_names_no_device), TEST(a_device_is_no_router),
		TEST(a_question_goes_to_who_has_the_answer), TEST(between_devices_only_for_those_that_may_talk),
		TEST(solicitations_go_to_neighbours_only), TEST(neighbours_are_not_far_away),
		TEST(what_comes_from_afar_is_refused), TEST(the_network_answers_for_no_device),
		TEST(the_address_of_its_mac_is_claimed_at_once), TEST(answers_and_options_have_a_form),
		TEST(a_claim_that_nobody_hears_is_none), TEST(reserved_bits_are_nobodys),
		TEST(noise_from_the_network_contests_nothing), TEST(contradictions_are_refused), TEST(cut_short_at_every_byte),
		TEST(a_role_without_nd_has_none), TEST(states_without_infrastructure_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
