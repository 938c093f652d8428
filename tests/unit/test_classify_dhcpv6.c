/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCPv6 snooping (RFC 8415): addresses that a server's Reply gives, and who may say what. */
#include "classify_rig.h"

static const char policy[] =
	"ostiary: 1\n"
	"networks:\n  plant: [\"fd00:20::/64\"]\n"
	"roles:\n  thing:\n    authenticate: mac\n    include: [nd, dhcpv6]\n    allow:\n"
	"      - to: { network: plant, service: udp/5000 }\n    limits: { addresses: 4 }\n"
	"  bare:\n    authenticate: mac\n"
	"devices:\n"
	"  a: { role: thing, mac: \"02:00:00:00:00:01\", port: dev1 }\n"
	"  b: { role: thing, mac: \"02:00:00:00:00:02\", port: dev2 }\n"
	"  bare: { role: bare, mac: \"02:00:00:00:00:03\", port: dev3 }\n";

#define OWN "fe80::ff:fe00:1"
#define X   "fd00:30::1"
#define Y   "fd00:30::2"
#define Z   "fd00:30::3"

enum {
	SOLICIT = 1, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE, RECONFIGURE, INFORMATION,
	RELAY_FORW, RELAY_REPL,
};
enum { CLIENT_ID = 1, IA_NA = 3, IA_TA, IAADDR = 5, IA_PD = 25 };

static int setup(void **state)
{
	(void)rig_start(state, policy, NULL);
	rig_bind(&rig, "a", OWN);
	rig_bind(&rig, "b", "fe80::ff:fe00:2");
	return 0;
}

static uint64_t learned(const struct rig *r)
{
	return held(r) - 2; /* setup() binds two */
}

/* ---- messages: begin, options, send ---- */

static struct wire from_device(unsigned device, uint8_t message)
{
	struct wire f;

	wire_eth(&f, GROUP, device);
	wire_ip(&f, device == 1 ? OWN : "fe80::ff:fe00:2", "ff02::1:2", 17);
	wire_udp(&f, 546, 547, 0);
	wire_u32(&f, (uint32_t)message << 24 | 0x123456);
	return f;
}

static struct wire from_server(unsigned device, uint8_t message)
{
	struct wire f;

	wire_eth(&f, device, SERVER);
	wire_ip(&f, "fe80::f1", device == 1 ? OWN : "fe80::ff:fe00:2", 17);
	wire_udp(&f, 547, 546, 0);
	wire_u32(&f, (uint32_t)message << 24 | 0x123456);
	return f;
}

/* An IA with an address in it. */
static void ia_put(struct wire *f, uint16_t type, const char *ip, uint32_t valid_s)
{
	wire_u32(f, (uint32_t)type << 16 | (12 + 28));
	wire_u32(f, 1);
	wire_u32(f, 0);
	wire_u32(f, 0);
	wire_u32(f, (uint32_t)IAADDR << 16 | 24);
	wire_address(f, ip);
	wire_u32(f, valid_s);
	wire_u32(f, valid_s);
}

static enum ost_reason done(struct rig *r, uint8_t port, struct wire *f)
{
	wire_end(f);
	return rig_send(r, port, f);
}

static enum ost_reason reply(struct rig *r, unsigned device, const char *ip, uint32_t valid_s)
{
	struct wire f = from_server(device, REPLY);

	ia_put(&f, IA_NA, ip, valid_s);
	return done(r, NET, &f);
}

static enum ost_reason say(struct rig *r, unsigned device, uint8_t message, const char *ip)
{
	struct wire f = from_device(device, message);

	if (ip != NULL)
		ia_put(&f, IA_NA, ip, 0);
	return done(r, (uint8_t)device, &f);
}

/* ---- tests ---- */

