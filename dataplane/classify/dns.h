/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS messages, distrusted: RFC 1035 section 4, RFC 2181, RFC 9619. Pure: bytes in, values out, nothing kept.
 *
 * Names are kept as on the wire but for case: labels with their lengths, the empty one at the end, A to Z as a to z
 * (RFC 4343). A label may hold any byte, dots and zeros included: a name is never text, and is never written anywhere raw. */
#pragma once

#include "addr.h"
#include "common.h"

#define OST_DNS_NAME_MAX	255u
#define OST_DNS_JUMPS_MAX	16u  /* compression pointers in one name */
#define OST_DNS_RECORDS_MAX	256u /* looked at in an answer */
#define OST_DNS_ALIASES_MAX	8u   /* CNAMEs that are followed */
#define OST_DNS_ADDRESSES_MAX	64u  /* taken from an answer */
#define OST_DNS_HEADER_BYTES	12u

enum {
	OST_DNS_A = 1,
	OST_DNS_CNAME = 5,
	OST_DNS_AAAA = 28,
	OST_DNS_ANY = 255,
	OST_DNS_CLASS_IN = 1,
	OST_DNS_OPCODE_QUERY = 0,
};

struct ost_dns_name {
	uint8_t length; /* of wire, the end included; 0: no name */
	uint8_t wire[OST_DNS_NAME_MAX];
};

/* A message's header and question. */
struct ost_dns {
	const uint8_t *bytes;
	size_t length;
	uint16_t id;
	bool answer;
	bool truncated;
	uint8_t opcode, rcode;
	uint16_t record_counts[3]; /* answer, authority, additional */
	struct ost_dns_name name; /* of the question; length 0: there is none */
	uint16_t type, class;	  /* of the question */
	size_t records_at;	  /* offset of what follows the question */
};

/* -EBADMSG: no message, or one of more than one question. */
int ost_dns_read(const void *bytes, size_t length, struct ost_dns *ret_message) OST_MUST_CHECK;

/* The name at *at of the message. Moves *at behind it. Pointers lead backwards only. */
int ost_dns_name_read(const uint8_t *message, size_t length, size_t *at, struct ost_dns_name *ret_name) OST_MUST_CHECK;

static inline bool ost_dns_name_equal(const struct ost_dns_name *a, const struct ost_dns_name *b)
{
	return a->length == b->length && memcmp(a->wire, b->wire, a->length) == 0;
}

struct ost_dns_address {
	struct ost_ip ip;
	uint32_t ttl_s; /* the least of its own and those of the aliases that lead to it */
	uint32_t owner; /* place in names */
};

/* What an answer says of its question's name: the addresses, and by which aliases. */
struct ost_dns_answer {
	struct ost_dns_name names[1 + OST_DNS_ALIASES_MAX]; /* the question's first */
	uint32_t name_count;
	struct ost_dns_address addresses[OST_DNS_ADDRESSES_MAX];
	uint32_t address_count;
	uint32_t left_out; /* addresses for which there was no room */
};

/* Reads the answer section, in whatever order it is. Addresses of other names than the question's and its aliases' are
 * nobody's, and so are those that no host can have. -EBADMSG: a record does not fit (then *ret_answer is nothing); of a message that says that it is cut, what is whole
 * counts. */
int ost_dns_answer_read(const struct ost_dns *message, struct ost_dns_answer *ret_answer) OST_MUST_CHECK;
