/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about names: bound to the answers that the device itself received. */
#include "rig_names.h"

#include <pthread.h>
#include <stdatomic.h>


static void the_first_packet_after_the_answer_passes(void **state)
{
	struct rig *r = *state;

	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	assert_refused(connect_to(r, "192.0.2.1", 444), NOT_ALLOWED);
	resolve(r, "video.example.com", 300, "192.0.2.1");
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_refused(connect_to(r, "192.0.2.1", 444), NOT_ALLOWED);
	assert_refused(connect_to(r, "192.0.2.2", 443), NAME_UNRESOLVED);
	resolve(r, "video.example.com", 300, "2001:db8::1");
	assert_passes(connect_to(r, "2001:db8::1", 443));
	assert_refused(connect_to(r, "2001:db8::2", 443), NAME_UNRESOLVED);
	assert_int_equal(names(r).held, 2);
	assert_int_equal(names(r).answers, 2);
}

static void what_another_device_was_told_is_not_ones_own(void **state)
{
	struct rig *r = *state;

	resolve(r, "video.example.com", 300, "192.0.2.1");
	assert_refused(connect_from(r, 2, "10.0.0.2", "192.0.2.1", 443), NAME_UNRESOLVED);
}

static void names_match_as_a_whole(void **state)
{
	struct rig *r = *state;

	resolve(r, "VIDEO.Example.Com", 300, "192.0.2.1");
	assert_passes(connect_to(r, "192.0.2.1", 443));
	resolve(r, "www.video.example.com", 300, "192.0.2.2");
	assert_refused(connect_to(r, "192.0.2.2", 443), NAME_UNRESOLVED);
	resolve(r, "a.b.cloud.example", 300, "192.0.2.3");
	assert_passes(connect_to(r, "192.0.2.3", 8883));
	assert_refused(connect_to(r, "192.0.2.3", 443), NAME_UNRESOLVED);
	/* ".cloud.example" is no name of its own, and no end of a label. */
	resolve(r, "cloud.example", 300, "192.0.2.4");
	assert_refused(connect_to(r, "192.0.2.4", 8883), NAME_UNRESOLVED);
	resolve(r, "mycloud.example", 300, "192.0.2.5");
	assert_refused(connect_to(r, "192.0.2.5", 8883), NAME_UNRESOLVED);
}

/* A label may hold dots and zeros: "video.example.com" as one label is another name. */
static void a_label_with_dots_is_one_label(void **state)
{
	struct rig *r = *state;
	struct dns q, a;

	dns_query(&q, 1, "", T_A);
	q.n = 12;
	dns_u8(&q, 17);
	for (const char *c = "video.example.com"; *c != 0; c++)
		dns_u8(&q, (uint8_t)*c);
	dns_u8(&q, 0);
	dns_u16(&q, T_A);
	dns_u16(&q, 1);
	assert_passes(dns_send(r, &to_dns, &q));
	a = q;
	dns_flags(&a, 0x8180);
	dns_count(&a, 1, 1);
	dns_u16(&a, 0xc00c);
	dns_u16(&a, T_A);
	dns_u16(&a, 1);
	dns_u16(&a, 0);
	dns_u16(&a, 300);
	dns_u16(&a, 4);
	dns_u16(&a, 0xc000);
	dns_u16(&a, 0x0209);
	assert_passes(tell(r, &to_dns, &a));
	assert_int_equal(names(r).held, 1);
	assert_refused(connect_to(r, "192.0.2.9", 443), NAME_UNRESOLVED);
}

