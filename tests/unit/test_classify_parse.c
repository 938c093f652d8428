/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser: every kind of frame, cut at every byte, and the short way against the long one. */
#include "classify_rig.h"

#include "parse.h"

/* Parses a copy that ends where the frame does, so that a sanitizer sees a read beyond it. */
static struct ost_packet parse(const struct wire *w, uint32_t length, bool to_device)
{
	uint8_t *bytes = malloc(length > 0 ? length : 1);
	struct ost_frame frame = {.bytes = bytes, .length = length};
	struct ost_packet p;

	assert_non_null(bytes);
	memcpy(bytes, w->b, length);
	ost_parse(&frame, to_device, &p);
	p.bytes = NULL;
	free(bytes);
	return p;
}

static enum ost_reason why(const struct wire *w)
{
	struct ost_packet p = parse(w, w->n, false);

	return p.kind == OST_KIND_REFUSED ? (enum ost_reason)p.reason : OST_REASON_NONE;
}

static void start4(struct wire *w, uint8_t protocol)
{
	wire_eth(w, ROUTER, 1);
	wire_ip(w, "10.0.0.1", "10.20.0.9", protocol);
}

static void start6(struct wire *w, uint8_t protocol)
{
	wire_eth(w, ROUTER, 1);
	wire_ip(w, "fd00::1", "fd00:20::9", protocol);
}

/* An IPv6 frame whose extension headers, of eight bytes each, have these types; the last is TCP. */
static void extensions(struct wire *w, const uint8_t *types, uint32_t n)
{
	start6(w, n > 0 ? types[0] : 6);
	for (uint32_t i = 0; i < n; i++) {
		wire_u8(w, i + 1 < n ? types[i + 1] : 6);
		wire_u8(w, 0);
		wire_zeros(w, 6);
	}
	wire_tcp(w, 1, 443, SYN, 1, 0, 0);
	wire_end(w);
}

static void tags_make_the_vlan(void **state)
{
	static const struct {
		uint16_t types[3], vids[3];
		unsigned n;
		uint32_t vlan;
		enum ost_reason reason;
	} cases[] = {
		{{0x8100}, {7}, 1, 7, OST_REASON_NONE},
		{{0x8100}, {0xf007}, 1, 7, OST_REASON_NONE}, /* priority and DEI are not part of it */
		{{0x8100}, {0}, 1, 0, OST_REASON_NONE},
		{{0x88a8}, {7}, 1, 7, OST_REASON_NONE},
		{{0x88a8, 0x8100}, {7, 9}, 2, 7 | 9 << 12, OST_REASON_NONE},
		{{0x8100, 0x8100}, {7, 9}, 2, 7 | 9 << 12, OST_REASON_NONE},
		{{0x88a8, 0x8100, 0x8100}, {7, 9, 5}, 3, 0, OST_REASON_MALFORMED_ETHERNET},
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(cases); i++) {
		wire_eth(&w, ROUTER, 1);
		for (unsigned k = 0; k < cases[i].n; k++)
			wire_tag(&w, cases[i].types[k], cases[i].vids[k]);
		wire_ip(&w, "10.0.0.1", "10.20.0.9", 6);
		wire_tcp(&w, 1, 443, SYN, 1, 0, 0);
		wire_end(&w);
		assert_reason(why(&w), cases[i].reason);
		if (cases[i].reason == OST_REASON_NONE)
			assert_int_equal(parse(&w, w.n, false).vlan, cases[i].vlan);
	}
}

static void macs_that_nobody_has(void **state)
{
	struct wire w;

	(void)state;
	for (unsigned mac = GROUP; mac <= ZERO; mac++) {
		wire_eth(&w, ROUTER, mac);
		wire_ip(&w, "10.0.0.1", "10.20.0.9", 6);
		wire_tcp(&w, 1, 443, SYN, 1, 0, 0);
		wire_end(&w);
		assert_refused(why(&w), BAD_SOURCE_MAC);
	}
}

