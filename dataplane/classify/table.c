/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

static uint32_t take(struct ost_table *t, uint32_t bucket, uint16_t tag)
{
	uint32_t empty = ost_table_match(&t->buckets[bucket], 0);

	if (empty == 0)
		return OST_TABLE_NONE;
	uint32_t i = (uint32_t)__builtin_ctz(empty);

	t->buckets[bucket].tags[i] = tag;
	t->used++;
	return bucket * OST_TABLE_WAYS + i;
}

uint32_t ost_table_insert(struct ost_table *t, uint64_t hash)
{
	uint32_t first = ost_table_first(t, hash), second, place;
	uint16_t tag = ost_table_tag(hash);

	if (t->used >= t->max)
		return OST_TABLE_NONE;
	place = take(t, first, tag);
	if (place != OST_TABLE_NONE)
		return place;
	second = ost_table_second(t, hash);
	if (second == first)
		return OST_TABLE_NONE;
	place = take(t, second, tag);
	if (place != OST_TABLE_NONE)
		t->buckets[first].elsewhere++;
	return place;
}

uint32_t ost_table_move(struct ost_table *t, uint64_t hash, uint32_t place)
{
	uint32_t first = ost_table_first(t, hash), second = ost_table_second(t, hash), to;
	bool was_first = place / OST_TABLE_WAYS == first;

	if (first == second)
		return OST_TABLE_NONE;
	to = take(t, was_first ? second : first, ost_table_tag(hash));
	if (to == OST_TABLE_NONE)
		return to;
	if (was_first)
		t->buckets[first].elsewhere++;
	ost_table_remove(t, hash, place);
	return to;
}

void ost_table_remove(struct ost_table *t, uint64_t hash, uint32_t place)
{
	uint32_t bucket = place / OST_TABLE_WAYS, first = ost_table_first(t, hash);

	t->buckets[bucket].tags[place % OST_TABLE_WAYS] = 0;
	t->used--;
	if (bucket != first)
		t->buckets[first].elsewhere--;
}
