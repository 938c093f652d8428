/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parse.h"

#include "cursor.h"

#define VLAN_TAGS_MAX	   2
#define IPV6_EXTENSION_MAX 4

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_EAPOL = 0x888e,
	ETHERTYPE_LLDP = 0x88cc,
};

enum {
	PROTO_HOPOPTS = 0,
	PROTO_ICMP = 1,
	PROTO_IGMP = 2,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_DCCP = 33,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_AH = 51,
	PROTO_ICMPV6 = 58,
	PROTO_DSTOPTS = 60,
	PROTO_SCTP = 132,
	PROTO_MOBILITY = 135,
	PROTO_UDPLITE = 136,
};

/* What the addresses and the transport of a packet came to, before they are put into a key. */
struct transport {
	uint16_t sport_be, dport_be; /* as in the packet; 0 for protocols without */
	bool query;		     /* ICMP query: sport is the identifier, dport the opening type and code */
};

static void refuse(struct ost_packet *p, enum ost_reason reason)
{
	p->kind = OST_KIND_REFUSED;
	p->reason = (uint8_t)reason;
}

static void parse_tcp(struct ost_packet *p, struct ost_cursor c, struct transport *t)
{
	const size_t left = ost_cursor_left(&c);
	uint8_t offset;

	t->sport_be = ost_be16(ost_cursor_be16(&c));
	t->dport_be = ost_be16(ost_cursor_be16(&c));
	p->tcp_seq = ost_cursor_be32(&c);
	p->tcp_ack = ost_cursor_be32(&c);
	offset = ost_cursor_u8(&c);
	p->tcp_flags = ost_cursor_u8(&c) & 0x3f;
	size_t header = (size_t)(offset >> 4) * 4;

	if (c.failed || header < 20 || header > left) {
		refuse(p, OST_REASON_MALFORMED_L4);
		return;
	}
	if (p->tcp_flags == 0 || ((p->tcp_flags & OST_TCP_SYN) && (p->tcp_flags & (OST_TCP_FIN | OST_TCP_RST)))) {
		refuse(p, OST_REASON_TCP_FLAGS);
		return;
	}
	p->payload_bytes = (uint16_t)(left - header);
}

/* The length check of UDP holds for UDP-Lite's and DCCP's and SCTP's ports too, whose other fields do not concern us. */
static void parse_ports(struct ost_packet *p, struct ost_cursor c, struct transport *t)
{
	const size_t left = ost_cursor_left(&c);

	t->sport_be = ost_be16(ost_cursor_be16(&c));
	t->dport_be = ost_be16(ost_cursor_be16(&c));
	uint16_t length = ost_cursor_be16(&c);

	if (!ost_cursor_skip(&c, 2)) {
		refuse(p, OST_REASON_MALFORMED_L4);
		return;
	}
	if (p->protocol == PROTO_UDP && (length < 8 || length > left))
		refuse(p, OST_REASON_MALFORMED_L4);
}

/* Queries and their answers, RFC 792 and RFC 4443: the answer belongs to the query's flow. */
static bool icmp_query(uint8_t protocol, uint8_t type, uint8_t *ret_opening, bool *ret_reply)
{
	static const uint8_t pairs[][2] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}};

	if (protocol == PROTO_ICMPV6) {
		*ret_opening = 128;
		*ret_reply = type == 129;
		return type == 128 || type == 129;
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(pairs); i++) {
		if (type == pairs[i][0] || type == pairs[i][1]) {
			*ret_opening = pairs[i][0];
			*ret_reply = type == pairs[i][1];
			return true;
		}
	}
	return false;
}

