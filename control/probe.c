/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>

#include "services.h"

/* What is written so far; the frame's size is a constant that every frame built here fits. */
struct out {
	uint8_t *frame;
	size_t length;
};

static void put(struct out *o, const void *bytes, size_t n)
{
	if (o->length + n > OST_PROBE_MAX)
		abort(); /* not reachable: the longest is QinQ + IPv6 + DHCP, 314 bytes */
	memcpy(o->frame + o->length, bytes, n);
	o->length += n;
}

static void put_u8(struct out *o, unsigned v)
{
	uint8_t b = (uint8_t)v;

	put(o, &b, 1);
}

static void put_be16(struct out *o, unsigned v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	put(o, b, 2);
}

static void put_be32(struct out *o, uint32_t v)
{
	put_be16(o, v >> 16);
	put_be16(o, v & 0xffff);
}

/* RFC 1071. A whole number of 16-bit words, or a last byte that counts as the high half of one. */
static uint32_t sum_words(uint32_t sum, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (n % 2 == 1)
		sum += (uint32_t)(bytes[n - 1] << 8);
	return sum;
}

static uint16_t sum_end(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t ip_bytes(const struct ost_ip *ip)
{
	return ip->family == OST_IPV6 ? 16 : 4;
}

/* Checksum over the pseudo header (RFC 793, RFC 8200 section 8.1) and the transport at from. */
static uint16_t transport_sum(const struct ost_probe *p, const struct out *o, size_t from)
{
	size_t n = ip_bytes(&p->src), length = o->length - from;
	uint32_t sum = sum_words(0, p->src.b, n);

	sum = sum_words(sum, p->dst.b, n) + p->protocol + (uint32_t)length;
	return sum_end(sum_words(sum, o->frame + from, length));
}

static void put_sum(struct out *o, size_t at, uint16_t sum)
{
	o->frame[at] = (uint8_t)(sum >> 8);
	o->frame[at + 1] = (uint8_t)sum;
}

static void put_ethernet(struct out *o, const struct ost_probe *p)
{
	unsigned outer = p->vlan & 0xfff, inner = p->vlan >> 12 & 0xfff;

	put(o, p->dst_mac, 6);
	put(o, p->src_mac, 6);
	if (outer != 0) {
		put_be16(o, inner != 0 ? 0x88a8 : ETHERTYPE_VLAN);
		put_be16(o, outer);
	}
	if (inner != 0) {
		put_be16(o, ETHERTYPE_VLAN);
		put_be16(o, inner);
	}
	put_be16(o, p->src.family == OST_IPV6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
}

/* Router and neighbour solicitations and advertisements; a redirect no device sends. */
static bool is_discovery(const struct ost_probe *p)
{
	return p->protocol == IPPROTO_ICMPV6 && p->value >> 8 >= 133 && p->value >> 8 <= 136;
}

/* Length fields are filled in by put_ip_length(). */
static size_t put_ip(struct out *o, const struct ost_probe *p)
{
	size_t at = o->length, n = ip_bytes(&p->src);

	if (p->src.family == OST_IPV6) {
		put_be32(o, 6u << 28);
		put_be16(o, 0);
		put_u8(o, p->protocol);
		put_u8(o, is_discovery(p) ? 255 : 64); /* RFC 4861 section 7.1 */
	} else {
		put_be32(o, 0x45000000u);
		put_be32(o, 0x00004000u); /* don't fragment */
		put_u8(o, 64);
		put_u8(o, p->protocol);
		put_be16(o, 0);
	}
	put(o, p->src.b, n);
	put(o, p->dst.b, n);
	return at;
}

static void put_ip_length(struct out *o, const struct ost_probe *p, size_t at)
{
	size_t length = o->length - at;

	if (p->src.family == OST_IPV6) {
		put_sum(o, at + 4, (uint16_t)(length - 40));
		return;
	}
	put_sum(o, at + 2, (uint16_t)length);
	put_sum(o, at + 10, sum_end(sum_words(0, o->frame + at, 20)));
}

static void put_tcp(struct out *o, const struct ost_probe *p)
{
	size_t at = o->length;

	put_be16(o, p->src_port);
	put_be16(o, p->value);
	put_be32(o, 1); /* sequence */
	put_be32(o, 0);
	put_be16(o, 5u << 12 | 0x02); /* SYN */
	put_be16(o, 64240);
	put_be32(o, 0);
	put_sum(o, at + 16, transport_sum(p, o, at));
}

/* RFC 2131 section 2: the fixed part, the magic cookie, and the one option that says DISCOVER. */
static void put_dhcp(struct out *o, const struct ost_probe *p)
{
	static const uint8_t zero[202], options[] = {99, 130, 83, 99, 53, 1, 1, 255};

	put_be32(o, 0x01010600u); /* request, Ethernet, 6 bytes of address */
	put(o, zero, 24);
	put(o, p->src_mac, 6);
	put(o, zero, sizeof(zero));
	put(o, options, sizeof(options));
}

/* UDP, or UDP-Lite: its coverage (RFC 3828) of the whole datagram is UDP's length. */
static void put_udp(struct out *o, const struct ost_probe *p)
{
	size_t at = o->length;
	uint16_t sum;

	put_be16(o, p->src_port);
	put_be16(o, p->value);
	put_be32(o, 0); /* length and checksum: below */
	if (p->protocol == IPPROTO_UDP && p->value == 67 && p->src.family == OST_IPV4)
		put_dhcp(o, p);
	put_sum(o, at + 4, (uint16_t)(o->length - at));
	sum = transport_sum(p, o, at);
	put_sum(o, at + 6, sum != 0 ? sum : 0xffff);
}

static void put_icmp(struct out *o, const struct ost_probe *p)
{
	size_t at = o->length;

	put_be16(o, p->value); /* type, code */
	put_be16(o, 0);
	if (is_discovery(p)) {
		put_be32(o, 0);
		if (p->value >> 8 >=
			135) /* who has, or who is: the target (RFC 4861 sections 4.3, 4.4) */
			put(o, p->value >> 8 == 135 ? p->dst.b : p->src.b, 16);
	} else {
		put_be16(o, p->src_port); /* identifier of an echo */
		put_be16(o, 1);
	}
	if (p->src.family == OST_IPV6) {
		put_sum(o, at + 2, transport_sum(p, o, at));
		return;
	}
	put_sum(o, at + 2, sum_end(sum_words(0, o->frame + at, o->length - at)));
}

/* SCTP (RFC 9260) and DCCP (RFC 4340) begin with the ports; what follows is no business of a
 * firewall. */
static void put_ports(struct out *o, const struct ost_probe *p)
{
	put_be16(o, p->src_port);
	put_be16(o, p->value);
	for (unsigned i = 0; i < 4; i++)
		put_be32(o, 0);
}

/* An IGMPv2 membership report (RFC 2236 section 2). */
static void put_igmp(struct out *o, const struct ost_probe *p)
{
	size_t at = o->length;

	put_be32(o, 0x16000000u);
	put(o, p->dst.b, 4);
	put_sum(o, at + 2, sum_end(sum_words(0, o->frame + at, 8)));
}

static void put_transport(struct out *o, const struct ost_probe *p)
{
	if (p->protocol == IPPROTO_TCP)
		put_tcp(o, p);
	else if (p->protocol == IPPROTO_UDP || p->protocol == IPPROTO_UDPLITE)
		put_udp(o, p);
	else if (p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6)
		put_icmp(o, p);
	else if (ost_protocol_has_ports(p->protocol))
		put_ports(o, p);
	else if (p->protocol == IPPROTO_IGMP)
		put_igmp(o, p);
	else
		put_be32(o, 0); /* no more is looked at */
}

int ost_probe_build(const struct ost_probe *p, uint8_t frame[static OST_PROBE_MAX])
{
	struct out o = {.frame = frame};
	size_t ip;

	if (p->src.family != p->dst.family)
		return -EAFNOSUPPORT;
	put_ethernet(&o, p);
	ip = put_ip(&o, p);
	put_transport(&o, p);
	put_ip_length(&o, p, ip);
	while (o.length < 60)
		put_u8(&o, 0); /* the shortest frame that Ethernet carries */
	return (int)o.length;
}
