/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server's answer, read strictly (RFC 9112): bytes in as they come, a status, the fields that count and the body out. Pure. What
 * two programs might read differently is refused: lone line feeds, folded lines, a length that is said twice, a length beside
 * chunks, an encoding of the body, a body that ends where the connection does.
 */
#pragma once

#include "common.h"

#define OST_REPLY_HEAD_MAX (16u << 10) /* bytes of status lines, fields and trailers together */
#define OST_REPLY_OVERHEAD_MAX (256u << 10) /* of chunk lines */

struct ost_reply {
	/* what came */
	unsigned status; /* 0: not yet */
	char location[2049]; /* "" : none */
	uint8_t *body;	 /* owned */
	size_t length;
	bool done;
	const char *flaw; /* a phrase, when it is refused */

	/* inside */
	size_t body_max, wanted, capacity;
	size_t head_bytes, overhead_bytes;
	char line[OST_REPLY_HEAD_MAX + 1];
	size_t line_length;
	uint8_t step;
	bool has_length, has_location, chunked, no_memory;
};

void ost_reply_open(struct ost_reply *reply, size_t body_max);
void ost_reply_close(struct ost_reply *reply);

/* Takes what came. 1: it is whole, and nothing may stand behind it; 0: more is needed; -EPROTO: refused, flaw says why; -ENOMEM.
 * An answer of another status than 200 is whole with its fields. */
int ost_reply_take(struct ost_reply *reply, const uint8_t *bytes, size_t length) OST_MUST_CHECK;
