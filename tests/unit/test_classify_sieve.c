/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What refuses early refuses nothing else: the summary of a role's lanes, and packets of one burst that change what holds
 * for those behind them. */
#include "classify_rig.h"

#include "allow.h"

#define HEAD                                                                                            \
	"ostiary: 1\nnetworks:\n  plant: [10.20.0.0/24]\n  half: [128.0.0.0/1]\n  all: [0.0.0.0/0]\n"    \
	"  mixed: [10.0.0.0/8, 172.16.0.0/12, 192.168.7.0/24, 203.0.113.9/32]\n"                         \
	"  hosts: [198.51.100.1/32, 198.51.100.2/32, 198.51.100.200/32, 203.0.113.200/32]\nroles:\n"
#define ROLE(name, allow) "  " name ":\n    authenticate: mac\n    allow:\n" allow
#define TO(network, service)   "      - to: { network: " network ", service: " service " }\n"
#define FROM(network, service) "      - from: { network: " network ", service: " service " }\n"

static const char policy[] = HEAD ROLE("camera", TO("plant", "tcp/443") FROM("plant", "udp/6000"))
	ROLE("mixed", TO("mixed", "tcp/443") TO("mixed", "udp/53") TO("hosts", "tcp/1883"))
	ROLE("hosts", TO("hosts", "[tcp/443, udp/123]"))
	ROLE("web", TO("all", "tcp/443") TO("hosts", "udp/123"))
	ROLE("ranges", TO("half", "udp/10000-20000") FROM("hosts", "tcp/8000-8010") TO("mixed", "icmp/echo-request"))
	ROLE("anything", TO("plant", "any") FROM("hosts", "tcp/22"))
	"  strong:\n    authenticate: eap-tls\n    assurance: software\n    allow:\n" TO("plant", "tcp/443")
	"  friend:\n    authenticate: mac\n    allow:\n      - to: { role: camera, service: tcp/443 }\n" TO("plant", "tcp/80")
	"devices:\n"
	"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"
	"  two: { role: camera, mac: \"02:00:00:00:00:02\", port: dev1, address: 10.0.0.2 }\n"
	"  m: { role: mixed, mac: \"02:00:00:00:00:03\", port: dev2, address: 10.0.0.3 }\n"
	"  h: { role: hosts, mac: \"02:00:00:00:00:04\", port: dev2, address: 10.0.0.4 }\n"
	"  w: { role: web, mac: \"02:00:00:00:00:05\", port: dev2, address: 10.0.0.5 }\n"
	"  r: { role: ranges, mac: \"02:00:00:00:00:06\", port: dev2, address: 10.0.0.6 }\n"
	"  x: { role: anything, mac: \"02:00:00:00:00:07\", port: dev2, address: 10.0.0.7 }\n"
	"  lock: { role: strong, certificate: \"urn:dev:ser:8\", mac: \"02:00:00:00:00:08\", port: dev3, address: 10.0.0.8 }\n"
	"  f: { role: friend, mac: \"02:00:00:00:00:09\", port: dev3, address: 10.0.0.9 }\n";

static const struct way out = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 443};

static int setup(void **state)
{
	struct rig_options o = {.refusal_records = 64};

	return rig_start(state, policy, &o);
}

/* ---- the filter ---- */

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static bool lanes_match(const struct ost_image *image, const struct ost_image_role *role, const struct ost_question *q)
{
	for (uint32_t i = 0; i < role->chunk4_count; i++) {
		if (ost_chunk4_match(&image->chunks4[role->chunk4_first + i], q) != 0)
			return true;
	}
	return false;
}

/* In, beside and around some lane, or anywhere. */
static struct ost_question ask(const struct ost_image *image, const struct ost_image_role *role, uint64_t *seed)
{
	static const uint8_t protocols[] = {6, 17, 1, 132};
	const uint32_t lane = (uint32_t)(next(seed) % (role->chunk4_count * OST_LANES4));
	const struct ost_image_chunk4 *c = &image->chunks4[role->chunk4_first + lane / OST_LANES4];
	const uint32_t k = lane % OST_LANES4;
	struct ost_question q = {.family = OST_IPV4, .remote4 = (uint32_t)next(seed), .value = (uint16_t)next(seed),
		.protocol = protocols[next(seed) % 4], .direction = (uint8_t)(next(seed) & 1)};

