/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "asked.h"

#include "clock.h"
#include "name.h"

#define NO_BLOCK UINT32_MAX
#define HEADS	 (2 * OST_ASKED_BLOCKS_MAX)

struct entry {
	uint64_t server[2];
	uint64_t name;
	uint32_t expires_tick;
	uint16_t type, class;
	uint8_t opcode;
	uint8_t pending; /* asked so often more than answered; 0: free */
	bool tcp;
	uint8_t spare[5];
};

/* keys first, so that a look goes through two lines. */
struct block {
	uint32_t keys[OST_ASKED_AT_ONCE]; /* id << 16 | client port */
	uint32_t slot, life;
	uint32_t newer, older; /* blocks, in the order of their use, in a circle */
	uint32_t chained;      /* block + 1 that has the same head, 0: none */
	uint32_t next;	       /* place of the next question: the oldest one's */
	struct entry entries[OST_ASKED_AT_ONCE];
};

struct ost_asked {
	struct block *blocks;
	uint32_t block_count;
	uint32_t newest;
	uint32_t heads[HEADS]; /* by hash of the slot: block + 1, 0: none */
};

int ost_asked_new(struct ost_site *site, struct ost_asked **ret_asked)
{
	struct ost_asked *a = ost_site_alloc(site, sizeof(*a));

	*ret_asked = a;
	if (a == NULL)
		return -ENOMEM;
	a->block_count = OST_MIN(site->config.devices_max, OST_ASKED_BLOCKS_MAX);
	a->blocks = ost_site_alloc(site, (size_t)a->block_count * sizeof(*a->blocks));
	if (a->blocks == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < a->block_count; i++) {
		a->blocks[i].slot = OST_SLOT_NONE;
		a->blocks[i].older = i + 1 < a->block_count ? i + 1 : 0;
		a->blocks[i].newer = i > 0 ? i - 1 : a->block_count - 1;
	}
	return 0;
}

void ost_asked_free(const struct ost_site *site, struct ost_asked **asked)
{
	struct ost_asked *a = *asked;

	if (a == NULL)
		return;
	ost_site_release(site, a->blocks, (size_t)a->block_count * sizeof(*a->blocks));
	ost_site_release(site, a, sizeof(*a));
	*asked = NULL;
}

uint64_t ost_asked_name(const struct ost_site *site, const struct ost_dns_name *name)
{
	uint64_t hash;

	if (name->length == 0)
		return 0;
	hash = ost_hash_bytes(&site->hash, name->wire, name->length);
	return hash != 0 ? hash : 1;
}

static void block_newest(struct ost_asked *a, uint32_t b)
{
	struct block *k = &a->blocks[b];
	uint32_t newest = a->newest, oldest;

	if (b == newest)
		return;
	a->blocks[k->newer].older = k->older;
	a->blocks[k->older].newer = k->newer;
	oldest = a->blocks[newest].newer;
	k->older = newest;
	k->newer = oldest;
	a->blocks[newest].newer = b;
	a->blocks[oldest].older = b;
	a->newest = b;
}

static uint32_t *head_of(const struct ost_site *site, uint32_t slot)
{
	return &site->names->asked->heads[ost_hash_2(&site->hash, slot, 0x61736b6564ull) % HEADS];
}

/* The slot's block, whichever life it is of; NO_BLOCK: it has none. */
static uint32_t block_of(const struct ost_site *site, uint32_t slot)
{
	const struct ost_asked *a = site->names->asked;
	uint32_t b = *head_of(site, slot);

	while (b != 0 && a->blocks[b - 1].slot != slot)
		b = a->blocks[b - 1].chained;
	return b != 0 ? b - 1 : NO_BLOCK;
}

/* The block of the slot's device. */
static uint32_t block_find(const struct ost_site *site, uint32_t slot)
{
	uint32_t b = block_of(site, slot);

	if (b != NO_BLOCK && site->names->asked->blocks[b].life != atomic_load_explicit(&site->slots[slot].life, memory_order_relaxed))
		return NO_BLOCK;
	return b;
}

