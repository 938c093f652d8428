/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MUD files: what becomes of ACEs, at which place, and what becomes of them at a site. Whole files are compared with a naive
 * reading in tests/scenario/test_mud_meaning_meaning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "mud.h"
#include "mud_approved.h"
#include "mud_index.h"
#include "mud_space.h"
#include "policy_yaml.h"

#define HEAD                                                                                                                  \
	"{\"ietf-mud:mud\": {\"mud-version\": 1, \"mud-url\": \"https://Maker.example:443/lamp\", \"last-update\": \"2026-01-01T00:00:00Z\", \"is-supported\": true,\n" \
	"\"from-device-policy\": {\"access-lists\": {\"access-list\": [{\"name\": \"f\"}]}},\n"                                 \
	"\"to-device-policy\": {\"access-lists\": {\"access-list\": [{\"name\": \"t\"}]}}},\n"                                  \
	"\"ietf-access-control-list:acls\": {\"acl\": [\n"

#define ACE(name, matches, way) "{\"name\": \"" name "\", \"matches\": {" matches "}, \"actions\": {\"forwarding\": \"" way "\"}}"
#define TCP_TO(port, said) "\"tcp\": {\"destination-port\": {\"port\": " port "}" said "}"
#define TCP_FROM(port, said) "\"tcp\": {\"source-port\": {\"port\": " port "}" said "}"
#define FROM_DEVICE ", \"ietf-mud:direction-initiated\": \"from-device\""
#define TO_DEVICE ", \"ietf-mud:direction-initiated\": \"to-device\""
#define CLOUD "\"ipv4\": {\"ietf-acldns:dst-dnsname\": \"Cloud.example\"}, "
#define CLOUD_BACK "\"ipv4\": {\"ietf-acldns:src-dnsname\": \"cloud.example\"}, "
#define NET(n) "\"ipv4\": {\"destination-ipv4-network\": \"" n "\"}"

static struct ost_diag diag;

/* A file of these lists; NULL when it is refused. */
static struct ost_mud *file(const char *away, const char *back)
{
	struct ost_mud *mud = NULL;
	char *text;
	int n = asprintf(&text, HEAD "{\"name\": \"f\", \"aces\": {\"ace\": [\n%s]}},\n{\"name\": \"t\", \"aces\": {\"ace\": [\n%s]}}]}}", away, back);
	int r;

	assert_true(n > 0);
	ost_diag_free(&diag);
	r = ost_mud_read("m.json", text, (size_t)n, &diag, &mud);
	assert_true((r == 0) == (mud != NULL));
	free(text);
	return mud;
}

static void expect(const struct ost_mud *mud, uint32_t index, enum ost_mud_fate fate, const char *why, bool opens)
{
	const struct ost_mud_ace *ace = &mud->aces[index];

	if (ace->fate != fate || ace->opens != opens || (why != NULL && strstr(ace->why, why) == NULL))
		fail_msg("%s is %s, %s: %s", ace->name, ost_mud_fate_name(ace->fate), ace->opens ? "opens" : "does not open", ace->why);
}

static void places(void **state)
{
	struct ost_mud *mud = file("\n  " ACE("a", CLOUD TCP_TO("443", FROM_DEVICE), "accept") ",\n\t" ACE("\xc3\xa4", "", "accept") ", " ACE("c", "", "drop"), "");

	(void)state;
	assert_int_equal(mud->ace_count, 3);
	assert_int_equal(mud->aces[0].pos.line, 7);
	assert_int_equal(mud->aces[0].pos.column, 3);
	assert_int_equal(mud->aces[1].pos.line, 8);
	assert_int_equal(mud->aces[1].pos.column, 2);
	assert_int_equal(mud->aces[2].pos.column, 69); /* in characters: one of two bytes stands before */
	assert_string_equal(mud->aces[2].pointer, "/ietf-access-control-list:acls/acl/0/aces/ace/2");
	assert_string_equal(mud->authority, "maker.example");
	ost_mud_free(&mud);
}

