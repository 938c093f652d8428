/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows: one entry for both directions, 64 bytes for IPv4 (one cache line), 128 for IPv6. The parts that
 * both families share, ost_flow_meta and ost_flow_counts, are reached by pointers, so that there is one piece
 * of code for both. Times are ticks of 2^20 ns (about a millisecond) in 32 bits: differences are right for 26 days. */
#pragma once

#include "packet.h"
#include "table.h"

#define OST_TICK_SHIFT 20u

enum ost_flow_state {
	OST_FLOW_UDP,	    /* packets from the opener only */
	OST_FLOW_UDP_REPLY, /* from both */
	OST_FLOW_ICMP,
	OST_FLOW_OTHER,
	OST_FLOW_TCP_OPENING,	  /* SYN */
	OST_FLOW_TCP_ESTABLISHED, /* an ACK came from the other side */
	OST_FLOW_TCP_FIN_OUT,	  /* FIN from the device */
	OST_FLOW_TCP_FIN_IN,	  /* FIN from the remote */
	OST_FLOW_TCP_CLOSING,	  /* FIN from both: what is still on its way passes */
	OST_FLOW_TCP_RESET,	  /* RST: nothing that holds data passes */
	OST_FLOW_STATE_COUNT,
};

enum ost_flow_flag {
	OST_FLOW_OPENED_IN = 1 << 0, /* the remote opened it */
	OST_FLOW_LIMITED = 1 << 1,   /* packet or byte limits apply to what the device sends */
	OST_FLOW_DEVICE_PEER = 1 << 2, /* the remote is a device on a port of ours; egress is its port */
	OST_FLOW_ALIAS = 1 << 3, /* the peer's name for a flow between two devices: rule holds the place of the flow */
	OST_FLOW_DNS = 1 << 4, /* to a name server that may bind names: see resolve.h */
	OST_FLOW_OBSERVED = 1 << 5, /* its next payload goes to the observer: see segment.h */
};

struct ost_flow_meta {
	uint32_t stamp;	 /* of the view and device state that it was judged under */
	uint32_t slot;	 /* of the device, 24 bits | egress of packets from the device << 24 */
	uint32_t rule;	 /* of the image that it was judged under, 24 bits | enum ost_flow_flag << 24 */
	uint32_t last_tick;
};

struct ost_flow_counts { /* since the last sweep; index 0 from the device, 1 towards it */
	uint32_t pkts[2];
	uint32_t bytes[2];
	uint32_t ack[2]; /* TCP: next sequence number that this side expects */
};

/* key: as struct ost_packet's, but that byte 3 of the last word is the device's port and byte 7 the state. */
struct ost_flow4 {
	uint64_t key[3];
	struct ost_flow_meta meta;
	struct ost_flow_counts counts;
} OST_CACHE_ALIGNED;

struct ost_flow6 {
	uint64_t key[6];
	struct ost_flow_meta meta;
	struct ost_flow_counts counts;
	uint64_t spare[5];
} OST_CACHE_ALIGNED;

_Static_assert(sizeof(struct ost_flow4) == 64, "an IPv4 flow is one cache line");
_Static_assert(sizeof(struct ost_flow6) == 128, "an IPv6 flow is two cache lines");

/* An entry of either family. */
struct ost_flow {
	uint64_t *tail1; /* the last word of the key */
	struct ost_flow_meta *meta;
	struct ost_flow_counts *counts;
};

static inline uint32_t ost_flow_slot(const struct ost_flow_meta *m)
{
	return m->slot & 0xffffff;
}

static inline uint8_t ost_flow_egress(const struct ost_flow_meta *m)
{
	return (uint8_t)(m->slot >> 24);
}

/* Instead of a rule: audit lets it pass. Images have fewer rules. */
#define OST_FLOW_RULE_AUDIT 0xffffffu

static inline uint32_t ost_flow_rule(const struct ost_flow_meta *m)
{
	return m->rule & 0xffffff;
}

static inline uint8_t ost_flow_flags(const struct ost_flow_meta *m)
{
	return (uint8_t)(m->rule >> 24);
}

static inline uint8_t ost_flow_port(uint64_t tail1)
{
	return (uint8_t)(tail1 >> 24);
}

static inline uint8_t ost_flow_state(uint64_t tail1)
{
	return (uint8_t)(tail1 >> 56);
}

static inline void ost_flow_state_set(uint64_t *tail1, uint8_t state)
{
	*tail1 = (*tail1 & 0x00ffffffffffffffull) | (uint64_t)state << 56;
}

static inline uint64_t ost_flow_tail1(uint64_t tail1, uint8_t port, uint8_t state)
{
	return (tail1 & OST_KEY_TAIL1_MASK) | (uint64_t)port << 24 | (uint64_t)state << 56;
}

static inline bool ost_flow4_is(const struct ost_flow4 *f, const uint64_t key[3])
{
	return ((f->key[0] ^ key[0]) | (f->key[1] ^ key[1]) | ((f->key[2] ^ key[2]) & OST_KEY_TAIL1_MASK)) == 0;
}

static inline bool ost_flow6_is(const struct ost_flow6 *f, const uint64_t key[6])
{
	return ((f->key[0] ^ key[0]) | (f->key[1] ^ key[1]) | (f->key[2] ^ key[2]) | (f->key[3] ^ key[3]) |
		       (f->key[4] ^ key[4]) | ((f->key[5] ^ key[5]) & OST_KEY_TAIL1_MASK)) == 0;
}

/* What a TCP packet does to a flow. RFC 9293 section 3.3.2, seen from the middle. */
enum ost_tcp_verdict {
	OST_TCP_PASS,
	OST_TCP_REOPEN, /* SYN on a closed connection: judge it as a first packet */
	OST_TCP_LATE,	/* data on a connection that was reset */
	OST_TCP_FORGED, /* a reset that the other side does not expect (RFC 5961), a SYN the wrong way */
};

/* May a SYN begin this connection anew? While one direction is open only its opener may: nobody else ends it so. */
static inline bool ost_flow_reopens(uint8_t state, bool by_opener)
{
	return state >= OST_FLOW_TCP_CLOSING || (by_opener && state >= OST_FLOW_TCP_FIN_OUT);
}

#define OST_TCP_RST_WINDOW (1u << 20)

/* Everything but plain segments of an established connection. from: 0 the device sent it, 1 the remote. */
enum ost_tcp_verdict ost_flow_tcp(struct ost_flow *f, const struct ost_packet *p, unsigned from);
