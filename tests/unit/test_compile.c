/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "clock.h"
#include "compile.h"
#include "lane_match.h"
#include "naive.h"
#include "random_policy.h"

/* ---- a policy by hand: each test changes a copy ---- */

static struct ost_service tcp_443 = {.protocol = 6, .lo = 443, .hi = 443};
static struct ost_service services[3] = {{.protocol = 6, .lo = 443, .hi = 443},
	{.protocol = 17, .lo = 5000, .hi = 5010},
	{.protocol = 1, .family = 4, .lo = 0x800, .hi = 0x8ff}};
static struct ost_prefix prefixes[2] = {{.ip = {.b = {10, 20, 0, 0}, .family = 4}, .length = 24},
	{.ip = {.b = {0xfd, 0, 0, 0x20}, .family = 6}, .length = 64}};

static struct ost_rule rule_network(enum ost_direction direction)
{
	return (struct ost_rule){.pos = {"p.yaml", 7, 9},
		.text = (char *)(uintptr_t) "to network scada",
		.direction = direction,
		.peer = OST_PEER_NETWORK,
		.prefixes = prefixes,
		.prefix_count = 2,
		.services = services,
		.service_count = 3};
}

static struct ost_role role_of(const char *name, struct ost_rule *rules, uint32_t count)
{
	return (struct ost_role){.name = (char *)(uintptr_t)name,
		.pos = {"p.yaml", 5, 3},
		.rules = rules,
		.rule_count = count};
}

static struct ost_device device_of(const char *name, uint8_t last)
{
	return (struct ost_device){.name = (char *)(uintptr_t)name,
		.pos = {"p.yaml", 30u + last, 3},
		.has_mac = true,
		.mac = {.b = {2, 0, 0, 0, 0, last}}};
}

struct compiled {
	void *bytes;
	size_t length;
	struct ost_image image;
};

static struct compiled compile_and_open(const struct ost_policy *policy)
{
	struct ost_diag diag = {0};
	struct compiled c;
	char why[256] = "";

	assert_int_equal(ost_policy_compile(policy, 7, &diag, &c.bytes, &c.length), 0);
	assert_int_equal(diag.errors, 0);
	if (ost_image_open(c.bytes, c.length, &c.image, why) != 0)
		fail_msg("the compiler's image does not open: %s", why);
	ost_diag_free(&diag);
	return c;
}

