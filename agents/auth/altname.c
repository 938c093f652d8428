/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "altname.h"

#include <inttypes.h>
#include <stdio.h>

#include "cursor.h"
#include "text.h"

#define TAG_BOOLEAN    0x01
#define TAG_OCTETS     0x04
#define TAG_OID	       0x06
#define TAG_SEQUENCE   0x30
#define TAG_URI	       0x86
#define TAG_EXPLICIT_0 0xa0 /* of an otherName, and of the value in it */
#define TAG_EXPLICIT_3 0xa3 /* extensions, RFC 5280 4.1 */

static const uint8_t id_alt_name[] = {0x55, 0x1d, 0x11};				     /* 2.5.29.17 */
static const uint8_t id_hardware[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x04}; /* 1.3.6.1.5.5.7.8.4 */

/* X.690 10.1: a definite length, in as few bytes as can be. */
static size_t length_take(struct ost_cursor *c)
{
	uint8_t first = ost_cursor_u8(c);
	size_t n = first & 0x7f, length = 0;

	if (first < 0x80)
		return first;
	if (n == 0 || n > 3) {
		c->failed = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		length = length << 8 | ost_cursor_u8(c);
		if (length == 0)
			c->failed = true;
	}
	if (length < 0x80)
		c->failed = true;
	return length;
}

/* The next element's inside; its tag. 0: there is none, or it is not whole (c->failed). */
static uint8_t next(struct ost_cursor *c, struct ost_cursor *ret_inside)
{
	uint8_t tag;
	size_t length;
	const uint8_t *bytes;

	if (ost_cursor_left(c) == 0)
		return 0;
	tag = ost_cursor_u8(c);
	if (tag == 0 || (tag & 0x1f) == 0x1f) /* no tag of more than a byte stands in a certificate */
		c->failed = true;
	length = length_take(c);
	bytes = ost_cursor_take(c, length);
	if (bytes == NULL)
		return 0;
	*ret_inside = ost_cursor_of(bytes, length);
	return tag;
}

/* The next element must be this one. */
static bool expect(struct ost_cursor *c, uint8_t tag, struct ost_cursor *ret_inside)
{
	return next(c, ret_inside) == tag;
}

static bool is(const struct ost_cursor *c, const uint8_t *bytes, size_t length)
{
	return ost_cursor_left(c) == length && memcmp(c->at, bytes, length) == 0;
}

/* ---- down to the alternative names ---- */

static bool extensions_find(const uint8_t *certificate, size_t length, struct ost_cursor *ret)
{
	struct ost_cursor all = ost_cursor_of(certificate, length), whole, body, part;
	uint8_t tag;

	if (!expect(&all, TAG_SEQUENCE, &whole) || !expect(&whole, TAG_SEQUENCE, &body))
		return false;
	while ((tag = next(&body, &part)) != 0) {
		if (tag == TAG_EXPLICIT_3)
			return expect(&part, TAG_SEQUENCE, ret);
	}
	return false;
}

/* 1 found, 0 not there, -EINVAL. Two of them are one too many (RFC 5280 4.2). */
static int names_find(struct ost_cursor *extensions, struct ost_cursor *ret)
{
	struct ost_cursor one, id, value;
	int found = 0;

	while (next(extensions, &one) == TAG_SEQUENCE) {
		uint8_t tag;

		if (!expect(&one, TAG_OID, &id))
			return -EINVAL;
		if (!is(&id, id_alt_name, sizeof(id_alt_name)))
			continue;
		tag = next(&one, &value);
		if (tag == TAG_BOOLEAN) /* critical */
			tag = next(&one, &value);
		if (tag != TAG_OCTETS || !expect(&value, TAG_SEQUENCE, ret) || found++ > 0)
			return -EINVAL;
	}
	return extensions->failed ? -EINVAL : found;
}