static void only_the_reply_binds(void **state)
{
	struct rig *r = *state;
	struct wire f = from_server(1, ADVERTISE);

	assert_passes(say(r, 1, SOLICIT, X));
	assert_int_equal(r->v.egress, NET);
	ia_put(&f, IA_NA, X, 100);
	assert_passes(done(r, NET, &f));
	assert_int_equal(r->v.egress, DEV1);
	assert_passes(say(r, 1, REQUEST, X));
	assert_int_equal(learned(r), 0);
	assert_refused(speak(r, 1, X), SOURCE_ADDRESS);
	assert_passes(reply(r, 1, X, 100));
	assert_int_equal(r->v.egress, DEV1);
	assert_passes(speak(r, 1, X));
	assert_refused(speak(r, 2, X), SOURCE_ADDRESS);
	rig_wait_ms(r, 99000 - 1000);
	assert_passes(speak(r, 1, X));
	rig_wait_ms(r, 3000);
	rig_sweep(r);
	assert_int_equal(learned(r), 0);
	assert_refused(speak(r, 1, X), SOURCE_ADDRESS);
}

static void a_lifetime_of_zero_unbinds(void **state)
{
	struct rig *r = *state;

	assert_passes(reply(r, 1, X, 100));
	assert_passes(speak(r, 1, X));
	assert_passes(reply(r, 1, X, 0));
	assert_int_equal(learned(r), 0);
	assert_refused(speak(r, 1, X), POLICY_CHANGED);
	/* Another's it does not take away. */
	assert_passes(reply(r, 1, X, 100));
	assert_passes(reply(r, 2, X, 0));
	assert_int_equal(learned(r), 1);
}

static void several_addresses(void **state)
{
	struct rig *r = *state;
	struct wire f = from_server(1, REPLY);

	wire_u32(&f, (uint32_t)CLIENT_ID << 16 | 4);
	wire_u32(&f, 0x00030001);
	/* Two in one IA, one in another. */
	wire_u32(&f, (uint32_t)IA_NA << 16 | (12 + 28 + 28));
	wire_zeros(&f, 12);
	for (int i = 0; i < 2; i++) {
		wire_u32(&f, (uint32_t)IAADDR << 16 | 24);
		wire_address(&f, i == 0 ? X : Y);
		wire_u32(&f, 100);
		wire_u32(&f, 100);
	}
	ia_put(&f, IA_NA, Z, 100);
	assert_passes(done(r, NET, &f));
	assert_int_equal(learned(r), 3);
	assert_passes(speak(r, 1, X));
	assert_passes(speak(r, 1, Y));
	assert_passes(speak(r, 1, Z));
	assert_refused(reply(r, 1, "fd00:30::4", 100), BINDING_LIMIT);
}

static void what_is_no_address_binds_none(void **state)
{
	struct rig *r = *state;
	struct wire f = from_server(1, REPLY);

	ia_put(&f, IA_PD, X, 100);
	assert_passes(done(r, NET, &f));
	assert_int_equal(learned(r), 0);
	f = from_server(1, REPLY);
	wire_u32(&f, (uint32_t)IA_TA << 16 | 8); /* something else inside */
	wire_u32(&f, 1);
	wire_u32(&f, 13u << 16);
	assert_passes(done(r, NET, &f));
	assert_int_equal(learned(r), 0);
	assert_refused(reply(r, 1, "::", 100), MALFORMED_L4);
	assert_refused(reply(r, 1, "ff02::1", 100), MALFORMED_L4);
	assert_int_equal(learned(r), 0);
}

static void an_address_in_use_is_refused(void **state)
{
	struct rig *r = *state;

	assert_passes(reply(r, 1, X, 100));
	assert_refused(reply(r, 2, X, 100), ADDRESS_IN_USE);
	assert_passes(speak(r, 1, X));
	assert_refused(reply(r, 2, OWN, 100), ADDRESS_IN_USE);
}

