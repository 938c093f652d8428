/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses inside, by name: for names of private domains alone (DNS rebinding). */
#include "rig_names.h"

#define INSIDE_(domains, mode)                                                                                         \
	"ostiary: 1\ninfrastructure:\n  resolvers: [10.0.0.53]\n  ntp: 9.9.9.123\n  portal: \"9.9.9.2:8443\"\n"                                \
	"  local-networks: [203.0.113.0/24, 203.0.113.128/25, \"2001:db8:77::/48\"]\n  private-domains: " domains "\n"         \
	"roles:\n  camera:\n    authenticate: mac\n    include: [arp, nd, dns]\n" mode "    allow:\n"                  \
	"      - to: { name: [video.example.com, .cloud.example], service: tcp/443 }\n"                                \
	"      - to: { name: [plant.example, .plant.example, printer.lan, xplant.example], service: tcp/80 }\n"        \
	"      - from: { name: .cloud.example, service: tcp/22 }\n"                                                     \
	"      - to: { network: 10.9.0.0/16, service: tcp/443 }\n"                                                     \
	"devices:\n  a: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n"

static const char inside[] = INSIDE_("[plant.example]", "");

static int inside_setup(void **state)
{
	return rig_start(state, inside, NULL);
}

static void an_outside_name_leads_nowhere_inside(void **state)
{
	static const char *const in[] = {"10.20.0.9", "10.0.0.53", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "169.254.169.254",
		"100.64.0.1", "100.127.255.254", "9.9.9.123", "9.9.9.2", "203.0.113.9", "203.0.113.200", "fd00::9", "fc00::1", "fec0::1",
		"2001:db8:77::1", "2001:db8:77:ffff::1", "64:ff9b::10.20.0.9", "64:ff9b::203.0.113.9", "64:ff9b:1::1", "2002:a14:9::1",
		"2002:cb00:7109::"};
	static const char *const out[] = {"9.255.255.255", "11.0.0.1", "9.9.9.3", "9.9.9.122", "172.15.255.255", "172.32.0.1", "192.167.255.255",
		"192.169.0.1", "169.253.0.1", "100.63.255.255", "100.128.0.1", "203.0.112.255", "203.0.114.0", "2001:db8:76:ffff::1",
		"2001:db8:78::1", "64:ff9b::8.8.8.8", "64:ff9b::1:a14:9", "2002:808:808::a14:9", "2003:a14:9::1"};
	struct rig *r = *state;

	for (size_t i = 0; i < OST_ARRAY_SIZE(in); i++) {
		assert_refused(connect_to(r, in[i], 443), NAME_UNRESOLVED);
		resolve(r, "video.example.com", 300, in[i]);
		assert_refused(connect_to(r, in[i], 443), DNS_REBIND);
		assert_refused(connect_to(r, in[i], 80), NAME_UNRESOLVED);
		assert_refused(connect_to(r, in[i], 81), NOT_ALLOWED);
		resolve(r, "nvr.plant.example", 300, in[i]);
		assert_passes(connect_to(r, in[i], 80));
		assert_refused(connect_to(r, in[i], 443), DNS_REBIND);
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(out); i++) {
		resolve(r, "video.example.com", 300, out[i]);
		assert_passes(connect_to(r, out[i], 443));
	}
}

static void a_private_domain_is_itself_and_what_is_below(void **state)
{
	struct rig *r = *state;

	resolve(r, "plant.example", 300, "10.20.0.1");
	assert_passes(connect_to(r, "10.20.0.1", 80));
	resolve(r, "a.b.PLANT.example", 300, "10.20.0.2");
	assert_passes(connect_to(r, "10.20.0.2", 80));
	resolve(r, "xplant.example", 300, "10.20.0.3");
	assert_refused(connect_to(r, "10.20.0.3", 80), DNS_REBIND);
	/* Nobody outside has a name there. */
	resolve(r, "printer.lan", 300, "10.20.0.4");
	assert_passes(connect_to(r, "10.20.0.4", 80));
}

static void aliased(struct rig *r, const char *name, const char *alias, const char *ip)
{
	struct dns d;

	ask(r, &to_dns, 9, name, T_A);
	dns_answer(&d, 9, name, T_A);
	dns_alias(&d, name, 300, alias);
	dns_address(&d, alias, 300, ip);
	assert_passes(tell(r, &to_dns, &d));
}

