/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that are put together. */
#pragma once

#include "common.h"

/* Begins with zeros; owned. */
struct ost_buffer {
	char *bytes;
	size_t length, capacity;
	bool failed; /* out of memory: what is there is not to be used */
};

void ost_buffer_add(struct ost_buffer *b, const void *bytes, size_t length);
void ost_buffer_text(struct ost_buffer *b, const char *text);
void ost_buffer_print(struct ost_buffer *b, const char *fmt, ...) OST_PRINTF(2, 3); /* at most 1023 bytes */
void ost_buffer_drop(struct ost_buffer *b, size_t length); /* from its beginning */
/* Empties it; memory beyond a moderate size is given back. */
void ost_buffer_reset(struct ost_buffer *b);
void ost_buffer_free(struct ost_buffer *b);
