/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>

#define KEPT ((size_t)256 * 1024)

void ost_buffer_add(struct ost_buffer *b, const void *bytes, size_t length)
{
	if (b->failed || length == 0)
		return;
	if (b->length + length > b->capacity) {
		size_t capacity = OST_MAX(2 * b->capacity, b->length + length + 1024);
		char *grown = realloc(b->bytes, capacity);

		if (grown == NULL) {
			b->failed = true;
			return;
		}
		b->bytes = grown;
		b->capacity = capacity;
	}
	memcpy(b->bytes + b->length, bytes, length);
	b->length += length;
}

void ost_buffer_text(struct ost_buffer *b, const char *text)
{
	ost_buffer_add(b, text, strlen(text));
}

void ost_buffer_print(struct ost_buffer *b, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ost_buffer_add(b, text, n > 0 ? OST_MIN((size_t)n, sizeof(text) - 1) : 0);
}

void ost_buffer_drop(struct ost_buffer *b, size_t length)
{
	length = OST_MIN(length, b->length);
	b->length -= length;
	if (b->length > 0)
		memmove(b->bytes, b->bytes + length, b->length);
}

void ost_buffer_reset(struct ost_buffer *b)
{
	b->length = 0;
	b->failed = false;
	if (b->capacity > KEPT)
		ost_buffer_free(b);
}

void ost_buffer_free(struct ost_buffer *b)
{
	free(b->bytes);
	*b = (struct ost_buffer){0};
}