static void frames_for_the_neighbour_only(void **state)
{
	static const uint8_t bridge[6] = {0x01, 0x80, 0xc2, 0, 0, 0x0e};
	static const struct {
		uint16_t type;
		enum ost_reason reason;
	} cases[] = {{0x888e, OST_REASON_NONE}, {0x88cc, OST_REASON_LINK_CONTROL}, {0x0026, OST_REASON_ETHERTYPE},
		{0x88f7, OST_REASON_ETHERTYPE}, {0x0806, OST_REASON_NONE}};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(cases); i++) {
		wire_eth(&w, ROUTER, 1);
		wire_u16(&w, cases[i].type);
		wire_zeros(&w, 46);
		assert_reason(why(&w), cases[i].reason);
		memcpy(w.b, bridge, 6);
		assert_reason(why(&w), cases[i].type == 0x888e ? OST_REASON_NONE : OST_REASON_LINK_CONTROL);
	}
}

static void ipv4_headers(void **state)
{
	static const uint8_t routes[] = {131, 137};
	struct wire w, bad;

	(void)state;
	start4(&w, 6);
	w.b[w.l3] = 0x48;
	wire_u32(&w, 0x01010101);
	wire_u32(&w, 0x94040000); /* router alert */
	wire_u32(&w, 0x00000000);
	w.l4 = w.n;
	wire_tcp(&w, 1, 443, SYN, 1, 0, 0);
	wire_end(&w);
	assert_passes(why(&w));
	for (size_t i = 0; i < 2; i++) {
		bad = w;
		bad.b[w.l3 + 23] = routes[i];
		assert_refused(why(&bad), SOURCE_ROUTE);
		bad.b[w.l3 + 22] = 0; /* behind the end of the options it is none */
		assert_passes(why(&bad));
	}
	bad = w;
	bad.b[w.l3 + 26] = routes[0]; /* inside the router alert */
	assert_passes(why(&bad));
	bad = w;
	bad.b[w.l3] = 0x44;
	assert_refused(why(&bad), MALFORMED_IPV4);
	bad.b[w.l3] = 0x68;
	assert_refused(why(&bad), MALFORMED_IPV4);
	bad = w;
	bad.b[w.l3 + 2] = 1;
	assert_refused(why(&bad), MALFORMED_IPV4);
	for (uint8_t total = 0; total <= 32; total++) { /* the header alone is of 32 bytes */
		bad = w;
		bad.b[w.l3 + 3] = total;
		assert_reason(why(&bad), total < 32 ? OST_REASON_MALFORMED_IPV4 : OST_REASON_MALFORMED_L4);
	}
	for (unsigned bit = 0; bit < 16; bit++) {
		bad = w;
		bad.b[w.l3 + 6] = (uint8_t)(1u << bit >> 8);
		bad.b[w.l3 + 7] = (uint8_t)(1u << bit);
		assert_reason(why(&bad), bit < 14 ? OST_REASON_FRAGMENT : OST_REASON_NONE);
	}
}

static void sources_that_no_host_has(void **state)
{
	static const char *const sources[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::",
		"::1", "ff02::1", "::ffff:10.0.0.1"};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(sources); i++) {
		bool v4 = strchr(sources[i], ':') == NULL;

		wire_eth(&w, ROUTER, 1);
		wire_ip(&w, sources[i], v4 ? "10.20.0.9" : "fd00:20::9", 6);
		wire_tcp(&w, 1, 443, SYN, 1, 0, 0);
		wire_end(&w);
		assert_reason(why(&w), v4 ? OST_REASON_MALFORMED_IPV4 : OST_REASON_MALFORMED_IPV6);
	}
}

static void ipv6_extension_headers(void **state)
{
	static const struct {
		uint8_t types[6];
		uint32_t n;
		enum ost_reason reason;
	} cases[] = {
		{{0}, 0, OST_REASON_NONE},
		{{0}, 1, OST_REASON_NONE},
		{{60}, 1, OST_REASON_NONE},
		{{0, 60, 60, 60}, 4, OST_REASON_NONE},
		{{0, 60, 60, 60, 60}, 5, OST_REASON_IPV6_EXTENSION},
		{{60, 0}, 2, OST_REASON_IPV6_EXTENSION},
		{{43}, 1, OST_REASON_IPV6_EXTENSION},
		{{135}, 1, OST_REASON_IPV6_EXTENSION},
		{{44}, 1, OST_REASON_FRAGMENT},
		{{0, 60, 44}, 3, OST_REASON_FRAGMENT},
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(cases); i++) {
		extensions(&w, cases[i].types, cases[i].n);
		assert_reason(why(&w), cases[i].reason);
		if (cases[i].reason == OST_REASON_NONE)
			assert_int_equal(parse(&w, w.n, false).value, 443);
	}
	/* The authentication header counts in words of four bytes, less two. */
	start6(&w, 51);
	wire_u16(&w, 6u << 8 | 4);
	wire_zeros(&w, 22);
	wire_tcp(&w, 1, 443, SYN, 1, 0, 0);
	wire_end(&w);
	assert_int_equal(parse(&w, w.n, false).value, 443);
	w.b[w.l4 + 1] = 200;
	assert_refused(why(&w), MALFORMED_IPV6);
}