/* What mirrors TCP of the device is its replies, whatever it says; alone it is nothing. */
static void directions(void **state)
{
	struct ost_mud *mud = file(ACE("f0", CLOUD TCP_TO("443", FROM_DEVICE), "accept") "," ACE("f1", TCP_FROM("80", ""), "accept") ","
					   ACE("f2", CLOUD TCP_TO("8883", ""), "accept") "," ACE("f3", TCP_FROM("8080", TO_DEVICE), "accept"),
		ACE("t0", CLOUD_BACK TCP_FROM("443", ""), "accept") "," ACE("t1", TCP_TO("80", TO_DEVICE), "accept") ","
			ACE("t2", CLOUD_BACK TCP_FROM("8883", ""), "accept") "," ACE("t3", TCP_FROM("22", ""), "accept") ","
				ACE("t4", TCP_TO("8080", ""), "accept") "," ACE("t5", TCP_TO("23", ""), "accept"));

	(void)state;
	expect(mud, 0, OST_MUD_TAKEN, NULL, true);
	expect(mud, 1, OST_MUD_CHANGED, "its mirror ACE t1 says to-device", false);
	expect(mud, 2, OST_MUD_CHANGED, "the device does", true);
	expect(mud, 3, OST_MUD_TAKEN, "replies of what ACE t4 opens", false);
	expect(mud, 4, OST_MUD_CHANGED, "replies only, of what ACE f0 opens", false);
	expect(mud, 5, OST_MUD_TAKEN, NULL, true);
	expect(mud, 6, OST_MUD_CHANGED, "replies only", false);
	expect(mud, 7, OST_MUD_REFUSED, "anybody there could open", false);
	expect(mud, 8, OST_MUD_CHANGED, "its mirror ACE f3 says to-device", true);
	expect(mud, 9, OST_MUD_REFUSED, "anybody there could open", false);
	assert_int_equal(mud->aces[5].direction, OST_FROM);
	ost_mud_free(&mud);
}

static void ports_of(const char *leaf, unsigned count, unsigned lo, unsigned hi)
{
	char ace[512];
	struct ost_mud *mud;

	(void)snprintf(ace, sizeof(ace), ACE("a", "\"udp\": {\"destination-port\": {%s}}", "accept"), leaf);
	mud = file(ace, "");
	assert_non_null(mud);
	assert_int_equal(mud->aces[0].remote.count, count);
	if (count > 0) {
		assert_int_equal(mud->aces[0].remote.ranges[0].lo, lo);
		assert_int_equal(mud->aces[0].remote.ranges[count - 1].hi, hi);
	}
	ost_mud_free(&mud);
}

static void port_operators(void **state)
{
	(void)state;
	ports_of("\"operator\": \"eq\", \"port\": 5", 1, 5, 5);
	ports_of("\"port\": 5", 1, 5, 5);
	ports_of("\"operator\": \"lt\", \"port\": 5", 1, 0, 4);
	ports_of("\"operator\": \"lte\", \"port\": 5", 1, 0, 5);
	ports_of("\"operator\": \"gt\", \"port\": 5", 1, 6, 65535);
	ports_of("\"operator\": \"gte\", \"port\": 5", 1, 5, 65535);
	ports_of("\"operator\": \"neq\", \"port\": 5", 2, 0, 65535);
	ports_of("\"operator\": \"neq\", \"port\": 0", 1, 1, 65535);
	ports_of("\"operator\": \"range\", \"lower-port\": 5, \"upper-port\": 9", 1, 5, 9);
	ports_of("\"operator\": \"eq\", \"lower-port\": 5, \"upper-port\": 9", 1, 5, 9);
	ports_of("\"lower-port\": 5, \"upper-port\": 9", 1, 5, 9);
	ports_of("\"operator\": \"gt\", \"port\": 65535", 0, 0, 0);
	ports_of("\"operator\": \"range\", \"port\": 7", 0, 0, 0);
	ports_of("\"operator\": \"neq\", \"lower-port\": 5, \"upper-port\": 9", 0, 0, 0);
	ports_of("\"operator\": \"gt\", \"lower-port\": 5, \"upper-port\": 9", 0, 0, 0);
	ports_of("\"operator\": \"eq\", \"port\": 7, \"lower-port\": 5, \"upper-port\": 9", 0, 0, 0);
}

