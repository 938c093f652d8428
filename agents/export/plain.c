/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plain.h"

#include <stdio.h>

uint32_t ost_plain_character(const char *bytes, size_t length, size_t *ret_used)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *s = (const uint8_t *)bytes;
	unsigned n = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t c = n < 2 ? s[0] : s[0] & (0x7fu >> n);

	*ret_used = 1;
	if (n == 0 || n > length)
		return 0xfffd;
	for (unsigned i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) || c == 0)
		return 0xfffd;
	*ret_used = n;
	return c;
}

bool ost_plain_is_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

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
		uint32_t c = ost_plain_character(json + i, length - i, &used);

		if (!ost_plain_is_hidden(c))
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
