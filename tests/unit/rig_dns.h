/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS messages for tests, field by field, and their way through the rig's classifier. */
#pragma once

#include "classify_rig.h"

enum { T_A = 1, T_NS = 2, T_CNAME = 5, T_SRV = 33, T_AAAA = 28, T_ANY = 255 };

struct dns {
	uint8_t b[4096];
	uint32_t n;
};

/* Header and question. "" is the root; a text without letters after the last dot is as written: dots part labels. */
void dns_query(struct dns *d, uint16_t id, const char *name, uint16_t type);
void dns_answer(struct dns *d, uint16_t id, const char *name, uint16_t type);
/* Records of the answer section, counted in the header. */
void dns_address(struct dns *d, const char *owner, uint32_t ttl_s, const char *ip);
void dns_alias(struct dns *d, const char *owner, uint32_t ttl_s, const char *target);
void dns_u8(struct dns *d, unsigned v);
void dns_u16(struct dns *d, unsigned v);
void dns_name(struct dns *d, const char *name);
void dns_flags(struct dns *d, uint16_t flags);
void dns_count(struct dns *d, unsigned section, uint16_t count); /* 0 question, 1 answer, ... */

/* As the payload of a UDP datagram. */
enum ost_reason dns_send(struct rig *r, const struct way *w, const struct dns *d);
void dns_wire(const struct way *w, const struct dns *d, struct wire *ret_wire);
/* As the payload of a TCP segment. */
enum ost_reason dns_segment(struct rig *r, const struct way *w, uint8_t flags, uint32_t seq, uint32_t ack, const void *bytes,
	uint32_t n);
