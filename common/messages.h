/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixed layouts that our programs exchange over msg.h. Every field is checked by the _valid function
 * of its message before anyone sees it. Host byte order for numbers, wire order for addresses and ports
 * where the name says _be. Text fields are NUL-terminated and NUL-padded. All structs are free of
 * implicit padding; sizes are asserted in messages.c.
 *
 * Data plane <-> ostiaryd (socket dataplane.sock; the data plane listens, ostiaryd connects):
 *   both       HELLO          first message of each side
 *   ostiaryd   IMAGE          with a sealed memfd: validate, swap in, answer IMAGE_RESULT
 *   ostiaryd   DEVICE_STATE   a device's state changed; answered by ACK. For the programs that will authenticate:
 *                             until then states follow from the policy, and ostiaryd does not send it
 *   ostiaryd   BINDING        an address that a device held before this data plane started, of the generation in
 *                             force. Not answered: what is taken over comes back as a BINDING of the data plane;
 *                             lapsed and static ones are left out, and vlan is the device's own whatever stands there
 *   ostiaryd   STATS_REQUEST  answered by one TOTALS, PORT_STATS per port, then DEVICE_STATS for each
 *                             device whose counters changed since the last request, RULE_STATS when counts of
 *                             rules did, as many as fit, then STATS_END
 *   data plane REFUSALS       what was refused since the last one, joined by equal keys
 *   data plane BINDING        an address was bound to a device, renewed, or given up
 */
#pragma once

#include "addr.h"
#include "common.h"
#include "reason.h"
#include "state.h"

enum ost_msg_type {
	OST_MSG_HELLO = 1,
	OST_MSG_IMAGE,
	OST_MSG_IMAGE_RESULT,
	OST_MSG_DEVICE_STATE,
	OST_MSG_ACK,
	OST_MSG_STATS_REQUEST,
	OST_MSG_TOTALS,
	OST_MSG_PORT_STATS,
	OST_MSG_DEVICE_STATS,
	OST_MSG_STATS_END,
	OST_MSG_REFUSALS,
	OST_MSG_BINDING,
	OST_MSG_RULE_STATS,
	OST_MSG_TYPE_COUNT,
};

enum ost_program {
	OST_PROGRAM_DATAPLANE = 1,
	OST_PROGRAM_OSTIARYD,
	OST_PROGRAM_COUNT,
};

#define OST_MSG_TEXT   192 /* bytes of a sentence */
#define OST_MSG_NAME   64  /* bytes of a name, NUL included: OST_NAME_MAX + 1 */

/* A device by its place in the device table of the generation named beside it. */
#define OST_DEVICE_NONE UINT32_MAX

struct ost_msg_hello {
	uint32_t program; /* enum ost_program */
	uint32_t pid;
	uint64_t generation; /* data plane: generation in force, 0 none; ostiaryd: 0 */
	char version[32];
};

struct ost_msg_image {
	uint64_t generation; /* not 0 */
	uint64_t length_bytes;
};

struct ost_msg_image_result {
	uint64_t generation;
	int32_t result;	  /* 0: in force; else a negative errno, and the old generation stays in force */
	uint32_t devices; /* of it, those that can be reached: they have a MAC, a port of ours and room */
	char text[OST_MSG_TEXT]; /* for result < 0: what is wrong and what to do */
};

struct ost_msg_device_state {
	char device[OST_MSG_NAME];
	uint8_t state;	   /* enum ost_state */
	uint8_t assurance; /* enum ost_assurance */
	uint8_t reserved[6];
};

struct ost_msg_ack {
	int32_t result; /* 0 or a negative errno; -ENOENT: no such device in the generation in force */
	uint32_t reserved;
};

struct ost_msg_totals {
	uint64_t generation;
	uint64_t uptime_ns;
	uint64_t progress;     /* bursts polled by all workers: grows while the fast path lives */
	uint64_t flows;	       /* entries in use */
	uint64_t flows_max;
	uint64_t bindings;
	uint64_t bindings_max;
	uint64_t refusal_records_lost; /* packets counted, but too many kinds at once to record each */
	uint64_t cycles_busy;  /* TSC cycles spent on bursts that held packets */
	uint64_t cycles_all;
	uint32_t workers;
	uint32_t ports;
	uint32_t devices;   /* of the image in force */
	uint32_t hugepages; /* 0: --no-huge */
};

