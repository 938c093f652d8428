/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what lies on disk to a journal that can go on. Every line is read and hashed again.
 *
 * Fewer lines than the checkpoint says, lines that are not those it covers, a checkpoint that is not ours, or no key to sign with: no
 * crash does that. The journal is read-only then. What is behind the last line that is covered is cut and kept in torn-N.bin. */
#pragma once

#include "commit.h"

/* Fills c, also when it says that the journal is read-only (0). -errno: the disk, or memory; nothing is to be freed. What there is to tell
 * (journal.begin, journal.recovery) is written before it returns; when the disk does not take that, it waits. */
int ost_recover(const struct ost_commit_config *config, struct ost_commit *c) OST_MUST_CHECK;

/* Of a read-only journal: moves what is left to lost-N/ and begins another, whose first record says so. */
int ost_recover_accept_loss(struct ost_commit *c, const char *by, const char *reason) OST_MUST_CHECK;