/* A malformed Reply binds nothing, not even what stands before the fault. */
static void cut_short_at_every_byte(void **state)
{
	struct rig *r = *state;
	struct wire whole = from_server(1, REPLY), f;
	const uint32_t begin = whole.n;

	ia_put(&whole, IA_NA, X, 100);
	ia_put(&whole, IA_NA, Y, 100);
	for (uint32_t n = begin + 1; n < whole.n; n++) {
		if (n == begin + 44) /* one IA */
			continue;
		f = whole;
		f.n = n;
		assert_refused(done(r, NET, &f), MALFORMED_L4);
		assert_int_equal(learned(r), 0);
	}
	for (uint32_t n = begin - 4; n < begin; n++) {
		f = whole;
		f.n = n;
		assert_refused(done(r, NET, &f), MALFORMED_L4);
	}
	/* Inner lengths that do not fit. */
	f = whole;
	f.b[begin + 19] = 25;
	assert_refused(done(r, NET, &f), MALFORMED_L4);
	f = whole;
	f.b[begin + 19] = 23;
	assert_refused(done(r, NET, &f), MALFORMED_L4);
	f = whole;
	f.b[begin + 3] = 11;
	assert_refused(done(r, NET, &f), MALFORMED_L4);
	/* An address without its lifetimes, in an IA that ends with it. */
	f = whole;
	f.n = begin + 4 + 12 + 4 + 16;
	f.b[begin + 3] = 12 + 4 + 16;
	f.b[begin + 19] = 16;
	assert_refused(done(r, NET, &f), MALFORMED_L4);
	/* Beyond UDP's length there is nothing. */
	f = whole;
	wire_end(&f);
	f.b[f.l4 + 5] = 12 + 44;
	assert_passes(rig_send(r, NET, &f));
	assert_int_equal(learned(r), 1);
	f.b[f.l4 + 5] = 7;
	assert_refused(rig_send(r, NET, &f), MALFORMED_L4);
}

static struct wire reply_with(const char *const *ips, const uint32_t *valid_s, unsigned n)
{
	struct wire f = from_server(1, REPLY);

	for (unsigned i = 0; i < n; i++)
		ia_put(&f, IA_NA, ips[i], valid_s[i]);
	return f;
}

/* All of a Reply or nothing: what is wrong with its last address is wrong with it. */
static void all_or_nothing(void **state)
{
	static const char *const in_use[] = {X, Y, Z}, *const no_room[] = {X, Y, Z, "fd00:30::4", "fd00:30::5"};
	static const char *const exchange[] = {"fd00:30::4", "fd00:30::5", "fd00:30::6", X, Y, Z}, *const twice[] = {X, X, Y, X};
	static const uint32_t each[] = {100, 100, 100, 100, 100}, swapped[] = {100, 100, 100, 0, 0, 0}, last[] = {100, 0, 100, 0};
	struct rig *r = *state;
	struct wire f = reply_with(in_use, each, 3);

	assert_passes(reply(r, 2, Z, 100));
	assert_refused(done(r, NET, &f), ADDRESS_IN_USE);
	assert_int_equal(learned(r), 1);
	assert_refused(speak(r, 1, X), SOURCE_ADDRESS);
	assert_passes(reply(r, 2, Z, 0));
	f = reply_with(no_room, each, 5); /* one too many: it has OWN */
	assert_refused(done(r, NET, &f), BINDING_LIMIT);
	f = reply_with(no_room, each, 4);
	assert_refused(done(r, NET, &f), BINDING_LIMIT);
	assert_int_equal(learned(r), 0);
	assert_int_equal(rig_counts(r, "a").in_pkts, 0);
	/* What is renewed needs no more room, nor does what takes another's place. */
	f = reply_with(no_room, each, 3);
	assert_passes(done(r, NET, &f));
	f = reply_with(no_room, each, 3);
	assert_passes(done(r, NET, &f));
	assert_int_equal(learned(r), 3);
	f = reply_with(exchange, swapped, 6);
	assert_passes(done(r, NET, &f));
	assert_int_equal(learned(r), 3);
	assert_refused(speak(r, 1, X), SOURCE_ADDRESS);
	assert_passes(speak(r, 1, "fd00:30::6"));
	/* A Reply that is refused takes nothing away either. */
	f = reply_with((const char *const[]){"fd00:30::6", "fe80::ff:fe00:2"}, (const uint32_t[]){0, 100}, 2);
	assert_refused(done(r, NET, &f), ADDRESS_IN_USE);
	assert_passes(speak(r, 1, "fd00:30::6"));
	/* What is said last of an address counts. */
	f = reply_with(exchange, (const uint32_t[]){0, 0, 0}, 3);
	assert_passes(done(r, NET, &f));
	f = reply_with(twice, last, 4);
	assert_passes(done(r, NET, &f));
	assert_int_equal(learned(r), 1);
	assert_passes(speak(r, 1, Y));
	f = reply_with((const char *const[]){X, X, X, X, X}, each, 5);
	assert_passes(done(r, NET, &f));
	assert_int_equal(learned(r), 2);
}

