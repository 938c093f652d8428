/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real frames out of the fields that the oracle thinks in. */
#pragma once

#include "naive_frame.h"
#include "rng.h"

#define FRAME_MAX 1600u

struct frame {
	uint8_t bytes[FRAME_MAX];
	uint32_t length;
};

enum frame_tcp {
	FRAME_FIN = 1,
	FRAME_SYN = 2,
	FRAME_RST = 4,
	FRAME_ACK = 16,
};

/* What a frame needs beyond naive_frame's fields. */
struct frame_extra {
	uint16_t sport; /* or the identifier of an ICMP query */
	uint8_t tcp_flags;
	uint32_t tcp_seq, tcp_ack;
	bool options;		/* IPv4 options or an IPv6 extension header that change nothing */
	bool other_tag;		/* the outer tag is 0x88a8 */
	uint16_t payload_bytes;
	const uint8_t *payload; /* NULL: zeros */
};

/* Ethernet, VLAN tags, IPv4 or IPv6, TCP, UDP, ICMP or any other; with checksums, padded to 60
 * bytes. */
void frame_build(struct frame *frame, const struct naive_frame *f, const struct frame_extra *extra);
