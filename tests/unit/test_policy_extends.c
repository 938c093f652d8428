/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roles that extend roles; which rules are kept from encrypted DNS; what is inside. */
#include "policy_expect.h"

#define TOP   "ostiary: 1\n"
#define INFRA TOP "infrastructure: { resolvers: 10.0.0.53, ntp: 10.0.0.123, portal: \"10.0.0.2:8443\" }\n"

static const struct ost_role *role_of(const struct ost_policy *p, const char *name)
{
	int64_t i = ost_policy_role_find(p, name);

	assert_true(i >= 0);
	return &p->roles[i];
}

static void expect_rules(const struct ost_role *role, const char *const *texts, const uint32_t *lines, uint32_t count)
{
	assert_int_equal(role->rule_count, count);
	for (uint32_t i = 0; i < count; i++) {
		assert_string_equal(role->rules[i].text, texts[i]);
		assert_int_equal(role->rules[i].pos.line, lines[i]);
	}
}

static void rules_and_settings_add_up(void **state)
{
	struct ost_policy *p = policy_expect(INFRA
		"roles:\n"
		"  camera:\n" /* before its bases */
		"    extends: [base, watched]\n"
		"    include: [ntp, dns]\n"
		"    limits: { flows: 9, packets: 5/s }\n"
		"    allow:\n"
		"      - to: { network: 10.3.0.0/16 }\n"
		"  base:\n"
		"    include: [arp, dns]\n"
		"    authenticate: eap-tls\n"
		"    tls-max: 1.2\n"
		"    allow:\n"
		"      - to: { network: 10.1.0.0/16 }\n"
		"        assurance: tee\n"
		"    limits: { packets: 10/s, bytes: 20/s }\n"
		"  watched:\n"
		"    extends: base\n"
		"    assurance: software\n"
		"    mode: audit\n"
		"    audit-until: 2026-12-01T00:00Z\n"
		"    allow:\n"
		"      - from: { name: a.example, service: [https, http] }\n"
		"      - to: { role: [base, camera] }\n"
		"    limits: { packets: 7/s }\n"
		"  door: { extends: camera, mode: enforce, authenticate: tls, include: portal }\n");
	static const char *const texts[] = {"include dns", "include ntp", "to network 10.1.0.0/16, service any",
		"from name a.example, service https or http", "to role base or camera, service any", "to network 10.3.0.0/16, service any"};
	static const uint32_t lines[] = {11, 6, 15, 24, 25, 9};
	const struct ost_role *camera = role_of(p, "camera"), *door = role_of(p, "door"), *watched = role_of(p, "watched");

	(void)state;
	assert_int_equal(role_of(p, "base")->rule_count, 2);
	assert_int_equal(watched->rule_count, 4);
	assert_int_equal(watched->audit_pos.line, 22);
	expect_rules(camera, texts, lines, 6);
	assert_int_equal(camera->includes, OST_INCLUDE_ARP | OST_INCLUDE_DNS | OST_INCLUDE_NTP);
	assert_int_equal(camera->authenticate, OST_AUTH_EAP_TLS);
	assert_int_equal(camera->tls_max, OST_TLS_MAX_1_2);
	assert_int_equal(camera->assurance, OST_ASSURANCE_SOFTWARE);
	assert_int_equal(camera->mode, OST_MODE_AUDIT);
	assert_int_equal(camera->audit, watched->audit);
	assert_int_equal(camera->limits.packets_per_s, 5);
	assert_int_equal(camera->limits.bytes_per_s, 20);
	assert_int_equal(camera->limits.flows, 9);
	assert_int_equal(camera->rules[2].assurance, OST_ASSURANCE_TEE);
	assert_int_equal(camera->rules[3].host_count, 1);
	assert_int_equal(camera->rules[3].service_count, 2);
	assert_int_equal(camera->rules[4].peer_role_count, 2);
	assert_int_equal(door->rule_count, 7);
	assert_int_equal(door->authenticate, OST_AUTH_TLS);
	assert_int_equal(door->mode, OST_MODE_ENFORCE);
	assert_int_equal(door->audit, OST_SCHEDULE_ALWAYS);
	ost_policy_free(&p);
}

/* Each base once, though two ways lead to it; of several the last one that says something wins. */
static void a_base_stands_once(void **state)
{
	struct ost_policy *p = policy_expect(INFRA
		"roles:\n  a: { allow: [ { to: { network: 10.1.0.0/16 } } ], assurance: tee, authenticate: eap-tls }\n"
		"  b: { extends: a, limits: { flows: 1 } }\n  c: { extends: a, limits: { flows: 2 }, assurance: none }\n  d: { extends: [c, b] }\n");

	(void)state;
	assert_int_equal(role_of(p, "d")->rule_count, 1);
	assert_int_equal(role_of(p, "d")->limits.flows, 1);
	assert_int_equal(role_of(p, "d")->assurance, OST_ASSURANCE_NONE);
	ost_policy_free(&p);
}

