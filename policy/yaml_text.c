/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_text.h"

#include <endian.h>

/* One character of RFC 3629: its length in bytes, 0 when it is none (overlong, surrogate, cut
 * short). */
static size_t utf8_decode(const uint8_t *p, size_t left, uint32_t *ret_code)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0;
	uint32_t code;

	if (n == 0 || n > left)
		return 0;
	code = p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

/* Line ends that most editors do not show (NEL, LS, PS), direction marks that show text in another
 * order than it is read (CVE-2021-42574), and characters of no width. */
static const char *wide_flaw(uint32_t code)
{
	if (code < 0xa0)
		return "a control character";
	if (code == 0x2028 || code == 0x2029)
		return "a line end that is not a line feed";
	if ((code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
		(code >= 0x2060 && code <= 0x2069) || code == 0xfeff)
		return "an invisible character";
	return NULL;
}

static const char *ascii_flaw(const uint8_t *p, size_t left, bool lines)
{
	if (p[0] == '\0')
		return "a NUL byte";
	if (lines && (p[0] == '\n' || p[0] == '\t' || (p[0] == '\r' && left > 1 && p[1] == '\n')))
		return NULL;
	if (p[0] == '\r' && lines)
		return "a carriage return without a line feed";
	if (p[0] == '\n' || p[0] == '\r')
		return "a line end";
	return p[0] < 0x20 || p[0] == 0x7f ? "a control character" : NULL;
}

/* How many of these bytes are plain, from 0x20 to 0x7e, as far as they are looked at in eights: most files are nothing else. */
static size_t plain_bytes(const uint8_t *p, size_t left)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;

	for (uint64_t w; i + sizeof(w) <= left; i += sizeof(w)) {
		uint64_t odd;

		memcpy(&w, p + i, sizeof(w));
		w = le64toh(w);
		/* The top bit of the first byte that is not plain: its own, the borrow of one below 0x20, the carry of 0x7f. */
		odd = (w | (w - 0x20 * ones) | (w + ones)) & tops;
		if (odd != 0)
			return i + (size_t)__builtin_ctzll(odd) / 8;
	}
	return i;
}

const char *ost_yaml_text_flaw(const char *bytes, size_t length, bool lines, size_t *ret_offset)
{
	const uint8_t *p = (const uint8_t *)bytes;
	size_t i = 0, n;

	if (lines && length >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	for (; i < length; i += n) {
		const char *flaw = NULL;
		uint32_t code;

		n = plain_bytes(p + i, length - i);
		if (n > 0)
			continue;
		n = 1;
		if (p[i] >= 0x20 && p[i] < 0x7f)
			continue;
		if (p[i] < 0x80) {
			flaw = ascii_flaw(p + i, length - i, lines);
		} else {
			n = utf8_decode(p + i, length - i, &code);
			flaw = n == 0 ? "a byte that is not UTF-8" : wide_flaw(code);
		}
		if (flaw != NULL) {
			*ret_offset = i;
			return flaw;
		}
	}
	return NULL;
}

void ost_yaml_text_place(const char *bytes, size_t offset, uint32_t *ret_line, uint32_t *ret_column)
{
	uint32_t line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		if (bytes[i] == '\n') {
			line++;
			column = 1;
		} else if (((uint8_t)bytes[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}
