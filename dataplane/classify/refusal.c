/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refusal.h"

struct ost_refusal *ost_refusal_find(struct ost_refusal_table *t, uint64_t hash, bool *ret_new)
{
	uint32_t bucket = (uint32_t)(hash & (t->capacity - 1)) & ~(OST_REFUSAL_WAYS - 1), empty = UINT32_MAX;

	for (uint32_t i = bucket; i < bucket + OST_REFUSAL_WAYS; i++) {
		if (t->hashes[i] == hash) {
			*ret_new = false;
			return &t->records[i];
		}
		if (t->hashes[i] == 0 && empty == UINT32_MAX)
			empty = i;
	}
	if (empty == UINT32_MAX) {
		t->lost_pkts++;
		return NULL;
	}
	t->hashes[empty] = hash;
	t->used++;
	*ret_new = true;
	return &t->records[empty];
}
