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

/* Asks for the line of a bucket. */
static inline void ost_refusal_prefetch(const struct ost_refusal_table *t, uint64_t place)
{
	if (t->capacity > 0)
		__builtin_prefetch(&t->hashes[(place & (t->capacity - 1)) & ~(uint64_t)(OST_REFUSAL_WAYS - 1)]);
}

/* The record of this hash in the bucket that place chooses: found, or new (ret_new, all fields to be
 * filled), or NULL when there is no room (counted). hash is not 0. A bucket is looked at as a whole: under a flood it is full of others. */
static inline struct ost_refusal *ost_refusal_find(struct ost_refusal_table *t, uint64_t place, uint64_t hash,
	bool *ret_new)
{
	uint32_t bucket = (uint32_t)(place & (t->capacity - 1)) & ~(OST_REFUSAL_WAYS - 1), same = 0, empty = 0, i;

	for (i = 0; i < OST_REFUSAL_WAYS; i++) {
		same |= (uint32_t)(t->hashes[bucket + i] == hash) << i;
		empty |= (uint32_t)(t->hashes[bucket + i] == 0) << i;
	}
	if (OST_UNLIKELY((same | empty) == 0)) {
		t->lost_pkts++;
		return NULL;
	}
	i = bucket + (uint32_t)__builtin_ctz(same ? same : empty);
	*ret_new = same == 0;
	if (same == 0) {
		t->hashes[i] = hash;
		t->used++;
	}
	return &t->records[i];
}
