/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cases read back from the journal, at a start. */
#pragma once

#include "casebook_private.h"

/* done is called from the event loop when all that could be read is in the casebook. */
int case_restore_begin(struct ost_casebook *b, void (*done)(struct ost_casebook *b)) OST_MUST_CHECK;
/* Stops it if it is under way. */
void case_restore_end(struct ost_casebook *b);