/* 1 found, 0 there are none, -EINVAL. */
static int names_of(const uint8_t *certificate, size_t length, struct ost_cursor *ret)
{
	struct ost_cursor extensions;

	return extensions_find(certificate, length, &extensions) ? names_find(&extensions, ret) : 0;
}

int ost_altname_uri(const uint8_t *certificate, size_t length, char *to, size_t size)
{
	struct ost_cursor names, one;
	int r = names_of(certificate, length, &names);
	uint8_t tag;

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	while ((tag = next(&names, &one)) != 0) {
		size_t n = ost_cursor_left(&one);

		if (tag != TAG_URI || n == 0 || n >= size || !ost_text_is_plain((const char *)one.at, n))
			continue;
		memcpy(to, one.at, n);
		to[n] = '\0';
		return 0;
	}
	return names.failed ? -EINVAL : -ENOENT;
}

/* ---- a hardware module's name ---- */

static bool number_take(struct ost_cursor *c, uint64_t *ret)
{
	uint64_t v = 0;
	uint8_t byte;

	if (ost_cursor_left(c) > 0 && *c->at == 0x80)
		return false; /* X.690 8.19.2: no leading zeros */
	do {
		byte = ost_cursor_u8(c);
		if (c->failed || v >> 57 != 0)
			return false;
		v = v << 7 | (byte & 0x7f);
	} while (byte & 0x80);
	*ret = v;
	return true;
}

static bool put(char **to, size_t *left, const char *format, uint64_t value)
{
	char text[32];
	int n = snprintf(text, sizeof(text), format, value);

	if (n <= 0 || (size_t)n >= *left)
		return false;
	memcpy(*to, text, (size_t)n + 1);
	*to += n;
	*left -= (size_t)n;
	return true;
}

/* X.690 8.19: the first number holds two. */
static bool type_write(struct ost_cursor *type, char **to, size_t *left)
{
	uint64_t v, first;

	if (!number_take(type, &v))
		return false;
	first = OST_MIN(v / 40, (uint64_t)2);
	if (!put(to, left, "hw:%" PRIu64, first) || !put(to, left, ".%" PRIu64, v - first * 40))
		return false;
	while (ost_cursor_left(type) > 0) {
		if (!number_take(type, &v) || !put(to, left, ".%" PRIu64, v))
			return false;
	}
	return put(to, left, ":", 0);
}

/* HardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER, hwSerialNum OCTET STRING } */
static int hardware_write(struct ost_cursor *value, char *to, size_t size)
{
	struct ost_cursor module, type, serial;
	size_t left = size;
	char *at = to;

	if (!expect(value, TAG_SEQUENCE, &module) || ost_cursor_left(value) > 0 || !expect(&module, TAG_OID, &type) ||
		!expect(&module, TAG_OCTETS, &serial) || ost_cursor_left(&module) > 0 || ost_cursor_left(&serial) == 0)
		return -EINVAL;
	if (!type_write(&type, &at, &left))
		return -EINVAL;
	while (ost_cursor_left(&serial) > 0) {
		if (!put(&at, &left, "%02" PRIx64, ost_cursor_u8(&serial)))
			return -EINVAL;
	}
	return 0;
}

int ost_altname_hardware(const uint8_t *certificate, size_t length, char *to, size_t size)
{
	struct ost_cursor names, one, id, value;
	int r = names_of(certificate, length, &names);
	char text[256];
	uint8_t tag;

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	while ((tag = next(&names, &one)) != 0) {
		if (tag != TAG_EXPLICIT_0)
			continue;
		if (!expect(&one, TAG_OID, &id))
			return -EINVAL;
		if (!is(&id, id_hardware, sizeof(id_hardware)))
			continue;
		if (!expect(&one, TAG_EXPLICIT_0, &value) || ost_cursor_left(&one) > 0)
			return -EINVAL;
		r = hardware_write(&value, text, OST_MIN(size, sizeof(text)));
		if (r == 0)
			memcpy(to, text, strlen(text) + 1);
		return r;
	}
	return names.failed ? -EINVAL : -ENOENT;
}