/* Compiling fails, once, at this line, saying this. */
static void assert_refused(const struct ost_policy *policy, uint32_t line, const char *say)
{
	struct ost_diag diag = {0};
	void *bytes = &diag;
	size_t length = 99;

	assert_int_equal(ost_policy_compile(policy, 7, &diag, &bytes, &length), -EINVAL);
	assert_ptr_equal(bytes, &diag);
	assert_int_equal(length, 99);
	assert_int_equal(diag.errors, 1);
	assert_int_equal(diag.findings[0].pos.line, line);
	if (strstr(diag.findings[0].what, say) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", diag.findings[0].what, say);
	ost_diag_free(&diag);
}

static void test_records_hold_the_model(void **state)
{
	struct ost_ip ips[2] = {{.b = {10, 20, 0, 9}, .family = 4}, {.b = {0xfd, 1}, .family = 6}};
	struct ost_rule rules[2] = {rule_network(OST_TO), rule_network(OST_FROM)};
	struct ost_role roles[2] = {role_of("plc", rules, 2), role_of("unused", NULL, 0)};
	struct ost_device devices[3] = {device_of("a", 1), device_of("b", 2), device_of("c", 3)};
	struct ost_policy p = {
		.roles = roles, .role_count = 2, .devices = devices, .device_count = 3};

	(void)state;
	rules[1].assurance = OST_ASSURANCE_TEE;
	roles[0].assurance = OST_ASSURANCE_SOFTWARE;
	roles[0].tls_max = OST_TLS_MAX_1_2;
	roles[0].includes = OST_INCLUDE_ARP | OST_INCLUDE_NTP;
	roles[0].limits = (struct ost_limits){
		.packets_per_s = 5, .bytes_per_s = 6, .new_flows_per_s = 7, .flows = 8};
	devices[1].port = (char *)(uintptr_t) "dev2";
	devices[2].port = (char *)(uintptr_t) "dev1";
	devices[0].port = (char *)(uintptr_t) "dev2";
	devices[2].addresses = ips;
	devices[2].address_count = 2;
	devices[2].vlan = 10 | 20 << 12;
	devices[1].has_mac = false;
	devices[1].certificate = (char *)(uintptr_t) "urn:dev:4711";
	struct compiled c = compile_and_open(&p);
	const struct ost_image *i = &c.image;

	assert_int_equal(i->generation, 7);
	assert_int_equal(i->role_count, 2);
	assert_string_equal(ost_image_role_name(i, 1), "unused");
	assert_int_equal(i->roles[0].includes, OST_INCLUDE_ARP | OST_INCLUDE_NTP);
	assert_int_equal(i->roles[0].assurance, OST_ASSURANCE_SOFTWARE);
	assert_int_equal(i->roles[0].tls_max, OST_TLS_MAX_1_2);
	assert_int_equal(i->roles[1].tls_max, OST_TLS_MAX_1_3);
	assert_int_equal(i->roles[0].flags, OST_ROLE_CONDITIONS);
	assert_int_equal(i->roles[1].flags, 0);
	assert_int_equal(i->roles[0].packets_per_s, 5);
	assert_int_equal(i->roles[0].bytes_per_s, 6);
	assert_int_equal(i->roles[0].new_flows_per_s, 7);
	assert_int_equal(i->roles[0].flows, 8);
	assert_int_equal(i->roles[1].flows, OST_LIMIT_FLOWS_DEFAULT);
	assert_int_equal(i->roles[0].addresses, OST_LIMIT_ADDRESSES_DEFAULT);
	assert_int_equal(i->rules[0].assurance, OST_ASSURANCE_SOFTWARE);
	assert_int_equal(i->rules[1].assurance, OST_ASSURANCE_TEE);
	assert_int_equal(i->rules[1].direction, OST_FROM);
	assert_int_equal(i->rules[0].line, 7);
	assert_int_equal(i->rules[0].column, 9);
	assert_string_equal(ost_image_string(i, i->rules[0].file), "p.yaml");
	assert_string_equal(ost_image_string(i, i->rules[0].text), "to network scada");
	assert_int_equal(i->port_count, 2);
	assert_string_equal(ost_image_string(i, i->ports[0].name), "dev2");
	assert_string_equal(ost_image_string(i, i->ports[1].name), "dev1");
	assert_int_equal(i->devices[0].port, 0);
	assert_int_equal(i->devices[2].port, 1);
	assert_int_equal(i->devices[2].vlan, 10 | 20 << 12);
	assert_int_equal(i->devices[2].address_count, 2);
	assert_memory_equal(i->addresses[1].ip, ips[1].b, 16);
	assert_int_equal(i->devices[1].has_mac, 0);
	assert_string_equal(ost_image_string(i, i->devices[1].certificate), "urn:dev:4711");
	assert_int_equal(i->devices[0].certificate, 0);
	assert_int_equal(ost_image_device_find(i, "c"), 2);
	assert_int_equal(ost_image_device_find(i, "d"), -ENOENT);
	free(c.bytes);
}

static uint32_t lanes4(const struct ost_image *image, uint32_t role)
{
	const struct ost_image_role *r = &image->roles[role];
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->chunk4_count * OST_LANES4; i++)
		n += image->chunks4[r->chunk4_first + i / OST_LANES4].selector[i % OST_LANES4] !=
		     OST_LANE_NEVER;
	return n;
}

