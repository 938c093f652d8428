/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One parsed frame. The flow key is made while parsing and always seen from the device: dev_ is the
 * device's half and rem_ the remote's, whichever way the packet goes, so that both directions of a flow have one key.
 *
 *   IPv4 key, 3 words:  dev_ip rem_ip | tail 0 | tail 1
 *   IPv6 key, 6 words:  dev_ip (2) | rem_ip (2) | tail 0 | tail 1
 *   tail 0:  dev_port 16 | rem_port 16 | MAC bytes 0..3
 *   tail 1:  MAC bytes 4..5 | protocol 8 | (8 not part of the key) | VLAN 24 | (8 not part of the key)
 *
 * Bytes lie as on the wire. For ICMP queries rem_port holds the opening type * 256 + code and dev_port the
 * identifier; for other protocols both are 0. */
#pragma once

#include "classify.h"

enum ost_packet_kind {
	OST_KIND_REFUSED, /* reason says why; nothing else is valid but port, vlan and MACs */
	OST_KIND_FLOW4,
	OST_KIND_FLOW6,
	OST_KIND_ICMP_ERROR4, /* key is that of the flow it speaks about, seen from the device */
	OST_KIND_ICMP_ERROR6,
	/* control protocols: their own checked way (control.c) */
	OST_KIND_ARP,
	OST_KIND_ND,
	OST_KIND_DHCP,
	OST_KIND_DHCPV6,
	OST_KIND_IGMP, /* and MLD */
	OST_KIND_EAPOL,
};

#define OST_KIND_CONTROL_FIRST OST_KIND_ARP

enum ost_tcp_flag {
	OST_TCP_FIN = 1 << 0,
	OST_TCP_SYN = 1 << 1,
	OST_TCP_RST = 1 << 2,
	OST_TCP_PSH = 1 << 3,
	OST_TCP_ACK = 1 << 4,
	OST_TCP_URG = 1 << 5,
};

#define OST_KEY_TAIL1_MASK 0x00ffffff00ffffffull

/* What of the packet decides how it may open or continue a flow. */
enum ost_packet_flag {
	OST_PACKET_REPLY = 1 << 0,     /* can never open: ICMP replies */
	OST_PACKET_GROUP_MAC = 1 << 1, /* destination MAC is multicast or broadcast */
	OST_PACKET_TO_DEVICE = 1 << 2, /* came from the network side: the key's device is the receiver */
	OST_PACKET_MISSED = 1 << 3, /* the burst's look-up found no flow */
};

struct ost_packet {
	uint64_t key[6]; /* IPv4 uses the first three */
	uint64_t hash;	 /* of the key */
	const uint8_t *bytes;
	uint32_t length; /* of the frame */
	uint32_t vlan;	 /* outer VID | inner VID << 12 */
	uint32_t tcp_seq, tcp_ack;
	uint16_t l3, l4;  /* offsets of the IP (or ARP) header and of the transport header */
	uint16_t l4_bytes; /* transport header and payload, by the IP length */
	uint16_t payload_bytes;
	uint16_t value;	 /* service value of the opening packet: port, ICMP type * 256 + code */
	uint16_t ethertype;
	uint8_t kind;	 /* enum ost_packet_kind */
	uint8_t reason;	 /* enum ost_reason */
	uint8_t port;	 /* ingress */
	uint8_t protocol;
	uint8_t tcp_flags;
	uint8_t flags; /* enum ost_packet_flag */
};

static inline uint64_t ost_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t ost_load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint16_t ost_load16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint16_t ost_be16(uint16_t v)
{
	return __builtin_bswap16(v);
}

static inline uint32_t ost_be32(uint32_t v)
{
	return __builtin_bswap32(v);
}

static inline uint64_t ost_mac_word(const uint8_t *mac)
{
	return (uint64_t)ost_load32(mac) | (uint64_t)ost_load16(mac + 4) << 32;
}

static inline uint64_t ost_key_tail0(uint16_t dev_port_be, uint16_t rem_port_be, uint64_t mac)
{
	return (uint64_t)dev_port_be | (uint64_t)rem_port_be << 16 | mac << 32;
}

static inline uint64_t ost_key_tail1(uint64_t mac, uint8_t protocol, uint32_t vlan)
{
	return mac >> 32 | (uint64_t)protocol << 16 | (uint64_t)vlan << 32;
}

/* The MAC, protocol and VLAN that a key's tail was made of. */
static inline uint64_t ost_key_mac(uint64_t tail0, uint64_t tail1)
{
	return tail0 >> 32 | (tail1 & 0xffff) << 32;
}

static inline bool ost_packet_is4(const struct ost_packet *p)
{
	return p->kind == OST_KIND_FLOW4 || p->kind == OST_KIND_ICMP_ERROR4;
}
