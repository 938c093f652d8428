/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which characters a file of ours may hold: those that every editor shows alike. */
#pragma once

#include "common.h"

/* NULL when every character is fine. Else a noun phrase that says what is wrong, and *ret_offset,
 * in bytes. Refused: bytes that are not UTF-8, NUL and other control characters, a carriage return
 * that no line feed follows, and what moves or hides text on a screen (other line ends, direction
 * marks, a byte order mark inside). lines: line ends and tabs are fine (a file, not a value). */
const char *ost_yaml_text_flaw(const char *bytes, size_t length, bool lines, size_t *ret_offset);

/* Line and column, from 1, in characters, of a byte offset. */
void ost_yaml_text_place(
	const char *bytes, size_t offset, uint32_t *ret_line, uint32_t *ret_column);
