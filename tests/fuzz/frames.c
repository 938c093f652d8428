/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

/* Devices of the policies in packet_gateway.c, a stranger, routers, a group. */
const uint8_t fuzz_macs[FUZZ_MACS][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 3}, {2, 0, 0, 0, 0, 4},
	{2, 0, 0, 0, 0, 9}, {2, 0, 0, 0, 0, 0xfe}, {0x33, 0x33, 0, 0, 0, 1}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
const uint8_t fuzz_ip4[8][4] = {{10, 0, 0, 1}, {10, 0, 0, 2}, {10, 0, 0, 77}, {10, 20, 0, 5}, {10, 0, 0, 254}, {0, 0, 0, 0},
	{255, 255, 255, 255}, {10, 0, 0, 78}};
const uint8_t fuzz_ip6[8][16] = {{0xfd, 0, 0, 0x20, [15] = 1}, {0xfe, 0x80, [8] = 0, 0, 0, 0xff, 0xfe, 0, 0, 2},
	{0xfe, 0x80, [15] = 2}, {0xfd, 0, 0, 0x20, [15] = 5}, {0xfe, 0x80, [15] = 0xfe}, {0}, {0xff, 2, [15] = 1},
	{0xfd, 0, 0, 0x20, [15] = 0x77}};
static const uint16_t ports[16] = {443, 80, 502, 5001, 53, 67, 68, 546, 547, 123, 4000, 4001, 4002, 4003, 4004, 4005};
static const uint8_t tcp_flags[8] = {2, 18, 16, 17, 4, 1, 20, 24};

enum kind {
	TCP,
	UDP,
	ICMP,
	ICMP_ERROR,
	OTHER,
	ARP,
	DHCP,
	ND,
	DHCPV6,
	GROUPS,
	KINDS,
};

struct out {
	uint8_t *bytes;
	uint32_t n;
};

static void put(struct out *o, const void *bytes, uint32_t n)
{
	memcpy(o->bytes + o->n, bytes, n);
	o->n += n;
}

static void put8(struct out *o, unsigned v)
{
	o->bytes[o->n++] = (uint8_t)v;
}

static void put16(struct out *o, unsigned v)
{
	put8(o, v >> 8);
	put8(o, v);
}

static void put32(struct out *o, uint32_t v)
{
	put16(o, v >> 16);
	put16(o, v & 0xffff);
}

static void zeros(struct out *o, uint32_t n)
{
	memset(o->bytes + o->n, 0, n);
	o->n += n;
}

struct seed {
	uint8_t kind, macs, ips, ports, vlan, a, b;
};

static const uint8_t *source_mac(const struct seed *s)
{
	return fuzz_macs[s->macs & 7];
}

static void put_ip4(struct out *o, const struct seed *s, uint8_t protocol, uint32_t payload, bool swapped)
{
	unsigned from = s->ips & 7, to = s->ips >> 4 & 7;

	put16(o, 0x4500);
	put16(o, 20 + payload);
	put32(o, 0x00010000);
	put8(o, 64);
	put8(o, protocol);
	put16(o, 0);
	put(o, fuzz_ip4[swapped ? to : from], 4);
	put(o, fuzz_ip4[swapped ? from : to], 4);
}

static void put_ip6(struct out *o, const struct seed *s, uint8_t protocol, uint32_t payload, uint8_t hops, bool swapped)
{
	unsigned from = s->ips & 7, to = s->ips >> 4 & 7;

	put32(o, 0x60000000);
	put16(o, payload);
	put8(o, protocol);
	put8(o, hops);
	put(o, fuzz_ip6[swapped ? to : from], 16);
	put(o, fuzz_ip6[swapped ? from : to], 16);
}

static void put_tcp(struct out *o, const struct seed *s, bool swapped)
{
	unsigned from = ports[s->ports & 15], to = ports[s->ports >> 4];

	put16(o, swapped ? to : from);
	put16(o, swapped ? from : to);
	put32(o, s->b & 15);
	put32(o, s->b >> 4);
	put8(o, 0x50);
	put8(o, tcp_flags[s->a & 7]);
	zeros(o, 6);
}

static void put_udp(struct out *o, const struct seed *s, uint32_t payload, bool swapped)
{
	unsigned from = ports[s->ports & 15], to = ports[s->ports >> 4];

	put16(o, swapped ? to : from);
	put16(o, swapped ? from : to);
	put16(o, 8 + payload);
	put16(o, 0);
}

static void ip_any(struct out *o, const struct seed *s, uint8_t protocol, uint32_t payload)
{
	if (s->kind & 0x80)
		put_ip6(o, s, protocol, payload, 64, false);
	else
		put_ip4(o, s, protocol, payload, false);
}

