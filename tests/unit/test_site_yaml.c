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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(default_values),
		cmocka_unit_test(refusals),
		cmocka_unit_test(too_many_ports),
		cmocka_unit_test(all_errors_at_once),
		cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
