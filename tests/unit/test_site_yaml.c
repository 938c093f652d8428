/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "finding_place.h"
#include "site_yaml.h"

static const char whole[] =
	"ostiary: 1\n"
	"engine: dpdk\n"
	"workers: 4\n"
	"hugepages: no\n"
	"memory: 512\n"
	"ports:\n"
	"  dev1: { side: device, interface: eth1 }\n"
	"  dev2: { side: device, interface: eth2, driver: af_xdp, uplink: net2 }\n"
	"  net1: { side: network, pci: \"0000:01:00.0\" }\n"
	"  net2: { side: network, vdev: \"net_null0,size=64\" }\n"
	"  cap1: { side: device, driver: pcap, read: in.pcap, write: out.pcap }\n"
	"  tap1: { side: device, driver: tap, interface: tap1 }\n"
	"tables: { flows: 1000, flows6: 2000, bindings: 3000, names: 3500, devices: 4000 }\n"
	"timeouts: { tcp-established: 1, tcp-opening: 2, tcp-closing: 3, udp: 4, udp-reply: 5, "
	"icmp: 6, other: 7 }\n"
	"journal: { days: 30, size: 512 }\n"
	"incidents: { scan: { count: 40, seconds: 30 }, beacon: { count: 5, seconds: 20 } }\n"
	"authentication: { radius: \"10.0.0.2:1812\", lease: 60, portal: \"[fd00::2]:8443\", crl: no }\n";

static int parse(const char *text, struct ost_diag *diag, struct ost_site_file **ret_file)
{
	*diag = (struct ost_diag){0};
	return ost_site_file_parse("site.yaml", text, strlen(text), diag, ret_file);
}

static void every_key(void **state)
{
	struct ost_site_file *f = NULL;
	struct ost_diag diag;

	(void)state;
	if (parse(whole, &diag, &f) != 0) {
		findings_print(&diag);
		fail();
	}
	assert_int_equal(diag.count, 0);
	assert_int_equal(f->workers, 4);
	assert_int_equal(f->hugepages, OST_HUGEPAGES_NO);
	assert_int_equal(f->memory_mib, 512);
	assert_int_equal(f->port_count, 6);
	assert_string_equal(f->ports[0].name, "dev1");
	assert_string_equal(f->ports[0].interface, "eth1");
	assert_int_equal(f->ports[0].driver, OST_DRIVER_AF_PACKET);
	assert_int_equal(f->ports[0].uplink_index, 2);
	assert_int_equal(f->ports[0].pos.line, 7);
	assert_int_equal(f->ports[1].driver, OST_DRIVER_AF_XDP);
	assert_int_equal(f->ports[1].uplink_index, 3);
	assert_int_equal(f->ports[2].driver, OST_DRIVER_PCI);
	assert_int_equal(f->ports[2].side, OST_SIDE_NETWORK);
	assert_string_equal(f->ports[2].pci, "0000:01:00.0");
	assert_string_equal(f->ports[3].vdev, "net_null0,size=64");
	assert_string_equal(f->ports[4].read, "in.pcap");
	assert_string_equal(f->ports[4].write, "out.pcap");
	assert_int_equal(f->ports[5].driver, OST_DRIVER_TAP);
	assert_int_equal(f->flows, 1000);
	assert_int_equal(f->flows6, 2000);
	assert_int_equal(f->bindings, 3000);
	assert_int_equal(f->names, 3500);
	assert_int_equal(f->devices, 4000);
	assert_int_equal(f->tcp_established_s, 1);
	assert_int_equal(f->tcp_opening_s, 2);
	assert_int_equal(f->tcp_closing_s, 3);
	assert_int_equal(f->udp_s, 4);
	assert_int_equal(f->udp_reply_s, 5);
	assert_int_equal(f->icmp_s, 6);
	assert_int_equal(f->other_s, 7);
	assert_string_equal(f->radius, "10.0.0.2:1812");
	assert_string_equal(f->portal, "[fd00::2]:8443");
	assert_int_equal(f->lease_s, 60);
	assert_int_equal(f->journal_days, 30);
	assert_int_equal(f->journal_mib, 512);
	assert_true(f->limits.scan.count == 40 && f->limits.scan.seconds == 30 && f->limits.beacon.count == 5 && f->limits.denied.count == 0);
	assert_true(f->no_crl);
	ost_site_file_free(&f);
	assert_null(f);
	ost_site_file_free(&f);
}