#define ROLES(text) TOP "roles: { " text " }\n"

static void wrong_extends(void **state)
{
	static const struct policy_refusal refusals[] = {
		{ROLES("a: { extends: @a }"), "extends itself"},
		{ROLES("a: { extends: @b }, b: { extends: a }"), "extends itself"},
		{ROLES("x: { extends: b }, a: { extends: @b }, b: { extends: [c] }, c: { extends: a }, d: { extends: x }"), "extends itself"},
		{ROLES("a: { extends: @bb }, b: {}"), "did you mean 'b'"},
		{ROLES("a: { extends: [b, @b] }, b: {}"), "names role b twice"},
		{ROLES("a: { extends: @[] }"), "empty list"},
		{ROLES("a: { extends: @{} }"), "must be a list"},
		{ROLES("a: { mode: audit, audit-until: 2026-12-01T00:00Z }, b: { mode: enforce, audit-until: @2026-12-01T00:00Z, extends: a }"),
			"is not in audit"},
		{TOP "roles:\n  a: { allow: [ @{ to: { name: x.example } } ] }\n", "may ask no name server"},
	};

	(void)state;
	POLICY_REFUSE_ALL(refusals);
}

/* r0 extends r1 extends r2 ...: 31 steps are fine, and so many roles above one. */
static void bounds(void **state)
{
	for (unsigned roles = 32; roles <= 34; roles++) {
		char text[8192] = TOP "roles:\n";
		struct ost_policy_source source = {"p.yaml", text, 0};
		struct ost_policy *p = NULL;
		struct ost_diag diag = {0};
		size_t n = strlen(text);

		for (unsigned i = 0; i + 1 < roles; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "  r%u: { extends: r%u }\n", i, i + 1);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "  r%u: {}\n", roles - 1);
		source.length = n;
		assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), roles == 32 ? 0 : -EINVAL);
		assert_int_equal(diag.errors, roles - 32);
		assert_true(roles == 32 || findings_have(&diag, "p.yaml", 3, 18, "more than 31 steps"));
		ost_diag_free(&diag);
		ost_policy_free(&p);
	}
	(void)state;
}

/* 2 kB of text that would be 2^31 copies of a rule are bounded. */
static void doubling(void **state)
{
	char text[16384] = TOP "services: { many: [";
	struct ost_policy_source source = {"p.yaml", text, 0};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	size_t n = strlen(text);

	for (unsigned i = 0; i < 1000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%sip/%u", i ? "," : "", 1 + i % 255);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "] }\nroles:\n  r0: { allow: [");
	for (unsigned i = 0; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s{to: {network: any, service: many}}", i ? "," : "");
	n += (size_t)snprintf(text + n, sizeof(text) - n, "] }\n");
	for (unsigned i = 1; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "  r%u: { extends: r0 }\n", i);
	assert_true(n < sizeof(text));
	source.length = n;
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), -EINVAL);
	assert_int_equal(diag.errors, 1);
	assert_true(strstr(diag.findings[0].what, "too many prefixes or services") != NULL);
	ost_diag_free(&diag);
	(void)state;
}

/* ---- encrypted DNS ---- */

#define GUARD(rules) "networks: { n: 10.0.0.0/8, h: [10.0.0.1, \"fd00::1\"] }\nroles: { r: { allow: [ " rules " ] } }\n"

static uint8_t flags_of(const char *text)
{
	struct ost_policy *p = policy_expect(text);
	uint8_t flags = p->roles[0].rules[0].flags;

	assert_int_equal(p->resolver_count > 100, (flags & OST_RULE_DNS_GUARD) != 0);
	ost_policy_free(&p);
	return flags;
}

