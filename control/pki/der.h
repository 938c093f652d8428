/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A writer of DER (X.690) that goes from the end to the beginning: what is inside is written before
 * its length, so no length is ever guessed. Callers write the last field first:
 *
 *	size_t inside = ost_der_length(&d);
 *	ost_der_integer(&d, 2);                  the second field
 *	ost_der_put(&d, OST_DER_OID, oid, n);    the first field
 *	ost_der_wrap(&d, OST_DER_SEQUENCE, inside);
 *
 * Failures (memory) stick; look at failed once, at the end.
 */
#pragma once

#include "common.h"

enum {
	OST_DER_BOOLEAN = 0x01,
	OST_DER_INTEGER = 0x02,
	OST_DER_BIT_STRING = 0x03,
	OST_DER_OCTET_STRING = 0x04,
	OST_DER_OID = 0x06,
	OST_DER_ENUMERATED = 0x0a,
	OST_DER_UTF8 = 0x0c,
	OST_DER_UTC_TIME = 0x17,
	OST_DER_GENERALIZED_TIME = 0x18,
	OST_DER_SEQUENCE = 0x30,
	OST_DER_SET = 0x31,
};
#define OST_DER_IMPLICIT(n) (0x80 | (n)) /* [n] in place of a primitive tag */
#define OST_DER_EXPLICIT(n) (0xa0 | (n)) /* [n] around, or in place of a constructed tag */

struct ost_der {
	uint8_t *buffer;
	size_t capacity;
	size_t at; /* what is written begins here and reaches to the end of the buffer */
	bool failed;
};

void ost_der_free(struct ost_der *d);

static inline const uint8_t *ost_der_bytes(const struct ost_der *d)
{
	return d->buffer + d->at;
}

static inline size_t ost_der_length(const struct ost_der *d)
{
	return d->capacity - d->at;
}

void ost_der_raw(struct ost_der *d, const void *bytes, size_t length); /* DER as it is */
void ost_der_put(struct ost_der *d, unsigned tag, const void *bytes, size_t length);
void ost_der_wrap(
	struct ost_der *d, unsigned tag, size_t inside); /* all since the length was inside */
void ost_der_text(struct ost_der *d, unsigned tag, const char *text);
void ost_der_integer(struct ost_der *d, uint64_t value);
void ost_der_unsigned(
	struct ost_der *d, const uint8_t *bytes, size_t length); /* big-endian INTEGER */
void ost_der_true(struct ost_der *d);
void ost_der_time(
	struct ost_der *d, int64_t unix_s); /* RFC 5280 section 4.1.2.5; years 1970 to 9999 */
