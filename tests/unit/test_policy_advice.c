/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warnings: what is no error, and probably not what was meant. */
#include <stdlib.h>

#include "policy_expect.h"

#define TOP	      "ostiary: 1\n"
#define HEAD	      TOP "infrastructure: { resolvers: 10.0.0.53 }\nnetworks: { n: 10.0.0.0/8, m: 10.1.0.0/16 }\n"                        \
		      "schedules: { s: { from: \"02:00\", until: \"03:00\" }, t: { from: \"02:00\", until: \"04:00\" } }\n"
#define TAIL	      "devices:\n  d: { role: r, mac: \"02:00:00:00:00:01\", tags: [a, b] }\n  e: { role: q, mac: \"02:00:00:00:00:02\", tags: c }\n"
#define USES	      "  q: { mode: audit, audit-until: 2027-01-01T00:00Z, include: dns, allow: [ { to: { tag: [a, b, c], service: udp/9 }, when: s }, { to: { network: [n, m], service: udp/9 }, when: t } ] }\n"
#define RULES(rules)  HEAD "roles:\n  r: { include: dns, allow: [ " rules " ] }\n" USES TAIL
#define TO(net, what) "{ to: { network: " net ", service: " what " } }"

/* Exactly this warning, at the '@'; none for NULL. */
static void expect(const char *marked, const char *words)
{
	struct ost_policy_source source = {"p.yaml", NULL, 0};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	uint32_t line, column;
	char text[8192];

	place_cut(marked, text, sizeof(text), &line, &column);
	source.bytes = text;
	source.length = strlen(text);
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), 0);
	if (diag.warnings != (words != NULL) || (words != NULL && !findings_have(&diag, "p.yaml", line, column, words))) {
		findings_print(&diag);
		fail_msg("%s: not '%s' at %u:%u, or not alone", text, words ? words : "nothing", line, column);
	}
	ost_diag_free(&diag);
	ost_policy_free(&p);
}

static void unused(void **state)
{
	(void)state;
	expect(RULES(TO("n", "https")), NULL);
}

static void unused_each(void **state)
{
	static const char rest[] = "roles: { r: { allow: [ " TO("10.0.0.0/8", "y") " ] } }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n";
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof(text), TOP "services: { @x: tcp/5, y: tcp/6 }\n%s", rest);
	expect(text, "nothing uses service x");
	(void)snprintf(text, sizeof(text), TOP "services: { y: tcp/6 }\nnetworks: { @n: 10.0.0.1 }\n%s", rest);
	expect(text, "nothing uses network n");
	(void)snprintf(text, sizeof(text), TOP "services: { y: tcp/6 }\nschedules: { @s: { from: \"02:00\", until: \"03:00\" } }\n%s", rest);
	expect(text, "nothing uses schedule s");
	/* a tag may be there for the command line alone */
	expect(TOP "roles: { r: {} }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\", tags: a } }\n", NULL);
	expect(TOP "roles: { r: {}, @q: {} }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n", "no device has role q");
	expect(TOP "roles: { r: { extends: q }, q: {} }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n", NULL);
}

/* What uses them is in test_mud. */
static void unused_controllers(void **state)
{
	(void)state;
	expect(TOP "controllers: { \"urn:a\": @{ network: 10.0.0.1 } }\nroles: { r: {} }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n",
		"no MUD file of a role asks for controller 'urn:a'");
	expect(TOP "roles: { b: { my-controller: @{ network: 10.0.0.1 } }, r: { extends: b } }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n",
		"my-controller of role b changes nothing");
}

static void about_nobody(void **state)
{
	(void)state;
	expect(TOP "roles: { b: {}, r: { extends: b, allow: [ @{ to: { role: b } } ] } }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n",
		"about nobody");
	expect(TOP "roles: { b: {}, r: { extends: b, allow: [ { to: { role: [b, r] } }, { from: { role: r } } ] } }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n",
		NULL);
}

