/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The naive doorkeeper: what happens to the first frame of a flow, in the order of meaning of the
 * design: who are you, is it really you, may you. Written from the text, in straight lines. */
#pragma once

#include "naive.h"

#define NAIVE_PORTS 8u

struct naive_site {
	struct naive_world world;
	bool is_network[NAIVE_PORTS]; /* side of each port */
	uint8_t uplink[NAIVE_PORTS];  /* of each port on the device side */
	uint8_t *device_port;	      /* by device: the port that it belongs to */
};

/* A frame that could be the first of a flow, by its fields. */
struct naive_frame {
	uint8_t port;
	uint32_t vlan;
	struct ost_mac src_mac, dst_mac; /* dst_mac is no group */
	struct ost_ip src, dst;
	uint8_t protocol;
	uint16_t value;	  /* as in struct ost_service */
	bool established; /* its flow is open already: may it go on? */
	bool can_open; /* false: TCP without SYN, or a reply: cannot open whatever the rules say */
};

struct naive_verdict {
	bool forward;
	uint64_t reasons;	    /* when refused: those that the text permits, as bits */
	uint8_t egress;		    /* when forwarded */
	struct naive_answer answer; /* when forwarded: the rules */
	uint32_t device;	    /* whose flow it is, NAIVE_NONE when nobody's */
	uint32_t peer; /* the device that the remote address is bound to, or NAIVE_NONE */
	enum ost_direction direction;
};

struct naive_verdict naive_frame_judge(
	const struct naive_site *site, const struct naive_frame *frame);