/* A site where every symbol stands for something. */
static const struct ost_prefix local[] = {{{{10, 1}, OST_IPV4}, 16}};
static const struct ost_prefix resolver = {{{10, 9, 0, 53}, OST_IPV4}, 32};
static struct ost_role roles[] = {{.name = (char *)"lamp", .authenticate = OST_AUTH_EAP_TLS, .mud_url = (char *)"https://maker.example/lamp"},
	{.name = (char *)"weak", .authenticate = OST_AUTH_MAC, .mud_url = (char *)"https://maker.example/other"},
	{.name = (char *)"far", .authenticate = OST_AUTH_EAP_TLS, .mud_url = (char *)"https://far.example/x"}};
static const struct ost_policy policy = {.roles = roles, .role_count = 3};

static struct ost_mud_rules rules_of(const struct ost_mud *mud)
{
	const struct ost_mud_site site = {.policy = &policy, .local = local, .local_count = 1, .resolvers = &resolver, .resolver_count = 1};
	struct ost_mud_rules rules;

	assert_int_equal(ost_mud_rules_make(mud, &site, "m.json", &rules), 0);
	return rules;
}

static void drops(void **state)
{
	struct ost_mud *mud = file(ACE("d", NET("10.1.2.0/24") ", " TCP_TO("80", ""), "drop") ","
					   ACE("a", NET("10.1.0.0/16") ", \"tcp\": {\"destination-port\": {\"lower-port\": 79, \"upper-port\": 81}" FROM_DEVICE "}", "accept"),
		"");
	struct ost_mud_rules rules = rules_of(mud);
	char text[OST_PREFIX_TEXT];

	(void)state;
	assert_int_equal(rules.count, 3); /* and DNS */
	assert_int_equal(rules.rules[0].prefix_count, 8); /* /17 to /24: all but the one */
	assert_int_equal(rules.rules[0].service_count, 1);
	assert_int_equal(rules.rules[1].prefix_count, 1);
	assert_string_equal(ost_prefix_format(&rules.rules[1].prefixes[0], text), "10.1.2.0/24");
	assert_int_equal(rules.rules[1].service_count, 2); /* 79 and 81 */
	assert_int_equal(rules.rules[1].services[0].hi, 79);
	assert_int_equal(rules.rules[1].services[1].lo, 81);
	assert_int_equal(rules.rules[2].services[0].lo, 53);
	ost_mud_rules_close(&rules);
	ost_mud_free(&mud);
}

/* RFC 8520 section 4: explicit rules stand before the defaults. */
static void defaults(void **state)
{
	struct ost_mud *mud = file(ACE("d", "\"udp\": {\"destination-port\": {\"port\": 53}}", "drop"), "");
	struct ost_mud_rules rules = rules_of(mud);

	(void)state;
	assert_false(mud->default_dns);
	assert_true(mud->default_ntp);
	assert_int_equal(rules.count, 0);
	assert_int_equal(rules.unmet, OST_MUD_WANTS_NTP);
	ost_mud_rules_close(&rules);
	ost_mud_free(&mud);
	mud = file(ACE("d", NET("10.9.0.0/24"), "drop"), ""); /* the resolver's */
	rules = rules_of(mud);
	assert_true(mud->default_dns);
	assert_int_equal(rules.count, 0);
	ost_mud_rules_close(&rules);
	ost_mud_free(&mud);
}

