/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plain.h"

#include <stdio.h>

#include "unicode.h"

int ost_text_append(struct ost_format_text *text, const char *bytes, size_t length)
{
	if (text->length + length + 1 > text->capacity) {
		size_t capacity = OST_MAX(text->capacity * 2, text->length + length + 4096);
		char *grown = realloc(text->bytes, capacity);

		if (grown == NULL)
			return -ENOMEM;
		text->bytes = grown;
		text->capacity = capacity;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
	return 0;
}

/* JSON has no other way to write what lies beyond the first plane than two halves (RFC 8259 section 7). */
static int escaped(struct ost_format_text *text, uint32_t c)
{
	char out[16];
	int n = c < 0x10000 ? snprintf(out, sizeof(out), "\\u%04x", c)
			    : snprintf(out, sizeof(out), "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));

	return ost_text_append(text, out, (size_t)n);
}

int ost_text_json(struct ost_format_text *text, const char *json, size_t length)
{
	size_t before = text->length, from = 0, used;
	int r = 0;

	for (size_t i = 0; i < length && r == 0; i += used) {
		uint32_t c = 0xfffd;

		used = 1;
		if (json[i] >= 0x20 && json[i] < 0x7f)
			continue; /* nearly all of it */
		used = ost_unicode_decode(json + i, &c);
		used = OST_MAX(used, (size_t)1);
		if (!ost_unicode_is_hostile(c))
			continue;
		r = ost_text_append(text, json + from, i - from);
		if (r == 0)
			r = escaped(text, c);
		from = i + used;
	}
	if (r == 0)
		r = ost_text_append(text, json + from, length - from);
	if (r < 0 && text->bytes != NULL) {
		text->length = before;
		text->bytes[before] = '\0';
	}
	return r;
}