static void nothing_new(void **state)
{
	(void)state;
	expect(RULES(TO("n", "https") ", @" TO("n", "https")), "says what p.yaml:6:31 says already");
	expect(RULES(TO("n", "https") ", @" TO("m", "https")), "adds nothing to what p.yaml:6:31 allows: to network n, service https");
	expect(RULES("@" TO("m", "https") ", " TO("n", "https")), "adds nothing to what p.yaml:6:71 allows");
	expect(RULES(TO("n", "tcp") ", @" TO("10.1.1.1", "[http, ssh]")), "adds nothing");
	expect(RULES(TO("any", "any") ", @" TO("m", "http")), "adds nothing");
	expect(RULES("{ from: { network: any } }, @{ from: { role: q, service: http } }"), "adds nothing");
	expect(RULES("{ from: { network: any } }, @{ from: { tag: c, service: http } }"), "adds nothing");
	expect(RULES("{ to: { role: [r, q] } }, @{ to: { role: q } }, { from: { role: r } }"), "adds nothing");
	expect(RULES("{ to: { tag: [a, b] } }, @{ to: { tag: b } }, { from: { tag: a } }"), "adds nothing");
	expect(RULES("{ to: { name: .x.example } }, @{ to: { name: [a.x.example, .b.x.example] } }"), "adds nothing");
	expect(RULES("{ to: { network: n } }, @{ to: { network: n }, when: s }"), "adds nothing");
	expect(RULES("{ to: { network: n }, when: s }, @{ to: { network: m }, when: s }"), "adds nothing");
	expect(RULES("{ to: { network: n } }, @{ to: { network: n }, assurance: identified }"), "adds nothing");
	expect(RULES("@" TO("10.0.0.53", "dns")), "adds nothing to what p.yaml:6:17 allows: include dns");
	expect(RULES(TO("n", "ssh")) "exceptions: [ @{ device: d, to: { network: m, service: ssh }, until: 2027-01-01T00:00Z, reason: x } ]\n",
		"the exception adds nothing");
	expect(HEAD "roles:\n  b: { include: dns, allow: [ " TO("n", "https") " ] }\n  r: { extends: b, allow: [ @" TO("m", "https") " ] }\n" USES TAIL,
		"p.yaml:6:31 allows");
}

static void something_new(void **state)
{
	(void)state;
	expect(RULES(TO("n", "https") ", " TO("n", "http")), NULL);
	expect(RULES(TO("n", "https") ", " TO("11.0.0.0/8", "https")), NULL);
	expect(RULES(TO("[m, 10.3.0.0/16]", "https") ", " TO("[m, 10.2.0.0/16]", "https")), NULL);
	expect(RULES(TO("n", "https") ", { from: { network: m, service: https } }"), NULL);
	expect(RULES("{ to: { network: n }, when: s }, { to: { network: m } }"), NULL);
	expect(RULES("{ to: { network: n }, when: s }, { to: { network: m }, when: t }"), NULL);
	expect(RULES("{ to: { network: n }, assurance: identified }, { to: { network: m } }"), NULL);
	expect(RULES(TO("n", "tcp") ", " TO("10.1.1.1", "[http, https]")), NULL); /* the wider one is guarded */
	expect(RULES("{ to: { network: n } }, { to: { network: m, service: dns-tls } }"), NULL); /* the wider one is guarded */
	expect(RULES("{ to: { network: n } }, { to: { network: m, service: dns } }"), NULL); /* the narrower one binds names */
	expect(RULES("{ to: { name: .x.example } }, { to: { name: x.example } }"), NULL);
	expect(RULES("{ to: { name: .x.example } }, { to: { name: ax.example } }"), NULL);
	expect(RULES("{ to: { name: a.x.example } }, { to: { name: .a.x.example } }"), NULL);
	expect(RULES("{ to: { role: q } }, { to: { tag: c } }"), NULL);
	expect(RULES(TO("n", "icmp/8") ", " TO("n", "icmp/0")), NULL);
	expect(RULES(TO("m", "ssh")) "exceptions: [ { device: d, to: { network: n, service: ssh }, until: 2027-01-01T00:00Z, reason: x },\n"
		"  { device: e, to: { network: n, service: ssh }, until: 2027-01-01T00:00Z, reason: x } ]\n", NULL);
}