#define PORTS "ports: { d: { side: device, interface: a }, n: { side: network, interface: b } }\n"

static void default_values(void **state)
{
	struct ost_site_file *f = NULL;
	struct ost_diag diag;

	(void)state;
	assert_int_equal(parse("ostiary: 1\n" PORTS, &diag, &f), 0);
	assert_int_equal(f->workers, 1);
	assert_int_equal(f->hugepages, OST_HUGEPAGES_AUTO);
	assert_int_equal(f->memory_mib, 256);
	assert_int_equal(f->flows, 1000000);
	assert_int_equal(f->flows6, 200000);
	assert_int_equal(f->bindings, 200000);
	assert_int_equal(f->names, 100000);
	assert_int_equal(f->devices, 100000);
	assert_int_equal(f->tcp_established_s, 7440);
	assert_int_equal(f->udp_reply_s, 180);
	assert_int_equal(f->other_s, 300);
	ost_site_file_free(&f);
}

#define PORT(name, text)                                                                           \
	"ostiary: 1\nports:\n  n: { side: network, interface: b }\n  " name ": { " text " }\n"

/* Each has this finding at the '@'. */
static const struct {
	const char *text;
	const char *words;
} refused[] = {
	{"", "empty"},
	{"@" PORTS, "does not say 'ostiary: 1'"},
	{"ostiary: 1\n", "names no ports"},
	{"ostiary: 1\nports: @{}\n", "no port of the device side"},
	{"ostiary: 1\n@port: {}\n", "did you mean 'ports'?"},
	{"ostiary: 1\nengine: @nftables\n" PORTS, "not there yet"},
	{"ostiary: 1\nengine: @dpkd\n" PORTS, "did you mean 'dpdk'?"},
	{"ostiary: 1\nworkers: @0\n" PORTS, "from 1 to 16"},
	{"ostiary: 1\nworkers: @17\n" PORTS, "from 1 to 16"},
	{"ostiary: 1\nworkers: @[1]\n" PORTS, "must be a single value"},
	{"ostiary: 1\nmemory: @63\n" PORTS, "memory cannot be"},
	{"ostiary: 1\nhugepages: @maybe\n" PORTS, "hugepages cannot be"},
	{"ostiary: 1\ntables: { flows: @15 }\n" PORTS, "flows cannot be"},
	{"ostiary: 1\ntables: { devices: @99999999999999999999999 }\n" PORTS, "devices cannot be"},
	{"ostiary: 1\ntables: { @flow: 100 }\n" PORTS, "tables has no key 'flow'"},
	{"ostiary: 1\ntimeouts: { udp: @-1 }\n" PORTS, "udp cannot be '-1'"},
	{"ostiary: 1\ntimeouts: { udp: @60s }\n" PORTS, "udp cannot be '60s'"},
	{"ostiary: 1\nauthentication: { radius: @10.0.0.1 }\n" PORTS, "no address and port"},
	{"ostiary: 1\nauthentication: { portal: @\"fd00::1:8443\" }\n" PORTS, "no address and port"},
	{"ostiary: 1\nauthentication: { radius: @\"10.0.0.1:0\" }\n" PORTS, "no address and port"},
	{"ostiary: 1\nauthentication: { crl: @never }\n" PORTS, "crl cannot be"},
	{"ostiary: 1\nauthentication: { portal: \"10.0.0.1:8443\", lease: @0 }\n" PORTS, "lease cannot be '0'"},
	{"ostiary: 1\nauthentication: { portal: \"10.0.0.1:8443\", lease: @301 }\n" PORTS, "lease cannot be '301'"},
	{"ostiary: 1\njournal: { days: @0 }\n" PORTS, "days cannot be '0'"},
	{"ostiary: 1\nincidents: { scan: @{ count: 40 } }\n" PORTS, "a threshold needs count and seconds"},
	{"ostiary: 1\nincidents: { scan: { count: @0, seconds: 60 } }\n" PORTS, "count cannot be '0'"},
	{"ostiary: 1\nincidents: { @scans: { count: 1, seconds: 60 } }\n" PORTS, "incidents has no key 'scans'"},
	{"ostiary: 1\njournal: { size: @255 }\n" PORTS, "size cannot be '255'"},
	{"ostiary: 1\nauthentication: { lease: @60 }\n" PORTS, "lease is of the portal"},
	{"ostiary: 1\nauthentication: { @portale: 1 }\n" PORTS, "did you mean 'portal'?"},
	{PORT("@p", "interface: a"), "does not say its side"},
	{PORT("p", "side: @devise, interface: a"), "did you mean 'device'?"},
	{PORT("@p", "side: device"), "no interface"},
	{PORT("p", "side: device, interface: a, driver: @dpdk"), "driver cannot be"},
	{PORT("p", "side: device, interface: @a, pci: \"01:00.0\""), "nothing to driver pci"},
	{PORT("p", "side: device, interface: @\"a,iface=b\""), "no name of an interface"},
	{PORT("p", "side: device, interface: @abcdefghijklmnop"), "no name of an interface"},
	{PORT("p", "side: device, interface: @.."), "no name of an interface"},
	{PORT("p", "side: device, pci: @01-00"), "no PCI address"},
	{PORT("p", "side: device, pci: @\"0000:01:00.0,x\""), "no PCI address"},
	{PORT("@p", "side: device, driver: pci"), "no pci"},
	{PORT("@p", "side: device, driver: pcap"), "no read"},
	{PORT("p", "side: device, driver: pcap, read: @\"a,b\""), "comma"},
	{PORT("p", "side: device, vdev: @\"crypto_null\""), "no virtual network device"},
	{PORT("@p", "side: device, interface: b"), "both use b"},
	{PORT("@p", "side: device, interface: a, uplink: x"), "no port of the network side"},
	{PORT("@p", "side: device, interface: a, uplink: p"), "no port of the network side"},
	{PORT("p", "side: network, interface: a, uplink: @n"), "has no uplink"},
	{"ostiary: 1\nports: @{ d: { side: device, interface: a } }\n",
		"no port of the network side"},
	{"ostiary: 1\nports: @{ d: { side: network, interface: a } }\n",
		"no port of the device side"},
	{"ostiary: 1\nports: { @\"d/\": { side: device, interface: a } }\n", "is no name"},
	{"ostiary: 1\nports: @[a]\n", "must be a mapping"},
};

