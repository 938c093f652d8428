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
	struct ost_refusal *records; /* one more than the capacity */
	uint32_t capacity; /* a power of two, multiple of the ways */
	uint32_t used;
	uint64_t lost_pkts;
};

/* The same of flows that were opened (opened.h): places has no records of its own, and counts flows as lost. */
struct ost_opened_table {
	struct ost_refusal_table places;
	struct ost_opened *records; /* as many as the capacity */
};

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

/* Where the record of a hash is: its place, the spare one's behind the last when it surely has none (its bucket is full
 * of others), or this: it may get one. */
#define OST_REFUSAL_FRESH UINT32_MAX

/* Looks without touching anything, so that the record can be asked for; the capacity is not 0, the hash neither. A bucket is
 * looked at as a whole: under a flood it is full of others. Which of its kinds comes next is random: not branched on. */
static inline uint32_t ost_refusal_look(const struct ost_refusal_table *t, uint64_t place, uint64_t hash)
{
	uint32_t bucket = (uint32_t)(place & (t->capacity - 1)) & ~(OST_REFUSAL_WAYS - 1);
	uint32_t same = ost_refusal_match(t->hashes + bucket, hash);
	uint32_t at = same != 0 ? bucket + (uint32_t)__builtin_ctz(same | 1u << OST_REFUSAL_WAYS) : t->capacity;

	if (OST_UNLIKELY(same == 0 && ost_refusal_match(t->hashes + bucket, 0) != 0))
		return OST_REFUSAL_FRESH;
	return at;
}

/* The same for one that may be fresh: takes a place for it; ret_new when all its fields are to be filled. */
static inline uint32_t ost_refusal_take(struct ost_refusal_table *t, uint64_t place, uint64_t hash, bool *ret_new)
{
	uint32_t at = ost_refusal_look(t, place, hash), bucket;

	*ret_new = at == OST_REFUSAL_FRESH;
	if (!*ret_new)
		return at;
	bucket = (uint32_t)(place & (t->capacity - 1)) & ~(OST_REFUSAL_WAYS - 1);
	at = bucket + (uint32_t)__builtin_ctz(ost_refusal_match(t->hashes + bucket, 0));
	t->hashes[at] = hash;
	t->used++;
	return at;
}
