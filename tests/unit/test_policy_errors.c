/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy file may not say, and where the finding stands: at the '@'. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "finding_place.h"
#include "policy_yaml.h"

#define TOP	    "ostiary: 1\n"
#define ROLE(text)  TOP "networks: { n: 10.0.0.0/8 }\nroles:\n  r: { " text " }\n"
#define ALLOW(text) ROLE("allow: [ " text " ]")
#define DEVICE(text)                                                                               \
	TOP "roles: { r: {}, e: { authenticate: eap-tls } }\ndevices:\n  d: { " text " }\n"
#define MAC "mac: \"02:00:00:00:00:01\""
#define TEST(text)                                                                                 \
	DEVICE("role: r, " MAC)                                                                    \
	"  d2: { role: r, mac: \"02:00:00:00:00:02\" }\ntests: [ " text " ]\n"

struct refusal {
	const char *text;
	const char *words;
};

static void expect_refusal(const struct refusal *refusal, uint32_t errors)
{
	struct ost_policy_source source = {"p.yaml", NULL, 0};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	uint32_t line, column;
	char text[8192];
	int r;

	place_cut(refusal->text, text, sizeof(text), &line, &column);
	source.bytes = text;
	source.length = strlen(text);
	r = ost_policy_parse(&source, 1, &diag, &p);
	if (r != -EINVAL || p != NULL || (errors > 0 && diag.errors != errors) ||
		!findings_have(&diag, "p.yaml", line, column, refusal->words)) {
		findings_print(&diag);
		fail_msg("%s: not '%s' at %u:%u, or not alone", text, refusal->words, line, column);
	}
	ost_diag_free(&diag);
}

/* Each gives this finding and no second one. */
#define EXPECT_ALL(table)                                                                          \
	do {                                                                                       \
		for (size_t i = 0; i < OST_ARRAY_SIZE(table); i++)                                 \
			expect_refusal(&(table)[i], 1);                                            \
	} while (0)

static void top_level(void **state)
{
	static const struct refusal refusals[] = {
		{"@roles: {}\n", "write this line at the top"},
		{"ostiary: @2\n", "format 1"},
		{"ostiary: @[1]\n", "single value"},
		{"ostiary:@ \n", "empty"},
		{TOP "@role: {}\n", "did you mean 'roles'?"},
		{TOP "@zzzzzz: {}\n", "networks, services, infrastructure, schedules, controllers, roles, devices, exceptions, tests"},
		{TOP "roles: @[]\n", "must be a mapping"},
		{TOP "devices: @x\n", "must be a mapping"},
		{TOP "networks:@ \n", "is empty"},
		{TOP "tests: @{}\n", "must be a list"},
		{TOP "roles: {}\n@roles: {}\n", "twice, first on line 2"},
		{TOP "roles:\n  a: {}\n  b: {}\n  @a: {}\n", "twice, first on line 3"},
	};

	(void)state;
	EXPECT_ALL(refusals);
}

static void networks(void **state)
{
	static const struct refusal refusals[] = {
		{TOP "networks: { n: @10.20.0.5/24 }\n", "write 10.20.0.0/24"},
		{TOP "networks: { n: @\"fd00::1/64\" }\n", "write fd00::/64"},
		{TOP "networks: { n: @10.0.0.0/33 }\n", "at most /32"},
		{TOP "networks: { n: @10.0.0.256 }\n", "no network and no address"},
		{TOP "networks: { n: @010.0.0.1 }\n", "no network and no address"},
		{TOP "networks: { n: [10.0.0.1, @n] }\n", "no network and no address"},
		{TOP "networks: { n: @[] }\n", "empty list"},
		{TOP "networks: { n: @{ a: b } }\n", "must be a list"},
		{TOP "networks: { n: [@[10.0.0.1]] }\n", "must be a single value"},
		{TOP "networks: { @any: 10.0.0.1 }\n", "stands for every address"},
		{TOP "networks: { @10.0.0.1: 10.0.0.1 }\n", "no address"},
		{TOP "networks: { @-n: 10.0.0.1 }\n", "no name"},
		{TOP "networks: { @n/1: 10.0.0.1 }\n", "no name"},
		{TOP "networks: { @\"\": 10.0.0.1 }\n", "must be a single value"},
		{TOP "networks: { "
		     "@0123456789012345678901234567890123456789012345678901234567890123: 10.0.0.1 "
		     "}\n",
			"too long"},
	};

	(void)state;
	EXPECT_ALL(refusals);
}

