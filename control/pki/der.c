/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "der.h"

#include <stdio.h>
#include <time.h>

void ost_der_free(struct ost_der *d)
{
	free(d->buffer);
	*d = (struct ost_der){0};
}

static bool room_make(struct ost_der *d, size_t length)
{
	size_t capacity = d->capacity != 0 ? d->capacity : 1024, used = ost_der_length(d);
	uint8_t *bigger;

	if (d->failed || length <= d->at)
		return !d->failed;
	while (capacity - used < length)
		capacity *= 2;
	bigger = malloc(capacity);
	if (bigger == NULL) {
		d->failed = true;
		return false;
	}
	if (used > 0)
		memcpy(bigger + capacity - used, d->buffer + d->at, used);
	free(d->buffer);
	*d = (struct ost_der){.buffer = bigger, .capacity = capacity, .at = capacity - used};
	return true;
}

void ost_der_raw(struct ost_der *d, const void *bytes, size_t length)
{
	if (length == 0 || !room_make(d, length))
		return;
	d->at -= length;
	memcpy(d->buffer + d->at, bytes, length);
}

static void head(struct ost_der *d, unsigned tag, size_t length)
{
	uint8_t h[2 + sizeof(length)];
	size_t at = sizeof(h), n = length;

	if (length < 0x80) {
		h[--at] = (uint8_t)length;
	} else {
		for (; n > 0; n >>= 8)
			h[--at] = (uint8_t)n;
		n = sizeof(h) - at;
		h[--at] = (uint8_t)(0x80 | n);
	}
	h[--at] = (uint8_t)tag;
	ost_der_raw(d, h + at, sizeof(h) - at);
}

void ost_der_put(struct ost_der *d, unsigned tag, const void *bytes, size_t length)
{
	ost_der_raw(d, bytes, length);
	head(d, tag, length);
}

void ost_der_wrap(struct ost_der *d, unsigned tag, size_t inside)
{
	head(d, tag, ost_der_length(d) - inside);
}

void ost_der_text(struct ost_der *d, unsigned tag, const char *text)
{
	ost_der_put(d, tag, text, strlen(text));
}

/* X.690 section 8.3: no leading zero, unless the number would be negative without. */
void ost_der_unsigned(struct ost_der *d, const uint8_t *bytes, size_t length)
{
	size_t inside = ost_der_length(d);
	static const uint8_t zero;

	while (length > 1 && bytes[0] == 0) {
		bytes++;
		length--;
	}
	ost_der_raw(d, bytes, length);
	if (length == 0 || (bytes[0] & 0x80) != 0)
		ost_der_raw(d, &zero, 1);
	ost_der_wrap(d, OST_DER_INTEGER, inside);
}

void ost_der_integer(struct ost_der *d, uint64_t value)
{
	uint8_t bytes[sizeof(value)];

	for (size_t i = sizeof(bytes); i > 0; i--, value >>= 8)
		bytes[i - 1] = (uint8_t)value;
	ost_der_unsigned(d, bytes, sizeof(bytes));
}

void ost_der_true(struct ost_der *d)
{
	ost_der_put(d, OST_DER_BOOLEAN, "\xff", 1);
}

void ost_der_time(struct ost_der *d, int64_t unix_s)
{
	time_t t = (time_t)unix_s;
	struct tm tm;
	char text[24];

	if (unix_s < 0 || gmtime_r(&t, &tm) == NULL || tm.tm_year > 9999 - 1900) {
		d->failed = true;
		return;
	}
	if (tm.tm_year < 2050 - 1900) {
		(void)strftime(text, sizeof(text), "%y%m%d%H%M%SZ", &tm);
		ost_der_text(d, OST_DER_UTC_TIME, text);
	} else {
		(void)strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
		ost_der_text(d, OST_DER_GENERALIZED_TIME, text);
	}
}
