/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bindings: which address is whose, since when and for how long; DHCP and Neighbour Discovery teach them. */
#include <pthread.h>

#include "rig_dhcp.h"
#include "site.h"

#define DEVICES                                                              \
	"devices:\n"                                                         \
	"  a: { role: thing, mac: \"02:00:00:00:00:01\", port: dev1 }\n"     \
	"  b: { role: thing, mac: \"02:00:00:00:00:02\", port: dev2 }\n"     \
	"  bare: { role: bare, mac: \"02:00:00:00:00:03\", port: dev3 }\n"

static const char policy[] =
	"ostiary: 1\n"
	"networks:\n  plant: [10.20.0.0/24, \"fd00:20::/64\"]\n"
	"roles:\n  thing:\n    authenticate: mac\n    include: [arp, nd, dhcp, dhcpv6, igmp]\n    allow:\n"
	"      - to: { network: plant, service: udp/5000 }\n"
	"      - from: { network: plant, service: udp/6000 }\n"
	"    limits: { addresses: 3, packets: 100/s }\n"
	"  bare:\n    authenticate: mac\n    allow:\n      - to: { network: plant, service: udp/5000 }\n" DEVICES;

static int setup(void **state)
{
	struct rig_options o = {.bindings_max = 4};

	return rig_start(state, policy, &o);
}

/* ---- limits ---- */