static void refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(refused); i++) {
		struct ost_site_file *f = NULL;
		uint32_t line, column;
		struct ost_diag diag;
		char text[4096];
		int r;

		place_cut(refused[i].text, text, sizeof(text), &line, &column);
		r = parse(text, &diag, &f);
		if (r != -EINVAL || f != NULL ||
			!findings_have(&diag, "site.yaml", line, column, refused[i].words)) {
			findings_print(&diag);
			fail_msg("%s: not '%s' at %u:%u", text, refused[i].words, line, column);
		}
		ost_diag_free(&diag);
	}
}

static void too_many_ports(void **state)
{
	struct ost_site_file *f = NULL;
	char text[8192] = "ostiary: 1\nports:\n";
	struct ost_diag diag;

	(void)state;
	for (unsigned i = 0; i <= OST_PORTS_MAX; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"  p%u: { side: %s, interface: e%u }\n", i, i % 2 ? "device" : "network",
			i);
	assert_int_equal(parse(text, &diag, &f), -EINVAL);
	assert_true(findings_have(&diag, "site.yaml", OST_PORTS_MAX + 3, 3, "more than 64 ports"));
	ost_diag_free(&diag);
}

static void all_errors_at_once(void **state)
{
	struct ost_site_file *f = NULL;
	struct ost_diag diag;

	(void)state;
	assert_int_equal(
		parse("ostiary: 2\nworkers: x\nmemory: y\nfoo: 1\nports: { p: { side: q } }\n",
			&diag, &f),
		-EINVAL);
	assert_int_equal(diag.errors, 6);
	ost_diag_free(&diag);
}