static void tcp_flags(void **state)
{
	struct wire w;

	(void)state;
	for (unsigned flags = 0; flags < 64; flags++) {
		bool odd = flags == 0 || ((flags & SYN) && (flags & (FIN | RST)));

		start4(&w, 6);
		wire_tcp(&w, 1, 443, (uint8_t)flags, 1, 0, 0);
		wire_end(&w);
		assert_reason(why(&w), odd ? OST_REASON_TCP_FLAGS : OST_REASON_NONE);
	}
	for (unsigned words = 0; words < 16; words++) {
		start4(&w, 6);
		wire_tcp(&w, 1, 443, SYN, 1, 0, 20);
		wire_end(&w);
		w.b[w.l4 + 12] = (uint8_t)(words << 4);
		assert_reason(why(&w), words < 5 || words > 10 ? OST_REASON_MALFORMED_L4 : OST_REASON_NONE);
	}
}

static void udp_lengths(void **state)
{
	struct wire w;

	(void)state;
	for (unsigned length = 0; length < 64; length++) {
		start4(&w, 17);
		wire_udp(&w, 1, 5000, 24);
		wire_end(&w);
		w.b[w.l4 + 5] = (uint8_t)length;
		assert_reason(why(&w), length < 8 || length > 32 ? OST_REASON_MALFORMED_L4 : OST_REASON_NONE);
	}
}

static void control_protocols(void **state)
{
	static const struct {
		uint16_t sport, dport;
		int kind4, kind6;
	} udp[] = {{68, 67, OST_KIND_DHCP, OST_KIND_FLOW6}, {67, 4000, OST_KIND_DHCP, OST_KIND_FLOW6},
		{546, 547, OST_KIND_FLOW4, OST_KIND_DHCPV6}, {1, 66, OST_KIND_FLOW4, OST_KIND_FLOW6}};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(udp); i++) {
		start4(&w, 17);
		wire_udp(&w, udp[i].sport, udp[i].dport, 12);
		wire_end(&w);
		assert_int_equal(parse(&w, w.n, false).kind, udp[i].kind4);
		start6(&w, 17);
		wire_udp(&w, udp[i].sport, udp[i].dport, 12);
		wire_end(&w);
		assert_int_equal(parse(&w, w.n, false).kind, udp[i].kind6);
	}
	for (unsigned type = 0; type < 256; type++) {
		bool nd = type >= 133 && type <= 137, mld = (type >= 130 && type <= 132) || type == 143;
		int want = nd ? OST_KIND_ND : mld ? OST_KIND_IGMP : OST_KIND_FLOW6;

		start6(&w, 58);
		wire_u32(&w, type << 24);
		wire_zeros(&w, 20);
		wire_end(&w);
		if (type >= 1 && type <= 4)
			assert_refused(why(&w), ICMP_UNRELATED); /* it quotes nothing */
		else
			assert_int_equal(parse(&w, w.n, false).kind, want);
	}
}

/* ---- cut at every byte ---- */