static void limits_count_what_is_new(void **state)
{
	static const char fewer[] = "ostiary: 1\nroles: { thing: { include: [dhcpv6], limits: { addresses: 1 } } }\ndevices:\n"
		"  a: { role: thing, mac: \"02:00:00:00:00:01\", port: dev1 }\n"
		"  b: { role: thing, mac: \"02:00:00:00:00:02\", port: dev2 }\n";
	static const char *const with_anothers[] = {Y, X}, *const three[] = {Y, Z, "fd00:30::4"};
	static const uint32_t each[] = {1000, 1000, 1000};
	struct rig *r = *state;
	struct wire f = reply_with(three, each, 3);

	assert_passes(reply(r, 2, X, 100));
	assert_passes(done(r, NET, &f));
	rig_wait_ms(r, 101000); /* X lapsed: it could be taken over, if the device had not as many as it may */
	f = reply_with(with_anothers, each, 2);
	assert_refused(done(r, NET, &f), BINDING_LIMIT);
	assert_passes(speak(r, 1, Y));
	/* Who has more than he may by now keeps them. */
	assert_int_equal(rig_swap(r, fewer), 0);
	f = reply_with(three, each, 3);
	assert_passes(done(r, NET, &f));
	assert_refused(reply(r, 1, "fd00:30::5", 100), BINDING_LIMIT);
}

static void only_to_its_ports(void **state)
{
	struct rig *r = *state;
	struct wire f = from_device(1, SOLICIT);

	f.b[f.l4 + 3] = 200;
	assert_refused(done(r, DEV1, &f), NOT_ALLOWED);
	f = from_server(1, REPLY);
	ia_put(&f, IA_NA, X, 100);
	f.b[f.l4 + 3] = 200;
	assert_refused(done(r, NET, &f), NOT_ALLOWED_IN);
	assert_int_equal(learned(r), 0);
}

static void a_full_table_is_all_or_nothing_too(void **state)
{
	static const char *const three[] = {X, Y, Z};
	static const uint32_t each[] = {100, 100, 100};
	struct rig_options o = {.bindings_max = 3};
	struct rig r;
	struct wire f;

	(void)state;
	rig_new(&r, policy, &o);
	rig_bind(&r, "a", OWN);
	f = reply_with(three, each, 3);
	assert_refused(done(&r, NET, &f), BINDING_TABLE_FULL);
	assert_int_equal(ost_site_bindings(r.site, NULL), 1);
	f = reply_with(three, each, 2);
	assert_passes(done(&r, NET, &f));
	assert_int_equal(ost_site_bindings(r.site, NULL), 3);
	f = reply_with(three, each, 3); /* two are renewed, the third has no room: all stays as it is */
	assert_refused(done(&r, NET, &f), BINDING_TABLE_FULL);
	assert_int_equal(ost_site_bindings(r.site, NULL), 3);
	assert_passes(speak(&r, 1, X));
	/* What lapsed makes room where it stands. */
	rig_wait_ms(&r, 101000);
	f = reply_with(three, each, 2);
	assert_passes(done(&r, NET, &f));
	assert_int_equal(ost_site_bindings(r.site, NULL), 3);
	rig_free(&r);
}

