/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segment files, seg-00000001.ndjson and on, and a walk along their lines.
 *
 * A segment ends where its lines end, but for one case: a disk that failed in the midst of it. Then the segment behind it begins
 * with a `journal.io_error` that says where the former one ends ("kept_bytes"), and what stands behind that place was never
 * part of the journal. */
#pragma once

#include "io.h"
#include "journal.h"
#include "record.h"

#define OST_SEGMENT_NAME 32
#define OST_SEGMENT_MOST 99999999u

void ost_segment_name(uint64_t number, char buf[static OST_SEGMENT_NAME]);

/* Numbers in ascending order; the caller's to free. -EINVAL: one is missing between two. An empty list is NULL and 0. */
int ost_segments_list(struct ost_journal_io *io, uint64_t **ret_numbers, uint32_t *ret_count) OST_MUST_CHECK;

struct ost_line {
	const char *text; /* borrowed until the next step; without its LF */
	size_t length;
	bool ended;	  /* its LF is there */
	uint64_t segment;
	uint64_t offset;  /* where it begins in its segment */
};

/* Most of it is private to segment.c. */
struct ost_walk {
	struct ost_journal_io *io;
	const uint64_t *numbers; /* borrowed */
	uint32_t count, at;	 /* segments; the one that is read */
	int fd;
	uint64_t from;	    /* where the next segment that is opened begins */
	uint64_t end;	    /* of the segment: its size, or where it was abandoned */
	uint64_t abandoned; /* bytes behind that place, of all segments so far */
	uint64_t read;	    /* bytes taken from the file */
	uint64_t total;	    /* bytes walked over, of all segments */
	char *buffer;
	size_t have, used; /* bytes in the buffer; of them given out */
};

/* -ENOMEM. End every walk with ost_walk_end(). */
int ost_walk_begin(struct ost_walk *walk, struct ost_journal_io *io, const uint64_t *numbers, uint32_t count) OST_MUST_CHECK;
/* 1: a line; 0: the end; -errno. A line that is longer than it may be comes as its first part, not ended, and so does the last one of
 * a segment without its LF. */
int ost_walk_next(struct ost_walk *walk, struct ost_line *ret_line) OST_MUST_CHECK;
/* Goes on, or begins anew, in other segments: at this place of the first of them. */
void ost_walk_again(struct ost_walk *walk, const uint64_t *numbers, uint32_t count, uint64_t offset);
void ost_walk_end(struct ost_walk *walk);
