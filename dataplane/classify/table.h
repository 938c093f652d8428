/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tagged table under flows, devices and bindings. A bucket is one cache line of 31 16-bit tags and a
 * count of entries that had to go elsewhere; entry i of bucket b lies in another array at b * 31 + i. A key has
 * a first and a second bucket; the second is looked at only while the first one's count says so. So a look-up
 * costs two cache misses and a miss costs one.
 *
 * How full: filled to 55 percent, both buckets of a key are full about once in a million keys; that is for the
 * tables that several threads read, where nothing may move. Devices, all of whom must find a place, fill theirs to 45
 * percent: one table of 100,000 devices in 100,000 has one that does not. The flow tables, which have one thread, are
 * filled to 85 percent: when both buckets are full, one entry moves to its other bucket (room.c).
 *
 * The table knows nothing of entries: callers compare keys. One writer at a time; readers of other
 * threads must bear entries that change under them (the binding and device tables do, see site.h). */
#pragma once

#include "common.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

#define OST_TABLE_WAYS	31u
#define OST_TABLE_NONE	UINT32_MAX

struct ost_table_bucket {
	uint16_t tags[OST_TABLE_WAYS]; /* 0: empty */
	uint16_t elsewhere;	       /* entries whose first bucket is this one, and that are in their second */
} OST_CACHE_ALIGNED;

struct ost_table {
	struct ost_table_bucket *buckets;
	uint32_t bucket_count;
	uint32_t used;
	uint32_t max; /* entries it takes; less than there are places */
};

static inline uint32_t ost_table_range(uint32_t h, uint32_t n)
{
	return (uint32_t)((uint64_t)h * n >> 32);
}

static inline uint32_t ost_table_first(const struct ost_table *t, uint64_t hash)
{
	return ost_table_range((uint32_t)hash, t->bucket_count);
}

static inline uint32_t ost_table_second(const struct ost_table *t, uint64_t hash)
{
	return ost_table_range((uint32_t)((hash * 0x9e3779b97f4a7c15ull) >> 32) ^ (uint32_t)(hash >> 7), t->bucket_count);
}

static inline uint16_t ost_table_tag(uint64_t hash)
{
	uint16_t tag = (uint16_t)(hash >> 48);

	return tag ? tag : 1;
}

static inline uint32_t ost_table_places(const struct ost_table *t)
{
	return t->bucket_count * OST_TABLE_WAYS;
}

#define OST_TABLE_FILL_SHARED 55u /* percent */
#define OST_TABLE_FILL_DEVICES 45u
#define OST_TABLE_FILL_FLOWS  85u

/* Buckets for max entries that are to fill so many percent. */
static inline uint32_t ost_table_buckets_for(uint32_t max, uint32_t fill_percent)
{
	return (uint32_t)(((uint64_t)max * 100 / fill_percent + OST_TABLE_WAYS - 1) / OST_TABLE_WAYS) + 2;
}

static inline void ost_table_prefetch(const struct ost_table *t, uint64_t hash)
{
	__builtin_prefetch(&t->buckets[ost_table_first(t, hash)]);
}

