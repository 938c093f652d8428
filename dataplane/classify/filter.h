/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a role surely does not allow, told from half a cache line: a summary of its IPv4 lanes, so that a flood is refused
 * without reading them. Two questions, of which each alone may say "no": is this one of the remotes (a Bloom filter of
 * two words, one bit in each), and is this one of the services (one word a direction)? "Maybe" means nothing: then the
 * lanes decide.
 *
 * Prefixes have many lengths and a filter knows only equality, so addresses are looked up at two grains: prefixes at
 * least as long as the fine grain by that many bits, all others by the shortest one's. */
#pragma once

#include "image.h"

struct ost_filter {
	uint64_t remote[2];
	uint64_t service[2]; /* enum ost_direction */
};

/* Low bits of an address that do not count. */
struct ost_filter_grain {
	uint8_t fine, coarse; /* 0 to 32 */
};

struct ost_role_filter {
	struct ost_filter filter;
	struct ost_filter_grain grain;
};

static inline uint64_t ost_filter_remote_hash(uint64_t key, uint32_t remote, unsigned direction, unsigned low_bits, unsigned coarse)
{
	return (((uint64_t)remote | (uint64_t)direction << 32) >> low_bits << 1 | coarse) * key;
}

static inline uint64_t ost_filter_service_bit(uint64_t key, uint8_t protocol, uint16_t value)
{
	return 1ull << ((((uint64_t)protocol << 16 | value) * key) >> 58);
}

static inline uint64_t ost_filter_has(const struct ost_filter *f, uint64_t hash)
{
	return f->remote[0] >> (hash >> 58) & f->remote[1] >> (hash >> 52 & 63) & 1;
}

/* False: no lane of the role matches this. remote in host order. */
static inline bool ost_filter_maybe(const struct ost_filter *f, struct ost_filter_grain grain, uint64_t key, uint32_t remote,
	unsigned direction, uint8_t protocol, uint16_t value)
{
	uint64_t r = ost_filter_has(f, ost_filter_remote_hash(key, remote, direction, grain.fine, 0)) |
		ost_filter_has(f, ost_filter_remote_hash(key, remote, direction, grain.coarse, 1));

	return r & ((f->service[direction] & ost_filter_service_bit(key, protocol, value)) != 0);
}

/* The filter of a role of an opened image. key: random and odd. */
void ost_filter_make(const struct ost_image *image, const struct ost_image_role *role, uint64_t key,
	struct ost_role_filter *ret_filter);