/* RFC 8520 section 16 */
static void identities(void **state)
{
	struct ost_mud *mud = file(ACE("a", "\"ietf-mud:mud\": {\"same-manufacturer\": [null]}", "accept") "," ACE("b", NET("10.1.0.7/32"), "accept") ","
					   ACE("c", "\"ietf-mud:mud\": {\"model\": \"https://far.example/x\"}", "accept"),
		"");
	struct ost_mud_rules rules = rules_of(mud);

	(void)state;
	assert_int_equal(rules.rules[0].peer, OST_PEER_ROLE);
	assert_int_equal(rules.rules[0].peer_role_count, 1); /* the weak one is in no class */
	assert_int_equal(rules.rules[0].peer_roles[0], 0);
	assert_int_equal(rules.rules[0].assurance, OST_ASSURANCE_SOFTWARE);
	assert_int_equal(rules.rules[1].assurance, OST_ASSURANCE_IDENTIFIED);
	assert_int_equal(rules.rules[2].peer_roles[0], 2);
	assert_int_equal(rules.weak_peers, 1);
	assert_int_equal(rules.elevated, 2);
	ost_mud_rules_close(&rules);
	ost_mud_free(&mud);
}

static void prefixes_less(void **state)
{
	const struct ost_prefix all6 = {{.family = OST_IPV6}, 0}, host6 = {{{0x20, 1, [15] = 1}, OST_IPV6}, 128};
	struct mud_prefixes list = {0}, less = {0};

	(void)state;
	assert_int_equal(mud_prefix_add(&list, &all6), 0);
	assert_int_equal(mud_prefix_add(&less, &host6), 0);
	assert_int_equal(mud_prefixes_less(&list, &less), 0);
	assert_int_equal(list.count, 128);
	for (uint32_t i = 0; i < list.count; i++) {
		assert_false(ost_prefix_contains(&list.items[i], &host6.ip));
		for (uint32_t k = 0; k < i; k++)
			assert_false(ost_prefix_contains(&list.items[i], &list.items[k].ip) || ost_prefix_contains(&list.items[k], &list.items[i].ip));
	}
	assert_int_equal(mud_prefixes_less(&list, &list), 0);
	free(list.items);
	free(less.items);
}

static void index_file(void **state)
{
	char *one = NULL, *two = NULL, *name = NULL;

	(void)state;
	assert_int_equal(ost_mud_index_put("", 0, "https://a.example/", "a.json", &one), 0);
	assert_int_equal(ost_mud_index_put(one, strlen(one), "https://b.example/", "a.json", &two), -EEXIST);
	assert_int_equal(ost_mud_index_put(one, strlen(one), "https://b.example/", "b.json", &two), 0);
	assert_int_equal(ost_mud_index_find(two, strlen(two), "https://a.example/", &name), 0);
	assert_string_equal(name, "a.json");
	assert_int_equal(ost_mud_index_find(two, strlen(two), "https://c.example/", &name), -ENOENT);
	assert_int_equal(ost_mud_index_find("[]", 2, "https://c.example/", &name), -EINVAL);
	assert_int_equal(ost_mud_index_find("{\"u\":{\"file\":\"../x.json\"}}", 26, "u", &name), -EINVAL);
	free(one);
	free(two);
	free(name);
}

static void urls(void **state)
{
	static const char *const good[] = {"https://m/", "https://a.b-c.d_e.example./x", "https://10.0.0.1:8443/x", "https://[::1]/x", "https://m.example:1"};
	static const char *const bad[] = {"https://:443/x", "https://.../x", "https://.m.example/x", "https://m..example/x", "https://maker:x/x",
		"https://maker:/x", "https://maker:0/x", "https://maker:65536/x", "https://maker:1:2/x", "https://a]b/x", "https://[a]/x", "https://[::1/x",
		"https://[::1]x/x", "https://[]/x", "https://[::1]:/x", "https://-m.example/", "https://m-.example/",
		"https://a23456789b23456789c23456789d23456789e23456789f23456789g23456789x/"};

	(void)state;
	assert_null(ost_mud_url_flaw("https://m.example/a?b=$(c)"));
	assert_null(ost_mud_url_flaw("HTTPS://[2001:db8::1]:8443"));
	assert_non_null(ost_mud_url_flaw("http://m.example/"));
	assert_non_null(ost_mud_url_flaw("https://"));
	assert_non_null(ost_mud_url_flaw("https://u@m.example/"));
	assert_non_null(ost_mud_url_flaw("https://m.example/a b"));
	assert_non_null(ost_mud_url_flaw("https://m.example/a#b"));
	assert_non_null(ost_mud_url_flaw("https://m.\xc3\xa4.example/"));
	for (size_t i = 0; i < OST_ARRAY_SIZE(good); i++)
		if (ost_mud_url_flaw(good[i]) != NULL)
			fail_msg("%s: %s", good[i], ost_mud_url_flaw(good[i]));
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++)
		if (ost_mud_url_flaw(bad[i]) == NULL)
			fail_msg("%s is taken", bad[i]);
}

