/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sound policy file means: every key, its default, and how files and folders join. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "finding_place.h"
#include "policy_yaml.h"

static const char whole[] =
	"ostiary: 1\n"
	"networks:\n"
	"  scada: [10.20.0.0/24, \"fd00:20::/64\"]\n"
	"  broker: 10.30.0.5\n"
	"services:\n"
	"  video: [tcp/554, udp/5000-5010, dns]\n"
	"  https: tcp/8443\n"
	"infrastructure:\n"
	"  resolvers: [10.30.0.53, scada]\n"
	"  ntp: 10.30.0.123\n"
	"  portal: [\"10.30.0.2:8443\", \"[fd00:20::2]:8444\"]\n"
	"roles:\n"
	"  camera:\n"
	"    authenticate: mac\n"
	"    assurance: identified\n"
	"    mode: enforce\n"
	"    include: [arp, nd, dhcp, dhcpv6, igmp, dns, ntp, portal]\n"
	"    allow:\n"
	"      - to: { role: recorder, service: video }\n"
	"      - to: { network: [scada, 192.0.2.1, 198.51.100.0/24], service: [https, icmp] }\n"
	"      - from: { network: any }\n"
	"        assurance: identified\n"
	"    limits: { packets: 2000/s, bytes: 1M/s, new-flows: 3k/s, flows: 500, addresses: 4 }\n"
	"  recorder: {}\n"
	"devices:\n"
	"  cam-01: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, vlan: 100.200,\n"
	"            address: [10.0.0.1, \"fd00::1\"], certificate: \"urn:dev:mac:4711\" }\n"
	"  rec: { role: recorder, mac: 02-00-00-00-00-02, vlan: 7, address: 10.0.0.2 }\n"
	"tests:\n"
	"  - { device: cam-01, allow: [\"tcp rec:554\", \"in tcp 10.20.0.9:80\"], deny: \"udp "
	"[fd00::9]:1\" }\n";

static size_t OST_PRINTF(3, 4) text_print(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < size);
	return (size_t)n;
}

static struct ost_policy *parse(const char *text)
{
	struct ost_policy_source source = {"p.yaml", text, strlen(text)};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	int r = ost_policy_parse(&source, 1, &diag, &p);

	if (r != 0)
		findings_print(&diag);
	assert_int_equal(r, 0);
	ost_diag_free(&diag);
	return p;
}

static void expect_place(const struct ost_pos *pos, uint32_t line, uint32_t column)
{
	assert_string_equal(pos->file, "p.yaml");
	assert_int_equal(pos->line, line);
	assert_int_equal(pos->column, column);
}

static void expect_prefix(const struct ost_rule *rule, uint32_t index, const char *text)
{
	char buf[OST_PREFIX_TEXT];

	assert_true(index < rule->prefix_count);
	assert_string_equal(ost_prefix_format(&rule->prefixes[index], buf), text);
}

static void role_keys(void **state)
{
	struct ost_policy *p = parse(whole);
	const struct ost_role *role = &p->roles[0];

	(void)state;
	assert_int_equal(p->role_count, 2);
	assert_string_equal(role->name, "camera");
	expect_place(&role->pos, 13, 3);
	assert_int_equal(role->authenticate, OST_AUTH_MAC);
	assert_int_equal(role->assurance, OST_ASSURANCE_IDENTIFIED);
	assert_int_equal(role->includes, 0xff);
	assert_int_equal(role->rule_count, 7);
	assert_int_equal(role->limits.packets_per_s, 2000);
	assert_int_equal(role->limits.bytes_per_s, 1000000);
	assert_int_equal(role->limits.new_flows_per_s, 3000);
	assert_int_equal(role->limits.flows, 500);
	assert_int_equal(role->limits.addresses, 4);
	role = &p->roles[1];
	assert_int_equal(role->authenticate, OST_AUTH_MAC);
	assert_int_equal(role->assurance, OST_ASSURANCE_NONE);
	assert_int_equal(role->includes, 0);
	assert_int_equal(role->rule_count, 0);
	assert_int_equal(role->limits.packets_per_s, 0);
	assert_int_equal(role->limits.flows, 0);
	assert_int_equal(ost_policy_role_find(p, "recorder"), 1);
	assert_int_equal(ost_policy_role_find(p, "Recorder"), -ENOENT);
	ost_policy_free(&p);
	assert_null(p);
	ost_policy_free(&p);
}

