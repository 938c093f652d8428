/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bindings: which address is whose, since when and for how long; DHCP and Neighbour Discovery teach them. */
#include "classify_rig.h"

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

/* ---- DHCP ---- */

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, DHCP_ACK, NAK, RELEASE };

struct dhcp {
	uint8_t port;
	unsigned dst, src, chaddr;
	const char *from, *to;
	uint16_t sport, dport;
	uint8_t op, message;
	const char *ciaddr, *yiaddr, *requested;
	uint32_t lease_s;
};

static struct dhcp client(unsigned device, uint8_t message)
{
	return (struct dhcp){(uint8_t)device, GROUP, device, device, "0.0.0.0", "255.255.255.255", 68, 67, 1, message,
		"0.0.0.0", "0.0.0.0", NULL, 0};
}

static struct dhcp server(unsigned device, uint8_t message, const char *yours, uint32_t lease_s)
{
	return (struct dhcp){NET, device, SERVER, device, "10.20.0.1", yours, 67, 68, 2, message, "0.0.0.0", yours, NULL,
		lease_s};
}

static enum ost_reason dhcp_send(struct rig *r, const struct dhcp *d)
{
	struct wire f;
	uint8_t mac[6];

	wire_eth(&f, d->dst, d->src);
	wire_ip(&f, d->from, d->to, 17);
	wire_udp(&f, d->sport, d->dport, 0);
	wire_u32(&f, (uint32_t)d->op << 24 | 0x00010600);
	wire_u32(&f, 0x1234);
	wire_u32(&f, 0);
	wire_address(&f, d->ciaddr);
	wire_address(&f, d->yiaddr);
	wire_zeros(&f, 8);
	wire_mac(d->chaddr, mac);
	wire_put(&f, mac, 6);
	wire_zeros(&f, 10 + 64 + 128);
	wire_u32(&f, 0x63825363);
	wire_u16(&f, 53u << 8 | 1);
	wire_u8(&f, d->message);
	if (d->requested != NULL) {
		wire_u16(&f, 50u << 8 | 4);
		wire_address(&f, d->requested);
	}
	if (d->lease_s != 0) {
		wire_u16(&f, 51u << 8 | 4);
		wire_u32(&f, d->lease_s);
	}
	wire_u8(&f, 255);
	wire_end(&f);
	return rig_send(r, d->port, &f);
}

static void lease(struct rig *r, unsigned device, const char *ip, uint32_t lease_s)
{
	struct dhcp d = client(device, DISCOVER);

	assert_passes(dhcp_send(r, &d));
	assert_int_equal(r->v.egress, NET);
	d = server(device, OFFER, ip, lease_s);
	assert_passes(dhcp_send(r, &d));
	assert_int_equal(r->v.egress, device);
	d = client(device, REQUEST);
	d.requested = ip;
	assert_passes(dhcp_send(r, &d));
	d = server(device, DHCP_ACK, ip, lease_s);
	assert_passes(dhcp_send(r, &d));
}

static void only_the_ack_binds(void **state)
{
	struct dhcp offer = server(1, OFFER, "10.0.0.1", 100);

	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
	assert_passes(dhcp_send(*state, &offer));
	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
	lease(*state, 1, "10.0.0.1", 100);
	assert_passes(speak(*state, 1, "10.0.0.1"));
	assert_refused(speak(*state, 1, "10.0.0.2"), SOURCE_ADDRESS);
	assert_refused(speak(*state, 2, "10.0.0.1"), SOURCE_ADDRESS);
	assert_int_equal(held(*state), 1);
}

static void a_release_unbinds_and_cuts(void **state)
{
	struct dhcp d = client(1, RELEASE);

	lease(*state, 1, "10.0.0.1", 100);
	assert_passes(speak(*state, 1, "10.0.0.1"));
	d.from = d.ciaddr = "10.0.0.1";
	d.to = "10.20.0.1";
	d.dst = ROUTER;
	assert_passes(dhcp_send(*state, &d));
	assert_int_equal(held(*state), 0);
	assert_refused(speak(*state, 1, "10.0.0.1"), POLICY_CHANGED);
	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
}

/* RFC 2131 table 5: ciaddr is 0 in a DHCPDECLINE, the address stands in option 50. */
static void a_decline_unbinds(void **state)
{
	struct dhcp d = client(1, DECLINE);

	lease(*state, 1, "10.0.0.1", 100);
	d.requested = "10.0.0.1";
	assert_passes(dhcp_send(*state, &d));
	assert_int_equal(held(*state), 0);
}

static void nobody_releases_for_another(void **state)
{
	struct dhcp d = client(2, RELEASE);

	lease(*state, 1, "10.0.0.1", 100);
	d.ciaddr = "10.0.0.1";
	assert_passes(dhcp_send(*state, &d));
	assert_int_equal(held(*state), 1);
	d.chaddr = 1;
	assert_refused(dhcp_send(*state, &d), DHCP_SPOOF);
	d = client(2, RELEASE);
	d.from = "10.0.0.1";
	assert_refused(dhcp_send(*state, &d), SOURCE_ADDRESS);
	assert_int_equal(held(*state), 1);
}

static void a_lease_lapses_and_is_renewed(void **state)
{
	struct dhcp ack = server(1, DHCP_ACK, "10.0.0.1", 100);

	lease(*state, 1, "10.0.0.1", 100);
	rig_wait_ms(*state, 90000);
	assert_passes(dhcp_send(*state, &ack));
	rig_wait_ms(*state, 90000);
	rig_sweep(*state);
	assert_passes(speak(*state, 1, "10.0.0.1"));
	rig_wait_ms(*state, 11000);
	rig_sweep(*state);
	assert_int_equal(held(*state), 0);
	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
}