static void last_updates(void **state)
{
	static const char *const bad[] = {"x", "2026", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00"};
	static const char *const good[] = {"2018-03-02T11:20:51+01:00", "2024-08-05T03:56:40.105+10:00", "2026-01-01T00:00:00Z"};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad) + OST_ARRAY_SIZE(good); i++) {
		bool sound = i >= OST_ARRAY_SIZE(bad);
		struct ost_mud *mud = NULL;
		char *text;
		int n = asprintf(&text, "{\"ietf-mud:mud\": {\"mud-version\": 1, \"mud-url\": \"https://m.example/a\", \"is-supported\": true,\n"
			"\"last-update\": \"%s\"}}", sound ? good[i - OST_ARRAY_SIZE(bad)] : bad[i]);

		ost_diag_free(&diag);
		assert_int_equal(ost_mud_read("m.json", text, (size_t)n, &diag, &mud), sound ? 0 : -EINVAL);
		assert_int_equal(diag.errors, !sound);
		ost_mud_free(&mud);
		free(text);
	}
}

#define YAML(authenticate)                                                                                                    \
	"ostiary: 1\ninfrastructure: { resolvers: 10.9.0.53 }\nroles:\n  lamp: { authenticate: " authenticate ", mud: mud/m.json }\n" \
	"  base: { authenticate: eap-tls, mud: \"https://Maker.example:443/lamp\", allow: [{ to: { network: 10.3.0.0/16, service: https } }] }\n"    \
	"  child: { extends: base }\ndevices:\n  a: { role: child, certificate: x }\n  b: { role: lamp, mac: \"02:00:00:00:00:01\", certificate: y }\n"

static struct ost_policy *policy_with(const char *yaml, const char *away)
{
	struct ost_policy *made = NULL;
	char *text;
	int n = asprintf(&text, HEAD "{\"name\": \"f\", \"aces\": {\"ace\": [\n%s]}}, {\"name\": \"t\"}]}}", away);
	char hash[OST_MUD_HASH_TEXT], *approved = NULL;
	const struct ost_mud_approval approval = {.sha256 = hash, .url = "https://maker.example/lamp"};
	struct ost_policy_source sources[] = {
		{"p/x.yaml", yaml, strlen(yaml)}, {"p/mud/m.json", text, (size_t)n}, {"p/mud/approved.json", "{\"files\": []}", 13}};
	int r;

	ost_diag_free(&diag);
	assert_int_equal(ost_policy_parse(sources, 2, &diag, &made), -EINVAL);
	assert_int_equal(ost_policy_parse(sources, 3, &diag, &made), -EINVAL);
	ost_diag_free(&diag);
	assert_int_equal(ost_mud_hash(text, (size_t)n, hash), 0);
	assert_int_equal(ost_mud_approved_put(NULL, 0, &approval, &approved), 0);
	sources[2].bytes = approved;
	sources[2].length = strlen(approved);
	r = ost_policy_parse(sources, 3, &diag, &made);
	free(approved);
	for (uint32_t i = 0; r < 0 && i < diag.count; i++)
		print_message("# %s:%u %s\n", diag.findings[i].pos.file, diag.findings[i].pos.line, diag.findings[i].what);
	free(text);
	return made;
}