static void infrastructure_rules(void **state)
{
	struct ost_policy *p = parse(whole);
	const struct ost_rule *rules = p->roles[0].rules;

	(void)state;
	assert_string_equal(rules[0].text, "include dns");
	expect_place(&rules[0].pos, 17, 44);
	assert_true(rules[0].infrastructure);
	assert_int_equal(rules[0].direction, OST_TO);
	assert_int_equal(rules[0].peer, OST_PEER_NETWORK);
	assert_int_equal(rules[0].prefix_count, 3);
	expect_prefix(&rules[0], 0, "10.30.0.53");
	expect_prefix(&rules[0], 2, "fd00:20::/64");
	assert_int_equal(rules[0].service_count, 2);
	assert_int_equal(rules[0].services[0].lo, 53);
	assert_true(rules[1].infrastructure);
	assert_int_equal(rules[1].prefix_count, 1);
	assert_int_equal(rules[1].services[0].protocol, 17);
	assert_int_equal(rules[1].services[0].hi, 123);
	assert_string_equal(rules[2].text, "include portal");
	assert_true(rules[2].infrastructure);
	expect_prefix(&rules[2], 0, "10.30.0.2");
	assert_int_equal(rules[2].services[0].protocol, 6);
	assert_int_equal(rules[2].services[0].lo, 8443);
	assert_int_equal(rules[2].services[0].hi, 8443);
	assert_true(rules[3].infrastructure);
	expect_prefix(&rules[3], 0, "fd00:20::2");
	assert_int_equal(rules[3].services[0].lo, 8444);
	ost_policy_free(&p);
}

static void allow_rules(void **state)
{
	struct ost_policy *p = parse(whole);
	const struct ost_rule *r = &p->roles[0].rules[4];

	(void)state;
	assert_string_equal(r->text, "to role recorder, service video");
	expect_place(&r->pos, 19, 9);
	assert_int_equal(r->peer, OST_PEER_ROLE);
	assert_int_equal(r->peer_role_count, 1);
	assert_int_equal(r->peer_roles[0], 1);
	assert_int_equal(r->service_count, 4); /* dns is two */
	assert_false(r->infrastructure);
	r++;
	assert_string_equal(
		r->text, "to network scada or 192.0.2.1 or 198.51.100.0/24, service https or icmp");
	assert_int_equal(r->peer, OST_PEER_NETWORK);
	assert_int_equal(r->prefix_count, 4);
	expect_prefix(r, 1, "fd00:20::/64");
	expect_prefix(r, 2, "192.0.2.1");
	expect_prefix(r, 3, "198.51.100.0/24");
	assert_int_equal(r->services[0].lo, 8443); /* the file's own https wins */
	assert_int_equal(r->services[1].protocol, 1);
	r++;
	assert_string_equal(r->text, "from network any, service any");
	assert_int_equal(r->direction, OST_FROM);
	assert_int_equal(r->peer, OST_PEER_ANY);
	assert_int_equal(r->service_count, 1);
	assert_int_equal(r->services[0].protocol, 0);
	assert_int_equal(r->services[0].family, 0);
	assert_int_equal(r->services[0].hi, 65535);
	assert_int_equal(r->assurance, OST_ASSURANCE_IDENTIFIED);
	ost_policy_free(&p);
}

static void device_keys(void **state)
{
	struct ost_policy *p = parse(whole);
	const struct ost_device *d = &p->devices[0];
	char buf[OST_IP_TEXT];

	(void)state;
	assert_int_equal(p->device_count, 2);
	assert_string_equal(d->name, "cam-01");
	expect_place(&d->pos, 26, 3);
	assert_int_equal(d->role, 0);
	assert_true(d->has_mac);
	assert_string_equal(ost_mac_format(&d->mac, buf), "02:00:00:00:00:01");
	assert_int_equal(d->vlan, 100 | 200 << 12);
	assert_string_equal(d->port, "dev1");
	assert_string_equal(d->certificate, "urn:dev:mac:4711");
	assert_int_equal(d->address_count, 2);
	assert_string_equal(ost_ip_format(&d->addresses[1], buf), "fd00::1");
	d++;
	assert_int_equal(d->role, 1);
	assert_string_equal(ost_mac_format(&d->mac, buf), "02:00:00:00:00:02");
	assert_int_equal(d->vlan, 7);
	assert_null(d->port);
	assert_null(d->certificate);
	assert_int_equal(d->address_count, 1);
	assert_int_equal(ost_policy_device_find(p, "rec"), 1);
	assert_int_equal(ost_policy_device_find(p, "re"), -ENOENT);
	ost_policy_free(&p);
}