static void kinds_of_frame(struct wire *all, uint32_t *ret_n)
{
	static const uint8_t headers[] = {0, 60, 60, 60};
	struct wire *w = all;

	start4(w, 6), wire_tcp(w, 1, 443, SYN, 1, 0, 30), wire_end(w), w++;
	start4(w, 17), wire_udp(w, 1, 5000, 30), wire_end(w), w++;
	start4(w, 17), wire_udp(w, 68, 67, 300), wire_end(w), w++;
	start4(w, 1), wire_echo(w, false, 7), wire_zeros(w, 30), wire_end(w), w++;
	start4(w, 132), wire_udp(w, 1, 5000, 30), wire_end(w), w++;
	start4(w, 47), wire_zeros(w, 30), wire_end(w), w++;
	start6(w, 58), wire_echo(w, true, 7), wire_zeros(w, 30), wire_end(w), w++;
	start6(w, 58), wire_u32(w, 135u << 24), wire_zeros(w, 60), wire_end(w), w++;
	start6(w, 17), wire_udp(w, 546, 547, 30), wire_end(w), w++;
	extensions(w, headers, 4), w++;
	wire_eth(w, ROUTER, 1), wire_tag(w, 0x88a8, 7), wire_tag(w, 0x8100, 9), wire_ip(w, "10.0.0.1", "10.20.0.9", 6),
		wire_tcp(w, 1, 443, SYN, 1, 0, 30), wire_end(w), w++;
	wire_eth(w, GROUP, 1), wire_u16(w, 0x0806), wire_u32(w, 0x00010800), wire_u32(w, 0x06040001), wire_zeros(w, 38), w++;
	start4(w, 1), wire_u32(w, 3u << 24), wire_u32(w, 0), wire_u32(w, 0x45000028), wire_zeros(w, 4),
		wire_u32(w, 0x3f060000), wire_address(w, "10.20.0.9"), wire_address(w, "10.0.0.1"), wire_zeros(w, 20), wire_end(w), w++;
	*ret_n = (uint32_t)(w - all);
}

/* A frame that was cut is refused, unless only its padding was. */
static void cut_frames_are_refused(void **state)
{
	static struct wire all[16];
	uint32_t n;

	(void)state;
	kinds_of_frame(all, &n);
	for (uint32_t i = 0; i < 2 * n; i++) {
		const struct wire *w = &all[i / 2];
		struct ost_packet whole = parse(w, w->n, i % 2);

		assert_int_not_equal(whole.kind, OST_KIND_REFUSED);
		for (uint32_t length = 0; length < w->n; length++) {
			struct ost_packet p = parse(w, length, i % 2);

			if (p.kind == OST_KIND_REFUSED)
				continue;
			/* ARP is read by its own handler. */
			assert_int_equal(p.kind, whole.kind);
			assert_true(p.kind == OST_KIND_ARP || length >= (uint32_t)p.l4 + p.l4_bytes);
			p.length = whole.length;
			assert_memory_equal(&p, &whole, sizeof(p));
		}
	}
}

/* The same through the whole classifier, from each side: nothing that is cut passes, nothing is lost count of. */
static void cut_frames_through_the_classifier(void **state)
{
	static const char policy[] =
		"ostiary: 1\nroles:\n  r:\n    authenticate: mac\n    include: [arp, nd, dhcp, dhcpv6, igmp]\n"
		"    allow:\n      - to: { network: any, service: any }\n      - from: { network: any, service: any }\n"
		"devices:\n  d: { role: r, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n"
		"  t: { role: r, mac: \"02:00:00:00:00:01\", vlan: \"7.9\", port: dev1, address: 10.0.0.1 }\n";
	static struct wire all[16];
	uint64_t sent = 0, accounted = 0, received = 0;
	uint32_t n;

	(void)state;
	rig_new(&rig, policy, NULL);
	kinds_of_frame(all, &n);
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t length = 0; length <= all[i].n; length++, sent += 2) {
			uint8_t *bytes = malloc(length + 1u);
			struct ost_frame f[2] = {{bytes + 1, length, NET, false}, {bytes + 1, length, DEV1, false}};
			struct ost_verdict v[2];

			memcpy(bytes + 1, all[i].b, length);
			ost_classify(rig.c, f, 2, rig.now_ns, v);
			if (v[1].action != OST_REFUSE && length < all[i].n && all[i].n > 60)
				assert_true(all[i].b[12] == 8 && all[i].b[13] == 6);
			free(bytes);
		}
	}
	for (uint32_t port = 0; port < 4; port++) {
		const struct ost_port_counts *c = ost_classifier_port_counts(rig.c, port);

		received += c->received_pkts;
		accounted += c->forwarded_pkts + c->handed_over_pkts;
		for (unsigned k = 0; k < OST_REASON_SLOTS; k++)
			accounted += c->refused_pkts[k];
	}
	assert_int_equal(received, sent);
	assert_int_equal(accounted, sent);
	rig_free(&rig);
}