static void unreadable(void **state)
{
	struct ost_site_file *f = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_int_equal(ost_site_file_load("/nonexistent/ostiary.yaml", &diag, &f), -ENOENT);
	assert_int_equal(diag.errors, 1);
	assert_non_null(strstr(diag.findings[0].hint, "--config"));
	assert_int_equal(ost_site_file_load("/", &diag, &f), -EISDIR);
	assert_int_equal(diag.errors, 2);
	assert_null(f);
	ost_diag_free(&diag);
}

/* ---- export ---- */


static void destinations(void **state)
{
	static const char text[] = "ostiary: 1\n" PORTS
		"export:\n"
		"  soc: { type: https, url: \"https://elastic.example:9200/ostiary/_bulk?x=1\", ca: /ca.pem, secret: /secret, assignee: night, format: ocsf }\n"
		"  siem: { type: syslog, server: \"[fd00::2]:6514\", ca: /ca.pem, certificate: /c, private-key: /k, server-name: siem.example, resend: 0 }\n"
		"  relay: { type: relp, server: \"relay:2514\", ca: /ca.pem, heartbeat: 5, retry: 7 }\n"
		"  lake: { type: file, path: /var/log/x, pseudonyms: /p }\n"
		"  bus: { type: redis, server: \"10.0.0.1:6379\", tls: no, stream: s, keep: 1000 }\n"
		"  top: { type: https, url: \"https://h\", ca: /ca.pem }\n";
	struct ost_site_file *f = NULL;
	struct ost_diag diag;

	(void)state;
	if (parse(text, &diag, &f) != 0) {
		findings_print(&diag);
		fail();
	}
	assert_int_equal(f->export_count, 6);
	assert_string_equal(f->exports[0].name, "soc");
	assert_string_equal(f->exports[0].host, "elastic.example");
	assert_string_equal(f->exports[0].target, "/ostiary/_bulk?x=1");
	assert_string_equal(f->exports[0].server_name, "elastic.example");
	assert_string_equal(f->exports[0].format, "ocsf");
	assert_string_equal(f->exports[0].assignee, "night");
	assert_int_equal(f->exports[0].port, 9200);
	assert_true(f->exports[0].tls);
	assert_string_equal(f->exports[1].host, "fd00::2");
	assert_string_equal(f->exports[1].server_name, "siem.example");
	assert_string_equal(f->exports[1].format, "cef");
	assert_int_equal(f->exports[1].resend, 0);
	assert_int_equal(f->exports[2].heartbeat_s, 5);
	assert_int_equal(f->exports[2].retry_s, 7);
	assert_string_equal(f->exports[2].format, "ecs");
	assert_false(f->exports[3].tls);
	assert_int_equal(f->exports[3].heartbeat_s, 60);
	assert_false(f->exports[4].tls);
	assert_int_equal(f->exports[4].keep, 1000);
	assert_string_equal(f->exports[5].target, "/");
	assert_int_equal(f->exports[5].port, 443);
	ost_site_file_free(&f);
	ost_diag_free(&diag);
}