static void options_are_counted(void **state)
{
	struct rig *r = *state;
	struct wire f = from_server(1, REPLY);

	ia_put(&f, IA_NA, X, 100);
	for (unsigned i = 0; i < 63; i++)
		wire_u32(&f, 99u << 16);
	assert_passes(done(r, NET, &f));
	f = from_server(1, REPLY);
	for (unsigned i = 0; i < 65; i++)
		wire_u32(&f, 99u << 16);
	assert_refused(done(r, NET, &f), MALFORMED_L4);
}

/* An address that the policy gives to another device. */
static void an_address_of_the_policy_is_its_devices(void **state)
{
	static const char with_static[] = "ostiary: 1\nroles: { thing: { include: [dhcpv6] } }\ndevices:\n"
		"  a: { role: thing, mac: \"02:00:00:00:00:01\", port: dev1 }\n"
		"  b: { role: thing, mac: \"02:00:00:00:00:02\", port: dev2, address: \"" X "\" }\n";
	struct rig *r = *state;
	struct wire f;

	assert_int_equal(rig_swap(r, with_static), 0);
	assert_refused(reply(r, 1, X, 100), ADDRESS_IN_USE);
	assert_passes(reply(r, 2, X, 100));
	assert_passes(reply(r, 1, X, 0)); /* takes nothing away */
	assert_int_equal(learned(r), 0);
	assert_passes(reply(r, 1, Y, 100));
	f = reply_with((const char *const[]){Y, X}, (const uint32_t[]){100, 100}, 2);
	assert_refused(done(r, NET, &f), ADDRESS_IN_USE);
	assert_int_equal(learned(r), 1);
}

static void more_addresses_than_fit_a_message(void **state)
{
	struct rig *r = *state;
	struct wire f = from_server(1, REPLY);
	char ip[40];

	for (unsigned ia = 0; ia < 2; ia++) {
		unsigned n = ia == 0 ? 40 : 25;

		wire_u32(&f, (uint32_t)IA_TA << 16 | (4 + 28 * n));
		wire_u32(&f, 1);
		for (unsigned i = 0; i < n; i++) {
			wire_u32(&f, (uint32_t)IAADDR << 16 | 24);
			(void)snprintf(ip, sizeof(ip), "fd00:30::%u:%u", ia + 1, i);
			wire_address(&f, ip);
			wire_u32(&f, 0);
			wire_u32(&f, 0);
		}
	}
	assert_refused(done(r, NET, &f), BINDING_LIMIT);
	f.n -= 28; /* the last one */
	f.b[f.l4 + 8 + 4 + 8 + 28 * 40 + 2] = (4 + 28 * 24) >> 8;
	f.b[f.l4 + 8 + 4 + 8 + 28 * 40 + 3] = (4 + 28 * 24) & 0xff;
	assert_passes(done(r, NET, &f));
}

static void who_is_not_known_gets_none(void **state)
{
	struct rig *r = *state;
	struct wire f = from_server(0x66, REPLY);

	ia_put(&f, IA_NA, X, 100);
	assert_refused(done(r, NET, &f), UNKNOWN_DESTINATION);
	f = from_server(GROUP, REPLY);
	ia_put(&f, IA_NA, X, 100);
	assert_refused(done(r, NET, &f), GROUP_DESTINATION);
	assert_refused(reply(r, 3, X, 100), NOT_INCLUDED);
	assert_int_equal(learned(r), 0);
	f = from_device(3, SOLICIT);
	assert_refused(done(r, DEV3, &f), NOT_INCLUDED);
	f = from_device(1, SOLICIT);
	memset(f.b + f.l3 + 8, 0, 16);
	f.b[f.l3 + 8] = 0xfe;
	f.b[f.l3 + 9] = 0x80;
	f.b[f.l3 + 23] = 9;
	assert_refused(done(r, DEV1, &f), SOURCE_ADDRESS);
}