static bool icmp_error(uint8_t protocol, uint8_t type)
{
	if (protocol == PROTO_ICMPV6)
		return type >= 1 && type <= 4;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* RFC 792, RFC 4443 2.4: an error goes to the source of the packet that it quotes. A device sends errors only about
 * packets that were for itself; those of the network side may come from any router on the way. */
static bool error_addresses_fit(const struct ost_packet *p, const uint8_t *quoted, bool v4)
{
	const uint8_t *outer = p->bytes + p->l3;
	size_t n = v4 ? 4 : 16, src = v4 ? 12 : 8, dst = src + n;

	if (memcmp(outer + dst, quoted + src, n) != 0)
		return false;
	return (p->flags & OST_PACKET_TO_DEVICE) || memcmp(outer + src, quoted + dst, n) == 0;
}

/* The flow that an ICMP error speaks about: the inner packet went the other way, so that its source is
 * where the error goes. At least the inner IP header and eight bytes are there (RFC 792, RFC 4443 2.4). */
static void parse_icmp_error(struct ost_packet *p, struct ost_cursor c, uint64_t mac)
{
	bool v4 = p->protocol == PROTO_ICMP, to_device = p->flags & OST_PACKET_TO_DEVICE;
	uint8_t protocol, header[40];
	struct transport t = {0};
	bool reply;
	uint8_t opening;

	if (!ost_cursor_skip(&c, 4)) {
		refuse(p, OST_REASON_MALFORMED_L4);
		return;
	}
	if (!ost_cursor_copy(&c, header, v4 ? 20 : 40) || header[0] >> 4 != (v4 ? 4 : 6) ||
		(v4 && ((header[0] & 15) < 5 || !ost_cursor_skip(&c, (header[0] & 15u) * 4 - 20)))) {
		refuse(p, OST_REASON_ICMP_UNRELATED);
		return;
	}
	protocol = v4 ? header[9] : header[6];
	const uint8_t *l4 = ost_cursor_take(&c, 8);

	if (l4 == NULL || (v4 && (ost_load16(header + 6) & ost_be16(0x1fff)) != 0) || !error_addresses_fit(p, header, v4)) {
		refuse(p, OST_REASON_ICMP_UNRELATED);
		return;
	}
	if (protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_UDPLITE ||
		protocol == PROTO_SCTP || protocol == PROTO_DCCP) {
		/* The inner source is the receiver of the error. */
		t.sport_be = ost_load16(l4);
		t.dport_be = ost_load16(l4 + 2);
	} else if ((protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) &&
		icmp_query(protocol, l4[0], &opening, &reply)) {
		/* dev_port is the identifier, rem_port the opening type, whoever asked. */
		t.sport_be = ost_load16(l4 + 4);
		t.dport_be = ost_be16((uint16_t)(opening << 8));
		t.query = true;
	}
	p->kind = v4 ? OST_KIND_ICMP_ERROR4 : OST_KIND_ICMP_ERROR6;
	uint16_t dev = to_device || t.query ? t.sport_be : t.dport_be;
	uint16_t rem = to_device || t.query ? t.dport_be : t.sport_be;
	uint64_t tail0 = ost_key_tail0(dev, rem, mac), tail1 = ost_key_tail1(mac, protocol, p->vlan);

	if (v4) {
		uint64_t src = ost_load32(header + 12), dst = ost_load32(header + 16);

		p->key[0] = to_device ? src | dst << 32 : dst | src << 32;
		p->key[1] = tail0;
		p->key[2] = tail1;
		return;
	}
	memcpy(&p->key[to_device ? 0 : 2], header + 8, 16);
	memcpy(&p->key[to_device ? 2 : 0], header + 24, 16);
	p->key[4] = tail0;
	p->key[5] = tail1;
}

/* ICMP and ICMPv6 that are no control protocol. False: p is complete (an error, or refused). */
static bool parse_icmp(struct ost_packet *p, struct ost_cursor c, uint64_t mac, struct transport *t)
{
	uint8_t type = ost_cursor_u8(&c), code = ost_cursor_u8(&c), opening = 0;
	bool reply = false;

	if (!ost_cursor_skip(&c, 2)) {
		refuse(p, OST_REASON_MALFORMED_L4);
		return false;
	}
	if (icmp_error(p->protocol, type)) {
		parse_icmp_error(p, c, mac);
		return false;
	}
	p->value = (uint16_t)(type << 8 | code);
	if (code == 0 && icmp_query(p->protocol, type, &opening, &reply)) {
		t->query = true;
		t->sport_be = ost_be16(ost_cursor_be16(&c));
		t->dport_be = ost_be16((uint16_t)(opening << 8));
		if (c.failed) {
			refuse(p, OST_REASON_MALFORMED_L4);
			return false;
		}
		p->value = (uint16_t)(opening << 8);
		if (reply)
			p->flags |= OST_PACKET_REPLY;
		return true;
	}
	t->query = true;
	t->dport_be = ost_be16(p->value);
	return true;
}

static bool is_nd(uint8_t type)
{
	return type >= 133 && type <= 137;
}

static bool is_mld(uint8_t type)
{
	return (type >= 130 && type <= 132) || type == 143;
}

/* Control protocols among the transports. True: p->kind is set. */
static bool parse_control(struct ost_packet *p, const uint8_t *l4, size_t left)
{
	uint16_t sport, dport;

	if (p->protocol == PROTO_IGMP && p->ethertype == ETHERTYPE_IPV4) {
		p->kind = OST_KIND_IGMP;
		return true;
	}
	if (p->protocol == PROTO_ICMPV6 && p->ethertype == ETHERTYPE_IPV6 && left >= 4 &&
		(is_nd(l4[0]) || is_mld(l4[0]))) {
		p->kind = is_nd(l4[0]) ? OST_KIND_ND : OST_KIND_IGMP;
		return true;
	}
	if (p->protocol != PROTO_UDP || left < 8)
		return false;
	sport = ost_be16(ost_load16(l4));
	dport = ost_be16(ost_load16(l4 + 2));
	if (p->ethertype == ETHERTYPE_IPV4 && (dport == 67 || dport == 68 || sport == 67 || sport == 68)) {
		p->kind = OST_KIND_DHCP;
		return true;
	}
	if (p->ethertype == ETHERTYPE_IPV6 && (dport == 546 || dport == 547 || sport == 546 || sport == 547)) {
		p->kind = OST_KIND_DHCPV6;
		return true;
	}
	return false;
}

/* The transport, and from it and the addresses the key. src and dst point to 4 or 16 bytes. */
static void parse_l4(struct ost_packet *p, struct ost_cursor c, const uint8_t *src, const uint8_t *dst)
{
	bool v4 = p->ethertype == ETHERTYPE_IPV4, to_device = p->flags & OST_PACKET_TO_DEVICE;
	uint64_t mac = ost_mac_word(p->bytes + (to_device ? 0 : 6));
	const uint8_t *dev = to_device ? dst : src, *rem = to_device ? src : dst;
	struct transport t = {0};

	p->kind = v4 ? OST_KIND_FLOW4 : OST_KIND_FLOW6;
	p->l4_bytes = (uint16_t)ost_cursor_left(&c);
	if (p->protocol == PROTO_TCP) {
		parse_tcp(p, c, &t);
	} else if (p->protocol == PROTO_UDP || p->protocol == PROTO_UDPLITE ||
		p->protocol == PROTO_SCTP || p->protocol == PROTO_DCCP) {
		parse_ports(p, c, &t);
	} else if (p->protocol == (v4 ? PROTO_ICMP : PROTO_ICMPV6)) {
		if (!parse_icmp(p, c, mac, &t))
			return;
	}
	if (p->kind == OST_KIND_REFUSED)
		return;
	if (!t.query)
		p->value = ost_be16(t.dport_be);
	/* An ICMP query's identifier and type do not swap with the direction. */
	uint16_t dev_port = t.query || !to_device ? t.sport_be : t.dport_be;
	uint16_t rem_port = t.query || !to_device ? t.dport_be : t.sport_be;
	uint64_t *tail = p->key + (v4 ? 1 : 4);

	tail[0] = ost_key_tail0(dev_port, rem_port, mac);
	tail[1] = ost_key_tail1(mac, p->protocol, p->vlan);
	if (v4) {
		p->key[0] = (uint64_t)ost_load32(dev) | (uint64_t)ost_load32(rem) << 32;
		return;
	}
	memcpy(&p->key[0], dev, 16);
	memcpy(&p->key[2], rem, 16);
}

/* RFC 791: loose (131) and strict (137) source routes let the sender pick the way. */
static bool source_route(const uint8_t *options, size_t n)
{
	for (size_t i = 0, steps = 0; i < n && steps < 40; steps++) {
		if (options[i] == 0)
			return false;
		if (options[i] == 1) {
			i++;
			continue;
		}
		if (options[i] == 131 || options[i] == 137)
			return true;
		if (i + 1 >= n || options[i + 1] < 2)
			return false;
		i += options[i + 1];
	}
	return false;
}

static void parse_ipv4(struct ost_packet *p, struct ost_cursor c)
{
	const uint8_t *ip = c.at;
	size_t left = ost_cursor_left(&c), header, total;

	if (left < 20 || ip[0] >> 4 != 4) {
		refuse(p, OST_REASON_MALFORMED_IPV4);
		return;
	}
	header = (size_t)(ip[0] & 15) * 4;
	total = ost_be16(ost_load16(ip + 2));
	if (header < 20 || total < header || total > left) {
		refuse(p, OST_REASON_MALFORMED_IPV4);
		return;
	}
	if ((ost_load16(ip + 6) & ost_be16(0x3fff)) != 0) {
		refuse(p, OST_REASON_FRAGMENT);
		return;
	}
	if (source_route(ip + 20, header - 20)) {
		refuse(p, OST_REASON_SOURCE_ROUTE);
		return;
	}
	p->protocol = ip[9];
	p->l4 = (uint16_t)(p->l3 + header);
	c = ost_cursor_of(ip + header, total - header);
	p->l4_bytes = (uint16_t)(total - header);
	if (parse_control(p, c.at, ost_cursor_left(&c)))
		return;
	if (ip[12] == 0 || ip[12] == 127 || ip[12] >= 224) {
		refuse(p, OST_REASON_MALFORMED_IPV4);
		return;
	}
	parse_l4(p, c, ip + 12, ip + 16);
}

static bool ipv6_unspecified(const uint8_t *ip)
{
	return ost_load64(ip) == 0 && ost_load64(ip + 8) == 0;
}

/* The loopback and what maps to or is compatible with IPv4 (::/96 and ::ffff:0:0/96) is no source on a wire. */
static bool ipv6_source_sound(const uint8_t *ip)
{
	return ip[0] != 0xff && ost_load64(ip) != 0;
}

/* Follows extension headers to the transport. False: refused. */
static bool parse_extensions(struct ost_packet *p, struct ost_cursor *c, uint8_t *next)
{
	for (unsigned i = 0; i <= IPV6_EXTENSION_MAX; i++) {
		uint8_t type = *next, length;

		if (type == PROTO_FRAGMENT) {
			refuse(p, OST_REASON_FRAGMENT);
			return false;
		}
		if (type == PROTO_ROUTING || type == PROTO_MOBILITY || (type == PROTO_HOPOPTS && i > 0)) {
			refuse(p, OST_REASON_IPV6_EXTENSION);
			return false;
		}
		if (type != PROTO_HOPOPTS && type != PROTO_DSTOPTS && type != PROTO_AH)
			return true;
		*next = ost_cursor_u8(c);
		length = ost_cursor_u8(c);
		/* RFC 8200 4.2: eight-byte units without the first; RFC 4302 2.2: four-byte units less two. */
		if (!ost_cursor_skip(c, type == PROTO_AH ? (size_t)length * 4 + 6 : (size_t)length * 8 + 6)) {
			refuse(p, OST_REASON_MALFORMED_IPV6);
			return false;
		}
	}
	refuse(p, OST_REASON_IPV6_EXTENSION);
	return false;
}

static void parse_ipv6(struct ost_packet *p, struct ost_cursor c)
{
	const uint8_t *ip = c.at;
	size_t left = ost_cursor_left(&c), payload;
	uint8_t next;

	if (left < 40 || ip[0] >> 4 != 6) {
		refuse(p, OST_REASON_MALFORMED_IPV6);
		return;
	}
	payload = ost_be16(ost_load16(ip + 4));
	next = ip[6];
	if (payload > left - 40) {
		refuse(p, OST_REASON_MALFORMED_IPV6);
		return;
	}
	c = ost_cursor_of(ip + 40, payload);
	if (!parse_extensions(p, &c, &next))
		return;
	p->protocol = next;
	p->l4 = (uint16_t)(c.at - p->bytes);
	p->l4_bytes = (uint16_t)ost_cursor_left(&c);
	if (parse_control(p, c.at, ost_cursor_left(&c)))
		return;
	if (!ipv6_source_sound(ip + 8) || ipv6_unspecified(ip + 24)) {
		refuse(p, OST_REASON_MALFORMED_IPV6);
		return;
	}
	parse_l4(p, c, ip + 8, ip + 24);
}

/* IEEE 802.1Q clause 8.6.3: 01-80-C2-00-00-0x is for the neighbour only. */
static bool link_local_group(const uint8_t *mac)
{
	static const uint8_t prefix[5] = {0x01, 0x80, 0xc2, 0x00, 0x00};

	return memcmp(mac, prefix, 5) == 0 && mac[5] <= 0x0f;
}

/* Tags to p->vlan. False: refused. */
static bool parse_tags(struct ost_packet *p, struct ost_cursor *c)
{
	for (unsigned i = 0; p->ethertype == ETHERTYPE_VLAN || p->ethertype == ETHERTYPE_QINQ; i++) {
		uint32_t vid;

		if (i == VLAN_TAGS_MAX) {
			refuse(p, OST_REASON_MALFORMED_ETHERNET);
			return false;
		}
		vid = ost_cursor_be16(c) & 0xfffu;
		p->ethertype = ost_cursor_be16(c);
		p->vlan |= vid << (12 * i);
	}
	if (c->failed)
		refuse(p, OST_REASON_MALFORMED_ETHERNET);
	return !c->failed;
}

void ost_parse(const struct ost_frame *frame, bool to_device, struct ost_packet *p)
{
	struct ost_cursor c = ost_cursor_of(frame->bytes, frame->length);
	const uint8_t *mac;

	*p = (struct ost_packet){.bytes = frame->bytes, .length = frame->length, .port = frame->port,
		.flags = to_device ? OST_PACKET_TO_DEVICE : 0};
	mac = ost_cursor_take(&c, 12);
	p->ethertype = ost_cursor_be16(&c);
	if (c.failed) {
		refuse(p, OST_REASON_MALFORMED_ETHERNET);
		return;
	}
	if (frame->oversize) {
		refuse(p, OST_REASON_OVERSIZE);
		return;
	}
	if (ost_mac_is_group(mac))
		p->flags |= OST_PACKET_GROUP_MAC;
	if (!parse_tags(p, &c))
		return;
	if (ost_mac_is_group(mac + 6) || ost_mac_word(mac + 6) == 0) {
		refuse(p, OST_REASON_BAD_SOURCE_MAC);
		return;
	}
	p->l3 = (uint16_t)(c.at - frame->bytes);
	if (p->ethertype == ETHERTYPE_EAPOL)
		p->kind = OST_KIND_EAPOL;
	else if (link_local_group(mac) || p->ethertype == ETHERTYPE_LLDP)
		refuse(p, OST_REASON_LINK_CONTROL);
	else if (p->ethertype == ETHERTYPE_IPV4)
		parse_ipv4(p, c);
	else if (p->ethertype == ETHERTYPE_IPV6)
		parse_ipv6(p, c);
	else if (p->ethertype == ETHERTYPE_ARP)
		p->kind = OST_KIND_ARP;
	else
		refuse(p, OST_REASON_ETHERTYPE);
}