/* Which of the 31 places bear the tag, as bits. */
static inline uint32_t ost_table_match(const struct ost_table_bucket *b, uint16_t tag)
{
#if defined(__AVX512BW__)
	__m512i v = _mm512_load_si512(b);

	return _mm512_cmpeq_epi16_mask(v, _mm512_set1_epi16((short)tag)) & 0x7fffffffu;
#elif defined(__AVX2__)
	__m256i t = _mm256_set1_epi16((short)tag);
	__m256i lo = _mm256_cmpeq_epi16(_mm256_load_si256((const __m256i *)b), t);
	__m256i hi = _mm256_cmpeq_epi16(_mm256_load_si256((const __m256i *)b + 1), t);
	__m256i p = _mm256_permute4x64_epi64(_mm256_packs_epi16(lo, hi), 0xd8);

	return (uint32_t)_mm256_movemask_epi8(p) & 0x7fffffffu;
#elif defined(__SSE2__)
	__m128i t = _mm_set1_epi16((short)tag);
	const __m128i *v = (const __m128i *)b;
	__m128i a = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(v), t), _mm_cmpeq_epi16(_mm_load_si128(v + 1), t));
	__m128i c = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(v + 2), t), _mm_cmpeq_epi16(_mm_load_si128(v + 3), t));

	return ((uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(c) << 16) & 0x7fffffffu;
#else
	uint32_t m = 0;

	for (uint32_t i = 0; i < OST_TABLE_WAYS; i++)
		m |= (uint32_t)(b->tags[i] == tag) << i;
	return m;
#endif
}

/* The first place whose tag fits in the first bucket, OST_TABLE_NONE when none does there. */
static inline uint32_t ost_table_candidate(const struct ost_table *t, uint64_t hash)
{
	uint32_t b = ost_table_first(t, hash);
	uint32_t m = ost_table_match(&t->buckets[b], ost_table_tag(hash));

	return m ? b * OST_TABLE_WAYS + (uint32_t)__builtin_ctz(m) : OST_TABLE_NONE;
}

/* Whether more than the candidate could hold the key: a second tag, or entries elsewhere. */
static inline bool ost_table_elsewhere(const struct ost_table *t, uint64_t hash)
{
	return t->buckets[ost_table_first(t, hash)].elsewhere != 0;
}

/* The bucket that may hold a key that its first one does not: the second, or the first again when nothing is elsewhere.
 * About one bucket of a full flow table in six has something elsewhere, at random: not branched on. */
static inline const struct ost_table_bucket *ost_table_beyond(const struct ost_table *t, uint64_t hash)
{
	uint32_t first = ost_table_first(t, hash), second = ost_table_second(t, hash);

	return &t->buckets[t->buckets[first].elsewhere != 0 ? second : first];
}

/* Goes through all places whose tag fits: for (i = first(...); i != NONE; i = next(...)). */
struct ost_table_walk {
	uint32_t bucket, mask;
	bool second;
};

static inline uint32_t ost_table_walk_next(const struct ost_table *t, uint64_t hash, struct ost_table_walk *w)
{
	while (w->mask == 0) {
		if (w->second || t->buckets[w->bucket].elsewhere == 0)
			return OST_TABLE_NONE;
		w->second = true;
		w->bucket = ost_table_second(t, hash);
		w->mask = ost_table_match(&t->buckets[w->bucket], ost_table_tag(hash));
		if (w->mask == 0)
			return OST_TABLE_NONE;
	}
	uint32_t i = (uint32_t)__builtin_ctz(w->mask);

	w->mask &= w->mask - 1;
	return w->bucket * OST_TABLE_WAYS + i;
}

static inline uint32_t ost_table_walk_first(const struct ost_table *t, uint64_t hash, struct ost_table_walk *w)
{
	w->bucket = ost_table_first(t, hash);
	w->mask = ost_table_match(&t->buckets[w->bucket], ost_table_tag(hash));
	w->second = false;
	return ost_table_walk_next(t, hash, w);
}

/* A free place for the hash, now taken, or OST_TABLE_NONE when max entries are in it or both buckets are full. The
 * caller fills the entry. Its tag is visible at once: other threads' readers compare keys. */
uint32_t ost_table_insert(struct ost_table *t, uint64_t hash);

/* Moves the entry of this hash from its place to its other bucket: returns the new place, whose entry the
 * caller fills before it forgets the old one; OST_TABLE_NONE when there is no room there. */
uint32_t ost_table_move(struct ost_table *t, uint64_t hash, uint32_t place);

/* Frees a place; hash is that of its key. */
void ost_table_remove(struct ost_table *t, uint64_t hash, uint32_t place);