	if (next(seed) & 1)
		q.remote4 = c->addr[k] | (q.remote4 & ~c->mask[k]);
	if (next(seed) & 1)
		q.remote4 = c->addr[k] + (uint32_t)(next(seed) % 3) - 1;
	if (next(seed) & 3) {
		q.value = (uint16_t)(c->lo[k] + (c->span[k] ? next(seed) % (c->span[k] + 1u) : 0));
		q.protocol = (uint8_t)c->selector[k] ? (uint8_t)c->selector[k] : q.protocol;
		q.direction = c->selector[k] & OST_LANE_FROM ? OST_FROM : OST_TO;
	}
	return q;
}

static void a_filter_says_no_only_when_no_lane_matches(void **state)
{
	const struct ost_image *image = &((struct rig *)*state)->image;
	uint64_t seed = 88172645463325252ull, matched = 0, passed = 0, asked = 0;

	for (uint32_t role = 0; role < image->role_count; role++) {
		for (uint32_t round = 0; round < 20000; round++) {
			const struct ost_filter_key key = {round % 100 == 0 ? next(&seed) | 1 : 0x9e3779b97f4a7c15ull,
				0x2545f4914f6cdd1dull};
			struct ost_question q = ask(image, &image->roles[role], &seed);
			struct ost_role_filter f;
			bool maybe;

			ost_filter_make(image, &image->roles[role], &key, &f);
			maybe = ost_filter_maybe(&f.filter, f.grain, &key, q.remote4, q.direction, q.protocol, q.value);
			asked++;
			passed += maybe;
			if (!lanes_match(image, &image->roles[role], &q))
				continue;
			matched++;
			assert_true(maybe);
		}
	}
	assert_true(matched > asked / 10);
	assert_true(passed - matched < asked / 4); /* and it does say no */
}

/* A role of hosts tells hosts of one network apart; one for all of the network side tells services apart. */
static void a_filter_is_as_fine_as_its_role(void **state)
{
	const struct ost_image *image = &((struct rig *)*state)->image;
	const struct ost_filter_key key = {0x9e3779b97f4a7c15ull, 0x2545f4914f6cdd1dull};
	struct ost_role_filter f;
	uint32_t maybe = 0;

	for (uint32_t i = 0; i < image->role_count; i++) {
		const char *name = ost_image_role_name(image, i);

		ost_filter_make(image, &image->roles[i], &key, &f);
		if (strcmp(name, "hosts") == 0)
			assert_int_equal(f.grain.fine, 0);
		if (strcmp(name, "camera") == 0)
			assert_int_equal(f.grain.fine, 8);
		if (strcmp(name, "web") == 0)
			assert_int_equal(f.grain.coarse, 32);
		for (uint32_t host = 0; host < 256; host++) {
			if (strcmp(name, "hosts") == 0)
				maybe += ost_filter_maybe(&f.filter, f.grain, &key, 0xc6336400u + host, OST_TO, 6, 443);
		}
	}
	assert_in_range(maybe, 3, 12); /* three are there */
}

/* ---- the state ---- */

