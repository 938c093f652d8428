/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines in order, while somebody else writes them. journal.h has the functions; here is the one that a test gives another disk. */
#pragma once

#include "io.h"
#include "journal.h"

/* io is borrowed. */
int ost_journal_reader_new(struct ost_journal_io *io, uint64_t from_seq, struct ost_journal_reader **ret_reader) OST_MUST_CHECK;
