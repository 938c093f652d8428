/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random talks between devices and name servers, true and false, and what devices do with what they were told. */
#pragma once

#include "world.h"

/* Called for each frame with what the naive reading says; the verdict must be that. Frames of one call that is not last may be
 * judged together, in their order. */
typedef void (*exchange_expect)(struct world *w, const struct naive_frame *f, const struct frame *frame, const struct naive_verdict *expected,
	bool last);

struct exchange_counts {
	uint64_t talks, read, answers, unasked, given, tcp;
};

void exchange_random(struct world *w, struct rng *rng, exchange_expect expect, struct exchange_counts *counts);
