/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusal records of one worker: equal refusals are joined, so that a flood costs a counter. A small
 * table with buckets of eight 64-bit hashes in one line; what finds no room is only counted. */
#pragma once

#include "classify.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

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

/* Which of a bucket's eight hashes are equal to this one, as bits. */
static inline uint32_t ost_refusal_match(const uint64_t *hashes, uint64_t hash)
{
#if defined(__AVX512F__)
	return _mm512_cmpeq_epi64_mask(_mm512_load_si512(hashes), _mm512_set1_epi64((long long)hash));
#elif defined(__AVX2__)
	__m256i h = _mm256_set1_epi64x((long long)hash);
	__m256i lo = _mm256_cmpeq_epi64(_mm256_load_si256((const __m256i *)hashes), h);
	__m256i hi = _mm256_cmpeq_epi64(_mm256_load_si256((const __m256i *)hashes + 1), h);

	return (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(lo)) |
		(uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(hi)) << 4;
#else
	uint32_t m = 0;

	for (uint32_t i = 0; i < OST_REFUSAL_WAYS; i++)
		m |= (uint32_t)(hashes[i] == hash) << i;
	return m;
#endif
}

/* The record of this hash in the bucket that place chooses: found, or new (ret_new, all fields to be
 * filled), or NULL when there is no room (counted). hash is not 0. A bucket is looked at as a whole: under a flood it is full of others. */
static inline struct ost_refusal *ost_refusal_find(struct ost_refusal_table *t, uint64_t place, uint64_t hash,
	bool *ret_new)
{
	uint32_t bucket = (uint32_t)(place & (t->capacity - 1)) & ~(OST_REFUSAL_WAYS - 1), i;
	uint32_t same = ost_refusal_match(t->hashes + bucket, hash), empty = ost_refusal_match(t->hashes + bucket, 0);

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
