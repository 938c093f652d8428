/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters are made with a policy's view, once for each role. */
#include "filter.h"

#include "model.h"

#define SERVICES_LISTED_MAX 64u /* values of one lane; more of them fill the word anyway */

static uint32_t lanes_of(const struct ost_image_role *role)
{
	return role->chunk4_count * OST_LANES4;
}

static const struct ost_image_chunk4 *chunk_of(const struct ost_image *image, const struct ost_image_role *role, uint32_t lane)
{
	return &image->chunks4[role->chunk4_first + lane / OST_LANES4];
}

/* The leading ones of a lane's mask; 33 for a lane that never matches. */
static unsigned length_of(const struct ost_image *image, const struct ost_image_role *role, uint32_t lane)
{
	const struct ost_image_chunk4 *c = chunk_of(image, role, lane);
	uint32_t mask = c->mask[lane % OST_LANES4];

	if (c->selector[lane % OST_LANES4] == OST_LANE_NEVER)
		return 33;
	return mask == UINT32_MAX ? 32 : (unsigned)__builtin_clz(~mask);
}

/* The grains with which the fewest addresses pass: the coarse one is the shortest prefix's, the fine one is tried. */
static struct ost_filter_grain grain_choose(const uint32_t lengths[33])
{
	unsigned shortest = 0, best = 0;
	uint64_t least = UINT64_MAX;

	while (shortest < 32 && lengths[shortest] == 0)
		shortest++;
	for (unsigned fine = shortest; fine <= 32; fine++) {
		uint64_t pass = 0;

		for (unsigned length = shortest; length <= 32; length++)
			pass += (uint64_t)lengths[length] << (32 - (length >= fine ? fine : shortest));
		if (pass < least) {
			least = pass;
			best = fine;
		}
	}
	return (struct ost_filter_grain){(uint8_t)(32 - best), (uint8_t)(32 - shortest)};
}

static void service_add(struct ost_filter *f, uint64_t key, uint16_t selector, uint16_t lo, uint16_t span)
{
	unsigned direction = selector & OST_LANE_FROM ? OST_FROM : OST_TO;
	uint8_t protocol = (uint8_t)selector;

	if (protocol == 0 || span >= SERVICES_LISTED_MAX) {
		f->service = UINT64_MAX;
		return;
	}
	for (uint32_t i = 0; i <= span; i++)
		f->service |= 1ull << ost_filter_service(key, direction, protocol, (uint16_t)(lo + i));
}

static void lane_add(struct ost_role_filter *r, const struct ost_filter_key *key, const struct ost_image_chunk4 *c, uint32_t i,
	unsigned length)
{
	bool coarse = length < 32u - r->grain.fine;
	uint64_t hash = ost_filter_hash(coarse ? key->coarse : key->fine, c->addr[i],
		c->selector[i] & OST_LANE_FROM ? OST_FROM : OST_TO, coarse ? r->grain.coarse : r->grain.fine);

	r->filter.remote[0] |= 1ull << (hash >> 58);
	r->filter.remote[1] |= 1ull << (hash >> 52 & 63);
	r->filter.remote[2] |= 1ull << (hash >> 46 & 63);
	service_add(&r->filter, key->fine, c->selector[i], c->lo[i], c->span[i]);
}

void ost_filter_make(const struct ost_image *image, const struct ost_image_role *role, const struct ost_filter_key *key,
	struct ost_role_filter *ret_filter)
{
	struct ost_role_filter f = {0};
	uint32_t lengths[34] = {0};

	for (uint32_t i = 0; i < lanes_of(role); i++)
		lengths[length_of(image, role, i)]++;
	f.grain = grain_choose(lengths);
	for (uint32_t i = 0; i < lanes_of(role); i++) {
		unsigned length = length_of(image, role, i);

		if (length <= 32)
			lane_add(&f, key, chunk_of(image, role, i), i % OST_LANES4, length);
	}
	*ret_filter = f;
}