static void an_address_in_use_is_given_to_nobody_else(void **state)
{
	struct dhcp ack = server(2, DHCP_ACK, "10.0.0.1", 100);

	lease(*state, 1, "10.0.0.1", 100);
	assert_refused(dhcp_send(*state, &ack), ADDRESS_IN_USE);
	rig_wait_ms(*state, 101000); /* lapsed, if unswept */
	assert_passes(dhcp_send(*state, &ack));
	assert_passes(speak(*state, 2, "10.0.0.1"));
	assert_refused(speak(*state, 1, "10.0.0.1"), SOURCE_ADDRESS);
}

static void a_rogue_server_is_told(void **state)
{
	struct dhcp d = server(2, OFFER, "10.0.0.1", 100);

	d.port = DEV1;
	d.src = 1;
	assert_refused(dhcp_send(*state, &d), DHCP_SERVER);
	d.src = 0x77; /* whoever it is */
	assert_refused(dhcp_send(*state, &d), DHCP_SERVER);
	d = client(1, OFFER);
	d.op = 2;
	assert_refused(dhcp_send(*state, &d), DHCP_SPOOF);
}

/* The checked path of DHCP is for DHCP's ports: what else bears its form and one of its ports is refused. */
static void dhcp_opens_no_other_port(void **state)
{
	struct dhcp d = client(1, DISCOVER), s = server(1, OFFER, "10.0.0.1", 100);

	d.dport = 443;
	assert_refused(dhcp_send(*state, &d), NOT_ALLOWED);
	s.dport = 80;
	assert_refused(dhcp_send(*state, &s), NOT_ALLOWED_IN);
}

static void limits_of_addresses(void **state)
{
	static const char *const ips[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"};
	struct dhcp d;

	for (int i = 0; i < 3; i++)
		lease(*state, 1, ips[i], 100);
	d = server(1, DHCP_ACK, ips[3], 100);
	assert_refused(dhcp_send(*state, &d), BINDING_LIMIT);
	lease(*state, 2, ips[3], 100); /* the table holds four */
	d = server(2, DHCP_ACK, "10.0.0.5", 100);
	assert_refused(dhcp_send(*state, &d), BINDING_TABLE_FULL);
	assert_int_equal(held(*state), 4);
	for (int i = 0; i < 4; i++)
		assert_passes(speak(*state, i < 3 ? 1 : 2, ips[i]));
}

static void a_role_without_dhcp_gets_none(void **state)
{
	struct dhcp d = client(3, DISCOVER), s = server(3, DHCP_ACK, "10.0.0.3", 100);

	assert_refused(dhcp_send(*state, &d), NOT_INCLUDED);
	assert_refused(dhcp_send(*state, &s), NOT_INCLUDED);
	assert_int_equal(held(*state), 0);
}

/* ---- time ---- */

/* Half of the 32 bits of ticks is 26 days: an address that is renewed as long must stay usable. */
static void an_address_stays_usable_for_months(void **state)
{
	struct way in = {NET, 1, ROUTER, "10.20.0.9", "10.0.0.1", 1, 6000};
	struct dhcp ack = server(1, DHCP_ACK, "10.0.0.1", 7 * 86400);

	lease(*state, 1, "10.0.0.1", 7 * 86400);
	lease(*state, 1, "10.0.0.2", UINT32_MAX);
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

	lease(*state, 1, "10.0.0.1", 100);
	assert_int_equal(ost_ip_parse("10.0.0.1", &ip), 0);
	assert_int_equal(ost_site_bind(rig.site, rig_device(*state, "b"), &ip, OST_BINDING_DHCP, 0), -EADDRINUSE);
	assert_int_equal(ost_site_bind(rig.site, rig_device(*state, "b"), &ip, OST_BINDING_DHCP,
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
	struct dhcp d = client(1, RELEASE);
	int n[2] = {0};

	lease(*state, 1, "10.0.0.1", 100);
	lease(*state, 2, "10.0.0.2", 100);
	d.ciaddr = "10.0.0.1";
	assert_passes(dhcp_send(*state, &d));
	assert_int_equal(ost_site_binding_events(rig.site, event_note, n), 0);
	assert_int_equal(n[0], 2);
	assert_int_equal(n[1], 1);
	for (int i = 0; i < 3000; i++) {
		rig_wait_ms(*state, 100);
		lease(*state, 1, "10.0.0.1", 100);
		assert_passes(dhcp_send(*state, &d));
	}
	n[0] = n[1] = 0;
	assert_int_equal(ost_site_binding_events(rig.site, event_note, n), 6000 - 4096);
	assert_int_equal(n[0] + n[1], 4096);
}

/* ---- limits of what is sent ---- */

static void control_packets_count_against_the_limits(void **state)
{
	struct dhcp d = client(1, DISCOVER);
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

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
	const struct CMUnitTest tests[] = {
		TEST(only_the_ack_binds), TEST(a_release_unbinds_and_cuts), TEST(a_decline_unbinds),
		TEST(nobody_releases_for_another), TEST(a_lease_lapses_and_is_renewed),
		TEST(an_address_in_use_is_given_to_nobody_else), TEST(a_rogue_server_is_told),
		TEST(dhcp_opens_no_other_port), TEST(limits_of_addresses), TEST(a_role_without_dhcp_gets_none),
		TEST(an_address_stays_usable_for_months), TEST(main_takes_no_address_that_is_held),
		TEST(no_address_is_nobodys), TEST(changes_are_told), TEST(control_packets_count_against_the_limits),
		TEST(a_refusal_for_bytes_costs_no_packets),
		TEST(dhcpv6_goes_to_servers_of_the_site_only), TEST(reports_go_to_groups_only_and_devices_ask_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
