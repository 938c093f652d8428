/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pruning: ost_commit_prune() of commit.h, and the end of one that a crash held up. */
#pragma once

#include "io.h"

/* Removes segments whose hashes are kept, all lines before minimum. 0 also when there is none. */
int ost_prune_finish(struct ost_journal_io *io, uint64_t minimum) OST_MUST_CHECK;
