/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS over TCP (RFC 7766): messages out of segments, however they are cut. */
#include "rig_dns.h"

static const char policy[] =
	"ostiary: 1\ninfrastructure:\n  resolvers: [10.0.0.53]\nroles:\n  camera:\n    authenticate: mac\n    include: [arp, dns]\n"
	"    limits: { names: 4096 }\n    allow:\n      - to: { name: video.example.com, service: tcp/443 }\n"
	"devices:\n  a: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n";
static const struct way to_dns = {DEV1, ROUTER, 1, "10.0.0.1", "10.0.0.53", 40000, 53};

static uint32_t asked_seq, told_seq; /* of the next bytes of either side */

static int setup(void **state)
{
	asked_seq = 1001;
	told_seq = 5001;
	return rig_start(state, policy, &(struct rig_options){.flows_max = 1024});
}

static struct ost_site_names names(const struct rig *r)
{
	struct ost_site_names n;

	ost_site_names(r->site, &n);
	return n;
}

/* A message behind its length. */
static uint32_t framed(const struct dns *d, uint8_t *to)
{
	to[0] = (uint8_t)(d->n >> 8);
	to[1] = (uint8_t)d->n;
	memcpy(to + 2, d->b, d->n);
	return d->n + 2;
}

static enum ost_reason ask_bytes(struct rig *r, const void *bytes, uint32_t n)
{
	enum ost_reason reason = dns_segment(r, &to_dns, PSH | ACK, asked_seq, told_seq, bytes, n);

	asked_seq += n;
	return reason;
}

static enum ost_reason tell_at(struct rig *r, uint32_t seq, const void *bytes, uint32_t n)
{
	struct way back = way_back(&to_dns, NET);

	return dns_segment(r, &back, PSH | ACK, seq, asked_seq, bytes, n);
}

static enum ost_reason tell_bytes(struct rig *r, const void *bytes, uint32_t n)
{
	enum ost_reason reason = tell_at(r, told_seq, bytes, n);

	told_seq += n;
	return reason;
}

static void ask(struct rig *r, uint16_t id)
{
	uint8_t bytes[600];
	struct dns d;

	dns_query(&d, id, "video.example.com", T_A);
	assert_passes(ask_bytes(r, bytes, framed(&d, bytes)));
}

static uint32_t answer(uint8_t *bytes, uint16_t id, const char *ip)
{
	struct dns d;

	dns_answer(&d, id, "video.example.com", T_A);
	dns_address(&d, "video.example.com", 300, ip);
	return framed(&d, bytes);
}

static enum ost_reason connect_to(struct rig *r, const char *to)
{
	static uint16_t port = 50000;
	struct way w = {DEV1, ROUTER, 1, "10.0.0.1", to, port++, 443};

	return rig_tcp(r, &w, SYN, 1, 0, 0);
}

static void an_answer_in_one_segment(void **state)
{
	struct rig *r = *state;
	uint8_t bytes[600];
	uint32_t n;

	rig_connect(r, &to_dns, NET);
	ask(r, 7);
	n = answer(bytes, 7, "192.0.2.1");
	assert_passes(tell_bytes(r, bytes, n));
	assert_passes(connect_to(r, "192.0.2.1"));
	assert_passes(tell_at(r, told_seq - n, bytes, n)); /* repeated: nothing new */
	assert_int_equal(names(r).answers, 1);
}

static void cut_into_bytes(void **state)
{
	struct rig *r = *state;
	uint8_t bytes[600], query[600];
	struct dns d;
	uint32_t n;

	rig_connect(r, &to_dns, NET);
	dns_query(&d, 7, "video.example.com", T_A);
	n = framed(&d, query);
	for (uint32_t i = 0; i < n; i++)
		assert_passes(ask_bytes(r, query + i, 1));
	n = answer(bytes, 7, "192.0.2.1");
	for (uint32_t i = 0; i < n; i++) {
		assert_refused(connect_to(r, "192.0.2.1"), NAME_UNRESOLVED);
		assert_passes(tell_bytes(r, bytes + i, 1));
	}
	assert_passes(connect_to(r, "192.0.2.1"));
	assert_int_equal(names(r).unread, 0);
}

static void cut_in_two_anywhere(void **state)
{
	struct rig *r = *state;
	uint8_t bytes[600];
	char ip[32];
	uint32_t n = answer(bytes, 7, "192.0.2.1");

	rig_connect(r, &to_dns, NET);
	for (uint32_t i = 1; i < n; i++) {
		(void)snprintf(ip, sizeof(ip), "192.0.2.%u", i);
		ask(r, 7);
		(void)answer(bytes, 7, ip);
		assert_passes(tell_bytes(r, bytes, i));
		assert_refused(connect_to(r, ip), NAME_UNRESOLVED);
		/* The rest, and a part of what was there already. */
		told_seq -= i / 2;
		assert_passes(tell_bytes(r, bytes + i - i / 2, n - i + i / 2));
		assert_passes(connect_to(r, ip));
	}
}

static void several_in_one_segment(void **state)
{
	struct rig *r = *state;
	uint8_t bytes[1200];
	uint32_t n;

	rig_connect(r, &to_dns, NET);
	ask(r, 7);
	ask(r, 8);
	ask(r, 9);
	n = answer(bytes, 9, "192.0.2.9");
	n += answer(bytes + n, 7, "192.0.2.7");
	n += answer(bytes + n, 8, "192.0.2.8");
	assert_passes(tell_bytes(r, bytes, n - 30));
	assert_passes(connect_to(r, "192.0.2.9"));
	assert_passes(connect_to(r, "192.0.2.7"));
	assert_refused(connect_to(r, "192.0.2.8"), NAME_UNRESOLVED);
	assert_passes(tell_bytes(r, bytes + n - 30, 30));
	assert_passes(connect_to(r, "192.0.2.8"));
}