static bool has_finding(const char *what)
{
	for (uint32_t i = 0; i < diag.count; i++) {
		if (strstr(diag.findings[i].what, what) != NULL)
			return true;
	}
	return false;
}

/* By path, by URL, and through extends; beside allow:. */
static void in_policies(void **state)
{
	struct ost_policy *p = policy_with(YAML("mac"),
		ACE("a", CLOUD TCP_TO("443", FROM_DEVICE), "accept") "," ACE("b", "\"ietf-mud:mud\": {\"same-manufacturer\": [null]}", "accept"));

	(void)state;
	assert_non_null(p);
	assert_int_equal(p->roles[0].rule_count, 3);
	assert_int_equal(p->roles[1].rule_count, 4);
	assert_int_equal(p->roles[2].rule_count, 4);
	assert_string_equal(p->roles[2].mud_url, "https://Maker.example:443/lamp");
	assert_string_equal(p->roles[2].rules[1].pos.file, "p/mud/m.json");
	assert_int_equal(p->roles[2].rules[1].pos.line, 6);
	assert_string_equal(p->roles[2].rules[1].text, "to cloud.example, service tcp/443 (MUD: ACE a of ACL f)");
	assert_int_equal(p->roles[0].rules[2].flags & OST_RULE_DNS, OST_RULE_DNS);
	assert_true(has_finding("a MAC address gives identified"));
	assert_true(has_finding("they are left out"));
	ost_policy_free(&p);
	assert_null(policy_with(YAML("mac"), ACE("a", CLOUD TCP_TO("443", FROM_DEVICE), "mirror")));
	assert_true(has_finding("forwarding is 'mirror'"));
}

/* Two files of one URL: the URL means neither of them, whichever is read first; a path does. */
static void one_file_of_a_url(void **state)
{
	static const char yaml[] = "ostiary: 1\nroles:\n  one: { authenticate: eap-tls, mud: mud/m.json }\n  two: { authenticate: eap-tls, mud: %s }\n"
				   "devices:\n  a: { role: one, certificate: x }\n  b: { role: two, certificate: y }\n";
	static const char *const named[] = {"\"https://Maker.example:443/lamp\"", "mud/n.json"};
	char *texts[3], hash[OST_MUD_HASH_TEXT], *approved = NULL, *more = NULL;
	const struct ost_mud_approval approval = {.sha256 = hash, .url = "https://maker.example/lamp"};
	struct ost_policy_source sources[4] = {{"p/x.yaml", NULL, 0}, {"p/mud/m.json", NULL, 0}, {"p/mud/n.json", NULL, 0}, {"p/mud/approved.json", NULL, 0}};

	(void)state;
	for (unsigned i = 1; i < 3; i++) {
		int n = asprintf(&texts[i], HEAD "{\"name\": \"f\", \"aces\": {\"ace\": [" ACE("a", NET("10.%u.0.0/16"), "accept") "]}}, {\"name\": \"t\"}]}}", i);

		sources[i].bytes = texts[i];
		sources[i].length = (size_t)n;
		assert_int_equal(ost_mud_hash(texts[i], (size_t)n, hash), 0);
		assert_int_equal(ost_mud_approved_put(approved, approved != NULL ? strlen(approved) : 0, &approval, &more), 0);
		free(approved);
		approved = more;
	}
	sources[3].bytes = approved;
	sources[3].length = strlen(approved);
	for (unsigned i = 0; i < 2; i++) {
		struct ost_policy *p = NULL;
		int n = asprintf(&texts[0], yaml, named[i]);

		sources[0].bytes = texts[0];
		sources[0].length = (size_t)n;
		ost_diag_free(&diag);
		assert_int_equal(ost_policy_parse(sources, 4, &diag, &p), i == 0 ? -EINVAL : 0);
		if (i == 0)
			assert_true(diag.errors == 1 && has_finding("two files of the policy are of that URL"));
		else
			ost_policy_free(&p);
		free(texts[0]);
	}
	free(texts[1]);
	free(texts[2]);
	free(approved);
}