static void a_device_is_no_server_and_no_relay(void **state)
{
	static const uint8_t server[] = {ADVERTISE, REPLY, RECONFIGURE, RELAY_REPL};
	static const uint8_t client[] = {SOLICIT, REQUEST, CONFIRM, RENEW, REBIND, RELEASE, DECLINE, INFORMATION};
	struct rig *r = *state;
	struct wire f;

	for (unsigned i = 0; i < OST_ARRAY_SIZE(server); i++)
		assert_refused(say(r, 1, server[i], X), DHCP_SERVER);
	for (unsigned i = 0; i < OST_ARRAY_SIZE(client); i++)
		assert_passes(say(r, 1, client[i], X));
	f = from_device(1, RELAY_FORW);
	wire_zeros(&f, 30); /* hop count, link and peer address */
	assert_refused(done(r, DEV1, &f), DHCP_SPOOF);
	assert_refused(say(r, 1, 99, NULL), NOT_ALLOWED);
	/* By its ports alone. */
	f = from_server(2, REPLY);
	ia_put(&f, IA_NA, X, 100);
	f.b[11] = 1;
	assert_refused(done(r, DEV1, &f), DHCP_SERVER);
	assert_int_equal(learned(r), 0);
}

static void a_server_speaks_as_one(void **state)
{
	static const uint8_t other[] = {0, SOLICIT, REQUEST, RELEASE, RELAY_FORW, RELAY_REPL, 99};
	struct rig *r = *state;
	struct wire f;

	for (unsigned i = 0; i < OST_ARRAY_SIZE(other); i++) {
		f = from_server(1, other[i]);
		ia_put(&f, IA_NA, X, 100);
		assert_refused(done(r, NET, &f), NOT_ALLOWED_IN);
	}
	assert_int_equal(learned(r), 0);
	f = from_server(1, RECONFIGURE);
	assert_passes(done(r, NET, &f));
}

static void a_release_unbinds_and_cuts(void **state)
{
	struct rig *r = *state;

	assert_passes(reply(r, 1, X, 100));
	assert_passes(speak(r, 1, X));
	assert_passes(say(r, 2, RELEASE, X)); /* not his */
	assert_int_equal(learned(r), 1);
	assert_passes(say(r, 1, RENEW, X));
	assert_int_equal(learned(r), 1);
	assert_passes(say(r, 1, RELEASE, X));
	assert_int_equal(learned(r), 0);
	assert_refused(speak(r, 1, X), POLICY_CHANGED);
	assert_passes(reply(r, 1, X, 100));
	assert_passes(say(r, 1, DECLINE, X));
	assert_int_equal(learned(r), 0);
}

static void messages_stay_on_the_site(void **state)
{
	static const struct {
		const char *to;
		enum ost_reason reason;
	} cases[] = {{"ff02::1:2", OST_REASON_NONE}, {"ff05::1:3", OST_REASON_NONE}, {"fe80::f1", OST_REASON_NONE},
		{"ff0e::1:2", OST_REASON_NOT_ALLOWED}, {"ff02::1", OST_REASON_NOT_ALLOWED}, {"2001:db8::1", OST_REASON_NOT_ALLOWED}};
	struct rig *r = *state;

	for (unsigned i = 0; i < OST_ARRAY_SIZE(cases); i++) {
		struct wire f;

		wire_eth(&f, ROUTER, 1);
		wire_ip(&f, OWN, cases[i].to, 17);
		wire_udp(&f, 546, 547, 0);
		wire_u32(&f, (uint32_t)SOLICIT << 24);
		assert_reason(done(r, DEV1, &f), cases[i].reason);
	}
}

/* ---- leases and Neighbour Discovery, events ---- */

