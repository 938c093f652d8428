/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DER (X.690), element by element, for what the TLS library does not tell of a certificate. */
#pragma once

#include "cursor.h"

#define DER_BOOLEAN    0x01
#define DER_INTEGER    0x02
#define DER_OCTETS     0x04
#define DER_OID	       0x06
#define DER_SEQUENCE   0x30
#define DER_SET	       0x31
#define DER_EXPLICIT_0 0xa0
#define DER_EXPLICIT_3 0xa3

struct der {
	uint8_t tag;	       /* 0: there is none, or it is not whole */
	struct ost_cursor in;  /* its inside */
	const uint8_t *bytes; /* with its head */
	size_t length;
};

/* X.690 10.1: a definite length, in as few bytes as can be. */
static inline size_t der_length_take(struct ost_cursor *c)
{
	uint8_t first = ost_cursor_u8(c);
	size_t n = first & 0x7f, length = 0;

	if (first < 0x80)
		return first;
	c->failed |= n == 0 || n > 3;
	for (size_t i = 0; i < n && !c->failed; i++) {
		length = length << 8 | ost_cursor_u8(c);
		c->failed |= length == 0;
	}
	c->failed |= length < 0x80;
	return length;
}

static inline struct der der_next(struct ost_cursor *c)
{
	struct der d = {.bytes = c->at};
	uint8_t tag;
	const uint8_t *in;
	size_t n;

	if (c->failed || ost_cursor_left(c) == 0)
		return d;
	tag = ost_cursor_u8(c);
	c->failed |= tag == 0 || (tag & 0x1f) == 0x1f;
	n = der_length_take(c);
	in = ost_cursor_take(c, n);
	if (in == NULL)
		return d;
	d.tag = tag;
	d.in = ost_cursor_of(in, n);
	d.length = (size_t)(c->at - d.bytes);
	return d;
}

static inline bool der_is(const struct ost_cursor *c, const uint8_t *bytes, size_t length)
{
	return ost_cursor_left(c) == length && memcmp(c->at, bytes, length) == 0;
}