static void services(void **state)
{
	static const struct refusal refusals[] = {
		{TOP "services: { s: @tcp/0 }\n", "from 1 to 65535"},
		{TOP "services: { s: [tcp/80, @htps] }\n", "did you mean 'https'?"},
		{TOP "services: { a: tcp/1, s: @a }\n", "write out here"},
		{TOP "services: { @tcp: tcp/80 }\n", "word of its own"},
		{TOP "services: { @any: tcp/80 }\n", "word of its own"},
		{TOP "services: { s: @[] }\n", "empty list"},
	};

	(void)state;
	EXPECT_ALL(refusals);
}

static void infrastructure(void **state)
{
	static const struct refusal refusals[] = {
		{TOP "infrastructure: { resolvers: @nn }\n", "define it below networks:"},
		{TOP "infrastructure: { ntp: [@any] }\n", "cannot be 'any'"},
		{TOP "infrastructure: { @resolver: 10.0.0.1 }\n", "did you mean 'resolvers'?"},
		{TOP "infrastructure: { private-domains: @.plant.example }\n", "write plant.example"},
		{TOP "infrastructure: { private-domains: [lan, @\"*.plant.example\"] }\n", "write plant.example"},
		{TOP "infrastructure: { private-domains: @10.20.0.0/16 }\n", "is an address"},
		{TOP "infrastructure: { private-domains: @a..b }\n", "write one dot"},
		{TOP "infrastructure: { private-domains: @[] }\n", "empty list"},
		{TOP "infrastructure: { @private-domain: lan }\n", "did you mean 'private-domains'?"},
		{ROLE("include: [@dns]"), "resolvers: [10.0.0.53]"},
		{ROLE("include: @ntp"), "ntp: [10.0.0.123]"},
		{ROLE("include: @portal"), "portal: \"10.0.0.2:8443\""},
		{TOP "infrastructure: { portal: @10.0.0.2 }\n", "write ADDRESS:PORT"},
		{TOP "infrastructure: { portal: [ \"10.0.0.2:8443\", @\"10.0.0.2:0\" ] }\n", "write ADDRESS:PORT"},
	};

	(void)state;
	EXPECT_ALL(refusals);
}

static void roles(void **state)
{
	static const struct refusal refusals[] = {
		{ROLE("@authenticat: mac"), "did you mean 'authenticate'?"},
		{ROLE("authenticate: @eap-tsl"), "did you mean 'eap-tls'?"},
		{ROLE("authenticate: @psk"), "one of mac, eap-tls, tls"},
		{ROLE("assurance: @high"),
			"one of none, identified, software, tee, secure-element"},
		{ROLE("mode: @audit"), "audit without an end"},
		{ROLE("mode: @learn"), "not there yet"},
		{ROLE("mode: @off"), "mode cannot be 'off'"},
		{ROLE("include: [arp, @arp]"), "twice"},
		{ROLE("include: [@dhpc]"), "did you mean 'dhcp'?"},
		{ROLE("include: @[]"), "empty list"},
		{ROLE("limits: { packets: @2000 }"), "write 50/s"},
		{ROLE("limits: { packets: @0/s }"), "from 1"},
		{ROLE("limits: { bytes: @1.5M/s }"), "bytes cannot be"},
		{ROLE("limits: { bytes: @1T/s }"), "bytes cannot be"},
		{ROLE("limits: { bytes: @1m/s }"), "bytes cannot be"},
		{ROLE("limits: { bytes: @/s }"), "bytes cannot be"},
		{ROLE("limits: { bytes: @k/s }"), "bytes cannot be"},
		{ROLE("limits: { bytes: @18446744073709551616/s }"), "bytes cannot be"},
		{ROLE("limits: { bytes: @1001G/s }"), "bytes cannot be"},
		{ROLE("limits: { new-flows: @50/min }"), "new-flows cannot be"},
		{ROLE("limits: { flows: @0 }"), "from 1 to"},
		{ROLE("limits: { addresses: @1025 }"), "from 1 to 1024"},
		{ROLE("limits: { @flow: 1 }"), "did you mean 'flows'?"},
		{ROLE("limits: @5"), "must be a mapping"},
	};

	(void)state;
	EXPECT_ALL(refusals);
}

