/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a role surely does not allow, told from half a cache line: a summary of its IPv4 lanes, so that a flood is refused
 * without reading them. Two questions, of which each alone may say "no": is this one of the remotes in this direction (a
 * Bloom filter of three words, one bit in each), and is this one of the services (a word). "Maybe" means nothing: then
 * the lanes decide.
 *
 * Prefixes have many lengths and a filter knows only equality, so addresses are looked up at two grains: prefixes at
 * least as long as the fine grain by that many bits, all others by the shortest one's. */
#pragma once

#include "image.h"

struct ost_filter {
	uint64_t remote[3];
	uint64_t service;
};

/* Low bits of an address that do not count. */
struct ost_filter_grain {
	uint8_t fine, coarse; /* 0 to 32 */
};

/* Random and odd, so that nobody outside knows what passes. */
struct ost_filter_key {
	uint64_t fine, coarse;
};

struct ost_role_filter {
	struct ost_filter filter;
	struct ost_filter_grain grain;
};

/* Of the remote and the direction, at one grain. */
static inline uint64_t ost_filter_hash(uint64_t key, uint32_t remote, unsigned direction, unsigned low_bits)
{
	return (((uint64_t)remote | (uint64_t)direction << 32) >> low_bits) * key;
}

/* Which bit of the word, by the service and the direction. */
static inline unsigned ost_filter_service(uint64_t key, unsigned direction, uint8_t protocol, uint16_t value)
{
	return (unsigned)((((uint64_t)protocol << 16 | (uint64_t)direction << 24 | value) * key) >> 58);
}

static inline uint64_t ost_filter_has(const struct ost_filter *f, uint64_t hash)
{
	return f->remote[0] >> (hash >> 58) & f->remote[1] >> (hash >> 52 & 63) & f->remote[2] >> (hash >> 46 & 63);
}

/* False: no lane of the role matches this. remote in host order. */
static inline bool ost_filter_maybe(const struct ost_filter *f, struct ost_filter_grain grain, const struct ost_filter_key *key,
	uint32_t remote, unsigned direction, uint8_t protocol, uint16_t value)
{
	uint64_t r = ost_filter_has(f, ost_filter_hash(key->fine, remote, direction, grain.fine)) |
		ost_filter_has(f, ost_filter_hash(key->coarse, remote, direction, grain.coarse));

	return r & f->service >> ost_filter_service(key->fine, direction, protocol, value) & 1;
}

/* The filter of a role of an opened image. */
void ost_filter_make(const struct ost_image *image, const struct ost_image_role *role, const struct ost_filter_key *key,
	struct ost_role_filter *ret_filter);
