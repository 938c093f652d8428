/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Room in a flow table: when both buckets of a new flow are full, one of their entries moves to its other
 * bucket. At 85 percent fill nearly every entry could, so one step is enough. */
#include "classifier.h"

static uint64_t hash_at(const struct ost_classifier *c, uint32_t place, bool v4)
{
	uint64_t key[6];

	memcpy(key, v4 ? c->flows4[place].key : c->flows6[place].key, v4 ? 24 : 48);
	key[v4 ? 2 : 5] &= OST_KEY_TAIL1_MASK;
	return ost_flow_hash(c->site, key, v4);
}

static bool move_one(struct ost_classifier *c, uint32_t bucket, bool v4)
{
	struct ost_table *t = v4 ? &c->table4 : &c->table6;

	for (uint32_t i = 0; i < OST_TABLE_WAYS; i++) {
		uint32_t place = bucket * OST_TABLE_WAYS + i, to;
		const struct ost_flow_meta *m = v4 ? &c->flows4[place].meta : &c->flows6[place].meta;

		/* A flow between devices is known to its alias by its place. */
		if (ost_flow_flags(m) & OST_FLOW_DEVICE_PEER)
			continue;
		to = ost_table_move(t, hash_at(c, place, v4), place);
		if (to == OST_TABLE_NONE)
			continue;
		if (v4)
			c->flows4[to] = c->flows4[place];
		else
			c->flows6[to] = c->flows6[place];
		return true;
	}
	return false;
}

uint32_t ost_flow_place(struct ost_classifier *c, uint64_t hash, bool v4)
{
	struct ost_table *t = v4 ? &c->table4 : &c->table6;
	uint32_t place = ost_table_insert(t, hash);

	if (OST_LIKELY(place != OST_TABLE_NONE) || t->used >= t->max)
		return place;
	if (!move_one(c, ost_table_first(t, hash), v4) && !move_one(c, ost_table_second(t, hash), v4))
		return OST_TABLE_NONE;
	return ost_table_insert(t, hash);
}