#define TWO(r, q)                                                                                                                      \
	TOP "networks: { near: 10.0.0.0/24 }\nroles:\n  r: { allow: [ { from: { network: near } }, " r " ] }\n  q: { allow: [ { to: { network: near } }, " q \
	    " ] }\ndevices:\n  d: { role: r, mac: \"02:00:00:00:00:01\", address: 10.1.0.1, tags: a }\n"                               \
	"  e: { role: q, mac: \"02:00:00:00:00:02\", address: 10.2.0.2, tags: [a, b] }\nexceptions: [ { device: d, to: { tag: a, service: udp/9 }, until: "    \
	"2027-01-01T00:00Z, reason: x }, { device: e, from: { tag: [a, b], service: udp/9 }, until: 2027-01-01T00:00Z, reason: x } ]\n"

/* Between two devices both lists are asked. */
static void one_half(void **state)
{
	(void)state;
	expect(TWO("@{ to: { role: q, service: tcp/80 } }", "{ to: { network: any, service: tcp/80 } }"), "whose allow-list has no from:");
	expect(TWO("@{ to: { role: q, service: tcp/80 } }", "{ from: { network: 10.1.0.0/16, service: [udp/80, tcp/81-99] } }"), "nothing passes by the rule for role r with role q");
	expect(TWO("@{ from: { role: q, service: tcp/80 } }", "{ from: { network: any, service: tcp/80 } }"), "whose allow-list has no to:");
	expect(TWO("@{ to: { role: q, service: icmp/8 } }", "{ from: { network: any, service: icmpv6 } }"), "no from:");
	expect(TWO("@{ to: { tag: b, service: tcp/80 } }", "{ from: { network: 10.2.0.0/16, service: tcp/80 } }"), "with role q");
	expect(TWO("{ from: { network: 11.0.0.0/8, service: udp/8 } }", "@{ to: { tag: a, service: tcp/80 } }"), "for role q with role r");
	expect(TOP "roles:\n  b: { allow: [ @{ to: { role: q, service: http } } ] }\n  r: { extends: b }\n  s: { extends: b }\n"
		"  q: { allow: [ { from: { role: r } } ] }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" }, e: { role: s, mac: \"02:00:00:00:00:02\" },\n"
		"  f: { role: q, mac: \"02:00:00:00:00:03\" } }\n",
		"for role s with role q");
	expect(TOP "roles:\n  r: { allow: [ @{ to: { role: [q, s] } } ] }\n  q: { allow: [ { from: { role: r } } ] }\n  s: {}\ndevices: { d: { role: r, mac: "
		   "\"02:00:00:00:00:01\" }, e: { role: s, mac: \"02:00:00:00:00:02\" }, f: { role: q, mac: \"02:00:00:00:00:03\" } }\n",
		"with role s");
	expect(TOP "roles: { r: { allow: [ @{ to: { role: r } } ] } }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n", "for role r with role r");
	expect(TOP "roles: { r: {}, q: {} }\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" }, e: { role: q, mac: \"02:00:00:00:00:02\" } }\n"
		   "exceptions: [ @{ device: d, to: { role: q }, until: 2027-01-01T00:00Z, reason: x } ]\n",
		"for role r with role q");
}