static void test_equal_lanes_are_joined(void **state)
{
	struct ost_rule rules[4] = {rule_network(OST_TO), rule_network(OST_TO),
		rule_network(OST_TO), rule_network(OST_FROM)};
	struct ost_role role = role_of("r", rules, 2);
	struct ost_policy p = {.roles = &role, .role_count = 1};
	struct compiled c = compile_and_open(&p);

	(void)state;
	/* One IPv4 prefix times three services; IPv6 has no ICMP of IPv4. */
	assert_int_equal(lanes4(&c.image, 0), 3);
	assert_int_equal(c.image.chunks4[0].rule[0], 0);
	free(c.bytes);
	/* The one that asks least is kept, wherever it stands; infrastructure stands first. */
	rules[0].assurance = OST_ASSURANCE_TEE;
	rules[2].infrastructure = true;
	rules[2].services = &tcp_443;
	rules[2].service_count = 1;
	role.rule_count = 4;
	c = compile_and_open(&p);
	assert_int_equal(c.image.roles[0].infra_lanes4, 1);
	assert_int_equal(c.image.roles[0].infra_lanes6, 1);
	assert_int_equal(c.image.chunks4[0].rule[0], 2);
	assert_int_equal(c.image.chunks4[0].rule[1], 1);
	assert_int_equal(lanes4(&c.image, 0), 3 + 3);
	free(c.bytes);
}

static void test_same_model_same_bytes(void **state)
{
	struct rng a = {42}, b = {42};
	struct ost_policy *p = random_policy(&a), *q = random_policy(&b);
	struct compiled c = compile_and_open(p), d = compile_and_open(q);

	(void)state;
	assert_int_equal(c.length, d.length);
	assert_memory_equal(c.bytes, d.bytes, c.length);
	free(c.bytes);
	free(d.bytes);
	ost_policy_free(&p);
	ost_policy_free(&q);
}

static void test_twins_are_refused(void **state)
{
	struct ost_role role = role_of("r", NULL, 0);
	struct ost_device devices[3] = {device_of("a", 1), device_of("b", 2), device_of("c", 1)};
	struct ost_policy p = {
		.roles = &role, .role_count = 1, .devices = devices, .device_count = 3};

	(void)state;
	devices[2].pos.line = 99;
	assert_refused(&p, 99, "\"a\" and \"c\"");
	devices[2].vlan = 10;
	free(compile_and_open(&p).bytes);
	devices[2].vlan = 0;
	devices[2].has_mac = false;
	free(compile_and_open(&p).bytes);
}

static void test_a_role_has_at_most_65535_rules(void **state)
{
	struct ost_rule *rules = calloc(65536, sizeof(*rules));
	struct ost_role role = role_of("r", rules, 65535);
	struct ost_policy p = {.roles = &role, .role_count = 1};

	(void)state;
	assert_non_null(rules);
	for (uint32_t i = 0; i < 65536; i++) {
		rules[i] = rule_network(OST_TO);
		rules[i].services = &tcp_443;
		rules[i].service_count = 1;
		rules[i].pos.line = i + 1;
	}
	free(compile_and_open(&p).bytes);
	role.rule_count = 65536;
	assert_refused(&p, 65536, "65536 rules");
	free(rules);
}

/* 257 roles share one array: the bound of the image is crossed at the last one. */
static void test_an_image_has_at_most_2_to_24_rules(void **state)
{
	struct ost_rule *rules = calloc(65535, sizeof(*rules));
	struct ost_role *roles = calloc(258, sizeof(*roles));
	struct ost_policy p = {.roles = roles, .role_count = 258};

	(void)state;
	assert_non_null(rules);
	assert_non_null(roles);
	for (uint32_t i = 0; i < 65535; i++) {
		rules[i] = rule_network(OST_TO);
		rules[i].service_count = 0;
	}
	for (uint32_t i = 0; i < 258; i++) {
		roles[i] = role_of("r", rules, i == 257 ? 0 : 65535);
		roles[i].pos.line = i;
	}
	assert_refused(&p, 256, "more than 16777216 rules");
	free(rules);
	free(roles);
}

