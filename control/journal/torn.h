/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that recovery cuts: kept in torn-N.bin, never deleted. While the record that says so is not covered the file is called
 * torn-N.new, so that no crash makes one go unmentioned. */
#pragma once

#include "commit.h"

/* Cuts the first of these segments at keep, and all of the rest. Nothing is done when there is nothing to cut. */
int ost_torn_cut(struct ost_journal_io *io, const uint64_t *numbers, uint32_t count, uint64_t keep) OST_MUST_CHECK;
/* A journal.recovery for each torn-N.new goes before what comes next. */
int ost_torn_tell(struct ost_commit *c) OST_MUST_CHECK;
/* They are told. */
int ost_torn_told(struct ost_journal_io *io) OST_MUST_CHECK;