static void both_halves(void **state)
{
	(void)state;
	expect(TWO("{ to: { role: q, service: tcp/80-90 } }", "{ from: { role: r, service: tcp/90 } }"), NULL);
	expect(TWO("{ to: { role: q, service: tcp/80 } }", "{ from: { tag: a, service: tcp } }"), NULL);
	expect(TWO("{ to: { role: q, service: tcp/80 } }", "{ from: { network: any, service: tcp } }"), NULL);
	expect(TWO("{ to: { role: q, service: tcp/80 } }", "{ from: { network: 10.1.0.0/16, service: tcp } }"), NULL);
	expect(TWO("{ to: { tag: a, service: tcp/80 } }", "{ from: { role: r, service: tcp } }"), NULL); /* one of those with the tag is enough */
	expect(TWO("{ from: { role: q, service: tcp/80 } }", "{ to: { role: r } }"), NULL);
	expect(TOP "roles:\n  r: { allow: [ { to: { role: q } } ] }\n  q: { mode: audit, audit-until: 2027-01-01T00:00Z }\n"
		   "devices: { d: { role: r, mac: \"02:00:00:00:00:01\" }, e: { role: q, mac: \"02:00:00:00:00:02\" } }\n",
		NULL);
	expect(TOP "roles:\n  r: { include: dhcp, allow: [ { to: { role: q } } ] }\n  q: { allow: [ { from: { network: 10.0.0.0/8 } } ] }\n" /* and another one */
		   "devices: { d: { role: r, mac: \"02:00:00:00:00:01\", address: 192.168.0.1 }, e: { role: q, mac: \"02:00:00:00:00:02\" } }\n",
		NULL);
	expect(TOP "roles:\n  r: { allow: [ { to: { role: q } } ] }\n  q: { allow: [ { from: { network: 10.0.0.0/8 } } ] }\n" /* r has its address by DHCP */
		   "devices: { d: { role: r, mac: \"02:00:00:00:00:01\" }, e: { role: q, mac: \"02:00:00:00:00:02\" } }\n",
		NULL);
}

static void suffix(const char *name, bool wide)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), HEAD "roles:\n  r: { include: dns, allow: [ @{ to: { name: [a.example, %s], service: https } } ] }\n" USES TAIL, name);
	expect(text, wide ? "where anybody can have one" : NULL);
}

static void suffixes(void **state)
{
	static const char *const wide[] = {".com", "\"*.com\"", ".IO", ".co.uk", ".com.au", ".or.jp", ".gov.br", ".amazonaws.com", ".cloudapp.azure.com", ".xn--p1ai"};
	static const char *const narrow[] = {"com", "co.uk", ".example.com", ".co.example", ".maker.co.uk", ".x.uk", ".lan", ".internal", ".local",
		".eu-west-1.amazonaws.com", ".amazonaws.com.maker.example"};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wide); i++)
		suffix(wide[i], true);
	for (size_t i = 0; i < OST_ARRAY_SIZE(narrow); i++)
		suffix(narrow[i], false);
	expect(RULES(TO("n", "https")) "exceptions: [ @{ tag: [a, c], to: { name: .com, service: ssh }, until: 2027-01-01T00:00Z, reason: x } ]\n",
		"every name below .com");
}

/* Of the pair in a base only the base tells, and a large role ends the search, not the reading. */
static void bounded(void **state)
{
	size_t room = 8u << 20, n;
	char *text = malloc(room);
	struct ost_policy_source source = {"p.yaml", text, 0};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	expect(HEAD "roles:\n  b: { include: dns, allow: [ " TO("n", "https") ", @" TO("m", "https") " ] }\n  r: { extends: b }\n" USES TAIL, "adds nothing");
	n = (size_t)snprintf(text, room, TOP "roles:\n  r:\n    allow:\n");
	for (unsigned i = 0; i < 60000; i++)
		n += (size_t)snprintf(text + n, room - n, "    - { to: { network: %u.%u.%u.0/24, service: tcp/%u } }\n", 1 + i % 200, i / 200 % 200, i / 40000,
			1 + i);
	n += (size_t)snprintf(text + n, room - n, "devices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n");
	source.length = n;
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), 0);
	assert_int_equal(diag.warnings, 0);
	ost_diag_free(&diag);
	ost_policy_free(&p);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unused),
		cmocka_unit_test(unused_each),
		cmocka_unit_test(unused_controllers),
		cmocka_unit_test(about_nobody),
		cmocka_unit_test(nothing_new),
		cmocka_unit_test(something_new),
		cmocka_unit_test(one_half),
		cmocka_unit_test(both_halves),
		cmocka_unit_test(suffixes),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