static void aliases_lead_to_addresses_in_any_order(void **state)
{
	struct rig *r = *state;
	struct dns d;

	ask(r, &to_dns, 9, "shop.example.com", T_A);
	dns_answer(&d, 9, "shop.example.com", T_A);
	dns_address(&d, "c.cdn.example", 300, "192.0.2.1");
	dns_address(&d, "stray.example", 300, "192.0.2.2");
	dns_alias(&d, "x.cloud.example", 300, "c.cdn.example");
	dns_alias(&d, "shop.example.com", 300, "x.cloud.example");
	assert_passes(tell(r, &to_dns, &d));
	/* The alias x.cloud.example is one that a rule names. */
	assert_passes(connect_to(r, "192.0.2.1", 8883));
	assert_refused(connect_to(r, "192.0.2.2", 8883), NAME_UNRESOLVED);
	assert_int_equal(names(r).held, 1);
}

static void aliases_in_a_circle_end(void **state)
{
	struct rig *r = *state;
	struct dns d;

	ask(r, &to_dns, 9, "a.cloud.example", T_A);
	dns_answer(&d, 9, "a.cloud.example", T_A);
	dns_alias(&d, "a.cloud.example", 300, "b.cloud.example");
	dns_alias(&d, "b.cloud.example", 300, "a.cloud.example");
	dns_address(&d, "b.cloud.example", 300, "192.0.2.1");
	assert_passes(tell(r, &to_dns, &d));
	assert_passes(connect_to(r, "192.0.2.1", 8883));
}

static void addresses_that_no_host_has_are_nobodys(void **state)
{
	static const char *const ips[] = {"0.0.0.0", "127.0.0.1", "224.0.0.251", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::",
		"::1", "::ffff:192.0.2.1", "ff02::fb"};
	struct rig *r = *state;

	for (size_t i = 0; i < OST_ARRAY_SIZE(ips); i++) {
		resolve(r, "video.example.com", 300, ips[i]);
		assert_int_equal(names(r).held, 0);
	}
	assert_refused(connect_to(r, "239.255.255.250", 443), NAME_UNRESOLVED);
	resolve(r, "video.example.com", 300, "223.255.255.255");
	assert_passes(connect_to(r, "223.255.255.255", 443));
}

static void what_opens_towards_a_device_is_asked_by_name_as_well(void **state)
{
	struct rig *r = *state;
	struct way in = {NET, 1, ROUTER, "192.0.2.8", "10.0.0.1", 4000, 80};

	assert_refused(rig_tcp(r, &in, SYN, 1, 0, 0), NAME_UNRESOLVED);
	resolve(r, "hook.example.com", 300, "192.0.2.8");
	assert_passes(rig_tcp(r, &in, SYN, 1, 0, 0));
	in.from = "192.0.2.7";
	assert_refused(rig_tcp(r, &in, SYN, 1, 0, 0), NAME_UNRESOLVED);
}

/* ---- forged, malformed, late ---- */

static struct dns forged(uint16_t id, const char *name, uint16_t type)
{
	struct dns d;

	dns_answer(&d, id, name, type);
	dns_address(&d, name, 300, "192.0.2.66");
	return d;
}

static void only_what_was_asked_is_answered(void **state)
{
	struct rig *r = *state;
	struct way other = to_dns;
	struct dns d = forged(7, "video.example.com", T_A);

	/* There is a flow, but for another question: */
	ask(r, &to_dns, 6, "other.example.com", T_A);
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
	ask(r, &to_dns, 7, "video.example.com", T_A);
	d = forged(8, "video.example.com", T_A); /* another number */
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
	d = forged(7, "vide0.example.com", T_A); /* another name */
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
	d = forged(7, "video.example.com", T_ANY); /* another type */
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
	d = forged(7, "video.example.com", T_A);
	dns_flags(&d, 0x0100); /* a question from the server */
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
	d = forged(7, "video.example.com", T_A);
	other.to = "10.0.0.54"; /* another server: no flow */
	assert_refused(tell(r, &other, &d), NOT_ALLOWED_IN);
	other = to_dns;
	other.sport = 40001;
	assert_refused(tell(r, &other, &d), NOT_ALLOWED_IN);
	assert_int_equal(names(r).held, 0);
	assert_int_equal(names(r).refused, 5);
	assert_refused(connect_to(r, "192.0.2.66", 443), NAME_UNRESOLVED);
	assert_passes(tell(r, &to_dns, &d));
	assert_passes(connect_to(r, "192.0.2.66", 443));
}