static void icmp_error(struct out *o, const struct seed *s)
{
	bool v6 = s->kind & 0x80, tcp = s->a & 0x80;
	uint32_t inner = (v6 ? 40 : 20) + (tcp ? 20 : 8);

	ip_any(o, s, v6 ? 58 : 1, 8 + inner);
	put8(o, v6 ? 1 + (s->a & 3) : s->a & 2 ? 5 : 3 + (s->a & 1) * 8);
	zeros(o, 7);
	if (v6)
		put_ip6(o, s, tcp ? 6 : 17, inner - 40, 64, true);
	else
		put_ip4(o, s, tcp ? 6 : 17, inner - 20, true);
	if (tcp)
		put_tcp(o, s, true);
	else
		put_udp(o, s, 0, true);
}

static void icmp(struct out *o, const struct seed *s)
{
	static const uint8_t types4[8] = {8, 0, 13, 14, 5, 9, 10, 3}, types6[8] = {128, 129, 130, 143, 131, 144, 1, 2};
	bool v6 = s->kind & 0x80;

	ip_any(o, s, v6 ? 58 : 1, 8);
	put8(o, v6 ? types6[s->a & 7] : types4[s->a & 7]);
	put8(o, s->a >> 6);
	put16(o, 0);
	put32(o, s->b);
}

static void arp(struct out *o, const struct seed *s)
{
	put32(o, 0x00010800);
	put16(o, 0x0604);
	put16(o, 1 + (s->a & 1));
	put(o, s->a & 2 ? fuzz_macs[s->b & 7] : source_mac(s), 6);
	put(o, fuzz_ip4[s->ips & 7], 4);
	put(o, fuzz_macs[s->macs >> 4 & 7], 6);
	put(o, fuzz_ip4[s->ips >> 4 & 7], 4);
}

static void dhcp(struct out *o, const struct seed *s)
{
	bool reply = s->a & 0x80;

	put_ip4(o, s, 17, 8 + 236 + 23, false);
	put16(o, reply ? 67 : 68);
	put16(o, reply ? 68 : 67);
	put16(o, 8 + 236 + 23);
	put16(o, 0);
	put8(o, reply ? 2 : 1);
	put8(o, 1);
	put16(o, 0x0600);
	zeros(o, 8);
	put(o, fuzz_ip4[s->b & 7], 4);	     /* ciaddr */
	put(o, fuzz_ip4[s->b >> 4 & 7], 4); /* yiaddr */
	zeros(o, 8);
	put(o, fuzz_macs[s->a >> 4 & 7], 6);
	zeros(o, 202);
	put32(o, 0x63825363);
	put8(o, 53);
	put16(o, 0x0100 | (s->a & 15));
	put16(o, 0x3304);
	put32(o, s->vlan & 0x80 ? 0xffffffff : 1u << (s->vlan >> 3 & 15));
	put16(o, 0x3604);
	put(o, fuzz_ip4[4], 4);
	put8(o, 0xff);
	zeros(o, 3);
}

/* Of an ICMPv6 message at the frame's end, its IPv6 header before it. */
static void checksum_put(struct out *o, uint32_t l4)
{
	uint32_t sum = 58 + o->n - l4;

	for (uint32_t i = l4 - 32; i < o->n; i++)
		sum += i & 1 ? o->bytes[i] : (uint32_t)o->bytes[i] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	o->bytes[l4 + 2] = (uint8_t)(~sum >> 8);
	o->bytes[l4 + 3] = (uint8_t)~sum;
}

/* To the group that the target is asked for in (RFC 4291 section 2.7.1), by its MAC. */
static void to_solicited(struct out *o, uint32_t l4, const uint8_t target[16])
{
	uint8_t *to = o->bytes + l4 - 16;
	const uint8_t prefix[13] = {0xff, 2, [11] = 1, 0xff};

	memcpy(to, prefix, 13);
	memcpy(to + 13, target + 13, 3);
	memset(o->bytes, 0x33, 2);
	memcpy(o->bytes + 2, to + 12, 4);
}

static void nd(struct out *o, const struct seed *s)
{
	static const uint8_t fixed[] = {4, 12, 20, 20, 36}; /* behind the first four bytes, RFC 4861 */
	unsigned which = (s->a & 7) % 5;
	bool option = s->a & 8;
	uint32_t l4;

	put_ip6(o, s, 58, 4u + fixed[which] + (option ? 8 : 0), 255, false);
	l4 = o->n;
	put8(o, 133 + which);
	put8(o, 0);
	put16(o, 0);
	if (which == 2 || which == 3) {
		put32(o, 0);
		put(o, fuzz_ip6[s->b & 7], 16);
	} else {
		zeros(o, fixed[which]);
	}
	if (option) {
		put8(o, s->a & 0x10 ? 2 : 1);
		put8(o, 1);
		put(o, s->a & 0x20 ? fuzz_macs[s->b >> 4 & 7] : source_mac(s), 6);
	}
	if (which == 2 && (s->a & 0x40))
		to_solicited(o, l4, fuzz_ip6[s->b & 7]);
	checksum_put(o, l4);
}