struct told {
	unsigned bound, unbound;
	uint8_t source;
	uint64_t expires_in_ns;
};

static void note(void *user, const struct ost_binding_event *e)
{
	struct told *t = user;

	t->bound += e->bound;
	t->unbound += !e->bound;
	t->source = e->source;
	t->expires_in_ns = e->expires_in_ns;
}

static struct told events(const struct rig *r)
{
	struct told t = {0};

	assert_int_equal(ost_site_binding_events(r->site, note, &t), 0);
	return t;
}

static enum ost_reason claim(struct rig *r, unsigned device, const char *ip)
{
	struct wire f;

	wire_eth(&f, GROUP, device);
	memcpy(f.b, "\x33\x33\xff\0\0\1", 6);
	wire_ip(&f, "::", "ff02::1:ff00:1", 58);
	wire_u32(&f, 0x87000000);
	wire_u32(&f, 0);
	wire_address(&f, ip);
	return done(r, (uint8_t)device, &f);
}

static void renewals_are_told(void **state)
{
	struct rig *r = *state;
	struct told t;

	(void)events(r);
	assert_passes(reply(r, 1, X, 100));
	t = events(r);
	assert_int_equal(t.bound, 1);
	rig_wait_ms(r, 50000);
	assert_passes(reply(r, 1, X, 100));
	t = events(r);
	assert_int_equal(t.bound, 1);
	assert_in_range(t.expires_in_ns / OST_NS_PER_MS, 99000, 100010);
	assert_passes(reply(r, 1, X, 100)); /* says nothing new */
	t = events(r);
	assert_int_equal(t.bound, 0);
	assert_passes(reply(r, 1, X, 30)); /* a shorter one */
	t = events(r);
	assert_int_equal(t.bound, 1);
	assert_in_range(t.expires_in_ns / OST_NS_PER_MS, 29000, 30010);
	assert_int_equal(t.unbound, 0);
}

static void a_lease_is_not_prolonged_by_neighbour_discovery(void **state)
{
	struct rig *r = *state;

	assert_passes(reply(r, 1, X, 100));
	assert_passes(claim(r, 1, X));
	assert_passes(speak(r, 1, X));
	rig_wait_ms(r, 101000);
	rig_sweep(r);
	assert_int_equal(learned(r), 0);
}

/* The device was faster than the server's answer: the lease takes over. */
static void a_lease_takes_over_a_claim(void **state)
{
	struct rig *r = *state;
	struct told t;

	assert_passes(claim(r, 1, X));
	(void)events(r);
	assert_refused(speak(r, 1, X), SOURCE_ADDRESS);
	assert_passes(reply(r, 1, X, 100));
	assert_passes(speak(r, 1, X));
	t = events(r);
	assert_int_equal(t.source, OST_BINDING_DHCP);
	assert_in_range(t.expires_in_ns / OST_NS_PER_S, 99, 100);
	assert_passes(claim(r, 1, X));
	rig_wait_ms(r, 101000);
	rig_sweep(r);
	assert_int_equal(learned(r), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(only_the_reply_binds), TEST(a_lifetime_of_zero_unbinds), TEST(several_addresses),
		TEST(what_is_no_address_binds_none), TEST(an_address_in_use_is_refused), TEST(cut_short_at_every_byte),
		TEST(all_or_nothing),
		TEST(a_full_table_is_all_or_nothing_too), TEST(options_are_counted), TEST(limits_count_what_is_new), TEST(only_to_its_ports),
		TEST(an_address_of_the_policy_is_its_devices),
		TEST(more_addresses_than_fit_a_message),
		TEST(who_is_not_known_gets_none), TEST(a_device_is_no_server_and_no_relay), TEST(a_server_speaks_as_one),
		TEST(a_release_unbinds_and_cuts), TEST(messages_stay_on_the_site), TEST(renewals_are_told),
		TEST(a_lease_is_not_prolonged_by_neighbour_discovery), TEST(a_lease_takes_over_a_claim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