static void an_answer_comes_once_for_each_time_it_was_asked(void **state)
{
	struct rig *r = *state;
	struct dns d = forged(7, "video.example.com", T_A);

	ask(r, &to_dns, 7, "video.example.com", T_A);
	ask(r, &to_dns, 7, "video.example.com", T_A);
	assert_passes(tell(r, &to_dns, &d));
	assert_passes(tell(r, &to_dns, &d));
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
	ask(r, &to_dns, 7, "video.example.com", T_A);
	rig_wait_ms(r, 16000);
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
}

static void a_device_has_32_questions_at_once(void **state)
{
	struct rig *r = *state;
	struct dns d;

	for (uint16_t i = 1; i <= 33; i++)
		ask(r, &to_dns, i, "video.example.com", T_A);
	d = forged(1, "video.example.com", T_A);
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
	d = forged(2, "video.example.com", T_A);
	assert_passes(tell(r, &to_dns, &d));
	assert_int_equal(names(r).evicted, 1);
}

static void malformed_answers_are_refused(void **state)
{
	struct rig *r = *state;
	struct dns d = forged(7, "video.example.com", T_A), cut;

	ask(r, &to_dns, 7, "video.example.com", T_A);
	for (uint32_t n = 0; n < d.n; n++) {
		cut = d;
		cut.n = n;
		assert_refused(tell(r, &to_dns, &cut), MALFORMED_L4);
	}
	cut = d;
	dns_count(&cut, 0, 2);
	assert_refused(tell(r, &to_dns, &cut), MALFORMED_L4);
	cut = d;
	dns_count(&cut, 1, 2);
	assert_refused(tell(r, &to_dns, &cut), MALFORMED_L4);
	cut = d;
	cut.b[d.n - 5] = 5; /* an address of five bytes */
	assert_refused(tell(r, &to_dns, &cut), MALFORMED_L4);
	assert_int_equal(names(r).held, 0);
	assert_passes(tell(r, &to_dns, &d));
}

/* RFC 1035 section 4.1.1: what is whole of a truncated answer counts. */
static void truncated_answers_bind_what_is_whole(void **state)
{
	struct rig *r = *state;
	struct dns d = forged(7, "video.example.com", T_A);

	ask(r, &to_dns, 7, "video.example.com", T_A);
	dns_address(&d, "video.example.com", 300, "192.0.2.67");
	d.n -= 2;
	dns_flags(&d, 0x8380);
	assert_passes(tell(r, &to_dns, &d));
	assert_passes(connect_to(r, "192.0.2.66", 443));
	assert_refused(connect_to(r, "192.0.2.67", 443), NAME_UNRESOLVED);
}

static void errors_and_other_opcodes_bind_nothing(void **state)
{
	struct rig *r = *state;
	struct dns d = forged(7, "video.example.com", T_A), bare;

	ask(r, &to_dns, 7, "video.example.com", T_A);
	dns_flags(&d, 0x8183); /* NXDOMAIN */
	assert_passes(tell(r, &to_dns, &d));
	ask(r, &to_dns, 8, "video.example.com", T_A);
	dns_answer(&bare, 8, "", T_A);
	dns_flags(&bare, 0x8181); /* FORMERR, without the question */
	dns_count(&bare, 0, 0);
	bare.n = 12;
	assert_passes(tell(r, &to_dns, &bare));
	assert_refused(tell(r, &to_dns, &bare), DNS_UNASKED);
	assert_int_equal(names(r).held, 0);
}