static void dhcpv6(struct out *o, const struct seed *s)
{
	uint32_t valid_s = s->b & 8 ? 0 : 1u << (s->b >> 4);

	put_ip6(o, s, 17, 8 + 4 + 4 + 12 + 28, 64, false);
	put16(o, s->a & 0x80 ? 547 : 546);
	put16(o, s->a & 0x80 ? 546 : 547);
	put16(o, 8 + 4 + 4 + 12 + 28);
	put16(o, 0);
	put32(o, (uint32_t)(s->a & 15) << 24);
	put32(o, 3u << 16 | (12 + 28)); /* IA_NA */
	zeros(o, 12);
	put32(o, 5u << 16 | 24); /* IAADDR */
	put(o, fuzz_ip6[s->b & 7], 16);
	put32(o, valid_s);
	put32(o, valid_s);
}

#define DNS_MAX 128u

/* A question or an answer: one of four names, IPv4 or IPv6, by an alias or by none. */
static uint32_t dns_make(const struct seed *s, uint8_t bytes[static DNS_MAX])
{
	static const char names[4][12] = {"\1a\7example", "\1x\3cdn", "\3cdn", "\1b\7example"};
	struct out o = {bytes, 0};
	const bool answer = s->a & 0x40, v6 = s->a & 4, alias = s->a & 8;
	const char *name = names[s->a & 3], *other = names[s->b >> 3 & 3];

	put16(&o, s->b >> 6);
	put16(&o, answer ? 0x8180 : 0x0100);
	put16(&o, 1);
	put16(&o, answer ? 1 + (unsigned)alias : 0);
	put32(&o, 0);
	put(&o, name, (uint32_t)strlen(name) + 1);
	put16(&o, v6 ? 28 : 1);
	put16(&o, 1);
	if (!answer)
		return o.n;
	if (alias) {
		put16(&o, 0xc00c);
		put32(&o, 5u << 16 | 1);
		put32(&o, s->a & 0x10 ? 300 : 1);
		put16(&o, (unsigned)strlen(other) + 1);
		put(&o, other, (uint32_t)strlen(other) + 1);
		put(&o, other, (uint32_t)strlen(other) + 1);
	} else {
		put16(&o, 0xc00c);
	}
	put32(&o, (v6 ? 28u : 1u) << 16 | 1);
	put32(&o, s->a & 0x10 ? 100000 : 0);
	put16(&o, v6 ? 16 : 4);
	put(&o, v6 ? fuzz_ip6[s->b & 7] : fuzz_ip4[s->b & 7], v6 ? 16 : 4);
	return o.n;
}

static void dns(struct out *o, const struct seed *s)
{
	uint8_t bytes[DNS_MAX];
	uint32_t n = dns_make(s, bytes);

	ip_any(o, s, 17, 8 + n);
	put_udp(o, s, n, false);
	put(o, bytes, n);
}

static void payload_make(struct out *o, const struct seed *s)
{
	switch (s->kind % KINDS) {
	case TCP:
		ip_any(o, s, 6, 20);
		put_tcp(o, s, false);
		break;
	case UDP:
		if (s->a & 0x20) {
			dns(o, s);
			break;
		}
		ip_any(o, s, 17, 8 + (s->a & 31u));
		put_udp(o, s, s->a & 31, false);
		zeros(o, s->a & 31);
		break;
	case ICMP:
		icmp(o, s);
		break;
	case ICMP_ERROR:
		icmp_error(o, s);
		break;
	case OTHER:
		ip_any(o, s, s->a, 16);
		put_udp(o, s, 8, false);
		zeros(o, 8);
		break;
	case ARP:
		arp(o, s);
		break;
	case DHCP:
		dhcp(o, s);
		break;
	case ND:
		nd(o, s);
		break;
	case DHCPV6:
		dhcpv6(o, s);
		break;
	default:
		put_ip4(o, s, 2, 8, false);
		put32(o, (s->a & 1 ? 0x11000000u : 0x16000000u));
		put32(o, 0xe0000001);
	}
}

static unsigned ethertype_of(const struct seed *s)
{
	switch (s->kind % KINDS) {
	case ARP:
		return 0x0806;
	case DHCP:
	case GROUPS:
		return 0x0800;
	case ND:
	case DHCPV6:
		return 0x86dd;
	default:
		return s->kind & 0x80 ? 0x86dd : 0x0800;
	}
}

uint32_t fuzz_frame_make(struct ost_cursor *c, uint8_t bytes[static FUZZ_FRAME_MAX])
{
	struct out o = {bytes, 0};
	struct seed s;

	if (!ost_cursor_copy(c, &s, sizeof(s)))
		return 0;
	put(&o, fuzz_macs[s.macs >> 4 & 7], 6);
	put(&o, source_mac(&s), 6);
	if ((s.vlan & 3) == 3)
		put32(&o, 0x88a80064);
	if (s.vlan & 1)
		put32(&o, 0x81000000 | (s.vlan & 4 ? 8 : 7));
	put16(&o, ethertype_of(&s));
	payload_make(&o, &s);
	return o.n;
}
