/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What outlives its segment: what persons decided and submitted, and what the journal says of itself. When segments are pruned, lines of
 * these kinds go to lasting.ndjson first, byte for byte. The hash of each stays in tiles/leaves.bin under its seq, so that such a line is
 * verified and proved as before. The file is no part of the chain: a line that is not what its hash says is a fault, one that is missing
 * is pruned. After a crash a line may stand there twice. */
#pragma once

#include "io.h"
#include "journal.h"

#define OST_LASTING_MAX ((size_t)64 << 20) /* bytes of the file: when it is full nothing is pruned any more */

bool ost_lasting_kind(const char *kind);
/* Takes over what is to be kept of whole segments, and drops what is older than `oldest` (a time as records have it; NULL: nothing).
 * On disk when it returns. -EFBIG: no room. */
int ost_lasting_add(struct ost_journal_io *io, const uint64_t *segments, uint32_t count, const char *oldest) OST_MUST_CHECK;

struct ost_lasting_line {
	uint64_t seq;
	const char *text; /* without its LF */
	size_t length;
};

/* The file, read; lines ordered by seq. Nothing is verified but that each has the envelope of a line: -EINVAL. No file: 0 lines. */
struct ost_lasting {
	char *bytes;
	struct ost_lasting_line *lines;
	size_t count;
};
int ost_lasting_read(struct ost_journal_io *io, struct ost_lasting *ret_kept) OST_MUST_CHECK;
void ost_lasting_free(struct ost_lasting *kept);
/* The first of this seq or behind it: its place, count when there is none. */
size_t ost_lasting_find(const struct ost_lasting *kept, uint64_t seq);
