/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the regimes make of a case: proposals with each record, clocks, warnings; the regime files and entity.yaml, read when they change. */
#pragma once

#include "casebook_private.h"

/* What the machine proposes now, kept in the case. */
void case_law_assess(struct ost_casebook *b, struct ost_case *c);
/* The members "proposal" and "decision" of the open object. */
void case_law_record(const struct ost_case *c, struct ost_jsonw *w);