static void test_bounds_of_devices_and_ports(void **state)
{
	struct ost_role role = role_of("r", NULL, 0);
	struct ost_device *devices = calloc(OST_DEVICES_MAX + 1, sizeof(*devices));
	struct ost_policy p = {.roles = &role, .role_count = 1, .devices = devices};
	char names[65][8];

	(void)state;
	assert_non_null(devices);
	for (uint32_t i = 0; i <= OST_DEVICES_MAX; i++) {
		devices[i].name = (char *)(uintptr_t) "d";
		devices[i].pos.line = i + 1;
	}
	p.device_count = OST_DEVICES_MAX + 1;
	assert_refused(&p, OST_DEVICES_MAX + 1, "1048577 devices");
	p.device_count = OST_DEVICES_MAX;
	free(compile_and_open(&p).bytes);
	for (uint32_t i = 0; i < 65; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "dev%u", i);
		devices[i].port = names[i];
	}
	p.device_count = 64;
	free(compile_and_open(&p).bytes);
	p.device_count = 65;
	assert_refused(&p, 65, "more than 64 ports");
	free(devices);
}

static void test_exploding_rules_are_refused(void **state)
{
	struct ost_prefix *many = calloc(1001, sizeof(*many));
	struct ost_service *lots = calloc(1000, sizeof(*lots));
	struct ost_rule rule = rule_network(OST_TO);
	struct ost_role role = role_of("r", &rule, 1);
	struct ost_policy p = {.roles = &role, .role_count = 1};

	(void)state;
	assert_non_null(many);
	assert_non_null(lots);
	for (uint32_t i = 0; i < 1001; i++) {
		many[i] = (struct ost_prefix){
			.ip = {.b = {10, (uint8_t)(i >> 8), (uint8_t)i}, .family = 4},
			.length = 24};
		if (i < 1000)
			lots[i] = (struct ost_service){
				.protocol = 6, .lo = (uint16_t)i, .hi = (uint16_t)i};
	}
	rule.prefixes = many;
	rule.prefix_count = 1001;
	rule.services = lots;
	rule.service_count = 1000;
	assert_refused(&p, 7, "more than 1000000 pairs");
	rule.prefix_count = 1000;
	struct compiled c = compile_and_open(&p);

	assert_int_equal(lanes4(&c.image, 0), 1000000);
	free(c.bytes);
	/* Nothing is multiplied before it is judged. */
	rule.prefix_count = UINT32_MAX;
	rule.service_count = UINT32_MAX;
	assert_refused(&p, 7, "more than 1000000 pairs");
	free(many);
	free(lots);
}

static void test_what_no_front_end_makes_is_refused(void **state)
{
	struct ost_rule rule = rule_network(OST_TO);
	struct ost_role role = role_of("r", &rule, 1);
	struct ost_device device = device_of("d", 1);
	struct ost_policy p = {
		.roles = &role, .role_count = 1, .devices = &device, .device_count = 1};
	char name[65];

	(void)state;
	memset(name, 'x', 64);
	name[64] = '\0';
	device.role = 1;
	assert_refused(&p, 31, "role that does not exist");
	device.role = 0;
	device.vlan = 1 << 24;
	assert_refused(&p, 31, "VLAN");
	device.vlan = 0;
	device.mac.b[0] = 1;
	assert_refused(&p, 31, "MAC");
	device.mac = (struct ost_mac){{0}};
	assert_refused(&p, 31, "MAC");
	device = device_of(name, 1);
	assert_refused(&p, 31, "longer than 63");
	name[63] = '\0';
	free(compile_and_open(&p).bytes);
	rule.peer = OST_PEER_ROLE;
	rule.peer_roles = &(uint32_t){1};
	rule.peer_role_count = 1;
	assert_refused(&p, 7, "role that does not exist");
}

