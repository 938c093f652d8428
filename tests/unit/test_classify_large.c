/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of a role of many lanes say what the loop over its lanes says, to the rule. */
#include "classify_rig.h"

#include "allow.h"

#define RULES	  1600u
#define NETWORKS  48u
#define QUESTIONS 300000u

static uint64_t seed = 0x1234567;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % n);
}

/* Nested ones: few values a byte, and all kinds of lengths. */
static void network_write(char *at, size_t room, uint32_t i)
{
	static const uint8_t lengths4[] = {0, 1, 8, 12, 16, 20, 24, 24, 30, 32, 32, 32};
	static const uint8_t lengths6[] = {0, 3, 32, 48, 64, 64, 65, 96, 127, 128, 128, 128};

	if (i % 2)
		(void)snprintf(at, room, "  n%u: [fd00:%x:%x::%x:%x/%u]\n", i, below(3), below(3), below(3), below(3), lengths6[i / 2 % 12]);
	else
		(void)snprintf(at, room, "  n%u: [10.%u.%u.%u/%u]\n", i, below(3), below(3), below(3), lengths4[i / 2 % 12]);
}

/* The host bits of a network's address must be zero: as the compiler would say. */
static void host_bits_clear(char *text)
{
	struct ost_prefix p = {0};
	char *open = strchr(text, '['), *slash = strchr(text, '/');
	char address[64];
	unsigned bits;

	p.length = (uint8_t)strtoul(slash + 1, NULL, 10);
	*slash = '\0';
	assert_int_equal(ost_ip_parse(open + 1, &p.ip), 0);
	bits = p.ip.family == OST_IPV4 ? 32 : 128;
	for (unsigned i = p.length; i < bits; i++)
		p.ip.b[i / 8] &= (uint8_t)~(0x80u >> i % 8);
	ost_ip_format(&p.ip, address);
	(void)snprintf(open, 128, "[\"%s/%u\"]\n", address, p.length);
}

static void rule_write(char *at, size_t room)
{
	static const char *const services[] = {"tcp/443", "udp/53", "tcp/1-1023", "udp/1024-65535", "[tcp/80, tcp/81]", "any",
		"udp/4999-5001", "icmp/echo-request", "tcp/7-9000", "icmpv6/echo-request", "[udp/1, tcp/443]"};
	static const char *const assurance[] = {"", "", "", ", assurance: software", ", assurance: tee"};
	uint32_t network = below(NETWORKS);
	const char *service = services[below(OST_ARRAY_SIZE(services))];
	char one[32];

	if (below(3) > 0) {
		(void)snprintf(one, sizeof(one), "%s/%u", below(2) ? "tcp" : "udp", 1 + below(400));
		service = one;
	}
	if (strncmp(service, "icmp/", 5) == 0)
		network &= ~1u;
	if (strncmp(service, "icmpv6", 6) == 0)
		network |= 1u;
	(void)snprintf(at, room, "      - { %s: { network: n%u, service: %s }%s }\n", below(4) ? "to" : "from", network, service,
		assurance[below(OST_ARRAY_SIZE(assurance))]);
}

static char *policy_make(void)
{
	size_t room = 1u << 20;
	char *text = calloc(1, room), *at = text;

	at += snprintf(at, room, "ostiary: 1\ninfrastructure: { resolvers: [10.1.1.1, \"fd00:1:1::1\"] }\nnetworks:\n");
	for (uint32_t i = 0; i < NETWORKS; i++) {
		network_write(at, 256, i);
		host_bits_clear(at);
		at += strlen(at);
	}
	at += snprintf(at, 256, "roles:\n  big:\n    authenticate: eap-tls\n    include: [dns]\n    allow:\n");
	for (uint32_t i = 0; i < RULES; i++) {
		rule_write(at, 256);
		at += strlen(at);
	}
	(void)snprintf(at, 512, "      - { to: { network: n0, service: tcp/65000 } }\n  small:\n    authenticate: mac\n    allow:\n"
				"      - { to: { network: n0, service: tcp/443 } }\ndevices:\n"
				"  cam: { role: big, certificate: \"urn:dev:ser:1\", mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"
				"  hub: { role: small, mac: \"02:00:00:00:00:02\", port: dev1, address: 10.0.0.2 }\n");
	return text;
}

static int setup(void **state)
{
	char *text = policy_make();
	int r = rig_start(state, text, &(struct rig_options){0});

	free(text);
	return r;
}

static struct ost_question question_make(const struct ost_view *v)
{
	static const uint8_t protocols[] = {6, 6, 17, 17, 1, 58, 132, 0};
	static const uint16_t values[] = {443, 53, 1, 0, 1023, 1024, 65535, 4998, 5001, 5002, 80, 81, 82, 7, 6, 9000, 9001, 8 * 256, 128 * 256};
	struct ost_question q = {.view = v, .direction = (uint8_t)below(2), .protocol = protocols[below(8)], .assurance = (uint8_t)below(OST_ASSURANCE_COUNT),
		.infrastructure_only = below(5) == 0, .family = below(2) ? OST_IPV4 : OST_IPV6};
	uint8_t b[16] = {0xfd, 0, 0, (uint8_t)below(3), 0, (uint8_t)below(3), 0, 0, 0, 0, 0, 0, 0, (uint8_t)below(3), 0, (uint8_t)below(3)};