/* What no lane matches, when the state is what stands in the way, when it is not, and when it may open nothing. */
static void the_state_comes_before_the_lanes(void **state)
{
	static const struct {
		enum ost_state state;
		enum ost_reason mac[2], proof[2]; /* SYN, ACK; of a role that asks for a MAC, and for more */
	} rows[] = {
		{OST_STATE_UNKNOWN, {OST_REASON_STATE, OST_REASON_STATE}, {OST_REASON_STATE, OST_REASON_STATE}},
		{OST_STATE_LEARNING, {OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW}, {OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW}},
		{OST_STATE_IDENTIFIED, {OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW}, {OST_REASON_STATE, OST_REASON_STATE}},
		{OST_STATE_QUARANTINED, {OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW},
			{OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW}},
		{OST_STATE_AUTHENTICATED, {OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW},
			{OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW}},
		{OST_STATE_EXPIRED, {OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW}, {OST_REASON_NOT_ALLOWED, OST_REASON_NO_FLOW}},
		{OST_STATE_LOCKED_OUT, {OST_REASON_STATE, OST_REASON_STATE}, {OST_REASON_STATE, OST_REASON_STATE}},
		{OST_STATE_REVOKED, {OST_REASON_STATE, OST_REASON_STATE}, {OST_REASON_STATE, OST_REASON_STATE}},
		{OST_STATE_RETIRED, {OST_REASON_STATE, OST_REASON_STATE}, {OST_REASON_STATE, OST_REASON_STATE}},
	};
	const struct way cam = {DEV1, ROUTER, 1, "10.0.0.1", "10.99.0.9", 7, 443},
			 lock = {DEV3, ROUTER, 8, "10.0.0.8", "10.99.0.9", 7, 443};

	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++) {
		rig_state(*state, "cam", rows[i].state, OST_ASSURANCE_IDENTIFIED);
		rig_state(*state, "lock", rows[i].state, OST_ASSURANCE_SOFTWARE);
		assert_reason(rig_tcp(*state, &cam, SYN, 1, 0, 0), rows[i].mac[0]);
		assert_reason(rig_tcp(*state, &cam, ACK, 1, 1, 0), rows[i].mac[1]);
		assert_reason(rig_tcp(*state, &lock, SYN, 1, 0, 0), rows[i].proof[0]);
		assert_reason(rig_tcp(*state, &lock, ACK, 1, 1, 0), rows[i].proof[1]);
	}
}

/* A rule about the peer's role allows what no lane does, and its refusal is the peer's. */
static void rules_about_peers_are_asked(void **state)
{
	const struct way friend = {DEV3, 1, 9, "10.0.0.9", "10.0.0.1", 7, 443},
			 stranger = {DEV3, 3, 9, "10.0.0.9", "10.0.0.3", 7, 443};

	assert_refused(rig_tcp(*state, &friend, SYN, 1, 0, 0), PEER_NOT_ALLOWED);
	assert_refused(rig_tcp(*state, &stranger, SYN, 1, 0, 0), NOT_ALLOWED);
}

/* ---- bursts ---- */

static struct wire segment(const struct way *w, uint8_t flags)
{
	struct wire f;

	wire_eth(&f, w->dst, w->src);
	wire_ip(&f, w->from, w->to, 6);
	wire_tcp(&f, w->sport, w->dport, flags, 1, 1, 0);
	wire_end(&f);
	return f;
}

static void burst(struct rig *r, const struct wire *wires, const uint8_t *ports, uint32_t n, struct ost_verdict *v)
{
	struct ost_frame frames[OST_BURST];

	for (uint32_t i = 0; i < n; i++)
		frames[i] = (struct ost_frame){.bytes = wires[i].b, .length = wires[i].n, .port = ports[i]};
	ost_classify(r->c, frames, n, r->now_ns, v);
}

static void what_a_burst_opens_holds_for_the_rest_of_it(void **state)
{
	const struct way back = way_back(&out, NET);
	const struct wire wires[] = {segment(&out, ACK), segment(&back, SYN | ACK), segment(&out, SYN), segment(&out, ACK),
		segment(&back, SYN | ACK), segment(&out, ACK)};
	const uint8_t ports[] = {DEV1, NET, DEV1, DEV1, NET, DEV1};
	struct ost_verdict v[6];

	burst(*state, wires, ports, 6, v);
	assert_refused((enum ost_reason)v[0].reason, NO_FLOW);
	assert_refused((enum ost_reason)v[1].reason, NO_FLOW);
	for (uint32_t i = 2; i < 6; i++)
		assert_passes((enum ost_reason)v[i].reason);
}

