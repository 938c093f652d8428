/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy that is rehearsed: nothing changes by it, and when it comes in force exactly the flows are cut that it told. Policies are
 * made at random, so that rules, roles, addresses, ports, MACs, proofs and whole devices come and go. */
#include "classify_rig.h"
#include "classifier.h"
#include "compile.h"
#include "policy_yaml.h"

#define ROUNDS 400

/* What a policy has, as bits. */
enum {
	A_WEB = 1 << 0, A_MQTT = 1 << 1, A_RTSP = 1 << 2, A_SSH_IN = 1 << 3, A_NAME = 1 << 4, A_V6 = 1 << 5, A_PING = 1 << 6,
	B_RTSP = 1 << 7, B_SYSLOG = 1 << 8, B_GONE = 1 << 9, B_MOVED = 1 << 10, B_OTHER_MAC = 1 << 11,
	C_PROVES = 1 << 12, C_ADDRESS = 1 << 13, C_GONE = 1 << 14, NEW_DEVICE = 1 << 15, WIDE = 1 << 16, A_AUDIT = 1 << 17, KINDS = 18,
};
#define BASE (A_WEB | A_MQTT | A_RTSP | A_SSH_IN | A_NAME | A_V6 | A_PING | B_RTSP | B_SYSLOG)

static char *policy_text(uint32_t has)
{
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	assert_non_null(f);
	(void)fputs("ostiary: 1\nnetworks:\n  plant: [10.20.0.0/24, \"fd00:20::/64\"]\n  all: [10.0.0.0/8]\n"
		    "infrastructure:\n  resolvers: [10.0.0.53]\nroles:\n", f);
	(void)fprintf(f, "  camera:\n    include: [arp, nd, dns]\n");
	if (has & A_AUDIT)
		(void)fputs("    mode: audit\n    audit-until: 2026-12-01T00:00Z\n", f);
	(void)fputs("    allow:\n      - to: { network: plant, service: udp/9 }\n", f);
	if (has & A_WEB)
		(void)fputs("      - to: { network: plant, service: tcp/80 }\n", f);
	if (has & A_MQTT)
		(void)fputs("      - to: { network: 10.20.0.9, service: tcp/8883 }\n", f);
	if (has & A_RTSP)
		(void)fputs("      - to: { role: recorder, service: tcp/554 }\n", f);
	if (has & A_SSH_IN)
		(void)fputs("      - from: { network: plant, service: tcp/22 }\n", f);
	if (has & A_NAME)
		(void)fputs("      - to: { name: video.example.com, service: tcp/443 }\n", f);
	if (has & A_V6)
		(void)fputs("      - to: { network: \"fd00:20::/64\", service: udp/5000 }\n", f);
	if (has & A_PING)
		(void)fputs("      - to: { network: plant, service: icmp/echo-request }\n", f);
	if (has & WIDE)
		(void)fputs("      - to: { network: all, service: tcp/1-65535 }\n", f);
	(void)fputs("  recorder:\n    include: [arp]\n    allow:\n      - to: { network: plant, service: udp/9 }\n", f);
	if (has & B_RTSP)
		(void)fputs("      - from: { role: camera, service: tcp/554 }\n", f);
	if (has & B_SYSLOG)
		(void)fputs("      - to: { network: plant, service: udp/514 }\n", f);
	(void)fprintf(f, "  plain:\n    authenticate: %s\n    include: [arp]\n    allow:\n      - to: { network: plant, service: udp/514 }\n",
		has & C_PROVES ? "eap-tls" : "mac");
	(void)fputs("devices:\n  a: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n", f);
	if (!(has & B_GONE))
		(void)fprintf(f, "  b: { role: recorder, mac: \"02:00:00:00:00:%s\", port: %s, address: 10.0.0.2 }\n",
			has & B_OTHER_MAC ? "22" : "02", has & B_MOVED ? "dev3" : "dev2");
	if (!(has & C_GONE))
		(void)fprintf(f, "  c: { role: plain, %smac: \"02:00:00:00:00:03\", port: dev3, address: 10.0.0.%s }\n",
			has & C_PROVES ? "certificate: \"urn:c\", " : "", has & C_ADDRESS ? "4" : "3");
	if (has & NEW_DEVICE) /* it has an address that flows go to */
		(void)fputs("  d: { role: recorder, mac: \"02:00:00:00:00:05\", port: dev2, address: 10.20.0.9 }\n", f);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* ---- flows ---- */

#define A_TO(to, sport, dport) {DEV1, ROUTER, 1, "10.0.0.1", to, sport, dport}

static void connect_as(const struct way *w, uint8_t answer_port, bool quiet)
{
	struct way back = way_back(w, answer_port);

	bool passes = rig_tcp(&rig, w, SYN, 1000, 0, 0) == OST_REASON_NONE &&
		rig_tcp(&rig, &back, SYN | ACK, 5000, 1001, 0) == OST_REASON_NONE &&
		rig_tcp(&rig, w, ACK, 1001, 5001, 0) == OST_REASON_NONE;

	assert_true(passes || quiet);
}

/* All that the base allows; quiet: whatever of it is allowed now. */
static void flows_open(uint32_t round, bool quiet)
{
	const uint16_t p = (uint16_t)(20000 + round % 20000);
	const struct way tcp[] = {A_TO("10.20.0.9", p, 80), A_TO("10.20.0.10", p, 80), A_TO("10.20.0.9", p, 8883),
		A_TO("198.51.100.7", p, 443), {DEV1, 2, 1, "10.0.0.1", "10.0.0.2", p, 554}};
	const struct way in = {NET, 1, ROUTER, "10.20.0.7", "10.0.0.1", p, 22};
	const struct way udp[] = {A_TO("10.20.0.9", p, 9), {DEV1, ROUTER, 1, "fd00::1", "fd00:20::9", p, 5000},
		{DEV2, ROUTER, 2, "10.0.0.2", "10.20.0.9", p, 514}, {DEV3, ROUTER, 3, "10.0.0.3", "10.20.0.9", p, 514}};
	const struct way echo = A_TO("10.20.0.9", p, 0), ended = A_TO("10.20.0.11", p, 80);
	struct way back = way_back(&ended, NET);

	for (size_t i = 0; i < OST_ARRAY_SIZE(tcp); i++)
		connect_as(&tcp[i], i == 4 ? DEV2 : NET, quiet);
	connect_as(&in, DEV1, quiet);
	for (size_t i = 0; i < OST_ARRAY_SIZE(udp); i++)
		assert_true(rig_udp(&rig, &udp[i]) == OST_REASON_NONE || quiet);
	assert_true(rig_echo(&rig, &echo, false) == OST_REASON_NONE || quiet);
	/* One that both ends have closed counts for nothing. */
	if (rig_tcp(&rig, &ended, SYN, 1000, 0, 0) != OST_REASON_NONE)
		return;
	assert_passes(rig_tcp(&rig, &back, SYN | ACK, 5000, 1001, 0));
	assert_passes(rig_tcp(&rig, &ended, FIN | ACK, 1001, 5001, 0));
	assert_passes(rig_tcp(&rig, &back, FIN | ACK, 5001, 1002, 0));
}

static uint32_t flows_of(uint32_t slot)
{
	struct ost_device_counts n;

	ost_site_device_counts(rig.site, slot, &n);
	return n.flows;
}

/* Closed ones, which a slot's number of flows has. */
static uint32_t closed_of(uint32_t slot)
{
	const struct ost_classifier *c = rig.c;
	uint32_t n = 0;

	for (uint32_t i = 0; i < ost_table_places(&c->table4); i++)
		n += c->flows4[i].key[0] != 0 && ost_flow_slot(&c->flows4[i].meta) == slot && !(ost_flow_flags(&c->flows4[i].meta) & OST_FLOW_ALIAS) &&
			ost_flow_state(c->flows4[i].key[2]) >= OST_FLOW_TCP_CLOSING;
	return n;
}

/* ---- rehearsing ---- */

static struct ost_rehearsal *rehearse(const char *text, void **ret_bytes)
{
	struct ost_policy_source source = {"next.yaml", text, strlen(text)};
	struct ost_rehearsal *r = NULL;
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	struct ost_image image;
	char why[256];
	size_t length;

	if (ost_policy_parse(&source, 1, &diag, &policy) < 0)
		fail_msg("%s\n%s", diag.findings[0].what, text);
	assert_int_equal(ost_policy_compile(policy, 77, &diag, ret_bytes, &length), 0);
	assert_int_equal(ost_image_open(*ret_bytes, length, &image, why), 0);
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	assert_int_equal(ost_rehearsal_new(rig.site, &image, &r), 0);
	ost_rehearsal_begin(r);
	for (uint32_t left = 1; !ost_rehearsal_is_over(r) && left < 100; left++)
		(void)ost_classifier_sweep(rig.c, 3, rig.now_ns);
	assert_true(ost_rehearsal_is_over(r));
	ost_rehearsal_end(r);
	return r;
}

/* All that a rehearsal could change, byte by byte. */
struct state {
	struct ost_flow4 flows4[1024];
	struct ost_flow6 flows6[1024];
	struct ost_table_bucket tags[3][64];
	struct ost_slot slots[64];
	struct ost_standing standings[64];
	struct ost_tally tallies[64];
	struct ost_refused refused[64];
	struct ost_port_counts ports[4];
	uint32_t stamps[64];
	uint64_t hits[256];
	const struct ost_view *view;
	struct ost_view_slot hot[64];
	uint32_t slot_count, stamp_next, serial, used[4];
};

static void state_take(struct state *s)
{
	const struct ost_classifier *c = rig.c;
	const struct ost_site *site = rig.site;
	const struct ost_view *v = atomic_load(&site->view);

	memset(s, 0, sizeof(*s));
	assert_true(ost_table_places(&c->table4) <= 1024 && ost_table_places(&c->table6) <= 1024 && site->devices.bucket_count <= 64);
	memcpy(s->flows4, c->flows4, ost_table_places(&c->table4) * sizeof(*c->flows4));
	memcpy(s->flows6, c->flows6, ost_table_places(&c->table6) * sizeof(*c->flows6));
	memcpy(s->tags[0], c->table4.buckets, c->table4.bucket_count * sizeof(*c->table4.buckets));
	memcpy(s->tags[1], c->table6.buckets, c->table6.bucket_count * sizeof(*c->table6.buckets));
	memcpy(s->tags[2], site->devices.buckets, site->devices.bucket_count * sizeof(*site->devices.buckets));
	memcpy((void *)s->slots, site->slots, sizeof(s->slots));
	memcpy((void *)s->standings, site->standings, sizeof(s->standings));
	memcpy((void *)s->tallies, c->tallies, sizeof(s->tallies));
	memcpy((void *)s->refused, site->refused, sizeof(s->refused));
	memcpy(s->ports, c->ports, sizeof(s->ports));
	memcpy(s->stamps, (const void *)v->stamp, sizeof(s->stamps));
	memcpy(s->hot, v->hot, sizeof(s->hot));
	memcpy(s->hits, v->hits[0], v->image->rule_count * sizeof(*s->hits));
	s->view = v;
	s->slot_count = site->slot_count;
	s->stamp_next = atomic_load(&site->stamp_next);
	s->serial = site->serial;
	s->used[0] = c->table4.used;
	s->used[1] = c->table6.used;
	s->used[2] = site->devices.used;
	s->used[3] = site->bindings_table.used;
}

struct told {
	uint64_t standing, cut;
	uint32_t of[64];
};

static void told_take(const struct ost_rehearsal *r, struct told *t)
{
	struct ost_rehearsed_flow flow;
	uint32_t slot, sum = 0;

	ost_rehearsal_flows(r, &t->standing, &t->cut);
	for (slot = 0; slot < 64; slot++)
		sum += t->of[slot] = ost_rehearsal_cut(r, slot);
	assert_int_equal(sum, t->cut);
	for (uint32_t i = 0; ost_rehearsal_flow(r, i, &slot, &flow); i++) {
		assert_true(slot < 64 && t->of[slot] > 0);
		assert_true(flow.reason != OST_REASON_NONE && flow.reason < OST_REASON_COUNT && (flow.family == 4 || flow.family == 6));
	}
}

static void rehearse_told(const char *text, struct told *t)
{
	static struct state before, after;
	struct ost_rehearsal *r;
	void *bytes = NULL;

	rig_sweep(&rig);
	state_take(&before);
	r = rehearse(text, &bytes);
	told_take(r, t);
	ost_rehearsal_free(&r);
	free(bytes);
	state_take(&after);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* ---- tests ---- */

static int setup(void **state)
{
	const struct rig_options o = {.flows_max = 500};
	char *text = policy_text(BASE);

	(void)rig_start(state, text, &o);
	ost_site_wall_set(rig.site, 1793520000); /* 2026-11-01 */
	free(text);
	return 0;
}

static void name_tell(void)
{
	struct ost_ip ip;

	assert_int_equal(ost_ip_parse("198.51.100.7", &ip), 0);
	assert_int_equal(ost_site_name_bind(rig.site, rig_device(&rig, "a"), "video.example.com", &ip, rig.now_ns, rig.now_ns + 3600 * OST_NS_PER_S), 0);
}

static void one_rule_less(void **state)
{
	char *text = policy_text(BASE & ~(uint32_t)A_WEB);
	struct ost_rehearsed_flow flow;
	struct ost_rehearsal *r;
	struct told t = {0};
	uint32_t slot;
	void *bytes;

	(void)state;
	name_tell();
	flows_open(0, false);
	rehearse_told(text, &t);
	assert_int_equal(t.cut, 2); /* not the one that both ends closed */
	assert_int_equal(t.standing, 9);
	r = rehearse(text, &bytes);
	assert_true(ost_rehearsal_flow(r, 0, &slot, &flow));
	assert_int_equal(slot, ost_site_slot(rig.site, rig_device(&rig, "a")));
	assert_int_equal(flow.protocol, 6);
	assert_int_equal(flow.dev_port, 20000);
	assert_int_equal(flow.rem_port, 80);
	assert_false(flow.opened_in);
	assert_memory_equal(flow.dev_ip, "\x0a\x00\x00\x01", 4);
	assert_reason(flow.reason, OST_REASON_NOT_ALLOWED);
	assert_true(ost_rehearsal_flow(r, 1, &slot, &flow));
	assert_false(ost_rehearsal_flow(r, 2, &slot, &flow));
	ost_rehearsal_free(&r);
	free(bytes);
	free(text);
}

static void as_told_so_cut(void **state)
{
	static uint32_t seed = 12345;
	uint64_t cut = 0, standing = 0;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t has = BASE, was[64];
		struct told t = {0};
		char *text;

		for (int i = 0; i < 3; i++) {
			seed = seed * 1664525 + 1013904223;
			has ^= 1u << (seed >> 16) % KINDS;
		}
		text = policy_text(BASE);
		assert_int_equal(rig_swap(&rig, text), 0);
		free(text);
		rig_sweep(&rig);
		name_tell();
		flows_open(round, false);
		text = policy_text(has);
		rehearse_told(text, &t);
		for (uint32_t slot = 0; slot < 64; slot++)
			was[slot] = flows_of(slot) - closed_of(slot);
		assert_int_equal(rig_swap(&rig, text), 0);
		rig_sweep(&rig);
		for (uint32_t slot = 0; slot < 64; slot++) {
			if (flows_of(slot) - closed_of(slot) != was[slot] - t.of[slot])
				print_error("round %u, bits %x, slot %u: %u flows, %u told to be cut, %u are left\n%s", round, has, slot, was[slot],
					t.of[slot], flows_of(slot) - closed_of(slot), text);
			assert_int_equal(flows_of(slot) - closed_of(slot), was[slot] - t.of[slot]);
		}
		cut += t.cut;
		standing += t.standing;
		free(text);
		/* Under that one, too: what it allows is there, and the base takes some of it away. */
		flows_open(round + 1, true);
		rig_wait_ms(&rig, 400000); /* what both ends closed goes, and datagrams */
	}
	assert_true(cut > ROUNDS && standing > ROUNDS);
}

static void one_at_a_time(void **state)
{
	char *text = policy_text(BASE);
	struct ost_rehearsal *r, *second = NULL;
	void *bytes;

	(void)state;
	r = rehearse(text, &bytes);
	ost_rehearsal_begin(r);
	assert_int_equal(ost_rehearsal_new(rig.site, &rig.image, &second), -EBUSY);
	assert_false(ost_rehearsal_is_over(r));
	ost_rehearsal_end(r); /* given up */
	rig_sweep(&rig);
	assert_false(ost_rehearsal_is_over(r));
	ost_rehearsal_free(&r);
	free(bytes);
	free(text);
}

static void without_a_policy(void **state)
{
	struct ost_rehearsal *r = NULL;
	struct rig empty;

	(void)state;
	rig_new(&empty, NULL, NULL);
	assert_int_equal(ost_rehearsal_new(empty.site, &rig.image, &r), -ENOENT);
	rig_free(&empty);
}

/* A device that the site comes to know while it is rehearsed has flows that nobody asks about. */
static void newcomers_are_left_out(void **state)
{
	char *text = policy_text(BASE), *more = policy_text(BASE | NEW_DEVICE);
	const struct way w = {DEV2, ROUTER, 5, "10.20.0.9", "10.20.0.10", 4000, 514};
	uint64_t standing, cut;
	struct ost_rehearsal *r;
	void *bytes;

	(void)state;
	r = rehearse(text, &bytes);
	assert_int_equal(rig_swap(&rig, more), 0);
	assert_passes(rig_udp(&rig, &w));
	ost_rehearsal_begin(r);
	rig_sweep(&rig);
	assert_true(ost_rehearsal_is_over(r));
	ost_rehearsal_end(r);
	ost_rehearsal_flows(r, &standing, &cut);
	assert_int_equal(cut, 0);
	ost_rehearsal_free(&r);
	free(bytes);
	free(text);
	free(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_rule_less, setup, rig_stop),
		cmocka_unit_test_setup_teardown(as_told_so_cut, setup, rig_stop),
		cmocka_unit_test_setup_teardown(one_at_a_time, setup, rig_stop),
		cmocka_unit_test_setup_teardown(without_a_policy, setup, rig_stop),
		cmocka_unit_test_setup_teardown(newcomers_are_left_out, setup, rig_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