static void questions_are_never_refused(void **state)
{
	struct rig *r = *state;
	struct dns d = {.n = 5};

	assert_passes(dns_send(r, &to_dns, &d));
	dns_query(&d, 7, "video.example.com", T_A);
	dns_flags(&d, 0x8180);
	assert_passes(dns_send(r, &to_dns, &d));
	assert_int_equal(names(r).unread, 2);
	d = forged(7, "video.example.com", T_A);
	assert_refused(tell(r, &to_dns, &d), DNS_UNASKED);
}

/* ---- name servers ---- */

static void other_name_servers_bind_nothing(void **state)
{
	struct rig *r = *state;
	struct way w = to_dns;
	struct dns d;

	assert_int_equal(rig_swap(r, POLICY_(RULES "      - to: { network: any }\n", "", "")), 0);
	w.to = "10.0.0.54";
	ask(r, &w, 7, "video.example.com", T_A);
	d = forged(7, "video.example.com", T_A);
	assert_passes(tell(r, &w, &d));
	assert_passes(tell(r, &w, &d));
	assert_int_equal(names(r).held, 0);
	/* That wider rule does not hide the resolvers: */
	resolve(r, "video.example.com", 300, "192.0.2.1");
	assert_int_equal(names(r).held, 1);
}

static void a_role_without_names_is_not_read(void **state)
{
	struct rig *r = *state;
	struct way w = {DEV3, ROUTER, 3, "10.0.0.3", "10.0.0.53", 40000, 53};
	struct dns d = forged(7, "video.example.com", T_A);

	ask(r, &w, 8, "video.example.com", T_A);
	assert_passes(tell(r, &w, &d));
	assert_int_equal(names(r).queries, 0);
}

static void a_rule_for_port_53_names_servers_too(void **state)
{
	struct rig *r = *state;
	struct way w = to_dns;
	struct dns d = forged(7, "video.example.com", T_A);

	assert_int_equal(rig_swap(r, POLICY_(RULES "      - to: { network: own, service: udp/53 }\n", "", "")), 0);
	w.to = "10.0.0.77";
	ask(r, &w, 7, "video.example.com", T_A);
	assert_passes(tell(r, &w, &d));
	assert_passes(connect_to(r, "192.0.2.66", 443));
}

/* One that also opens something else names none, and hides none that is named behind it. */
static void a_rule_of_several_services_hides_no_server(void **state)
{
	struct rig *r = *state;
	struct way w = to_dns;
	struct dns d = forged(7, "video.example.com", T_A);

	w.to = "10.0.0.77";
	assert_int_equal(rig_swap(r, POLICY_(RULES "      - to: { network: own, service: [udp/53, tcp/80] }\n", "", "")), 0);
	ask(r, &w, 7, "video.example.com", T_A);
	assert_passes(tell(r, &w, &d));
	assert_refused(connect_to(r, "192.0.2.66", 443), NAME_UNRESOLVED);
	assert_int_equal(rig_swap(r, POLICY_(RULES "      - to: { network: own, service: [udp/53, tcp/80] }\n"
						   "      - to: { network: own, service: udp/53 }\n", "", "")), 0);
	w.sport++;
	ask(r, &w, 7, "video.example.com", T_A);
	assert_passes(tell(r, &w, &d));
	assert_passes(connect_to(r, "192.0.2.66", 443));
}

/* The name server is a device: its answers come from its port, and bind all the same. */
static void a_device_may_be_the_name_server(void **state)
{
	static const char hub[] = POLICY_(RULES "      - to: { network: hub, service: udp/53 }\n", "",
		"      - from: { role: camera, service: udp/53 }\n");
	struct rig *r = *state;
	struct way w = {DEV1, 3, 1, "10.0.0.1", "10.0.0.3", 40000, 53}, back = way_back(&w, DEV3);
	struct dns d = forged(7, "video.example.com", T_A);

	assert_int_equal(rig_swap(r, hub), 0);
	ask(r, &w, 7, "video.example.com", T_A);
	assert_passes(dns_send(r, &back, &d));
	assert_refused(dns_send(r, &back, &d), DNS_UNASKED);
	assert_passes(connect_to(r, "192.0.2.66", 443));
}