/* Each name behind the one of the rule chose the address. */
static void aliases_are_asked_from_the_rules_name_on(void **state)
{
	struct rig *r = *state;

	aliased(r, "video.example.com", "nvr.plant.example", "10.20.0.1");
	assert_refused(connect_to(r, "10.20.0.1", 443), DNS_REBIND);
	assert_passes(connect_to(r, "10.20.0.1", 80)); /* it is the private name's address, whoever led there */
	aliased(r, "nvr.plant.example", "nvr.cloud.example", "10.20.0.2");
	assert_refused(connect_to(r, "10.20.0.2", 80), DNS_REBIND);
	assert_refused(connect_to(r, "10.20.0.2", 443), DNS_REBIND);
	aliased(r, "nvr.plant.example", "host7.plant.example", "10.20.0.3");
	assert_passes(connect_to(r, "10.20.0.3", 80));
	aliased(r, "video.example.com", "nvr.plant.example", "198.51.100.1");
	assert_passes(connect_to(r, "198.51.100.1", 443));
}

static void what_opens_towards_a_device_is_asked_as_well(void **state)
{
	struct rig *r = *state;
	struct way in = {NET, 1, ROUTER, "10.20.0.8", "10.0.0.1", 4000, 22};

	resolve(r, "hook.cloud.example", 300, "10.20.0.8");
	assert_refused(rig_tcp(r, &in, SYN, 1, 0, 0), DNS_REBIND);
	resolve(r, "hook.cloud.example", 300, "192.0.2.8");
	in.from = "192.0.2.8";
	assert_passes(rig_tcp(r, &in, SYN, 1, 0, 0));
}

static void rules_about_networks_are_not_asked(void **state)
{
	struct rig *r = *state;

	resolve(r, "video.example.com", 300, "10.9.0.1");
	assert_passes(connect_to(r, "10.9.0.1", 443));
}

static void a_policy_takes_and_gives_domains(void **state)
{
	struct rig *r = *state;
	struct way w = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.1", 777, 443};

	resolve(r, "video.example.com", 300, "10.20.0.1");
	assert_refused(rig_tcp(r, &w, SYN, 1, 0, 0), DNS_REBIND);
	assert_int_equal(rig_swap(r, INSIDE_("[plant.example, example.com]", "")), 0);
	assert_passes(rig_tcp(r, &w, SYN, 1, 0, 0));
	assert_int_equal(rig_swap(r, inside), 0);
	rig_sweep(r);
	assert_int_equal(rig_flows(r), 1); /* that of the questions */
	assert_refused(rig_tcp(r, &w, ACK, 2, 1, 0), NO_FLOW);
}

static void audit_lets_it_pass_and_tells(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_swap(r, INSIDE_("lan", "    mode: audit\n    audit-until: 2026-12-01T00:00Z\n")), 0);
	ost_site_wall_set(r->site, 1796000000);
	resolve(r, "video.example.com", 300, "10.20.0.1");
	assert_passes(connect_to(r, "10.20.0.1", 443));
	assert_int_equal(r->v.audit, OST_REASON_DNS_REBIND);
}

/* It is as good as a name that no rule wants. */
static void what_leads_inside_gives_way(void **state)
{
	struct rig *r = *state;

	for (uint32_t i = 0; i < r->image.role_count; i++)
		((struct ost_image_role *)(uintptr_t)&r->image.roles[i])->names = 1;
	resolve(r, "video.example.com", 86400, "10.20.0.1");
	assert_int_equal(names(r).held, 1);
	resolve(r, "video.example.com", 86400, "192.0.2.1");
	assert_passes(connect_to(r, "192.0.2.1", 443));
	resolve(r, "video.example.com", 86400, "10.20.0.1");
	assert_passes(connect_to(r, "192.0.2.1", 443));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, inside_setup, rig_stop)
		T(an_outside_name_leads_nowhere_inside),
		T(a_private_domain_is_itself_and_what_is_below),
		T(aliases_are_asked_from_the_rules_name_on),
		T(what_opens_towards_a_device_is_asked_as_well),
		T(rules_about_networks_are_not_asked),
		T(a_policy_takes_and_gives_domains),
		T(audit_lets_it_pass_and_tells),
		T(what_leads_inside_gives_way),
	};

	(void)to_dns6;
	(void)policy;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
