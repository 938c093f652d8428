/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unicode.h"

size_t ost_unicode_decode(const char *text, uint32_t *ret_code)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] <= 0xdf ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : 0;
	uint32_t code = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (n == 0 || (n == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) || (n == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	*ret_code = code;
	return n;
}

bool ost_unicode_is_hostile(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xad || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

void ost_unicode_mend(char *text)
{
	for (size_t n; *text != '\0'; text += n) {
		uint32_t code;

		n = ost_unicode_decode(text, &code);
		if (n == 0) {
			*text = '?';
			n = 1;
		}
	}
}

void ost_unicode_make_plain(char *text)
{
	char *to = text;

	for (size_t n; *text != '\0'; text += n) {
		uint32_t code = 0;

		n = ost_unicode_decode(text, &code);
		if (n == 0 || ost_unicode_is_hostile(code)) {
			n = n == 0 ? 1 : n;
			*to++ = '?';
		} else {
			memmove(to, text, n);
			to += n;
		}
	}
	*to = '\0';
}