static void rules(void **state)
{
	static const struct refusal refusals[] = {
		{ROLE("allow: @{ to: { network: n } }"), "must be a list"},
		{ALLOW("@x"), "must be a mapping"},
		{ALLOW("@{}"), "either to: or from:"},
		{ALLOW("@{ to: { network: n }, from: { network: n } }"), "either to: or from:"},
		{ALLOW("{ to: @n }"), "must be a mapping"},
		{ALLOW("{ to: @{ service: https } }"), "whom it is about"},
		{ALLOW("{ to: @{ network: n, role: r } }"), "one peer"},
		{ALLOW("{ to: @{ network: n, name: a.example } }"), "one peer"},
		{ALLOW("{ to: { role: [r, @r] } }"), "names role r twice"},
		{ALLOW("{ to: { role: @[] } }"), "empty list"},
		{ALLOW("{ to: { network: @m } }"), "did you mean 'n'?"},
		{ALLOW("{ to: { network: [n, @10.0.0.1/8] } }"), "write 10.0.0.0/8"},
		{ALLOW("{ to: { role: @q } }"), "did you mean 'r'?"},
		{ALLOW("{ to: { role: @camera } }"), "define it below roles:"},
		{ALLOW("{ to: { network: n, service: @htps } }"), "did you mean 'https'?"},
		{ALLOW("{ to: { network: n, service: [https, @tcp/x] } }"), "no port"},
		{ALLOW("{ to: { network: n, service: @[] } }"), "empty list"},
		{ALLOW("{ to: { network: n, @port: 80 } }"), "no key 'port'"},
		{ALLOW("{ @too: { network: n }, to: { network: n } }"), "did you mean 'to'?"},
		{ALLOW("{ to: { network: n }, assurance: @strong }"), "assurance cannot be"},
	};

	(void)state;
	EXPECT_ALL(refusals);
}

static void devices(void **state)
{
	static const struct refusal refusals[] = {
		{DEVICE("role: @rr, " MAC), "did you mean 'r'?"},
		{TOP "roles: { r: {} }\ndevices: { @d: { " MAC " } }\n", "has no role"},
		{TOP "roles: { r: {} }\ndevices: { @d: { role: r } }\n",
			"neither a MAC nor a certificate"},
		{TOP "roles: { r: {} }\ndevices: { @d: { role: r, certificate: x } }\n",
			"has no MAC"},
		{TOP "roles: { e: { authenticate: eap-tls } }\ndevices: { @d: { role: e, " MAC " } }\n",
			"names no certificate, and its role asks for eap-tls"},
		{TOP "roles: { r: { authenticate: tls } }\ndevices: { @d: { role: r, certificate: x } }\n",
			"has no MAC, and its role has it prove itself over IP"},
		{TOP "roles: { r: { authenticate: tls } }\ndevices: { @d: { role: r, " MAC " } }\n",
			"has no certificate"},
		{TOP "roles: { r: {} }\ndevices: { @10.0.0.1: { role: r, " MAC " } }\n",
			"no address"},
		{TOP "roles: { r: {} }\ndevices: { @d d: { role: r, " MAC " } }\n", "no name"},
		{TOP "roles: { r: {} }\ndevices: { d: @r }\n", "must be a mapping"},
		{DEVICE("role: r, mac: @\"02:00:00:00:00\""), "six pairs"},
		{DEVICE("role: r, mac: @\"02:00:00:00:00:0g\""), "six pairs"},
		{DEVICE("role: r, mac: @\"01:00:00:00:00:01\""), "group address"},
		{DEVICE("role: r, mac: @\"00:00:00:00:00:00\""), "zero"},
		{DEVICE("role: r, " MAC ", vlan: @0"), "from 1 to 4094"},
		{DEVICE("role: r, " MAC ", vlan: @4095"), "from 1 to 4094"},
		{DEVICE("role: r, " MAC ", vlan: @100."), "from 1 to 4094"},
		{DEVICE("role: r, " MAC ", vlan: @1.2.3"), "from 1 to 4094"},
		{DEVICE("role: r, " MAC ", port: @\"a b\""), "no name"},
		{DEVICE("role: r, " MAC ", address: @10.0.0.0/8"), "no address"},
		{DEVICE("role: r, " MAC ", address: @127.0.0.1"), "a device can hold"},
		{DEVICE("role: r, " MAC ", address: @224.0.0.1"), "a device can hold"},
		{DEVICE("role: r, " MAC ", address: @0.0.0.0"), "a device can hold"},
		{DEVICE("role: r, " MAC ", address: @\"::1\""), "a device can hold"},
		{DEVICE("role: r, " MAC ", address: @\"ff02::1\""), "a device can hold"},
		{DEVICE("role: r, " MAC ", address: @\"::ffff:10.0.0.1\""), "a device can hold"},
		{DEVICE("role: r, " MAC ", address: [10.0.0.1, @10.0.0.1]"), "twice"},
		{DEVICE("role: r, " MAC
			", address: @[10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, "
			"10.0.0.7, 10.0.0.8, 10.0.0.9]"),
			"addresses: 9 } in role r"},
		{DEVICE("role: r, @macs: x, " MAC), "did you mean 'mac'?"},
	};

	(void)state;
	EXPECT_ALL(refusals);
}

