/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile text on its way out: what is no character, what cannot be seen, and what turns the direction of what stands beside it. */
#pragma once

#include "format.h"

/* One character of UTF-8 (RFC 3629) at s, of length > 0 bytes; what is none, and NUL, is U+FFFD and one byte. */
uint32_t ost_plain_character(const char *s, size_t length, size_t *ret_used);
/* Controls, and the marks that cannot be seen or that turn the direction of text. */
bool ost_plain_is_hidden(uint32_t character);

/* 0 or -ENOMEM. Nothing is appended then. */
int ost_text_append(struct ost_format_text *text, const char *bytes, size_t length) OST_MUST_CHECK;
/* JSON that is valid, one line, with each hidden character as \u.... : they can only stand inside strings. */
int ost_text_json(struct ost_format_text *text, const char *json, size_t length) OST_MUST_CHECK;