/* Which of the policy's controllers some ACE asks for. */
static void controllers_used(void **state)
{
	struct ost_policy *p = policy_with("ostiary: 1\ninfrastructure: { resolvers: 10.9.0.53 }\ncontrollers:\n  \"urn:a\": { network: 10.0.0.1 }\n"
					   "  \"urn:b\": { network: 10.0.0.2 }\n  \"" OST_MUD_DNS "\": { network: 10.0.0.3 }\n  \"urn:c\": { network: 10.0.0.4 }\n"
					   "roles: { lamp: { authenticate: eap-tls, mud: mud/m.json, my-controller: { network: 10.0.0.5 } } }\n"
					   "devices: { a: { role: lamp, certificate: x } }\n",
		ACE("a", "\"ietf-mud:mud\": {\"controller\": \"urn:a\"}", "accept") "," ACE("c", "\"ietf-mud:mud\": {\"my-controller\": [null]}", "accept") ","
			ACE("b", "\"ietf-mud:mud\": {\"controller\": \"urn:c\"}, \"eth\": {\"source-mac-address\": \"02:00:00:00:00:01\"}", "accept"));

	(void)state;
	assert_non_null(p);
	assert_true(has_finding("asks for controller 'urn:b'"));
	assert_true(has_finding("asks for controller 'urn:c'")); /* its ACE makes no rule */
	assert_false(has_finding("asks for controller 'urn:a'"));
	assert_false(has_finding("asks for controller '" OST_MUD_DNS));
	assert_false(has_finding("my-controller of role"));
	ost_policy_free(&p);
}

/* ---- who may come in ---- */

static char *known; /* approvals */

static enum ost_mud_entry judged(char digit, const char *url, enum ost_mud_verdict verdict, const char *spki)
{
	char hash[OST_MUD_HASH_TEXT] = "";
	enum ost_mud_entry entry;

	memset(hash, digit, OST_MUD_HASH_TEXT - 1);
	assert_int_equal(ost_mud_approved_judge(known, known != NULL ? strlen(known) : 0, hash, url, verdict, spki, &entry), 0);
	return entry;
}

static void approve(char digit, const char *url, const char *spki)
{
	char hash[OST_MUD_HASH_TEXT] = "", *more = NULL;
	const struct ost_mud_approval a = {.sha256 = hash, .url = url, .signer = spki, .spki_sha256 = spki, .by = "me", .when = "now", .reason = "x"};

	memset(hash, digit, OST_MUD_HASH_TEXT - 1);
	assert_int_equal(ost_mud_approved_put(known, known != NULL ? strlen(known) : 0, &a, &more), 0);
	free(known);
	known = more;
}