/* Each kind of refusal, once alone and once among the others, with what passes between them. */
static void a_burst_is_judged_as_its_packets_alone(void **state)
{
	const struct way ways[] = {out, {DEV1, ROUTER, 0x77, "10.0.0.1", "10.20.0.9", 1, 443},
		{DEV2, ROUTER, 1, "10.0.0.1", "10.20.0.9", 1, 443}, {DEV1, ROUTER, 1, "10.0.0.99", "10.20.0.9", 1, 443},
		{DEV1, ROUTER, 1, "10.0.0.2", "10.20.0.9", 1, 443}, {DEV1, ROUTER, 1, "10.0.0.1", "10.20.1.9", 1, 443},
		{DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 1, 444}, {NET, 1, ROUTER, "10.20.0.9", "10.0.0.1", 1, 6000},
		{NET, 1, 2, "10.20.0.9", "10.0.0.1", 1, 6000}, {NET, 0x77, ROUTER, "10.20.0.9", "10.0.0.1", 1, 6000},
		{NET, GROUP, ROUTER, "10.20.0.9", "10.0.0.1", 1, 6000}, {NET, 1, ROUTER, "10.20.0.9", "10.0.0.3", 1, 6000},
		{DEV1, ROUTER, 2, "10.0.0.2", "10.20.0.9", 1, 443}};
	static const enum ost_reason want[] = {OST_REASON_NONE, OST_REASON_UNKNOWN_DEVICE, OST_REASON_MAC_WRONG_PORT,
		OST_REASON_SOURCE_ADDRESS, OST_REASON_SOURCE_ADDRESS, OST_REASON_NOT_ALLOWED, OST_REASON_NOT_ALLOWED,
		OST_REASON_NOT_ALLOWED_IN, OST_REASON_MAC_ON_NETWORK, OST_REASON_UNKNOWN_DESTINATION,
		OST_REASON_GROUP_DESTINATION, OST_REASON_UNKNOWN_DESTINATION, OST_REASON_NONE};
	struct ost_verdict v[OST_BURST];
	struct wire wires[OST_BURST];
	uint8_t ports[OST_BURST];
	uint64_t seed = 7;

	for (uint32_t round = 0; round < 200; round++) {
		uint32_t which[OST_BURST];

		for (uint32_t i = 0; i < OST_BURST; i++) {
			which[i] = (uint32_t)(next(&seed) % OST_ARRAY_SIZE(ways));
			wires[i] = segment(&ways[which[i]], SYN);
			ports[i] = ways[which[i]].port;
		}
		burst(*state, wires, ports, OST_BURST, v);
		for (uint32_t i = 0; i < OST_BURST; i++) {
			assert_reason((enum ost_reason)v[i].reason, want[which[i]]);
			assert_int_equal(v[i].action, want[which[i]] == OST_REASON_NONE ? OST_FORWARD : OST_REFUSE);
		}
	}
}

/* Refused early or late: each packet is in one counter of its port, of its device, and in one record. */
static void a_flood_is_counted(void **state)
{
	struct way w = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.1.9", 1, 443};
	struct wire wires[OST_BURST];
	uint8_t ports[OST_BURST];
	struct ost_verdict v[OST_BURST];
	const struct ost_port_counts *port = ost_classifier_port_counts(((struct rig *)*state)->c, DEV1);

	for (uint32_t i = 0; i < OST_BURST; i++) {
		w.from = i % 4 == 0 ? "10.9.9.9" : "10.0.0.1";
		w.sport = (uint16_t)i;
		wires[i] = segment(&w, i % 4 == 1 ? ACK : SYN);
		ports[i] = DEV1;
	}
	burst(*state, wires, ports, OST_BURST, v);
	assert_int_equal(port->received_pkts, OST_BURST);
	assert_int_equal(port->refused_pkts[OST_REASON_SOURCE_ADDRESS], 8);
	assert_int_equal(port->refused_pkts[OST_REASON_NO_FLOW], 8);
	assert_int_equal(port->refused_pkts[OST_REASON_NOT_ALLOWED], 16);
	assert_int_equal(rig_counts(*state, "cam").refused_pkts[OST_REASON_SOURCE_ADDRESS], 8);
	assert_int_equal(rig_counts(*state, "cam").refused_pkts[OST_REASON_NO_FLOW], 8);
	assert_int_equal(rig_counts(*state, "cam").refused_pkts[OST_REASON_NOT_ALLOWED], 16);
	assert_true(rig_counts(*state, "cam").last_seen_ns != 0);
	assert_int_equal(rig_counts(*state, "two").refused_pkts[OST_REASON_NOT_ALLOWED], 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(a_filter_says_no_only_when_no_lane_matches), TEST(a_filter_is_as_fine_as_its_role),
		TEST(the_state_comes_before_the_lanes), TEST(rules_about_peers_are_asked),
		TEST(what_a_burst_opens_holds_for_the_rest_of_it), TEST(a_burst_is_judged_as_its_packets_alone),
		TEST(a_flood_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
