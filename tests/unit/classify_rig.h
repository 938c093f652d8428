/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small gateway for tests of the classifier, and frames built for it field by field. Ports: 0 is the network's,
 * 1 to 3 are devices' ("dev1" to "dev3"). The clock is the rig's and moves only when told. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "classify.h"
#include "clock.h"

#define NET  0u
#define DEV1 1u
#define DEV2 2u
#define DEV3 3u

struct rig_options {
	uint32_t devices_max, bindings_max, flows_max; /* 0: 64, 64, 64 */
	uint32_t names_max;
	uint32_t refusal_records, opened_records, copies, segments;
	bool two; /* a second classifier, which does not own control */
	uint32_t udp_s;
};

struct rig {
	struct ost_site *site;
	struct ost_classifier *c, *second;
	struct ost_image image;
	void *bytes;
	uint64_t now_ns, generation;
	struct ost_verdict v; /* of the last frame */
};

/* The one of the test under way: rig_start() makes it and hands it to the test as its state, for a cmocka setup function to
 * return what it returns; rig_stop() is the teardown function. */
extern struct rig rig;
int rig_start(void **state, const char *policy, const struct rig_options *options);
int rig_stop(void **state);

/* With this policy, which must be sound. */
void rig_new(struct rig *r, const char *policy, const struct rig_options *options);
void rig_free(struct rig *r);

/* Another policy in force; the result of ost_site_policy_set(). In two: those that it does not have go first, and a sweep
 * takes away what they leave behind. */
int rig_swap(struct rig *r, const char *policy);
int rig_swap_in_two(struct rig *r, const char *policy);

void rig_wait_ms(struct rig *r, uint64_t ms);
void rig_sweep(struct rig *r); /* one whole pass */
uint64_t rig_flows(const struct rig *r);
uint32_t rig_device(const struct rig *r, const char *name); /* place in the image */
struct ost_device_counts rig_counts(const struct rig *r, const char *device);
void rig_state(struct rig *r, const char *device, enum ost_state state, enum ost_assurance assurance);
void rig_bind(struct rig *r, const char *device, const char *ip);

/* ---- frames ---- */

struct wire {
	uint8_t b[2048];
	uint32_t n, l3, l4;
	uint8_t family, protocol;
};

/* macs: the last byte of 02:00:00:00:00:xx; GROUP is the broadcast, ZERO the zero MAC. */
#define ROUTER 0xf0u
#define SERVER 0xf1u
#define GROUP  0x100u
#define ZERO   0x101u

void wire_mac(unsigned mac, uint8_t ret_mac[6]);
void wire_eth(struct wire *w, unsigned dst, unsigned src); /* without EtherType */
void wire_tag(struct wire *w, uint16_t type, uint16_t vid);
void wire_put(struct wire *w, const void *bytes, uint32_t n);
void wire_u8(struct wire *w, unsigned v);
void wire_u16(struct wire *w, unsigned v);
void wire_u32(struct wire *w, uint32_t v);
void wire_zeros(struct wire *w, uint32_t n);
void wire_address(struct wire *w, const char *ip);
/* The IP header with its EtherType; the family is the addresses'. */
void wire_ip(struct wire *w, const char *src, const char *dst, uint8_t protocol);
void wire_tcp(struct wire *w, uint16_t sport, uint16_t dport, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t payload);
void wire_udp(struct wire *w, uint16_t sport, uint16_t dport, uint32_t payload);
void wire_echo(struct wire *w, bool reply, uint16_t id);
/* Lengths of IP and UDP, the checksum of ICMPv6 (which Neighbour Discovery is believed by), and padding to 60 bytes. */
void wire_end(struct wire *w);

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* ---- one frame through the classifier: why it was refused, OST_REASON_NONE when it was not ---- */

enum ost_reason rig_send(struct rig *r, uint8_t port, const struct wire *w);
enum ost_reason rig_send_by(struct rig *r, struct ost_classifier *c, uint8_t port, const struct wire *w);

/* A packet from one end to another. */
struct way {
	uint8_t port;
	unsigned dst, src; /* MACs */
	const char *from, *to;
	uint16_t sport, dport;
};
struct way way_back(const struct way *w, uint8_t port);
enum ost_reason rig_tcp(struct rig *r, const struct way *w, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t payload);
enum ost_reason rig_udp(struct rig *r, const struct way *w);
enum ost_reason rig_echo(struct rig *r, const struct way *w, bool reply); /* sport is the identifier */
/* From a device to the plant: UDP to port 5000 of 10.20.0.9 or fd00:20::9. */
enum ost_reason speak(struct rig *r, unsigned device, const char *from);
/* Addresses that are bound. */
uint64_t held(const struct rig *r);
/* SYN, SYN+ACK, ACK: sequence numbers are 1000 and 5000. */
void rig_connect(struct rig *r, const struct way *w, uint8_t answer_port);

#define assert_reason(got, want) assert_string_equal(ost_reason_name(got), ost_reason_name(want))
#define assert_refused(got, id) assert_reason(got, OST_REASON_##id)
#define assert_passes(got) assert_reason(got, OST_REASON_NONE)
