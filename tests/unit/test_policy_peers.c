/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a rule may be about: names of hosts, roles, tags; and the classes of controllers of MUD files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_expect.h"

#define TOP	    "ostiary: 1\n"
#define DNS	    TOP "infrastructure: { resolvers: 10.0.0.53 }\n"
#define ALLOW(rule) DNS "roles:\n  r:\n    include: dns\n    allow:\n      - " rule "\n"
#define NAME(name)  ALLOW("{ to: { name: " name ", service: https } }")

static void names_are_canonical(void **state)
{
	struct ost_policy *p = policy_expect(
		NAME("[Video.Example.COM, \"*.CDN.example\", .example.org, xn--mnchen-3ya.example., _mqtt.a_b.example, r3---sn.example]"));
	const struct ost_host hosts[] = {{(char[]){"video.example.com"}, false}, {(char[]){"cdn.example"}, true},
		{(char[]){"example.org"}, true}, {(char[]){"xn--mnchen-3ya.example"}, false}, {(char[]){"_mqtt.a_b.example"}, false},
		{(char[]){"r3---sn.example"}, false}};
	const struct ost_rule *rule = &p->roles[0].rules[1];

	(void)state;
	assert_int_equal(rule->peer, OST_PEER_NAME);
	assert_int_equal(rule->host_count, OST_ARRAY_SIZE(hosts));
	for (size_t i = 0; i < OST_ARRAY_SIZE(hosts); i++) {
		assert_string_equal(rule->hosts[i].name, hosts[i].name);
		assert_int_equal(rule->hosts[i].suffix, hosts[i].suffix);
	}
	assert_int_equal(rule->service_count, 1);
	assert_int_equal(rule->prefix_count, 0);
	assert_string_equal(p->roles[0].rules[1].text,
		"to name Video.Example.COM or *.CDN.example or .example.org or xn--mnchen-3ya.example. or _mqtt.a_b.example or "
		"r3---sn.example, service https");
	ost_policy_free(&p);
}

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static void names_at_their_bounds(void **state)
{
	static const char name[] = L63 "." L63 "." L63 "." "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg";
	struct ost_policy *p = policy_expect(
		NAME(L63 "." L63 "." L63 "." "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg" "."));

	(void)state;
	assert_int_equal(strlen(name), 253);
	assert_string_equal(p->roles[0].rules[1].hosts[0].name, name);
	ost_policy_free(&p);
}

static void wrong_names(void **state)
{
	static const struct policy_refusal refusals[] = {
		{NAME("@10.0.0.1"), "is an address"},
		{NAME("@\"fd00::1\""), "is an address"},
		{NAME("@10.0.0.0/8"), "is an address"},
		{NAME("@10.0.0.5/8"), "is an address"},
		{NAME("@10.0.0"), "ends in a number"},
		{NAME("@a.example.1"), "ends in a number"},
		{NAME("@\"\""), "empty"},
		{NAME("@."), "part without a letter"},
		{NAME("@\"*.\""), "part without a letter"},
		{NAME("@\"*\""), "would be every name"},
		{NAME("@a.*.example"), "is not its whole first part"},
		{NAME("@\"*a.example\""), "is not its whole first part"},
		{NAME("@\"*.*.example\""), "has a second '*'"},
		{NAME("@\".*.example\""), "has a second '*'"},
		{NAME("@a..example"), "part without a letter"},
		{NAME("@a.example.."), "part without a letter"},
		{NAME("@..example"), "part without a letter"},
		{NAME("@-a.example"), "begins or ends with '-'"},
		{NAME("@a-.example"), "begins or ends with '-'"},
		{NAME("@a b.example"), "has a character"},
		{NAME("@a$(id).example"), "has a character"},
		{NAME("@münchen.example"), "write its A-labels"},
		{NAME("@аpple.example"), "write its A-labels"},
		{NAME("@https://a.example/x"), "the name between //"},
		{NAME("@a.example:443"), "its port as service:"},
		{NAME("@" L63 "h.example"), "more than 63"},
		{NAME("@" L63 "." L63 "." L63 "." "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg"), "more than 253"},
		{NAME("[a.example, @b..example]"), "part without a letter"},
		{NAME("@{}"), "must be a list"},
		{NAME("@[]"), "empty list"},
		{NAME("[a.example, @[b.example]]"), "must be a single value"},
		{TOP "roles:\n  r:\n    allow:\n      - @{ to: { name: a.example } }\n", "may ask no name server"},
		{TOP "networks: { any4: 0.0.0.0/0 }\nroles:\n  r:\n    allow:\n      - @{ from: { name: a.example } }\n"
		     "      - { to: { network: any4, service: dns } }\n      - { to: { network: 10.0.0.1, service: [dns, ntp] } }\n",
			"add dns to include: of role r"},
	};

	(void)state;
	POLICY_REFUSE_ALL(refusals);
}

