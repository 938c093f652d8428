/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of zeros beside the segments: room that is given free when the disk is full, for what must not wait until somebody has tidied up:
 * decisions, ends of incidents, what the journal says of itself. */
#pragma once

#include "io.h"

/* Makes the file when it is not there. -ENOSPC. */
int ost_reserve_make(struct ost_journal_io *io, size_t bytes) OST_MUST_CHECK;
/* Whether there was one. */
bool ost_reserve_give(struct ost_journal_io *io);