static void test_lines(void **state)
{
	struct ost_policy *p = parse(whole);

	(void)state;
	assert_int_equal(p->test_count, 3);
	assert_string_equal(p->tests[0].text, "tcp rec:554");
	expect_place(&p->tests[0].pos, 30, 31);
	assert_true(p->tests[0].allow);
	assert_int_equal(p->tests[0].device, 0);
	assert_true(p->tests[0].flow.has_peer_device);
	assert_int_equal(p->tests[0].flow.peer_device, 1);
	assert_int_equal(p->tests[1].flow.direction, OST_FROM);
	assert_false(p->tests[2].allow);
	assert_int_equal(p->tests[2].flow.peer.family, OST_IPV6);
	ost_policy_free(&p);
}

/* The model owns its names: the sources may go. */
static void model_outlives_sources(void **state)
{
	char name[] = "owned.yaml", *text = strdup("ostiary: 1\nroles: { r: {} }\n");
	struct ost_policy_source source = {name, text, strlen(text)};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), 0);
	ost_diag_free(&diag);
	memset(text, 'x', strlen(text));
	free(text);
	memset(name, 'x', sizeof(name) - 1);
	assert_string_equal(p->roles[0].pos.file, "owned.yaml");
	assert_string_equal(p->roles[0].name, "r");
	ost_policy_free(&p);
}

static void files_join(void **state)
{
	static const char one[] =
		"ostiary: 1\ndevices: { d: { role: r, mac: \"02:00:00:00:00:01\" } }\n";
	static const char two[] = "ostiary: 1\nroles: { r: { allow: [ to: { network: n } ] } }\n";
	static const char three[] = "ostiary: 1\nnetworks: { n: 10.0.0.0/8 }\n";
	struct ost_policy_source sources[] = {{"1.yaml", one, sizeof(one) - 1},
		{"2.yaml", two, sizeof(two) - 1}, {"3.yaml", three, sizeof(three) - 1}};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_int_equal(ost_policy_parse(sources, 3, &diag, &p), 0);
	assert_int_equal(diag.count, 0);
	assert_string_equal(p->devices[0].pos.file, "1.yaml");
	assert_string_equal(p->roles[0].rules[0].pos.file, "2.yaml");
	assert_int_equal(p->file_count, 3);
	ost_policy_free(&p);
}

static void two_files_one_name(void **state)
{
	static const char one[] = "ostiary: 1\nroles: { r: {} }\nnetworks: { n: 10.0.0.1 }\n";
	static const char two[] = "ostiary: 1\nnetworks:\n  n: 10.0.0.1\nroles:\n  r: {}\n";
	struct ost_policy_source sources[] = {
		{"1.yaml", one, sizeof(one) - 1}, {"2.yaml", two, sizeof(two) - 1}};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_int_equal(ost_policy_parse(sources, 2, &diag, &p), -EINVAL);
	assert_int_equal(diag.errors, 2);
	assert_true(findings_have(&diag, "2.yaml", 3, 3, "first at 1.yaml:3:13"));
	assert_true(findings_have(&diag, "2.yaml", 5, 3, "first at 1.yaml:2:10"));
	assert_null(p);
	ost_diag_free(&diag);
}

