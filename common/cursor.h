/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one cursor for hostile bytes. Reads never pass the end: a read that would fails, marks the cursor
 * as failed and yields zero, so that a parser is a flat list of reads with one check where it decides.
 * Header-only, no loops: a bounded model checker can follow it. */
#pragma once

#include "common.h"

struct ost_cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline struct ost_cursor ost_cursor_of(const void *bytes, size_t length_bytes)
{
	const uint8_t *p = bytes;

	return (struct ost_cursor){.at = p, .end = p + length_bytes, .failed = false};
}

static inline size_t ost_cursor_left(const struct ost_cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* A view of the next n bytes, or NULL (and failed) when fewer are left. */
static inline const uint8_t *ost_cursor_take(struct ost_cursor *c, size_t n)
{
	const uint8_t *p = c->at;

	if (OST_UNLIKELY(c->failed || ost_cursor_left(c) < n)) {
		c->failed = true;
		return NULL;
	}
	c->at += n;
	return p;
}

static inline bool ost_cursor_skip(struct ost_cursor *c, size_t n)
{
	return ost_cursor_take(c, n) != NULL;
}

/* Cuts the cursor to at most n further bytes; false (and failed) when fewer are left. */
static inline bool ost_cursor_limit(struct ost_cursor *c, size_t n)
{
	if (OST_UNLIKELY(c->failed || ost_cursor_left(c) < n)) {
		c->failed = true;
		return false;
	}
	c->end = c->at + n;
	return true;
}

static inline uint8_t ost_cursor_u8(struct ost_cursor *c)
{
	const uint8_t *p = ost_cursor_take(c, 1);

	return p ? p[0] : 0;
}

static inline uint16_t ost_cursor_be16(struct ost_cursor *c)
{
	const uint8_t *p = ost_cursor_take(c, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t ost_cursor_be32(struct ost_cursor *c)
{
	const uint8_t *p = ost_cursor_take(c, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

/* Copies n bytes out; false (and failed, out untouched) when fewer are left. */
static inline bool ost_cursor_copy(struct ost_cursor *c, void *out, size_t n)
{
	const uint8_t *p = ost_cursor_take(c, n);

	if (p == NULL)
		return false;
	memcpy(out, p, n);
	return true;
}
