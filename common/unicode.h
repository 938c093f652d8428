/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 from outside, before a person sees it. Pure. */
#pragma once

#include "common.h"

/* One character of a NUL-terminated text (RFC 3629): its bytes, or 0 for what is none, and ret_code is untouched. Not to be called at the NUL. */
size_t ost_unicode_decode(const char *text, uint32_t *ret_code);

/* Controls, what turns the direction of text, what is not seen, what ends a line elsewhere. */
bool ost_unicode_is_hostile(uint32_t code);

/* Bytes that are no UTF-8, such as the beginning of a character that was cut, become '?'. */
void ost_unicode_mend(char *text);

/* The same, and each hostile character too: for lines of a program's own, in which nothing of that kind belongs. */
void ost_unicode_make_plain(char *text);