/* Certificate alone is enough where the role asks for one. */
static void certificate_alone(void **state)
{
	static const char text[] = DEVICE("role: e, certificate: \"urn:dev:mac:1\"");
	struct ost_policy_source source = {"p.yaml", text, sizeof(text) - 1};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), 0);
	assert_false(p->devices[0].has_mac);
	ost_diag_free(&diag);
	ost_policy_free(&p);
}

static void devices_alike(void **state)
{
	static const struct refusal refusals[] = {
		{DEVICE("role: r, mac: \"02:00:00:00:00:09\"") "  @d3: { role: r, mac: "
							       "\"02-00-00-00-00-09\" }\n",
			"the other one stands at p.yaml:4:3"},
		{DEVICE("role: r, vlan: 5, " MAC) "  @d3: { role: r, vlan: 5, " MAC " }\n",
			"in VLAN 5"},
		{DEVICE("role: r, address: \"fd00::1\", " MAC) "  @d3: { role: r, mac: "
							       "\"02:00:00:00:00:02\", address: "
							       "\"fd00:0::1\" }\n",
			"have one address, fd00::1"},
		{DEVICE("role: r, certificate: x, " MAC) "  @d3: { role: r, mac: "
							 "\"02:00:00:00:00:02\", certificate: x "
							 "}\n",
			"have one certificate, x"},
	};
	static const char apart[] =
		DEVICE("role: r, vlan: 5, address: 10.0.0.1, " MAC) "  d3: { role: r, vlan: 6, "
								    "address: 10.0.0.1, " MAC " }\n"
								    "  d4: { role: r, vlan: 6.5, "
								    "address: 10.0.0.1, " MAC " }\n"
								    "  d5: { role: r, address: "
								    "10.0.0.1, " MAC " }\n";
	struct ost_policy_source source = {"p.yaml", apart, sizeof(apart) - 1};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	EXPECT_ALL(refusals);
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), 0);
	ost_diag_free(&diag);
	ost_policy_free(&p);
}

static void test_block(void **state)
{
	static const struct refusal refusals[] = {
		{TEST("@x"), "must be a mapping"},
		{TEST("@{ deny: \"tcp 10.0.0.1:1\" }"), "has no device"},
		{TEST("{ device: @d3, deny: \"tcp 10.0.0.1:1\" }"), "did you mean 'd"},
		{TEST("@{ device: d }"), "asks nothing"},
		{TEST("{ device: d, allow: @[] }"), "empty list"},
		{TEST("{ device: d, allow: [\"tcp 10.0.0.1:1\", @\"tcp 10.0.0.1\"] }"), "one port"},
		{TEST("{ device: d, deny: @\"tcp d9:1\" }"), "no device of the policy"},
		{TEST("{ device: d, deny: @\"tcp d:1\" }"), "to itself"},
		{TEST("{ device: d, @denny: \"tcp d:1\" }"), "did you mean 'deny'?"},
	};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(refusals); i++)
		expect_refusal(&refusals[i], i == OST_ARRAY_SIZE(refusals) - 1 ? 2 : 1);
}

/* All findings come in one run, and the list is bounded. */
static void all_at_once(void **state)
{
	static const char text[] = "ostiary: 1\nnetworks: { a: x }\nservices: { s: y }\nroles: { "
				   "r: { mode: learn } }\n"
				   "devices: { d: { role: q } }\ntests: [ { device: z } ]\n";
	struct ost_policy_source source = {"p.yaml", text, sizeof(text) - 1};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), -EINVAL);
	assert_true(findings_have(&diag, "p.yaml", 2, 16, "no network"));
	assert_true(findings_have(&diag, "p.yaml", 3, 16, "no service"));
	assert_true(findings_have(&diag, "p.yaml", 4, 21, "not there yet"));
	assert_true(findings_have(&diag, "p.yaml", 5, 23, "did you mean 'r'?"));
	assert_true(findings_have(&diag, "p.yaml", 6, 20, "did you mean 'd'?"));
	ost_diag_free(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(top_level),
		cmocka_unit_test(networks),
		cmocka_unit_test(services),
		cmocka_unit_test(infrastructure),
		cmocka_unit_test(roles),
		cmocka_unit_test(rules),
		cmocka_unit_test(devices),
		cmocka_unit_test(certificate_alone),
		cmocka_unit_test(devices_alike),
		cmocka_unit_test(test_block),
		cmocka_unit_test(all_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
