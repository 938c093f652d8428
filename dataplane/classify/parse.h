/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser: a frame of any bytes to struct ost_packet. Bounded: two VLAN tags, four IPv6 extension
 * headers, forty bytes of IPv4 options; every read is behind a length check. The common case (one header
 * of each kind, no options) is inlined into the burst; the rest is in parse.c.
 *
 * RFC 791, 8200, 9293, 768, 792, 4443, 826; IEEE 802.1Q. */
#pragma once

#include "packet.h"

#define OST_ETH_BYTES 14u

/* Parses anything. to_device: the frame came from the network side. Sets every field that the kind uses;
 * key's hash is the caller's to compute. */
void ost_parse(const struct ost_frame *frame, bool to_device, struct ost_packet *p);

/* The common case: untagged or once tagged IPv4 without options, TCP or UDP, between unicast MACs, to no
 * control port. False: not that, or not sound; ost_parse() will say. Writes p only as far as it got. */
static inline bool ost_parse_fast(const struct ost_frame *frame, bool to_device, struct ost_packet *p)
{
	const uint8_t *b = frame->bytes;
	uint32_t l3 = OST_ETH_BYTES, vlan = 0;
	uint32_t total, l4_bytes;
	uint16_t sport, dport;
	uint64_t mac;
	bool tcp;

	if (OST_UNLIKELY(frame->length < 60 || frame->oversize))
		return false;
	if (ost_load16(b + 12) == ost_be16(0x8100)) {
		l3 += 4;
		vlan = ost_be16(ost_load16(b + 14)) & 0xfff;
		if (ost_load16(b + 16) != ost_be16(0x0800))
			return false;
	} else if (ost_load16(b + 12) != ost_be16(0x0800)) {
		return false;
	}
	/* version 4, five words of header, no fragment: l3 + 20 + 20 <= 58 <= length */
	const uint8_t *ip = b + l3, *l4 = ip + 20;

	total = ost_be16(ost_load16(ip + 2));
	if (OST_UNLIKELY(ip[0] != 0x45 || (ost_load16(ip + 6) & ost_be16(0x3fff)) != 0 ||
		    total < 40 || l3 + total > frame->length))
		/* A UDP datagram of less than 20 bytes takes the long way as well. */
		return false;
	/* Groups, and the source that is zero; six bytes of MAC are the low ones of these eight. */
	const uint64_t source = ost_load64(b + 6);

	if (OST_UNLIKELY(((b[0] | source) & 1) || source << 16 == 0))
		return false;
	/* Sources that no host has: 0/8, 127/8, 224/3. */
	if (OST_UNLIKELY(ip[12] == 0 || ip[12] == 127 || ip[12] >= 224))
		return false;
	p->protocol = ip[9];
	sport = ost_load16(l4);
	dport = ost_load16(l4 + 2);
	l4_bytes = total - 20;
	/* TCP and UDP come mixed at random: what differs is computed for both and chosen, not branched on. Twenty
	 * bytes behind the IP header are there in any case. */
	tcp = p->protocol == 6;
	uint32_t header = (uint32_t)(l4[12] >> 4) * 4, udp = ost_be16(ost_load16(l4 + 4)), flags = l4[13] & 0x3f;
	/* SYN with RST or FIN, or no flag at all, takes the long way to be refused. */
	uint32_t tcp_odd = (header < 20) | (header > l4_bytes) | (flags == 0) |
		(((flags & OST_TCP_SYN) != 0) & ((flags & (OST_TCP_FIN | OST_TCP_RST)) != 0));
	/* 64 to 71: DHCP is among them. */
	uint32_t udp_odd = (udp < 8) | (udp > l4_bytes) | ((dport & ost_be16(0xfff8)) == ost_be16(64)) |
		((sport & ost_be16(0xfff8)) == ost_be16(64));
	uint32_t odd = (uint32_t)!(tcp | (p->protocol == 17)) | (tcp_odd & tcp) | (udp_odd & !tcp);
	uint32_t only_tcp = 0u - tcp;

	if (OST_UNLIKELY(odd))
		return false;
	p->tcp_flags = (uint8_t)(flags & only_tcp);
	p->tcp_seq = ost_be32(ost_load32(l4 + 4));
	p->tcp_ack = ost_be32(ost_load32(l4 + 8));
	p->payload_bytes = (uint16_t)(l4_bytes - (header & only_tcp));
	p->bytes = b;
	p->length = frame->length;
	p->port = frame->port;
	p->kind = OST_KIND_FLOW4;
	p->ethertype = 0x0800;
	p->l3 = (uint16_t)l3;
	p->l4 = (uint16_t)(l3 + 20);
	p->l4_bytes = (uint16_t)l4_bytes;
	p->vlan = vlan;
	p->value = ost_be16(dport);
	if (to_device) {
		p->flags = OST_PACKET_TO_DEVICE;
		mac = ost_mac_word(b);
		p->key[0] = (uint64_t)ost_load32(ip + 16) | (uint64_t)ost_load32(ip + 12) << 32;
		p->key[1] = ost_key_tail0(dport, sport, mac);
	} else {
		p->flags = 0;
		mac = ost_mac_word(b + 6);
		p->key[0] = ost_load64(ip + 12);
		p->key[1] = ost_key_tail0(sport, dport, mac);
	}
	p->key[2] = ost_key_tail1(mac, p->protocol, vlan);
	return true;
}
