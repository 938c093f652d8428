/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusal records of one worker: equal refusals are joined, so that a flood costs a counter. A small
 * table with buckets of eight 64-bit hashes in one line; what finds no room is only counted. */
#pragma once

#include "classify.h"

#define OST_REFUSAL_WAYS 8u

struct ost_refusal_table {
	uint64_t *hashes; /* 0: empty */
	struct ost_refusal *records;
	uint32_t capacity; /* a power of two, multiple of the ways */
	uint32_t used;
	uint64_t lost_pkts;
};

/* The record of this hash: found, or new (ret_new, all fields to be filled), or NULL when there is no room
 * (counted). hash is not 0. */
struct ost_refusal *ost_refusal_find(struct ost_refusal_table *t, uint64_t hash, bool *ret_new);

static inline void ost_refusal_prefetch(const struct ost_refusal_table *t, uint64_t hash)
{
	__builtin_prefetch(&t->hashes[(hash & (t->capacity - 1)) & ~(uint64_t)(OST_REFUSAL_WAYS - 1)]);
}