/* A file that cannot be read hides names: what refers to them is not reported. */
static void broken_file_hides_no_other(void **state)
{
	static const char one[] = "ostiary: 1\nroles: [\n";
	static const char two[] = "ostiary: 1\ndevices: { d: { role: r, mac: x, mac2: y } "
				  "}\ntests: [{ device: e, deny: \"tcp 1.1.1.1:1\" }]\n";
	struct ost_policy_source sources[] = {
		{"1.yaml", one, sizeof(one) - 1}, {"2.yaml", two, sizeof(two) - 1}};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_int_equal(ost_policy_parse(sources, 2, &diag, &p), -EINVAL);
	assert_int_equal(diag.errors, 3);
	assert_true(findings_have(&diag, "1.yaml", 3, 1, "not YAML"));
	assert_true(findings_have(&diag, "2.yaml", 2, 31, "'x' is no MAC"));
	assert_true(findings_have(&diag, "2.yaml", 2, 34, "no key 'mac2'"));
	ost_diag_free(&diag);
}

static void expect_warning(const char *marked, const char *words)
{
	struct ost_policy_source source = {"p.yaml", NULL, 0};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	uint32_t line, column;
	char text[4096];

	place_cut(marked, text, sizeof(text), &line, &column);
	source.bytes = text;
	source.length = strlen(text);
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), 0);
	assert_int_equal(diag.errors, 0);
	if (!findings_have(&diag, "p.yaml", line, column, words)) {
		findings_print(&diag);
		fail_msg("no '%s' at %u:%u", words, line, column);
	}
	ost_diag_free(&diag);
	ost_policy_free(&p);
}

#define DEVICE(role) "devices: { d: { role: " role ", mac: \"02:00:00:00:00:01\" } }\n"

static void warnings(void **state)
{
	(void)state;
	expect_warning("ostiary: 1\nroles:\n  @idle: {}\n", "no device has role idle");
	expect_warning("ostiary: 1\nnetworks: { @n: 10.0.0.1 }\n", "nothing uses network n");
	expect_warning("ostiary: 1\nroles: { r: { authenticate: @tls } }\n"
		       "devices: { d: { role: r, mac: 02:00:00:00:00:01, certificate: \"urn:dev:d\" } }\n",
		"the first is d");
	expect_warning(
		"ostiary: 1\nroles: { @r: { assurance: tee } }\n" DEVICE("r"), "gives identified");
	expect_warning("ostiary: 1\nroles: { r: { allow: [@{ to: { network: any }, assurance: tee "
		       "}] } }\n" DEVICE("r"),
		"the rule asks for assurance tee");
	expect_warning("ostiary: 1\nroles: { r: { authenticate: eap-tls, assurance: tee, allow: "
		       "[@{ to: { network: any }, assurance: software }] } }\ndevices: { d: { role: r, certificate: c } }\n",
		"its role for tee already");
	expect_warning("ostiary: 1\nroles: { @r: { tls-max: 1.2 } }\n" DEVICE("r"), "it is for eap-tls");
	expect_warning("ostiary: 1\nroles: { r: { authenticate: eap-tls, tls-max: 1.2 } }\ndevices: { @d: { role: r, certificate: c } }\n",
		"before its proof only a MAC");
}

/* So many warnings must not crowd the compiler's errors out. */
static void warnings_are_bounded(void **state)
{
	char *text = malloc(100000);
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	size_t n = text_print(text, 100000, "ostiary: 1\nroles:\n");

	(void)state;
	for (unsigned i = 0; i < 3000; i++)
		n += text_print(text + n, 100000 - n, "  role-%u: {}\n", i);
	assert_int_equal(
		ost_policy_parse(&(struct ost_policy_source){"p.yaml", text, n}, 1, &diag, &p), 0);
	assert_int_equal(diag.warnings, 3000);
	assert_true(diag.count < OST_FINDINGS_MAX / 2);
	ost_diag_free(&diag);
	ost_policy_free(&p);
	free(text);
}

/* ---- files ---- */

static char folder[64];

static int folder_make(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/ostiary-test-policy-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static void file_write(const char *name, const char *text, off_t size)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	if (size > 0)
		assert_int_equal(truncate(path, size), 0);
}

