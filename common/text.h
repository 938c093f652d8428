/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from outside, before a person or a log sees it; and numbers in it. */
#pragma once

#include "common.h"

/* No control characters among these bytes. */
static inline bool ost_text_is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	return true;
}

/* Shows control characters of a NUL-terminated text as '?': no terminal and no log obeys them. */
static inline void ost_text_make_plain(char *text)
{
	for (char *c = text; *c != '\0'; c++) {
		if (!ost_text_is_plain(c, 1))
			*c = '?';
	}
}

/* Decimal digits only, all of them. -EINVAL: no number; -ERANGE: larger than 64 bits. */
static inline OST_MUST_CHECK int ost_number_parse(const char *text, size_t length, uint64_t *ret_value)
{
	uint64_t v = 0;

	if (length == 0)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
	}
	for (size_t i = 0; i < length; i++) {
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(text[i] - '0'), &v))
			return -ERANGE;
	}
	*ret_value = v;
	return 0;
}
