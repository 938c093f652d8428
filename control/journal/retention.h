/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How old and how large a journal may become: which segments are too many. */
#pragma once

#include "io.h"
#include "journal.h"

struct ost_retention {
	const char *before;  /* a time as records have it: segments that end before it may go; NULL: age does not matter */
	uint64_t held;	     /* record that somebody is still to read: age takes no segment that has it or later ones */
	uint64_t bytes_most; /* of all segments together, however old or held; 0: any */
};

/* The first record that stays: 0 when no segment is to go. The last segment always stays. A segment is as old as the first record of the next one. */
int ost_retention_seq(struct ost_journal_io *io, const struct ost_retention *retention, uint64_t *ret_seq) OST_MUST_CHECK;