/* ---- the short way ---- */

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void assert_same(const struct ost_packet *a, const struct ost_packet *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_memory_equal(a->key, b->key, 24);
	assert_ptr_equal(a->bytes, b->bytes);
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->vlan, b->vlan);
	assert_int_equal(a->l3, b->l3);
	assert_int_equal(a->l4, b->l4);
	assert_int_equal(a->l4_bytes, b->l4_bytes);
	assert_int_equal(a->value, b->value);
	assert_int_equal(a->ethertype, b->ethertype);
	assert_int_equal(a->port, b->port);
	assert_int_equal(a->protocol, b->protocol);
	assert_int_equal(a->tcp_flags, b->tcp_flags);
	assert_int_equal(a->flags, b->flags);
	if (a->protocol != 6) /* sequence numbers and payload are TCP's alone */
		return;
	assert_int_equal(a->tcp_seq, b->tcp_seq);
	assert_int_equal(a->tcp_ack, b->tcp_ack);
	assert_int_equal(a->payload_bytes, b->payload_bytes);
}

/* Random frames near the sound ones: the short way takes none that the long one would refuse or read otherwise. */
static void the_short_way_reads_as_the_long_one(void **state)
{
	static const unsigned macs[] = {1, 1, 1, 1, 1, GROUP, ZERO};
	uint64_t x = 88172645463325252ull, fast = 0, plain = 0;

	(void)state;
	for (uint32_t i = 0; i < 2000000; i++) {
		struct wire w;
		struct ost_frame frame;
		struct ost_packet a, b;
		bool to_device = next(&x) & 1;
		bool touched = next(&x) % 8 != 0;

		wire_eth(&w, next(&x) % 16 == 0 ? GROUP : ROUTER, macs[next(&x) % 64 < 58 ? 0 : next(&x) % 7]);
		for (uint64_t tags = next(&x) % 8; tags > 5; tags--)
			wire_tag(&w, next(&x) % 4 ? 0x8100 : 0x88a8, (uint16_t)next(&x));
		wire_ip(&w, "10.0.0.1", "10.20.0.9", next(&x) & 1 ? 6 : 17);
		if (w.protocol == 6)
			wire_tcp(&w, (uint16_t)next(&x), (uint16_t)next(&x), (uint8_t)(next(&x) & 0x3f), (uint32_t)next(&x),
				(uint32_t)next(&x), (uint32_t)(next(&x) % 60));
		else
			wire_udp(&w, (uint16_t)(next(&x) % 200), (uint16_t)(next(&x) % 200), (uint32_t)(next(&x) % 60));
		wire_end(&w);
		for (uint64_t flips = touched ? next(&x) % 4 : 0; flips > 0; flips--)
			w.b[next(&x) % w.n] = (uint8_t)next(&x);
		if (touched && next(&x) % 8 == 0)
			w.n = (uint32_t)(next(&x) % (w.n + 1));
		frame = (struct ost_frame){w.b, w.n, 2, next(&x) % 64 == 0};
		memset(&a, 0, sizeof(a));
		if (!ost_parse_fast(&frame, to_device, &a))
			continue;
		fast++;
		plain += !touched;
		ost_parse(&frame, to_device, &b);
		assert_same(&a, &b);
	}
	assert_true(fast > 200000 && plain > 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_make_the_vlan), cmocka_unit_test(macs_that_nobody_has),
		cmocka_unit_test(frames_for_the_neighbour_only), cmocka_unit_test(ipv4_headers),
		cmocka_unit_test(sources_that_no_host_has), cmocka_unit_test(ipv6_extension_headers),
		cmocka_unit_test(tcp_flags), cmocka_unit_test(udp_lengths), cmocka_unit_test(control_protocols),
		cmocka_unit_test(cut_frames_are_refused), cmocka_unit_test(cut_frames_through_the_classifier),
		cmocka_unit_test(the_short_way_reads_as_the_long_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