/* Port 53 alone, of servers that have a name or an address: their answers bind names. */
static void own_name_servers(void **state)
{
	struct ost_policy *p = policy_expect(TOP "networks: { ns: [10.0.0.53, \"fd00::/64\"] }\nroles:\n  r:\n    allow:\n"
		"      - { to: { network: ns, service: dns } }\n      - { to: { network: 10.1.1.1, service: udp/53 } }\n"
		"      - { to: { network: ns, service: [dns, dns-tls] } }\n      - { from: { network: ns, service: dns } }\n"
		"      - { to: { network: any, service: dns } }\n      - { to: { network: ns, service: udp/53-54 } }\n"
		"      - { to: { network: ns } }\n      - { to: { name: a.example } }\n");

	(void)state;
	for (uint32_t i = 0; i < p->roles[0].rule_count; i++)
		assert_int_equal(!!(p->roles[0].rules[i].flags & OST_RULE_DNS), i < 2);
	ost_policy_free(&p);
}

static void several_roles(void **state)
{
	struct ost_policy *p = policy_expect(TOP "roles: { a: { allow: [ { to: { role: [c, a] } } ] }, b: {}, c: {} }\n");
	const struct ost_rule *rule = &p->roles[0].rules[0];

	(void)state;
	assert_int_equal(rule->peer_role_count, 2);
	assert_int_equal(rule->peer_roles[0], 2);
	assert_int_equal(rule->peer_roles[1], 0);
	assert_string_equal(rule->text, "to role c or a, service any");
	ost_policy_free(&p);
}

#define TAGGED(tags, rule)                                                                                                                 \
	TOP "roles: { r: { allow: [ " rule " ] } }\ndevices:\n  d: { role: r, mac: \"02:00:00:00:00:01\", tags: [floor-2, b] }\n"           \
	    "  e: { role: r, mac: \"02:00:00:00:00:02\", tags: " tags " }\n"

static void tags(void **state)
{
	struct ost_policy *p = policy_expect(TAGGED("c", "{ to: { tag: [c, floor-2], service: tcp/80 } }, { from: { tag: b } }"));
	const struct ost_rule *rules = p->roles[0].rules;

	(void)state;
	assert_int_equal(p->tag_count, 3);
	assert_string_equal(p->tags[0], "floor-2");
	assert_string_equal(p->tags[2], "c");
	assert_int_equal(p->devices[0].tags, 3);
	assert_int_equal(p->devices[1].tags, 4);
	assert_int_equal(rules[0].peer, OST_PEER_TAG);
	assert_int_equal(rules[0].peer_tags, 5);
	assert_string_equal(rules[0].text, "to tag c or floor-2, service tcp/80");
	assert_int_equal(rules[1].peer_tags, 2);
	ost_policy_free(&p);
}

static void wrong_tags(void **state)
{
	static const struct policy_refusal refusals[] = {
		{TAGGED("c", "{ to: { tag: @floor-1 } }"), "did you mean 'floor-2'"},
		{TAGGED("c", "{ to: { tag: [b, @zzzzzz] } }"), "give it to a device"},
		{TAGGED("c", "{ to: { tag: [b, @b] } }"), "names tag b twice"},
		{TAGGED("c", "{ to: { tag: @{} } }"), "must be a list"},
		{TAGGED("c", "{ to: @{ tag: b, role: r } }"), "one peer"},
		{TAGGED("[c, @c]", "{ to: { tag: b } }"), "names tag c twice"},
		{TAGGED("@\"a b\"", "{ to: { tag: b } }"), "no name"},
		{TAGGED("@[]", "{ to: { tag: b } }"), "empty list"},
		{TAGGED("@{ a: b }", "{ to: { tag: b } }"), "must be a list"},
		{TAGGED("[@[c]]", "{ to: { tag: b } }"), "must be a single value"},
	};

	(void)state;
	POLICY_REFUSE_ALL(refusals);
}

/* 64 are fine, one more is told once. */
static void tags_at_their_bound(void **state)
{
	char text[4096] = TOP "roles: { r: {} }\ndevices:\n  d: { role: r, mac: \"02:00:00:00:00:01\", tags: [t0";
	struct policy_refusal refusal = {text, "with tag 'more' there are more than 64 tags"};
	struct ost_policy *p;
	size_t n;

	(void)state;
	for (unsigned i = 1; i < OST_TAGS_MAX; i++) {
		n = strlen(text);
		(void)snprintf(text + n, sizeof(text) - n, ", t%u", i);
	}
	n = strlen(text);
	(void)snprintf(text + n, sizeof(text) - n, "] }\n");
	p = policy_expect(text);
	assert_int_equal(p->devices[0].tags, UINT64_MAX);
	ost_policy_free(&p);
	(void)snprintf(text + n, sizeof(text) - n, ", @more, more2] }\n");
	policy_refuse(&refusal);
}