struct ost_msg_port_stats {
	char name[OST_MSG_NAME];
	char driver[OST_MSG_NAME];
	uint32_t port;	/* place in the configuration, below OST_PORTS_MAX */
	uint8_t side;	/* enum ost_side */
	uint8_t link_up;
	uint8_t reserved[2];
	uint64_t received_pkts;
	uint64_t received_bytes;
	uint64_t forwarded_pkts; /* of the received: forwarded + sum of refused = received */
	uint64_t forwarded_bytes;
	uint64_t sent_pkts; /* by this port; more than forwarded elsewhere when frames are copied to several */
	uint64_t sent_bytes;
	uint64_t missed_pkts; /* lost by NIC or kernel before we saw them */
	uint64_t refused_pkts[OST_REASON_SLOTS]; /* of the received, by enum ost_reason */
};

struct ost_msg_device_stats {
	uint64_t generation;
	uint32_t device; /* place in the generation's device table */
	uint8_t state;	 /* enum ost_state */
	uint8_t port;	 /* OST_PORTS_MAX: not seen yet */
	uint8_t reserved[2];
	uint64_t out_pkts; /* forwarded, device to network */
	uint64_t out_bytes;
	uint64_t in_pkts; /* forwarded, towards the device */
	uint64_t in_bytes;
	uint64_t last_seen_wall_ns; /* 0: never */
	uint32_t flows;
	uint32_t flows_opened;
	uint64_t refused_pkts[OST_REASON_SLOTS];
};

/* How often a rule of the generation opened a flow, since it came in force. */
struct ost_rule_count {
	uint64_t flows_opened;
	uint32_t rule; /* place in the image's table */
	uint32_t reserved;
};

#define OST_RULES_PER_MSG 4000

struct ost_msg_rule_stats {
	uint64_t generation;
	uint32_t count;
	uint32_t reserved;
	struct ost_rule_count rules[OST_RULES_PER_MSG]; /* count of them are sent */
};

/* Equal refusals since the last report. A refused frame that is no IP has family 0. */
struct ost_refusal {
	uint64_t generation;
	uint64_t first_wall_ns;
	uint64_t last_wall_ns;
	uint64_t count_pkts;
	uint64_t count_bytes;
	uint32_t device; /* or OST_DEVICE_NONE */
	uint32_t vlan;	 /* outer VID | inner VID << 12 */
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint8_t src_ip[16];
	uint8_t dst_ip[16];
	uint16_t src_port; /* of the first packet; ICMP: type << 8 | code in dst_port */
	uint16_t dst_port;
	uint16_t ethertype;
	uint8_t protocol;
	uint8_t family; /* 0, 4, 6 */
	uint8_t reason; /* enum ost_reason, not NONE */
	uint8_t port;	/* ingress */
	uint8_t reserved[10];
};

#define OST_REFUSALS_PER_MSG 400

struct ost_msg_refusals {
	uint32_t count;
	uint32_t reserved;
	struct ost_refusal refusals[OST_REFUSALS_PER_MSG]; /* count of them are sent */
};

enum ost_binding_source {
	OST_BINDING_STATIC, /* the policy's address: */
	OST_BINDING_DHCP,
	OST_BINDING_ND, /* duplicate address detection, first come first served (RFC 6620) */
	OST_BINDING_SOURCE_COUNT,
};

struct ost_msg_binding {
	uint64_t generation;
	uint64_t expires_wall_ns; /* 0: does not lapse by itself */
	uint32_t device;
	uint32_t vlan;
	uint8_t ip[16];
	uint8_t family; /* 4, 6 */
	uint8_t source; /* enum ost_binding_source */
	uint8_t bound;	/* 1 bound, 0 lapsed */
	uint8_t reserved[5];
};

enum ost_side {
	OST_SIDE_DEVICE,
	OST_SIDE_NETWORK,
	OST_SIDE_COUNT,
};

const char *ost_side_name(unsigned side);
const char *ost_binding_source_name(unsigned source);

/* Length and every value of a payload. False for an unknown type. payload need not be aligned. */
bool ost_message_valid(uint16_t type, const void *payload, size_t length);