/* ---- time ---- */

static void answers_hold_for_their_time(void **state)
{
	struct rig *r = *state;
	struct way w = {DEV1, ROUTER, 1, "10.0.0.1", "192.0.2.1", 41000, 443};

	resolve(r, "video.example.com", 200, "192.0.2.1");
	rig_connect(r, &w, NET);
	rig_wait_ms(r, 229 * 1000);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	rig_wait_ms(r, 2 * 1000); /* time to live and grace */
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	rig_sweep(r);
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	/* What is established goes on, also when it is judged anew: */
	assert_passes(rig_tcp(r, &w, ACK, 1001, 5001, 10));
	assert_int_equal(rig_swap(r, policy), 0);
	assert_passes(rig_tcp(r, &w, ACK, 1011, 5001, 10));
	resolve(r, "video.example.com", 200, "192.0.2.1");
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_int_equal(names(r).held, 1);
}

static void times_to_live_have_a_floor_and_a_ceiling(void **state)
{
	struct rig *r = *state;

	resolve(r, "video.example.com", 0, "192.0.2.1");
	resolve(r, "video.example.com", 0x7fffffff, "192.0.2.2");
	rig_wait_ms(r, 89 * 1000);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	rig_wait_ms(r, 2 * 1000);
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	rig_wait_ms(r, (86400 - 62) * 1000ull);
	assert_passes(connect_to(r, "192.0.2.2", 443));
	rig_wait_ms(r, 2 * 1000);
	assert_refused(connect_to(r, "192.0.2.2", 443), NAME_UNRESOLVED);
}

static void the_least_time_of_the_chain_counts(void **state)
{
	struct rig *r = *state;
	struct dns d;

	ask(r, &to_dns, 9, "video.example.com", T_A);
	dns_answer(&d, 9, "video.example.com", T_A);
	dns_alias(&d, "video.example.com", 100, "c.example");
	dns_address(&d, "c.example", 3000, "192.0.2.1");
	assert_passes(tell(r, &to_dns, &d));
	rig_wait_ms(r, 131 * 1000);
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
}

/* ---- policies ---- */

static void answers_from_before_the_policy_count(void **state)
{
	struct rig *r = *state;

	resolve(r, "new.example.com", 300, "192.0.2.1");
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	assert_int_equal(rig_swap(r, POLICY_("      - to: { name: .example.com, service: tcp/443 }\n", "", "")), 0);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	/* And when the rule goes, so does what it let in. */
	assert_int_equal(rig_swap(r, policy), 0);
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
}

/* The slot's next device was told nothing. */
static void who_comes_after_holds_nothing(void **state)
{
	static const char gone[] = "ostiary: 1\ninfrastructure: { resolvers: 10.0.0.53 }\n"
				   "roles:\n  camera:\n    authenticate: mac\n    include: [arp, dns]\n    allow:\n"
				   "      - to: { name: video.example.com, service: tcp/443 }\n"
				   "devices:\n  z: { role: camera, mac: \"02:00:00:00:00:09\", port: dev1, address: 10.0.0.9 }\n";
	struct rig r;

	(void)state;
	rig_new(&r, policy, &(struct rig_options){.devices_max = 3});
	resolve(&r, "video.example.com", 300, "192.0.2.1");
	assert_passes(connect_to(&r, "192.0.2.1", 443));
	assert_int_equal(rig_swap_in_two(&r, gone), 0);
	assert_refused(connect_from(&r, 1, "10.0.0.1", "192.0.2.1", 443), UNKNOWN_DEVICE);
	{
		struct way w = {DEV1, ROUTER, 9, "10.0.0.9", "192.0.2.1", 1, 443};

		assert_refused(rig_tcp(&r, &w, SYN, 1, 0, 0), NAME_UNRESOLVED);
	}
	rig_sweep(&r);
	assert_int_equal(names(&r).held, 0);
	rig_free(&r);
}