static int folder_remove(void **state)
{
	static const char *const names[] = {"a.yaml", "b.yaml", "c.yml", ".d.yaml", "huge.yaml"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	return rmdir(folder);
}

static int load(const char *path, struct ost_diag *diag, struct ost_policy_names *names,
	struct ost_policy **ret_policy)
{
	*diag = (struct ost_diag){0};
	return ost_policy_load(&path, 1, diag, names, ret_policy);
}

static void folder_load(void **state)
{
	struct ost_policy_names names;
	struct ost_policy *p = NULL;
	struct ost_diag diag;
	char path[128];

	(void)state;
	file_write("b.yaml", "ostiary: 1\nroles: { b: {} }\n", 0);
	file_write("a.yaml", "ostiary: 1\nroles: { a: {} }\n", 0);
	file_write("c.yml", "garbage", 0);
	file_write(".d.yaml", "garbage", 0);
	assert_int_equal(load(folder, &diag, &names, &p), 0);
	assert_int_equal(p->role_count, 2);
	assert_string_equal(p->roles[0].name, "a");
	(void)snprintf(path, sizeof(path), "%s/a.yaml", folder);
	assert_string_equal(p->roles[0].pos.file, path);
	(void)snprintf(path, sizeof(path), "%s/c.yml", folder);
	assert_true(findings_have(&diag, path, 0, 0, "rename it to .yaml"));
	ost_policy_free(&p);
	ost_diag_free(&diag);
	ost_policy_names_free(&names);
}

static void expect_load_error(const char *path, const char *words)
{
	struct ost_policy_names names;
	struct ost_policy *p = NULL;
	struct ost_diag diag;

	assert_int_equal(load(path, &diag, &names, &p), -EINVAL);
	assert_null(p);
	if (!findings_have(&diag, path, 0, 0, words)) {
		findings_print(&diag);
		fail_msg("%s: no '%s'", path, words);
	}
	ost_diag_free(&diag);
	ost_policy_names_free(&names);
}

static void files_that_cannot_be_read(void **state)
{
	struct ost_policy_names names;
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	char path[128];

	(void)state;
	expect_load_error(folder, "no *.yaml file");
	expect_load_error("/nonexistent/policy.yaml", "check the path");
	expect_load_error("/dev/null", "regular file");
	(void)snprintf(path, sizeof(path), "%s/huge.yaml", folder);
	file_write("huge.yaml", "", 100 << 20);
	expect_load_error(path, "more than 64 MiB");
	assert_int_equal(ost_policy_load(NULL, 0, &diag, &names, &p), -EINVAL);
	assert_int_equal(diag.errors, 1);
	ost_diag_free(&diag);
	ost_policy_names_free(&names);
}

/* The design size is 100,000 devices. Quadratic code would take minutes; the bound is generous to
 * sanitizers. */
static void hundred_thousand_devices(void **state)
{
	size_t size = 16 << 20, n;
	char *text = malloc(size);
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	uint64_t start;

	(void)state;
	n = text_print(text, size, "ostiary: 1\nroles:\n");
	for (unsigned i = 0; i < 50; i++)
		n += text_print(text + n, size - n, "  r%u: {}\n", i);
	n += text_print(text + n, size - n, "devices:\n");
	for (unsigned i = 0; i < 100000; i++)
		n += text_print(text + n, size - n,
			"  dev-%06u: { role: r%u, mac: \"02:00:00:%02x:%02x:%02x\", port: dev1, "
			"address: 10.%u.%u.%u }\n",
			i * 7919 % 100000, i % 50, i >> 16, i >> 8 & 255, i & 255, i >> 16,
			i >> 8 & 255, i & 255);
	start = ost_clock_mono_ns();
	assert_int_equal(
		ost_policy_parse(&(struct ost_policy_source){"p.yaml", text, n}, 1, &diag, &p), 0);
	assert_true(ost_clock_mono_ns() - start < 20 * OST_NS_PER_S);
	assert_int_equal(p->device_count, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(p->devices[i].role, i % 50);
	ost_policy_free(&p);
	ost_diag_free(&diag);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(role_keys),
		cmocka_unit_test(infrastructure_rules),
		cmocka_unit_test(allow_rules),
		cmocka_unit_test(device_keys),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(model_outlives_sources),
		cmocka_unit_test(files_join),
		cmocka_unit_test(two_files_one_name),
		cmocka_unit_test(broken_file_hides_no_other),
		cmocka_unit_test(warnings),
		cmocka_unit_test(warnings_are_bounded),
		cmocka_unit_test_setup_teardown(folder_load, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(
			files_that_cannot_be_read, folder_make, folder_remove),
		cmocka_unit_test(hundred_thousand_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