/* ---- the compiler against the naive interpreter ---- */

static bool conditions_hold(const struct ost_rule *r, const struct lane_question *q)
{
	bool one = (r->flags & OST_RULE_ONE) != 0, guard = (r->flags & OST_RULE_DNS_GUARD) != 0;

	return (r->schedule == 0 || (q->open >> r->schedule & 1)) && (!one || r->only_device == q->device) &&
	       (r->only_tags == 0 || (r->only_tags & q->tags) != 0) && !(guard && q->encrypted_dns);
}

static void compare(
	const struct ost_policy *p, const struct ost_image *image, struct rng *rng, uint64_t seed)
{
	uint8_t family = rng_percent(rng, 50) ? OST_IPV4 : OST_IPV6;
	struct naive_flow flow = {.device = rng_below(rng, p->device_count),
		.direction = rng_percent(rng, 50) ? OST_TO : OST_FROM,
		.remote = random_policy_address(rng, p, family)};
	uint32_t remote = rng_percent(rng, 30) ? rng_below(rng, p->device_count) : NAIVE_NONE;
	const struct ost_role *role = &p->roles[p->devices[flow.device].role];
	struct lane_question q = {.role = p->devices[flow.device].role,
		.direction = flow.direction,
		.remote = flow.remote,
		.remote_role = remote == NAIVE_NONE ? UINT32_MAX : p->devices[remote].role,
		.remote_tags = remote == NAIVE_NONE ? 0 : p->devices[remote].tags,
		.device = flow.device,
		.tags = p->devices[flow.device].tags,
		.open = rng_below(rng, 1u << 5),
		.encrypted_dns = rng_percent(rng, 30),
		.infrastructure_only = rng_percent(rng, 25),
		.proved = (enum ost_assurance)rng_below(rng, OST_ASSURANCE_COUNT)};
	bool allow = false;

	random_policy_service(rng, p, family, &flow.protocol, &flow.value);
	q.protocol = flow.protocol;
	q.value = flow.value;
	for (uint32_t i = 0; i < role->rule_count; i++) {
		const struct ost_rule *r = &role->rules[i];

		allow |= naive_rule_matches(p, r, &flow, remote) && conditions_hold(r, &q) && q.proved >= r->assurance &&
			 (r->infrastructure ||
				 (!q.infrastructure_only && q.proved >= role->assurance));
	}
	if (lane_match(image, &q) != allow) {
		char ip[OST_IP_TEXT];

		random_policy_print(stderr, p);
		fail_msg("seed %llu: device %u %s %s protocol %u value %u: naive says %d",
			(unsigned long long)seed, flow.device,
			flow.direction == OST_TO ? "to" : "from", ost_ip_format(&flow.remote, ip),
			flow.protocol, flow.value, allow);
	}
}

static void test_lanes_mean_what_the_model_means(void **state)
{
	const char *given = getenv("OSTIARY_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : ost_clock_wall_ns();

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (uint32_t i = 0; i < 200; i++) {
		struct rng rng = {seed + i};
		struct ost_policy *p = random_policy(&rng);
		struct compiled c = compile_and_open(p);

		for (uint32_t k = 0; k < 2000; k++)
			compare(p, &c.image, &rng, seed);
		free(c.bytes);
		ost_policy_free(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_hold_the_model),
		cmocka_unit_test(test_equal_lanes_are_joined),
		cmocka_unit_test(test_same_model_same_bytes),
		cmocka_unit_test(test_twins_are_refused),
		cmocka_unit_test(test_a_role_has_at_most_65535_rules),
		cmocka_unit_test(test_an_image_has_at_most_2_to_24_rules),
		cmocka_unit_test(test_bounds_of_devices_and_ports),
		cmocka_unit_test(test_exploding_rules_are_refused),
		cmocka_unit_test(test_what_no_front_end_makes_is_refused),
		cmocka_unit_test(test_lanes_mean_what_the_model_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
