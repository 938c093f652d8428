/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text_index.h"

#include <sys/random.h>

#define LEAST_SLOTS 16u

int ost_text_index_open(struct ost_text_index *x, const void *items, const char *(*text_of)(const void *items, uint32_t number), uint32_t count)
{
	uint64_t slots = LEAST_SLOTS;

	*x = (struct ost_text_index){.text_of = text_of, .items = items};
	while (slots < (uint64_t)count * 2)
		slots *= 2;
	if (slots > UINT32_MAX)
		return -ENOMEM;
	/* Without a secret the table is merely easier to aim at. */
	if (getrandom(&x->key, sizeof(x->key), GRND_NONBLOCK) != (ssize_t)sizeof(x->key))
		x->key = (struct ost_hash_key){{0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu, 0x165667b19e3779f9u, 0xd6e8feb86659fd93u}};
	x->slots = calloc(slots, sizeof(*x->slots));
	x->mask = (uint32_t)(slots - 1);
	return x->slots != NULL ? 0 : -ENOMEM;
}

void ost_text_index_close(struct ost_text_index *x)
{
	free(x->slots);
	*x = (struct ost_text_index){0};
}

/* The slot that has this text, or the free one where it belongs. The table is half empty at least. */
static uint64_t *slot_find(const struct ost_text_index *x, const char *text, uint32_t *ret_hash)
{
	uint64_t hash = ost_hash_bytes(&x->key, text, strlen(text));
	uint32_t i = (uint32_t)(hash >> 32);
	uint64_t *slot = &x->slots[i & x->mask];

	while (*slot != 0 && ((uint32_t)*slot != (uint32_t)hash || strcmp(x->text_of(x->items, (uint32_t)(*slot >> 32) - 1), text) != 0))
		slot = &x->slots[++i & x->mask];
	*ret_hash = (uint32_t)hash;
	return slot;
}

uint32_t ost_text_index_put(struct ost_text_index *x, uint32_t number)
{
	uint32_t hash;
	uint64_t *slot = slot_find(x, x->text_of(x->items, number), &hash);

	if (*slot != 0)
		return (uint32_t)(*slot >> 32) - 1;
	*slot = ((uint64_t)number + 1) << 32 | hash;
	return number;
}

uint32_t ost_text_index_find(const struct ost_text_index *x, const char *text)
{
	uint32_t hash;
	const uint64_t *slot = x->slots != NULL ? slot_find(x, text, &hash) : NULL;

	return slot != NULL && *slot != 0 ? (uint32_t)(*slot >> 32) - 1 : UINT32_MAX;
}
