/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of many texts stands where: a table of their numbers, under a keyed hash, for texts come from files that may be hostile. The texts
 * themselves stay where they are, in an array of the caller's. */
#pragma once

#include "hash.h"

struct ost_text_index {
	const char *(*text_of)(const void *items, uint32_t number);
	const void *items; /* may be another array at each call, but with the same texts */
	uint64_t *slots;   /* number + 1 above, bits of the hash below; 0 free */
	uint32_t mask;
	struct ost_hash_key key;
};

/* Room for this many. -ENOMEM. Free it in either case. */
int ost_text_index_open(struct ost_text_index *index, const void *items, const char *(*text_of)(const void *items, uint32_t number),
	uint32_t count) OST_MUST_CHECK;
void ost_text_index_close(struct ost_text_index *index);

/* Enters the text of this number, within the room. Returns the number under which it was there before, or this one. */
uint32_t ost_text_index_put(struct ost_text_index *index, uint32_t number);

/* The number of a text, or UINT32_MAX. */
uint32_t ost_text_index_find(const struct ost_text_index *index, const char *text);
