/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that wait for a destination. */
#pragma once

#include "messages.h"

#define OST_QUEUE_LINES 512u
#define OST_QUEUE_BYTES (1u << 20) /* the last line may go beyond it */

struct ost_queued {
	uint64_t seq;
	uint64_t next; /* the record behind it; farther away behind a gap */
	char *text;    /* NUL-terminated, without LF */
	size_t length;
};

/* Begins with zeros. */
struct ost_queue {
	struct ost_queued lines[OST_QUEUE_LINES]; /* a ring */
	uint32_t first, count;
	size_t bytes;
	char *piece; /* of a line that is not whole yet */
	size_t piece_length;
	uint64_t piece_seq;
};

void ost_queue_clear(struct ost_queue *q);
/* Takes the text. -ENOBUFS: there is no room. */
int ost_queue_push(struct ost_queue *q, uint64_t seq, uint64_t next, char *text, size_t length) OST_MUST_CHECK;
/* 1: the line is whole and in the queue; 0: there is more of it; -EPROTO: the piece does not follow; -ENOBUFS; -ENOMEM. */
int ost_queue_piece(struct ost_queue *q, const struct ost_msg_export_line *m) OST_MUST_CHECK;
const struct ost_queued *ost_queue_head(const struct ost_queue *q); /* NULL: it is empty */
void ost_queue_pop(struct ost_queue *q);
/* "@timestamp" of a journal line, in nanoseconds; 0: it has none. */
uint64_t ost_queued_time(const struct ost_queued *line);