static void block_unchain(const struct ost_site *site, uint32_t b)
{
	struct ost_asked *a = site->names->asked;
	uint32_t *at = head_of(site, a->blocks[b].slot);

	while (*at != b + 1)
		at = &a->blocks[*at - 1].chained;
	*at = a->blocks[b].chained;
}

static bool waits(const struct entry *e, uint32_t tick)
{
	return e->pending > 0 && (int32_t)(e->expires_tick - tick) > 0;
}

/* The slot's own, emptied, or the one that was used last longest ago. */
static uint32_t block_take(struct ost_site *site, uint32_t slot, uint32_t tick, bool *ret_evicted)
{
	struct ost_asked *a = site->names->asked;
	uint32_t own = block_of(site, slot), b = own != NO_BLOCK ? own : a->blocks[a->newest].newer;
	struct block *k = &a->blocks[b];

	for (uint32_t i = 0; i < OST_ASKED_AT_ONCE; i++)
		*ret_evicted |= k->slot != slot && waits(&k->entries[i], tick);
	if (k->slot != OST_SLOT_NONE)
		block_unchain(site, b);
	memset(k->keys, 0, sizeof(k->keys));
	memset(k->entries, 0, sizeof(k->entries));
	k->next = 0;
	k->slot = slot;
	k->life = atomic_load_explicit(&site->slots[slot].life, memory_order_relaxed);
	k->chained = *head_of(site, slot);
	*head_of(site, slot) = b + 1;
	return b;
}

static bool is_same(const struct entry *e, const struct ost_question_asked *q)
{
	return e->server[0] == q->server[0] && e->server[1] == q->server[1] && e->tcp == q->tcp && e->opcode == q->opcode &&
		(q->name == 0 || (e->name == q->name && e->type == q->type && e->class == q->class));
}

static uint32_t key_of(const struct ost_question_asked *q)
{
	return (uint32_t)q->id << 16 | q->client_port;
}

static struct entry *entry_find(struct block *k, const struct ost_question_asked *q, uint32_t tick)
{
	for (uint32_t i = 0; i < OST_ASKED_AT_ONCE; i++) {
		if (k->keys[i] == key_of(q) && waits(&k->entries[i], tick) && is_same(&k->entries[i], q))
			return &k->entries[i];
	}
	return NULL;
}

bool ost_asked_add(struct ost_site *site, const struct ost_question_asked *q, uint32_t tick)
{
	const uint32_t expires = tick + (uint32_t)((OST_ASKED_S * OST_NS_PER_S) >> OST_TICK_SHIFT);
	uint32_t b = block_find(site, q->slot);
	bool evicted = false;
	struct entry *e;
	struct block *k;

	if (b == NO_BLOCK)
		b = block_take(site, q->slot, tick, &evicted);
	block_newest(site->names->asked, b);
	k = &site->names->asked->blocks[b];
	e = entry_find(k, q, tick);
	if (e != NULL && e->name == q->name) {
		e->pending = (uint8_t)(e->pending + (e->pending < UINT8_MAX));
		e->expires_tick = expires;
		return evicted;
	}
	e = &k->entries[k->next];
	evicted |= waits(e, tick);
	*e = (struct entry){.server = {q->server[0], q->server[1]}, .name = q->name, .expires_tick = expires, .type = q->type,
		.class = q->class, .opcode = q->opcode, .pending = 1, .tcp = q->tcp};
	k->keys[k->next] = key_of(q);
	k->next = (k->next + 1) % OST_ASKED_AT_ONCE;
	return evicted;
}

bool ost_asked_match(struct ost_site *site, const struct ost_question_asked *q, uint32_t tick, bool take)
{
	uint32_t b = block_find(site, q->slot);
	struct entry *e = b != NO_BLOCK ? entry_find(&site->names->asked->blocks[b], q, tick) : NULL;

	if (e == NULL)
		return false;
	if (take)
		e->pending--;
	return true;
}