/* ---- the other worker ---- */

static void handed(struct rig *r, uint8_t port, const struct wire *w, enum ost_action what)
{
	struct ost_frame frame = {.bytes = w->b, .length = w->n, .port = port};
	struct ost_handed how;

	assert_passes(rig_send_by(r, r->second, port, w));
	assert_int_equal(r->v.action, what);
	how = (struct ost_handed){r->v.action, r->v.egress};
	ost_classify_handed(r->c, &frame, &how, 1, r->now_ns, &r->v);
}

static void the_other_worker_hands_over_what_is_to_be_read(void **state)
{
	struct way back = way_back(&to_dns, NET);
	struct dns q, a = forged(7, "video.example.com", T_A);
	struct wire w;
	struct rig r;

	(void)state;
	rig_new(&r, policy, &(struct rig_options){.two = true});
	dns_query(&q, 7, "video.example.com", T_A);
	dns_wire(&to_dns, &q, &w);
	for (int i = 0; i < 2; i++) { /* the second one is of a flow that is there */
		handed(&r, DEV1, &w, OST_HANDOVER_QUERY);
		assert_int_equal(r.v.action, OST_FORWARD);
		assert_int_equal(r.v.egress, NET);
	}
	dns_wire(&back, &a, &w);
	handed(&r, NET, &w, OST_HANDOVER_ANSWER);
	assert_int_equal(r.v.action, OST_FORWARD);
	assert_int_equal(r.v.egress, DEV1);
	handed(&r, NET, &w, OST_HANDOVER_ANSWER);
	handed(&r, NET, &w, OST_HANDOVER_ANSWER);
	assert_refused((enum ost_reason)r.v.reason, DNS_UNASKED);
	assert_int_equal(rig_flows(&r), 0);
	rig_sweep(&r);
	assert_int_equal(rig_counts(&r, "a").out_pkts, 2);
	assert_int_equal(rig_counts(&r, "a").in_pkts, 2);
	assert_int_equal(ost_classifier_port_counts(r.c, NET)->forwarded_pkts, 2);
	assert_int_equal(ost_classifier_port_counts(r.c, NET)->received_pkts, 3);
	assert_int_equal(ost_classifier_port_counts(r.second, NET)->handed_over_pkts, 3);
	/* And the other worker sees what this one bound. */
	wire_eth(&w, ROUTER, 1);
	wire_ip(&w, "10.0.0.1", "192.0.2.66", 6);
	wire_tcp(&w, 1, 443, SYN, 1, 0, 0);
	wire_end(&w);
	assert_passes(rig_send_by(&r, r.second, DEV1, &w));
	rig_free(&r);
}

/* One thread binds, and takes away, what another one reads: two addresses take each other's cells all the time, and what is read of
 * one must never be the other's name, or a half of each. */
struct churn {
	struct rig r;
	atomic_bool stop;
	_Atomic uint64_t read, wrong;
};

static void *read_on(void *user)
{
	struct churn *k = user;
	const struct ost_site *site = k->r.site;
	uint32_t slot = ost_site_slot(site, 0), tick = (uint32_t)(k->r.now_ns >> OST_TICK_SHIFT);
	struct ost_chain chain;
	uint64_t key[2];

	ost_binding_key4(ost_be32(0xc0000202), key);
	while (!atomic_load(&k->stop)) {
		for (uint32_t i = 0; i < ost_table_places(&site->names->table); i++) {
			if (!ost_name_read(site, i, key, slot, tick, true, &chain))
				continue;
			atomic_fetch_add(&k->read, 1);
			if (chain.length < 9 || memcmp(chain.wire + chain.length - 9, "\7exampl3", 9) != 0)
				atomic_fetch_add(&k->wrong, 1);
		}
	}
	return NULL;
}

