/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": the nearest of some names to one that was mistyped. */
#pragma once

#include "common.h"

struct ost_nearest {
	const char *wanted;
	const char *best; /* NULL: none is near enough; borrowed */
	unsigned distance;
	uint32_t *budget; /* comparisons left, shared by all searches of one run */
};

/* Starts a search. Near enough is one edit in three characters, three at most. */
struct ost_nearest ost_nearest_of(const char *wanted, uint32_t *budget);
void ost_nearest_offer(struct ost_nearest *near, const char *name);
