/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fact of the rules of significance is called by people, and where it is told when it is missing (ostiary-regimes(5)). */
#pragma once

#include "common.h"

/* "whether it succeeded"; the name itself when it is none that is known here. */
const char *ost_fact_words(const char *name);
/* "find out: ..." or "entity.yaml: ..."; "" for none. */
const char *ost_fact_tell(const char *name);