/* What a test asks: a device of the policy, else a host. */
static void questions_about_hosts(void **state)
{
	static const char devices[] = TOP "roles: { r: {} }\ndevices:\n  d: { role: r, mac: \"02:00:00:00:00:01\" }\n"
		"  a.example: { role: r, mac: \"02:00:00:00:00:02\" }\ntests:\n  - device: d\n    allow: [ \"tcp Video.Example.com:443\", "
		"\"in udp b.example.:5\", \"icmp/echo-request printer.\" ]\n    deny: [ \"tcp a.example:80\", \"https xn--a.example\" ]\n";
	struct ost_policy *p = policy_expect(devices);

	(void)state;
	assert_int_equal(p->test_count, 5);
	assert_string_equal(p->tests[0].flow.peer_host.name, "video.example.com");
	assert_int_equal(p->tests[0].flow.value, 443);
	assert_string_equal(p->tests[1].flow.peer_host.name, "b.example");
	assert_int_equal(p->tests[1].flow.direction, OST_FROM);
	assert_string_equal(p->tests[2].flow.peer_host.name, "printer");
	assert_true(p->tests[3].flow.has_peer_device);
	assert_null(p->tests[3].flow.peer_host.name);
	assert_string_equal(p->tests[4].flow.peer_host.name, "xn--a.example");
	ost_policy_free(&p);
}

#define QUESTION(text)                                                                                                                     \
	TOP "roles: { r: {} }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\ntests: [ { device: d, allow: @\"" text "\" } ]\n"

static void wrong_questions(void **state)
{
	static const struct policy_refusal refusals[] = {
		{QUESTION("tcp camera:443"), "no device of the policy"},
		{QUESTION("tcp *.example.com:443"), "stands for many names"},
		{QUESTION("tcp .example.com:443"), "stands for many names"},
		{QUESTION("tcp a..example:443"), "part without a letter"},
		{QUESTION("tcp 10.0.0.256:443"), "ends in a number"},
		{QUESTION("tcp a.example"), "one port"},
		{QUESTION("tcp [a.example]:443"), "is no address"},
	};

	(void)state;
	POLICY_REFUSE_ALL(refusals);
}

#define CONTROLLERS(text) TOP "controllers: { " text " }\nroles: { r: {} }\n"

static void controllers(void **state)
{
	static const struct policy_refusal refusals[] = {
		{CONTROLLERS("@gateway: { network: 10.0.0.1 }"), "no class of controllers"},
		{CONTROLLERS("@\"urn:a b\": { network: 10.0.0.1 }"), "no class of controllers"},
		{CONTROLLERS("\"urn:a\": @10.0.0.1"), "must be a mapping"},
		{CONTROLLERS("\"urn:a\": @{}"), "either a network or a role"},
		{CONTROLLERS("\"urn:a\": @{ network: 10.0.0.1, role: r }"), "either a network or a role"},
		{CONTROLLERS("\"urn:a\": { network: @any }"), "cannot be 'any'"},
		{CONTROLLERS("\"urn:a\": { role: @q }"), "did you mean 'r'"},
		{CONTROLLERS("\"urn:a\": { network: 10.0.0.1 }, @\"urn:a\": { role: r }"), "twice"},
		{TOP "roles: { r: { my-controller: @r } }\n", "must be a mapping"},
		{TOP "roles: { r: { my-controller: { role: @s } } }\n", "did you mean 'r'"},
		{TOP "infrastructure: { local-networks: @any }\n", "cannot be 'any'"},
		{TOP "infrastructure: { local-networks: @office }\n", "no network 'office'"},
	};
	struct ost_policy *p = policy_expect(TOP "networks: { office: 10.0.0.0/8 }\ninfrastructure: { local-networks: [office, \"fd00::/8\"] }\n"
		"controllers:\n  \"urn:ietf:params:mud:gateway\": { network: [10.0.0.1, \"fd00::1\"] }\n  \"https://c.example/\": { role: [hub, r] }\n"
		"roles: { r: { my-controller: { role: hub } }, hub: {} }\n");

	(void)state;
	ost_policy_free(&p);
	POLICY_REFUSE_ALL(refusals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_canonical),
		cmocka_unit_test(names_at_their_bounds),
		cmocka_unit_test(wrong_names),
		cmocka_unit_test(own_name_servers),
		cmocka_unit_test(several_roles),
		cmocka_unit_test(tags),
		cmocka_unit_test(wrong_tags),
		cmocka_unit_test(tags_at_their_bound),
		cmocka_unit_test(questions_about_hosts),
		cmocka_unit_test(wrong_questions),
		cmocka_unit_test(controllers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