static void what_comes_too_early_waits_for_its_turn(void **state)
{
	struct rig *r = *state;
	uint8_t bytes[600];
	uint32_t n = answer(bytes, 7, "192.0.2.1");

	rig_connect(r, &to_dns, NET);
	ask(r, 7);
	assert_refused(tell_at(r, told_seq + 10, bytes + 10, n - 10), DNS_ORDER);
	assert_passes(tell_bytes(r, bytes, 10));
	assert_passes(tell_bytes(r, bytes + 10, n - 10));
	assert_passes(connect_to(r, "192.0.2.1"));
}

static void unasked_answers_end_what_can_be_told(void **state)
{
	struct rig *r = *state;
	uint8_t bytes[600];
	uint32_t n = answer(bytes, 8, "192.0.2.1");

	rig_connect(r, &to_dns, NET);
	ask(r, 7);
	assert_refused(tell_bytes(r, bytes, n), DNS_UNASKED);
	told_seq -= n;
	n = answer(bytes, 7, "192.0.2.1");
	assert_refused(tell_bytes(r, bytes, n), DNS_UNASKED);
	assert_refused(connect_to(r, "192.0.2.1"), NAME_UNRESOLVED);
	assert_int_equal(names(r).held, 0);
}

static void empty_messages_are_none(void **state)
{
	struct rig *r = *state;
	static const uint8_t empty[2];

	rig_connect(r, &to_dns, NET);
	ask(r, 7);
	assert_refused(tell_bytes(r, empty, 2), MALFORMED_L4);
}

/* What is longer than 16 kB passes unread, and what comes behind it is read. */
static void long_messages_pass_unread(void **state)
{
	struct rig *r = *state;
	uint8_t bytes[1000] = {0xff, 0xff};
	uint32_t left = 65535 + 2;

	rig_connect(r, &to_dns, NET);
	ask(r, 7);
	for (uint32_t n; left > 0; left -= n) {
		n = OST_MIN(left, 1000);
		assert_passes(tell_bytes(r, bytes, n));
		bytes[0] = bytes[1] = 0;
	}
	assert_int_equal(names(r).unread, 1);
	assert_passes(tell_bytes(r, bytes, answer(bytes, 7, "192.0.2.1")));
	assert_passes(connect_to(r, "192.0.2.1"));
}

/* A connection from before: the policy brings the first name while it is open. */
static void a_connection_from_before_is_read_when_a_segment_is_a_message(void **state)
{
	static const char without[] =
		"ostiary: 1\ninfrastructure:\n  resolvers: [10.0.0.53]\nroles:\n  camera:\n    authenticate: mac\n    include: [arp, dns]\n"
		"    allow:\n      - to: { network: 192.0.2.99, service: tcp/443 }\n"
		"devices:\n  a: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n";
	struct rig *r = *state;
	uint8_t bytes[600];
	uint32_t n = answer(bytes, 7, "192.0.2.1");

	assert_int_equal(rig_swap(r, without), 0);
	rig_connect(r, &to_dns, NET);
	ask(r, 6);
	assert_passes(tell_bytes(r, bytes, 20));
	assert_int_equal(rig_swap(r, policy), 0);
	assert_passes(tell_bytes(r, bytes + 20, n - 20));
	assert_int_equal(names(r).unread, 1);
	ask(r, 7);
	assert_passes(tell_bytes(r, bytes, n));
	assert_passes(connect_to(r, "192.0.2.1"));
}

/* A device that begins more than can be followed loses its oldest ones, and nobody else's. */
static void as_many_connections_as_there_is_room_for(void **state)
{
	struct way w = to_dns;
	struct rig *r = *state;
	uint8_t bytes[600];
	uint32_t n;

	rig_connect(r, &to_dns, NET);
	for (uint16_t i = 1; i <= 8; i++) {
		w.sport = (uint16_t)(40000 + i);
		rig_wait_ms(r, 10);
		rig_connect(r, &w, NET);
	}
	ask(r, 7); /* one segment is one message: read all the same */
	n = answer(bytes, 7, "192.0.2.1");
	assert_passes(tell_bytes(r, bytes, n));
	assert_passes(connect_to(r, "192.0.2.1"));
}

/* A SYN that comes again late changes nothing; one that begins anew does. */
static void a_repeated_syn_changes_nothing(void **state)
{
	struct rig *r = *state;
	uint8_t bytes[600];
	uint32_t n;

	rig_connect(r, &to_dns, NET);
	ask(r, 7);
	n = answer(bytes, 7, "192.0.2.1");
	assert_passes(tell_bytes(r, bytes, 10));
	assert_passes(rig_tcp(r, &to_dns, SYN, 1000, 0, 0));
	assert_passes(tell_bytes(r, bytes + 10, n - 10));
	assert_passes(connect_to(r, "192.0.2.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
		T(an_answer_in_one_segment),
		T(cut_into_bytes),
		T(cut_in_two_anywhere),
		T(several_in_one_segment),
		T(what_comes_too_early_waits_for_its_turn),
		T(unasked_answers_end_what_can_be_told),
		T(empty_messages_are_none),
		T(long_messages_pass_unread),
		T(a_connection_from_before_is_read_when_a_segment_is_a_message),
		T(as_many_connections_as_there_is_room_for),
		T(a_repeated_syn_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