static void limits_of_addresses(void **state)
{
	static const char *const ips[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"};
	struct dhcp d;

	for (int i = 0; i < 3; i++)
		dhcp_lease(*state, 1, ips[i], 100);
	d = dhcp_server(1, DHCP_ACK, ips[3], 100);
	assert_refused(dhcp_send(*state, &d), BINDING_LIMIT);
	dhcp_lease(*state, 2, ips[3], 100); /* the table holds four */
	d = dhcp_server(2, DHCP_ACK, "10.0.0.5", 100);
	assert_refused(dhcp_send(*state, &d), BINDING_TABLE_FULL);
	assert_int_equal(held(*state), 4);
	for (int i = 0; i < 4; i++)
		assert_passes(speak(*state, i < 3 ? 1 : 2, ips[i]));
}

/* ---- time ---- */

/* Half of the 32 bits of ticks is 26 days: an address that is renewed as long must stay usable. */
static void an_address_stays_usable_for_months(void **state)
{
	struct way in = {NET, 1, ROUTER, "10.20.0.9", "10.0.0.1", 1, 6000};
	struct dhcp ack = dhcp_server(1, DHCP_ACK, "10.0.0.1", 7 * 86400);

	dhcp_lease(*state, 1, "10.0.0.1", 7 * 86400);
	dhcp_lease(*state, 1, "10.0.0.2", UINT32_MAX);
	rig_bind(*state, "b", "10.0.0.3");
	for (int day = 0; day < 120; day += 3) {
		rig_wait_ms(*state, 3 * 86400000ull);
		rig_sweep(*state);
		assert_passes(dhcp_send(*state, &ack));
		assert_passes(speak(*state, 1, "10.0.0.1"));
		assert_passes(speak(*state, 1, "10.0.0.2"));
		assert_passes(speak(*state, 2, "10.0.0.3"));
		assert_passes(rig_udp(*state, &in));
	}
}

/* ---- ost_site_bind() ---- */

static void main_takes_no_address_that_is_held(void **state)
{
	struct ost_ip ip;

	dhcp_lease(*state, 1, "10.0.0.1", 100);
	assert_int_equal(ost_ip_parse("10.0.0.1", &ip), 0);
	assert_int_equal(ost_site_bind(rig.site, rig_device(*state, "b"), &ip, OST_BINDING_DHCP, rig.now_ns, 0), -EADDRINUSE);
	assert_int_equal(ost_site_bind(rig.site, rig_device(*state, "b"), &ip, OST_BINDING_DHCP, rig.now_ns,
				 rig.now_ns + 3600 * OST_NS_PER_S), -EADDRINUSE);
	assert_passes(speak(*state, 1, "10.0.0.1"));
}

static void no_address_is_nobodys(void **state)
{
	struct way in = {NET, 1, ROUTER, "10.20.0.9", "0.0.0.0", 1, 6000};

	assert_refused(rig_udp(*state, &in), UNKNOWN_DESTINATION);
}

/* ---- events ---- */

static void event_note(void *user, const struct ost_binding_event *e)
{
	int *n = user;

	n[e->bound ? 0 : 1]++;
}

static void changes_are_told(void **state)
{
	struct dhcp d = dhcp_client(1, RELEASE);
	int n[2] = {0};

	dhcp_lease(*state, 1, "10.0.0.1", 100);
	dhcp_lease(*state, 2, "10.0.0.2", 100);
	d.ciaddr = "10.0.0.1";
	assert_passes(dhcp_send(*state, &d));
	assert_int_equal(ost_site_binding_events(rig.site, event_note, n), 0);
	assert_int_equal(n[0], 2);
	assert_int_equal(n[1], 1);
	for (int i = 0; i < 3000; i++) {
		rig_wait_ms(*state, 100);
		dhcp_lease(*state, 1, "10.0.0.1", 100);
		assert_passes(dhcp_send(*state, &d));
	}
	n[0] = n[1] = 0;
	assert_int_equal(ost_site_binding_events(rig.site, event_note, n), 6000 - 4096);
	assert_int_equal(n[0] + n[1], 4096);
}

/* ---- limits of what is sent ---- */

static void control_packets_count_against_the_limits(void **state)
{
	struct dhcp d = dhcp_client(1, DISCOVER);
	unsigned passed = 0;

	for (int i = 0; i < 100; i++) {
		enum ost_reason r = dhcp_send(*state, &d);

		passed += r == OST_REASON_NONE;
		if (r != OST_REASON_NONE)
			assert_refused(r, PACKET_RATE);
	}
	assert_in_range(passed, 31, 34);
	assert_int_equal(rig_counts(*state, "a").out_pkts, passed);
}

/* What the limit of bytes refuses takes nothing from the limit of packets, whichever way the packet went. */
static void a_refusal_for_bytes_costs_no_packets(void **state)
{
	static const char limited[] =
		"ostiary: 1\n"
		"networks:\n  plant: [10.20.0.0/24]\n"
		"roles:\n  thing:\n    authenticate: mac\n    allow:\n      - to: { network: plant, service: udp/5000 }\n"
		"    limits: { packets: 1000/s, bytes: 1000/s }\n"
		"devices:\n  a: { role: thing, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n";
	struct wire f;
	unsigned passed = 0;

	assert_int_equal(rig_swap(*state, limited), 0);
	wire_eth(&f, ROUTER, 1);
	wire_ip(&f, "10.0.0.1", "10.20.0.9", 17);
	wire_udp(&f, 7000, 5000, 1400);
	wire_end(&f);
	for (int i = 0; i < 300; i++) {
		enum ost_reason r = rig_send(*state, DEV1, &f);

		passed += r == OST_REASON_NONE;
		if (r != OST_REASON_NONE)
			assert_refused(r, BYTE_RATE);
	}
	assert_in_range(passed, 30, 40);
}

/* ---- DHCPv6, IGMP, MLD ---- */

static enum ost_reason dhcpv6_send(struct rig *r, const char *to, uint16_t dport)
{
	struct wire f;

	wire_eth(&f, ROUTER, 1);
	wire_ip(&f, "fe80::1", to, 17);
	wire_udp(&f, 546, dport, 0);
	wire_u32(&f, 0x01000001);
	wire_end(&f);
	return rig_send(r, DEV1, &f);
}

static void dhcpv6_goes_to_servers_of_the_site_only(void **state)
{
	rig_bind(*state, "a", "fe80::1");
	assert_passes(dhcpv6_send(*state, "ff02::1:2", 547));
	assert_refused(dhcpv6_send(*state, "ff02::1:2", 443), NOT_ALLOWED);
	assert_refused(dhcpv6_send(*state, "2001:db8::1", 547), NOT_ALLOWED);
}

static enum ost_reason igmp_send(struct rig *r, uint8_t type, const char *to)
{
	struct wire f;

	wire_eth(&f, ROUTER, 1);
	wire_ip(&f, "10.0.0.1", to, 2);
	wire_u32(&f, (uint32_t)type << 24);
	wire_u32(&f, 0xe1000001);
	wire_end(&f);
	return rig_send(r, DEV1, &f);
}

static void reports_go_to_groups_only_and_devices_ask_nobody(void **state)
{
	rig_bind(*state, "a", "10.0.0.1");
	assert_passes(igmp_send(*state, 0x16, "225.0.0.1"));
	assert_passes(igmp_send(*state, 0x22, "224.0.0.22"));
	assert_refused(igmp_send(*state, 0x16, "198.51.100.1"), NOT_ALLOWED);
	assert_refused(igmp_send(*state, 0x11, "224.0.0.1"), NOT_ALLOWED);
}

/* ---- beside other workers ---- */

#define ASKED 20000000u

struct asker {
	const struct ost_site *site;
	uint64_t ip[2];
	uint32_t holder, others; /* how often somebody had it who never did */
	atomic_uint asked;
};

static void *ask(void *asker)
{
	struct asker *a = asker;
	const struct ost_view *v = atomic_load(&a->site->view);
	uint64_t hash = ost_binding_hash(a->site, a->ip, 0);

	for (uint32_t n = 0; n < ASKED; n++) {
		uint32_t owner = ost_binding_owner(a->site, v, hash, a->ip, 0, 1);

		atomic_signal_fence(memory_order_seq_cst); /* each time from memory */
		a->others += owner != OST_SLOT_NONE && owner != a->holder;
	}
	atomic_store(&a->asked, ASKED);
	return NULL;
}

/* It comes and goes while another worker asks whose it is: nobody's or its holder's, and never another device's. */
static void an_address_that_comes_and_goes(void **state)
{
	struct rig *r = *state;
	struct asker a = {.site = r->site, .holder = ost_site_slot(r->site, rig_device(r, "b"))};
	pthread_t thread;

	ost_binding_key4(0x0100000a, a.ip);
	assert_int_not_equal(a.holder, 0);
	assert_int_equal(pthread_create(&thread, NULL, ask, &a), 0);
	while (atomic_load(&a.asked) == 0) {
		assert_passes(ost_binding_set(r->site, a.holder, a.ip, 0, OST_BINDING_DHCP, 1, 0, 0));
		ost_binding_remove(r->site, a.holder, a.ip, 0);
	}
	(void)pthread_join(thread, NULL);
	assert_int_equal(a.others, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(limits_of_addresses), TEST(an_address_stays_usable_for_months), TEST(main_takes_no_address_that_is_held),
		TEST(no_address_is_nobodys), TEST(changes_are_told), TEST(control_packets_count_against_the_limits),
		TEST(a_refusal_for_bytes_costs_no_packets),
		TEST(dhcpv6_goes_to_servers_of_the_site_only), TEST(reports_go_to_groups_only_and_devices_ask_nobody),
		TEST(an_address_that_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