	q.value = below(3) ? values[below(OST_ARRAY_SIZE(values))] : (uint16_t)below(400);
	q.remote4 = (below(20) ? 10u << 24 : below(256) << 24) | below(3) << 16 | below(3) << 8 | below(3);
	if (below(20) == 0)
		b[0] = (uint8_t)below(256);
	memcpy(q.remote6, b, 16);
	q.remote6[0] = __builtin_bswap64(q.remote6[0]);
	q.remote6[1] = __builtin_bswap64(q.remote6[1]);
	return q;
}

/* What the loop over IPv4 lanes says of the address alone. */
static bool listed(const struct ost_image *image, const struct ost_image_role *role, uint32_t remote)
{
	bool any = false;

	for (uint32_t i = 0; i < role->chunk4_count; i++)
		any |= ost_chunk4_has(&image->chunks4[role->chunk4_first + i], remote);
	return any;
}

static void tables_say_what_the_loop_says(void **state)
{
	struct rig *r = *state;
	struct ost_view *v = atomic_load(&r->site->view);
	struct ost_large_role *large = v->large;
	uint32_t slot = ost_site_slot(r->site, rig_device(r, "cam")), allowed = 0, related = 0;
	const struct ost_image_role *role = &v->image->roles[v->hot[slot].role];

	assert_non_null(large);
	assert_non_null(large[v->hot[slot].role].family4);
	assert_non_null(large[v->hot[slot].role].family6);
	for (uint32_t i = 0; i < QUESTIONS; i++) {
		struct ost_question q = question_make(v);
		uint32_t loop = ost_allow_by_loop(v->image, role, &q), table = ost_allow_address(v, role, &q);
		bool by_table, by_loop;

		assert_int_equal(table, loop);
		allowed += loop != OST_RULE_NONE;
		if (q.family == OST_IPV4)
			assert_int_equal(ost_large_has(large[v->hot[slot].role].family4, (uint64_t)q.remote4 << 32, 0),
				listed(v->image, role, q.remote4));
		by_table = ost_allow_related(v, slot, OST_SLOT_NONE, &q);
		v->large = NULL;
		by_loop = ost_allow_related(v, slot, OST_SLOT_NONE, &q);
		v->large = large;
		assert_int_equal(by_table, by_loop);
		related += by_loop;
	}
	print_message("# of %u questions %u are allowed, %u related\n", QUESTIONS, allowed, related);
	assert_in_range(allowed, QUESTIONS / 10, QUESTIONS * 9 / 10);
}

/* From end to end: by the packet, both ways round. */
static void packets_are_judged_by_the_tables(void **state)
{
	struct rig *r = *state;
	struct ost_view *v = atomic_load(&r->site->view);
	uint32_t slot = ost_site_slot(r->site, rig_device(r, "cam")), passed = 0;
	const struct ost_image_role *role = &v->image->roles[v->hot[slot].role];

	rig_state(r, "cam", OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
	for (uint32_t i = 0; i < 20000; i++) {
		struct ost_question q = question_make(v);
		char remote[32];
		struct way w = {DEV1, ROUTER, 1, "10.0.0.1", remote, (uint16_t)(1024 + below(60000)), q.value};
		enum ost_reason got;

		q = (struct ost_question){.view = v, .slot = slot, .family = OST_IPV4, .direction = OST_TO, .protocol = 17, .value = q.value,
			.remote4 = q.remote4, .assurance = OST_ASSURANCE_SOFTWARE};
		(void)snprintf(remote, sizeof(remote), "%u.%u.%u.%u", q.remote4 >> 24, q.remote4 >> 16 & 255, q.remote4 >> 8 & 255, q.remote4 & 255);
		if (q.value == 67 || q.value == 68) /* DHCP goes another way */
			continue;
		if (q.remote4 >> 24 == 0 || q.remote4 >> 24 >= 127 || q.remote4 == 0x0a000001 || q.remote4 == 0x0a000002)
			continue;
		got = rig_udp(r, &w);
		rig_wait_ms(r, 1000);
		rig_sweep(r);
		if (got == OST_REASON_FLOW_TABLE_FULL)
			continue;
		if (ost_allow_by_loop(v->image, role, &q) != OST_RULE_NONE)
			assert_passes(got);
		else
			assert_true(got == OST_REASON_NOT_ALLOWED || got == OST_REASON_FOREIGN_DNS);
		passed += got == OST_REASON_NONE;
	}
	assert_in_range(passed, 1000, 19000);
}

static void small_roles_have_none(void **state)
{
	struct rig *r = *state;
	struct ost_view *v = atomic_load(&r->site->view);
	uint32_t role = v->hot[ost_site_slot(r->site, rig_device(r, "hub"))].role;

	assert_null(v->large[role].family4);
	assert_null(v->large[role].family6);
	assert_null(ost_large_of(v, &v->image->roles[role], OST_IPV4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tables_say_what_the_loop_says, setup, rig_stop),
		cmocka_unit_test_setup_teardown(packets_are_judged_by_the_tables, setup, rig_stop),
		cmocka_unit_test_setup_teardown(small_roles_have_none, setup, rig_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
