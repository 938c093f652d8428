/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of segments that are no more: the hash of each of their lines, in order, in tiles/leaves.bin (32 bytes each; every 256
 * of them are a level-0 tile of C2SP tlog-tiles), and how many there are in minimum-index, which is also the number of the first
 * record that is still there. */
#pragma once

#include "io.h"
#include "journal.h"
#include "merkle.h"

/* 0 when nothing was ever pruned. -EINVAL: the file is no number. */
int ost_retained_minimum(struct ost_journal_io *io, uint64_t *ret_minimum) OST_MUST_CHECK;
/* Each hash in order, count of them. -ENODATA: there are fewer. */
int ost_retained_each(struct ost_journal_io *io, uint64_t count, void (*fn)(void *user, uint64_t seq, const struct ost_merkle_hash *leaf),
	void *user) OST_MUST_CHECK;
/* More hashes behind the first `minimum` ones; then the new minimum. On disk when it returns. */
int ost_retained_add(struct ost_journal_io *io, uint64_t minimum, const struct ost_merkle_hash *leaves, uint64_t count) OST_MUST_CHECK;