static void approvals(void **state)
{
	static const char *const unsound[] = {"{", "[]", "{}", "{\"files\": {}}", "{\"files\": [1]}", "{\"files\": [{\"sha256\": \"00\", \"url\": \"\"}]}",
		"{\"files\": [], \"files\": []}", "{\"files\": [{\"url\": \"https://m.example/\"}]}"};

	(void)state;
	assert_int_equal(judged('0', "https://m.example/a/1", OST_MUD_SIGNED, "k1"), OST_MUD_FIRST_OF_SIGNER);
	assert_int_equal(judged('0', "https://m.example/a/1", OST_MUD_UNSIGNED, ""), OST_MUD_WAITS_UNSIGNED);
	approve('0', "https://m.example/a/1", "k1");
	assert_int_equal(judged('0', "https://m.example/a/1", OST_MUD_SIGNED, "k1"), OST_MUD_APPROVED_BEFORE);
	assert_int_equal(judged('1', "https://m.example/a/1", OST_MUD_SIGNED, "k1"), OST_MUD_COMES_IN);
	assert_int_equal(judged('1', "https://m.example/a/2?x", OST_MUD_SIGNED, "k1"), OST_MUD_COMES_IN);
	assert_int_equal(judged('1', "https://m.example/a/2", OST_MUD_SIGNED, "k2"), OST_MUD_WAITS_CHANGED_SIGNER);
	assert_int_equal(judged('1', "https://m.example/a/b/2", OST_MUD_SIGNED, "k1"), OST_MUD_WAITS_CHANGED_PREFIX);
	assert_int_equal(judged('1', "https://n.example/a/1", OST_MUD_SIGNED, "k1"), OST_MUD_WAITS_CHANGED_PREFIX);
	assert_int_equal(judged('1', "https://n.example/a/1", OST_MUD_SIGNED, "k2"), OST_MUD_FIRST_OF_SIGNER);
	for (enum ost_mud_verdict v = OST_MUD_BAD_SIGNATURE; v < OST_MUD_VERDICT_COUNT; v++)
		assert_int_equal(judged('0', "https://m.example/a/1", v, "k1"), OST_MUD_NEVER);
	/* Another signer was approved there: the one before is not known there any more. */
	approve('1', "https://m.example/a/1", "k2");
	assert_int_equal(judged('2', "https://m.example/a/1", OST_MUD_SIGNED, "k1"), OST_MUD_WAITS_CHANGED_SIGNER);
	assert_int_equal(judged('2', "https://m.example/a/1", OST_MUD_SIGNED, "k2"), OST_MUD_COMES_IN);
	assert_int_equal(judged('0', "https://m.example/a/1", OST_MUD_SIGNED, "k1"), OST_MUD_APPROVED_BEFORE);
	/* Beside a known place of another signer's, on the same host: its devices count as that manufacturer's. */
	assert_int_equal(judged('2', "https://m.example/other/1", OST_MUD_SIGNED, "k9"), OST_MUD_WAITS_CHANGED_SIGNER);
	assert_int_equal(judged('2', "https://M.example:443/other/1", OST_MUD_SIGNED, "k9"), OST_MUD_WAITS_CHANGED_SIGNER);
	assert_int_equal(judged('2', "https://m.example:8443/a/1", OST_MUD_SIGNED, "k9"), OST_MUD_FIRST_OF_SIGNER);
	/* An unsigned one in between is nobody's word for a signer. */
	approve('3', "https://m.example/a/1", NULL);
	assert_int_equal(judged('4', "https://m.example/a/1", OST_MUD_SIGNED, "k2"), OST_MUD_WAITS_CHANGED_SIGNER);
	/* Hosts without a path have nothing in common. */
	approve('5', "https://p.example", "k5");
	assert_int_equal(judged('6', "https://q.example", OST_MUD_SIGNED, "k5"), OST_MUD_WAITS_CHANGED_PREFIX);
	assert_int_equal(judged('6', "https://p.example?x=/", OST_MUD_SIGNED, "k5"), OST_MUD_COMES_IN);
	assert_int_equal(judged('6', "https://p.example/x/", OST_MUD_SIGNED, "k5"), OST_MUD_WAITS_CHANGED_PREFIX);
	assert_int_equal(judged('6', "https://m.example/a/x?/", OST_MUD_SIGNED, "k5"), OST_MUD_WAITS_CHANGED_SIGNER);
	for (size_t i = 0; i < OST_ARRAY_SIZE(unsound); i++)
		assert_int_equal(ost_mud_approved_has(unsound[i], strlen(unsound[i]), "x"), -EINVAL);
	free(known);
	known = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(directions),
		cmocka_unit_test(port_operators),
		cmocka_unit_test(drops),
		cmocka_unit_test(defaults),
		cmocka_unit_test(identities),
		cmocka_unit_test(prefixes_less),
		cmocka_unit_test(index_file),
		cmocka_unit_test(urls),
		cmocka_unit_test(in_policies),
		cmocka_unit_test(last_updates),
		cmocka_unit_test(one_file_of_a_url),
		cmocka_unit_test(controllers_used),
		cmocka_unit_test(approvals),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	ost_diag_free(&diag);
	return failed;
}