static void what_is_guarded(void **state)
{
	static const struct {
		const char *text;
		bool guarded;
	} cases[] = {
		{TOP GUARD("{ to: { network: any } }"), true},
		{TOP GUARD("{ to: { network: any, service: https } }"), true},
		{TOP GUARD("{ to: { network: any, service: http3 } }"), true},
		{TOP GUARD("{ to: { network: any, service: [dns-tls, https] } }"), true},
		{TOP GUARD("{ to: { network: any, service: tcp/1-1000 } }"), true},
		{TOP GUARD("{ to: { network: any, service: ip/6 } }"), true},
		{TOP GUARD("{ to: { network: n, service: https } }"), true},
		{TOP GUARD("{ to: { network: [h, n], service: https } }"), true},
		{TOP GUARD("{ to: { network: h } }"), false},
		{TOP GUARD("{ to: { network: 10.0.0.1, service: https } }"), false},
		{TOP GUARD("{ to: { network: any, service: dns-tls } }"), false},
		{TOP GUARD("{ to: { network: any, service: [tcp/853, udp/853] } }"), false},
		{TOP GUARD("{ to: { network: any, service: [http, icmp, ip/47] } }"), false},
		{TOP GUARD("{ to: { role: r } }"), false},
		{TOP GUARD("{ from: { network: any } }"), false},
		{TOP "infrastructure: { encrypted-dns: refuse }\n" GUARD("{ to: { network: any } }"), true},
		{TOP "infrastructure: { encrypted-dns: allow }\n" GUARD("{ to: { network: any } }"), false},
	};
	static const struct policy_refusal refusals[] = {
		{TOP "infrastructure: { encrypted-dns: @no }\n", "write one of refuse, allow"},
	};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(cases); i++)
		if (!!(flags_of(cases[i].text) & OST_RULE_DNS_GUARD) != cases[i].guarded)
			fail_msg("%s", cases[i].text);
	POLICY_REFUSE_ALL(refusals);
}

/* The site's own resolver is no foreign one. */
static void own_resolvers(void **state)
{
	static const char text[] = GUARD("{ to: { network: any } }");
	char own[512];
	struct ost_policy *p, *q;

	(void)state;
	(void)snprintf(own, sizeof(own), TOP "%s", text);
	p = policy_expect(own);
	(void)snprintf(own, sizeof(own), TOP "infrastructure: { resolvers: [8.8.8.8, 1.1.1.0/24, \"2620:fe::/32\"] }\n%s", text);
	q = policy_expect(own);
	assert_int_equal(p->resolver_count - q->resolver_count, 1 + 3 + 6);
	ost_policy_free(&p);
	ost_policy_free(&q);
}

static bool has_domain(const struct ost_policy *p, const char *name)
{
	for (uint32_t i = 0; i < p->private_domain_count; i++)
		if (strcmp(p->private_domains[i], name) == 0)
			return true;
	return false;
}

static bool is_inside(const struct ost_policy *p, const char *text)
{
	struct ost_ip ip;

	assert_int_equal(ost_ip_parse(text, &ip), 0);
	for (uint32_t i = 0; i < p->inside_count; i++)
		if (ost_prefix_contains(&p->inside[i], &ip))
			return true;
	return false;
}

static void inside_and_private_domains(void **state)
{
	static const char *const in[] = {"10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "fd00::1", "fe80::1", "fec0::1",
		"64:ff9b:1::1", "9.9.9.53", "9.9.9.123", "9.9.9.2", "9.10.1.1", "2001:db8:1::1"};
	static const char *const out[] = {"9.9.9.54", "9.11.0.1", "11.0.0.1", "172.32.0.1", "2001:db8:2::1", "8.8.8.8"};
	static const char head[] = TOP "networks: { hall: [9.10.0.0/16, \"2001:db8:1::/48\"] }\n"
				       "infrastructure: { resolvers: 9.9.9.53, ntp: 9.9.9.123, portal: \"9.9.9.2:8443\", local-networks: hall,\n"
				       "  private-domains: [Plant.Example., cam.example] }\nroles: { r: { include: dns, allow: [{ to: { ";
	struct ost_policy *p;
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof(text), "%s%s", head, "name: a.example } }] } }\n");
	p = policy_expect(text);
	for (size_t i = 0; i < OST_ARRAY_SIZE(in); i++)
		assert_true(is_inside(p, in[i]));
	for (size_t i = 0; i < OST_ARRAY_SIZE(out); i++)
		assert_false(is_inside(p, out[i]));
	assert_true(has_domain(p, "plant.example") && has_domain(p, "cam.example") && has_domain(p, "lan") && has_domain(p, "home.arpa"));
	assert_false(has_domain(p, "example") || has_domain(p, "com"));
	ost_policy_free(&p);
	/* Of no use without a name. */
	(void)snprintf(text, sizeof(text), "%s%s", head, "network: 10.0.0.1 } }] } }\n");
	p = policy_expect(text);
	assert_int_equal(p->inside_count, 0);
	assert_int_equal(p->private_domain_count, 0);
	ost_policy_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_and_settings_add_up),
		cmocka_unit_test(a_base_stands_once),
		cmocka_unit_test(wrong_extends),
		cmocka_unit_test(bounds),
		cmocka_unit_test(doubling),
		cmocka_unit_test(what_is_guarded),
		cmocka_unit_test(own_resolvers),
		cmocka_unit_test(inside_and_private_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