static void a_reader_never_sees_half_a_name(void **state)
{
	const uint64_t until = ost_clock_mono_ns() + 2 * OST_NS_PER_S; /* a reader that is stopped in the middle is what it is about */
	static struct churn k;
	pthread_t reader;
	struct ost_ip ip[2];
	char name[80];

	(void)state;
	rig_new(&k.r, policy, NULL);
	assert_int_equal(ost_ip_parse("192.0.2.1", &ip[0]), 0);
	assert_int_equal(ost_ip_parse("192.0.2.2", &ip[1]), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_on, &k), 0);
	for (uint32_t i = 0; ost_clock_mono_ns() < until || (atomic_load(&k.read) == 0 && i < 10000000); i++) {
		/* Of one length, more than a cell long. */
		(void)snprintf(name, sizeof(name), "x%08u.a-name-that-takes-more-than-a-cell.%s", i, i % 2 ? "cloud.exampl3" : "cloud.example");
		/* Seventeen at once and one gives way. */
		assert_int_equal(ost_site_name_bind(k.r.site, 0, name, &ip[i % 2], k.r.now_ns, k.r.now_ns + (1000 + i % 7) * OST_NS_PER_S), 0);
	}
	atomic_store(&k.stop, true);
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_true(k.read > 0);
	assert_int_equal(k.wrong, 0);
	rig_free(&k.r);
}

/* ---- what is told from outside ---- */

static void names_can_be_bound_by_hand(void **state)
{
	struct rig *r = *state;
	struct ost_ip ip;

	assert_int_equal(ost_ip_parse("192.0.2.1", &ip), 0);
	assert_int_equal(ost_site_name_bind(r->site, 0, "Video.example.com", &ip, r->now_ns, r->now_ns + OST_NS_PER_S), 0);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_int_equal(ost_site_name_bind(r->site, 0, "", &ip, r->now_ns, r->now_ns + OST_NS_PER_S), -EINVAL);
	assert_int_equal(ost_site_name_bind(r->site, 0, "a..b", &ip, r->now_ns, r->now_ns + OST_NS_PER_S), -EINVAL);
	assert_int_equal(ost_site_name_bind(r->site, 99, "a.b", &ip, r->now_ns, r->now_ns + OST_NS_PER_S), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
		T(the_first_packet_after_the_answer_passes),
		T(what_another_device_was_told_is_not_ones_own),
		T(names_match_as_a_whole),
		T(a_label_with_dots_is_one_label),
		T(aliases_lead_to_addresses_in_any_order),
		T(aliases_in_a_circle_end),
		T(addresses_that_no_host_has_are_nobodys),
		T(what_opens_towards_a_device_is_asked_by_name_as_well),
		T(only_what_was_asked_is_answered),
		T(an_answer_comes_once_for_each_time_it_was_asked),
		T(a_device_has_32_questions_at_once),
		T(malformed_answers_are_refused),
		T(truncated_answers_bind_what_is_whole),
		T(errors_and_other_opcodes_bind_nothing),
		T(questions_are_never_refused),
		T(other_name_servers_bind_nothing),
		T(a_role_without_names_is_not_read),
		T(a_rule_for_port_53_names_servers_too),
		T(a_rule_of_several_services_hides_no_server),
		T(a_device_may_be_the_name_server),
		T(answers_hold_for_their_time),
		T(times_to_live_have_a_floor_and_a_ceiling),
		T(the_least_time_of_the_chain_counts),
		T(answers_from_before_the_policy_count),
		cmocka_unit_test(who_comes_after_holds_nothing),
		cmocka_unit_test(the_other_worker_hands_over_what_is_to_be_read),
		cmocka_unit_test(a_reader_never_sees_half_a_name),
		T(names_can_be_bound_by_hand),
	};

	(void)to_dns6;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