static void wrong_destinations(void **state)
{
	static const char *const wrong[] = {
		"{ type: ftp, path: /x }", "{ path: /x }", "{ type: file }", "{ type: file, path: x }", "{ type: file, path: /x, ca: /ca }",
		"{ type: file, path: /x, format: stix }", "{ type: syslog, server: \"h:1\" }", "{ type: syslog, ca: /ca }", "{ type: syslog, server: h, ca: /ca }",
		"{ type: syslog, server: \"h:0\", ca: /ca }", "{ type: syslog, server: \"h:65536\", ca: /ca }", "{ type: syslog, server: \"fd00::2:1\", ca: /ca }",
		"{ type: syslog, server: \"[h]:1\", ca: /ca }", "{ type: syslog, server: \"[fd00::2]x:1\", ca: /ca }", "{ type: syslog, server: \"a b:1\", ca: /ca }",
		"{ type: syslog, server: \"h:1\", ca: /ca, secret: /s }", "{ type: syslog, server: \"h:1\", ca: /ca, certificate: /c }",
		"{ type: syslog, server: \"h:1\", ca: /ca, private-key: /c }", "{ type: syslog, server: \"h:1\", ca: /ca, server-name: \"a b\" }",
		"{ type: relp, server: \"h:1\", ca: /ca, resend: 3 }", "{ type: https, url: \"http://h/\", ca: /ca }", "{ type: https, url: \"https://u@h/\", ca: /ca }",
		"{ type: https, url: \"https:///x\", ca: /ca }", "{ type: https, url: \"https://h/a b\", ca: /ca }", "{ type: https, url: \"https://h/#x\", ca: /ca }",
		"{ type: https, url: \"https://h/\", ca: /ca, tls: no }", "{ type: https, server: \"h:1\", ca: /ca }", "{ type: redis, server: \"h:1\" }",
		"{ type: redis, server: \"h:1\", ca: /ca, tls: no }", "{ type: redis, server: \"h:1\", ca: /ca, stream: \"a b\" }",
		"{ type: redis, server: \"h:1\", ca: /ca, keep: 1 }", "{ type: file, path: /x, heartbeat: 0 }", "{ type: file, path: /x, retry: 0 }",
		"{ type: file, path: /x, resend: 1 }", "{ type: file, path: /x, speed: 1 }", "[]", "x",
	};
	struct ost_site_file *f = NULL;
	struct ost_diag diag;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++) {
		(void)snprintf(text, sizeof(text), "ostiary: 1\n" PORTS "export:\n  one: %s\n", wrong[i]);
		if (parse(text, &diag, &f) != -EINVAL) {
			print_error("accepted: %s\n", wrong[i]);
			fail();
		}
		assert_true(diag.findings[0].pos.line == 4 && diag.findings[0].hint != NULL);
		ost_diag_free(&diag);
	}
	assert_int_equal(parse("ostiary: 1\n" PORTS "export:\n  a: { type: file, path: /x }\n  b: { type: file, path: /x }\n", &diag, &f), -EINVAL);
	assert_int_equal(diag.findings[0].pos.line, 5);
	ost_diag_free(&diag);
}

/* Sixteen, and no more. */
static void too_many_destinations(void **state)
{
	struct ost_site_file *f = NULL;
	struct ost_diag diag;
	char text[4096] = "ostiary: 1\n" PORTS "export:\n";
	size_t n = strlen(text);

	(void)state;
	for (unsigned i = 0; i < OST_EXPORTS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "  d%u: { type: file, path: /x%u }\n", i, i);
	assert_int_equal(parse(text, &diag, &f), 0);
	ost_site_file_free(&f);
	ost_diag_free(&diag);
	(void)snprintf(text + n, sizeof(text) - n, "  more: { type: file, path: /more }\n");
	assert_int_equal(parse(text, &diag, &f), -EINVAL);
	ost_diag_free(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destinations),
		cmocka_unit_test(wrong_destinations),
		cmocka_unit_test(too_many_destinations),
		cmocka_unit_test(every_key),
		cmocka_unit_test(default_values),
		cmocka_unit_test(refusals),
		cmocka_unit_test(too_many_ports),
		cmocka_unit_test(all_errors_at_once),
		cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
