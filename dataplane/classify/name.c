/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "name.h"

#include "asked.h"
#include "clock.h"
#include "kept.h"
#include "stream.h"

/* Of the device's own spare entries that may turn out to be none: the work for one address has an end. */
#define LOOKS_MAX 8u

static uint32_t ticks_of(uint32_t seconds)
{
	return (uint32_t)((seconds * OST_NS_PER_S) >> OST_TICK_SHIFT);
}

/* ---- chains ---- */

void ost_chain_of(const struct ost_dns_answer *answer, uint32_t owner, struct ost_chain *ret_chain)
{
	ret_chain->length = 0;
	for (uint32_t i = 0; i <= owner && i < answer->name_count; i++) {
		const struct ost_dns_name *n = &answer->names[i];

		if (ret_chain->length + n->length > OST_NAME_CHAIN_BYTES_MAX)
			return;
		memcpy(ret_chain->wire + ret_chain->length, n->wire, n->length);
		ret_chain->length += n->length;
	}
}

/* False: the cells are not a chain, which only a reader meets that looks while they are written. */
static bool chain_copy(const struct ost_name_table *n, uint32_t cell, struct ost_chain *ret_chain)
{
	uint32_t length, done = 0, part;

	if (cell == 0 || cell >= n->cell_count)
		return false;
	length = n->cells[cell].length;
	if (length > OST_NAME_CHAIN_BYTES_MAX)
		return false;
	for (; done < length; done += part, cell = n->cells[cell].next) {
		if (cell == 0 || cell >= n->cell_count)
			return false;
		part = OST_MIN(length - done, OST_NAME_CELL_BYTES);
		memcpy(ret_chain->wire + done, n->cells[cell].bytes, part);
	}
	ret_chain->length = length;
	return true;
}

static bool chain_is(const struct ost_name_table *n, uint32_t cell, const struct ost_chain *chain)
{
	uint32_t done = 0, part;

	if (n->cells[cell].length != chain->length)
		return false;
	for (; done < chain->length; done += part, cell = n->cells[cell].next) {
		part = OST_MIN(chain->length - done, OST_NAME_CELL_BYTES);
		if (memcmp(n->cells[cell].bytes, chain->wire + done, part) != 0)
			return false;
	}
	return true;
}

static uint64_t chain_hash(const struct ost_site *site, const struct ost_chain *chain)
{
	return ost_hash_bytes(&site->hash, chain->wire, chain->length);
}

/* Place in the table of chains. */
static uint32_t chain_find(const struct ost_name_table *n, uint64_t hash, const struct ost_chain *chain)
{
	struct ost_table_walk w;

	for (uint32_t i = ost_table_walk_first(&n->chains, hash, &w); i != OST_TABLE_NONE; i = ost_table_walk_next(&n->chains, hash, &w)) {
		if (chain_is(n, n->chain_at[i], chain))
			return i;
	}
	return OST_TABLE_NONE;
}

static void cells_free(struct ost_name_table *n, uint32_t cell)
{
	while (cell != 0) {
		uint32_t next = n->cells[cell].next;

		n->cells[cell].next = n->cell_free;
		n->cell_free = cell;
		n->cells_used--;
		cell = next;
	}
}

/* First cell, 0: there is no room. */
static uint32_t cells_write(struct ost_name_table *n, const struct ost_chain *chain)
{
	const uint32_t count = OST_MAX((chain->length + OST_NAME_CELL_BYTES - 1) / OST_NAME_CELL_BYTES, 1u);
	uint32_t first = n->cell_free, cell = first, part;

	if (n->cell_count - 1 - n->cells_used < count)
		return 0;
	for (uint32_t i = 0, done = 0; i < count; i++, done += part) {
		struct ost_name_cell *c = &n->cells[cell];

		part = OST_MIN(chain->length - done, OST_NAME_CELL_BYTES);
		memcpy(c->bytes, chain->wire + done, part);
		n->cell_free = c->next;
		if (i + 1 == count)
			c->next = 0;
		cell = c->next;
	}
	n->cells_used += count;
	n->cells[first].refs = 0;
	n->cells[first].length = (uint16_t)chain->length;
	return first;
}

/* One more reference; 0: there is no room. */
static uint32_t chain_get(struct ost_site *site, const struct ost_chain *chain)
{
	struct ost_name_table *n = site->names;
	uint64_t hash = chain_hash(site, chain);
	uint32_t place = chain_find(n, hash, chain), cell;

	if (place == OST_TABLE_NONE) {
		cell = cells_write(n, chain);
		place = cell != 0 ? ost_table_insert(&n->chains, hash) : OST_TABLE_NONE;
		if (place == OST_TABLE_NONE) {
			cells_free(n, cell);
			return 0;
		}
		n->chain_at[place] = cell;
	}
	n->cells[n->chain_at[place]].refs++;
	return n->chain_at[place];
}

static void chain_put(struct ost_site *site, uint32_t cell)
{
	struct ost_name_table *n = site->names;
	struct ost_chain chain;
	uint32_t place;
	uint64_t hash;

	if (--n->cells[cell].refs > 0 || !chain_copy(n, cell, &chain))
		return;
	hash = chain_hash(site, &chain);
	place = chain_find(n, hash, &chain);
	if (place != OST_TABLE_NONE)
		ost_table_remove(&n->chains, hash, place);
	cells_free(n, cell);
}

/* ---- entries ---- */

static void turn_begin(struct ost_name *e)
{
	atomic_store_explicit(&e->turn, atomic_load_explicit(&e->turn, memory_order_relaxed) + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
}

static void turn_end(struct ost_name *e)
{
	atomic_store_explicit(&e->turn, atomic_load_explicit(&e->turn, memory_order_relaxed) + 1, memory_order_release);
}

static bool is_of(const struct ost_name *e, const uint64_t ip[2], uint32_t slot, uint32_t life)
{
	return e->ip[0] == ip[0] && e->ip[1] == ip[1] && e->slot == slot && e->life == life;
}

static uint32_t life_of(const struct ost_site *site, uint32_t slot)
{
	return atomic_load_explicit(&site->slots[slot].life, memory_order_relaxed);
}

bool ost_name_read(const struct ost_site *site, uint32_t place, const uint64_t ip[2], uint32_t slot, uint32_t tick, bool also_old,
	struct ost_chain *ret_chain)
{
	const struct ost_name *e = &site->names->entries[place];
	uint32_t turn = atomic_load_explicit(&e->turn, memory_order_acquire), expires;

	if ((turn & 1) || !is_of(e, ip, slot, life_of(site, slot)))
		return false;
	expires = atomic_load_explicit(&e->expires_tick, memory_order_relaxed);
	if (!also_old && (expires == 0 || (int32_t)(expires - tick) <= 0))
		return false;
	if (!chain_copy(site->names, e->chain, ret_chain))
		return false;
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&e->turn, memory_order_relaxed) == turn;
}

int ost_name_copy(const struct ost_site *site, uint32_t place, struct ost_name *ret_entry, struct ost_chain *ret_chain)
{
	const struct ost_name *e = &site->names->entries[place];
	uint32_t turn = atomic_load_explicit(&e->turn, memory_order_acquire);
	struct ost_name copy = {.ip = {e->ip[0], e->ip[1]}, .slot = e->slot, .life = e->life};
	struct ost_chain chain;
	bool there;

	atomic_init(&copy.expires_tick, atomic_load_explicit(&e->expires_tick, memory_order_relaxed));
	there = chain_copy(site->names, e->chain, &chain);
	atomic_thread_fence(memory_order_acquire);
	if ((turn & 1) || atomic_load_explicit(&e->turn, memory_order_relaxed) != turn)
		return -EAGAIN;
	if (!there)
		return -ENOENT;
	*ret_entry = copy;
	ret_chain->length = chain.length;
	memcpy(ret_chain->wire, chain.wire, chain.length);
	return 0;
}

static uint64_t holder_hash(const struct ost_site *site, uint32_t slot)
{
	return ost_hash_2(&site->hash, slot, 0x686f6c646572ull);
}

/* Place of the slot's holder, whichever life it is of. */
static uint32_t holder_find(const struct ost_site *site, uint32_t slot)
{
	const struct ost_name_table *n = site->names;
	const uint64_t hash = holder_hash(site, slot);
	struct ost_table_walk w;

	for (uint32_t i = ost_table_walk_first(&n->holders_table, hash, &w); i != OST_TABLE_NONE;
		i = ost_table_walk_next(&n->holders_table, hash, &w)) {
		if (n->holders[i].slot == slot)
			return i;
	}
	return OST_TABLE_NONE;
}

/* The slot's device as a holder, NULL: there is no room. What the device before it held is forgotten, and the sweep takes it
 * away. holder_tidy() when all is done. */
static struct ost_name_holder *holder_get(struct ost_site *site, uint32_t slot)
{
	struct ost_name_table *n = site->names;
	uint32_t place = holder_find(site, slot);

	if (place == OST_TABLE_NONE) {
		place = ost_table_insert(&n->holders_table, holder_hash(site, slot));
		if (place == OST_TABLE_NONE)
			return NULL;
		n->holders[place].life = life_of(site, slot) - 1;
	}
	if (n->holders[place].life != life_of(site, slot))
		n->holders[place] = (struct ost_name_holder){.slot = slot, .life = life_of(site, slot)};
	return &n->holders[place];
}

/* Who holds nothing is no holder. */
static void holder_tidy(struct ost_site *site, uint32_t slot)
{
	uint32_t place = holder_find(site, slot);

	if (place != OST_TABLE_NONE && site->names->holders[place].count == 0)
		ost_table_remove(&site->names->holders_table, holder_hash(site, slot), place);
}

/* first: place + 1 of a circle's first entry. Becomes its last one. */
static void circle_add(struct ost_name_table *n, uint32_t *first, uint32_t place)
{
	struct ost_name *e = &n->entries[place];
	uint32_t last;

	e->next = e->before = place;
	if (*first == 0) {
		*first = place + 1;
		return;
	}
	last = n->entries[*first - 1].before;
	e->next = *first - 1;
	e->before = last;
	n->entries[last].next = place;
	n->entries[*first - 1].before = place;
}

static void circle_remove(struct ost_name_table *n, uint32_t *first, uint32_t place)
{
	const struct ost_name *e = &n->entries[place];

	if (e->next == place) {
		*first = 0;
		return;
	}
	n->entries[e->before].next = e->next;
	n->entries[e->next].before = e->before;
	if (*first == place + 1)
		*first = e->next + 1;
}

/* The circle that an entry belongs to, NULL: none. */
static uint32_t *circle_of(struct ost_name_holder *h, const struct ost_name *e)
{
	if (e->spare)
		return &h->spare;
	return atomic_load_explicit(&e->expires_tick, memory_order_relaxed) == 0 ? &h->old : NULL;
}

static void entry_link(struct ost_name_table *n, struct ost_name_holder *h, uint32_t place)
{
	uint32_t *first = circle_of(h, &n->entries[place]);

	if (first != NULL)
		circle_add(n, first, place);
}

static void entry_unlink(struct ost_name_table *n, struct ost_name_holder *h, uint32_t place)
{
	uint32_t *first = circle_of(h, &n->entries[place]);

	if (first != NULL)
		circle_remove(n, first, place);
}

/* Its time is over. */
static void entry_end(struct ost_name_table *n, struct ost_name_holder *h, uint32_t place)
{
	struct ost_name *e = &n->entries[place];

	entry_unlink(n, h, place);
	atomic_store_explicit(&e->expires_tick, 0, memory_order_relaxed);
	entry_link(n, h, place);
	if (e->spare)
		h->spare = place + 1;
}

static void entry_remove(struct ost_site *site, uint32_t place)
{
	struct ost_name_table *n = site->names;
	struct ost_name *e = &n->entries[place];
	uint32_t chain = e->chain, holder = holder_find(site, e->slot);
	struct ost_name_holder *h = holder != OST_TABLE_NONE ? &n->holders[holder] : NULL;

	if (h != NULL && h->life == e->life) {
		h->count--;
		entry_unlink(n, h, place);
	}
	ost_table_remove(&n->table, ost_name_hash(site, e->ip, e->slot), place);
	turn_begin(e);
	e->ip[0] = e->ip[1] = 0;
	e->chain = 0;
	turn_end(e);
	chain_put(site, chain);
}

/* Whether it is spare under this view: one look a view. */
static bool is_spare(struct ost_site *site, const struct ost_view *v, struct ost_name_holder *h, uint32_t place)
{
	struct ost_name *e = &site->names->entries[place];
	struct ost_chain chain;
	bool spare;

	if (e->serial == v->serial)
		return e->spare;
	e->serial = v->serial;
	spare = v->hot[e->slot].role == UINT32_MAX || !chain_copy(site->names, e->chain, &chain) ||
		!ost_host_wants(v, &v->image->roles[v->hot[e->slot].role], &chain, e->ip);
	if (spare != e->spare) {
		entry_unlink(site->names, h, place);
		e->spare = spare;
		entry_link(site->names, h, place);
	}
	return spare;
}

/* One of the device's own gives way. */
static bool evict_own(struct ost_site *site, const struct ost_view *v, struct ost_name_holder *h, bool wanted)
{
	for (uint32_t looks = 0; h->spare != 0 && looks < LOOKS_MAX; looks++) {
		uint32_t place = h->spare - 1;

		if (!is_spare(site, v, h, place))
			continue;
		entry_remove(site, place);
		ost_name_count(&site->names->counts.evicted, 1);
		return true;
	}
	if (!wanted || h->old == 0)
		return false;
	entry_remove(site, h->old - 1);
	ost_name_count(&site->names->counts.evicted, 1);
	return true;
}

/* Of one address of a device. */
struct same {
	uint32_t place; /* with this chain, or OST_TABLE_NONE */
	uint32_t count;
	uint32_t least; /* the one that gives way first: spare ones, then what runs out first */
	bool least_spare;
};

/* What is to be bound. */
struct wanted_name {
	const struct ost_view *view;
	uint32_t slot;
	const uint64_t *ip;
	uint64_t hash;
	const struct ost_chain *chain;
	bool wanted;
	uint32_t tick, expires_tick;
};

static void same_find(struct ost_site *site, const struct wanted_name *w, struct ost_name_holder *h, struct same *same)
{
	const struct ost_name_table *n = site->names;
	int32_t least = INT32_MAX;
	struct ost_table_walk walk;

	*same = (struct same){.place = OST_TABLE_NONE, .least = OST_TABLE_NONE};
	for (uint32_t i = ost_table_walk_first(&n->table, w->hash, &walk); i != OST_TABLE_NONE;
		i = ost_table_walk_next(&n->table, w->hash, &walk)) {
		const struct ost_name *e = &n->entries[i];
		uint32_t expires = atomic_load_explicit(&e->expires_tick, memory_order_relaxed);
		int32_t left = expires == 0 ? INT32_MIN : (int32_t)(expires - w->tick);
		bool spare;

		if (!is_of(e, w->ip, w->slot, h->life))
			continue;
		spare = is_spare(site, w->view, h, i);
		same->count++;
		if (chain_is(n, e->chain, w->chain))
			same->place = i;
		if (same->least == OST_TABLE_NONE || (spare == same->least_spare ? left < least : spare)) {
			same->least = i;
			same->least_spare = spare;
			least = left;
		}
	}
}

/* The circle that it is in puts those last that were told last. */
static void renew(struct ost_site *site, struct ost_name_holder *h, uint32_t place, uint32_t expires_tick)
{
	struct ost_name *e = &site->names->entries[place];
	uint32_t before = atomic_load_explicit(&e->expires_tick, memory_order_relaxed);

	entry_unlink(site->names, h, place);
	if (before == 0 || (int32_t)(expires_tick - before) > 0)
		atomic_store_explicit(&e->expires_tick, expires_tick, memory_order_relaxed);
	entry_link(site->names, h, place);
	if (before != 0 && ((int32_t)(expires_tick - before) <= 0 ||
				   (int32_t)(expires_tick - e->told_tick) < (int32_t)ticks_of(OST_NAME_GRAIN_S)))
		return;
	e->told_tick = expires_tick;
	ost_kept_due(site, place);
}

static bool entry_add(struct ost_site *site, struct ost_name_holder *h, const struct wanted_name *w)
{
	struct ost_name_table *n = site->names;
	uint32_t cell = chain_get(site, w->chain), place;
	struct ost_name *e;

	if (cell == 0)
		return false;
	place = ost_table_insert(&n->table, w->hash);
	if (place == OST_TABLE_NONE) {
		chain_put(site, cell);
		return false;
	}
	e = &n->entries[place];
	turn_begin(e);
	e->ip[0] = w->ip[0];
	e->ip[1] = w->ip[1];
	e->slot = w->slot;
	e->life = h->life;
	e->chain = cell;
	atomic_store_explicit(&e->expires_tick, w->expires_tick, memory_order_relaxed);
	turn_end(e);
	e->told_tick = w->expires_tick;
	e->serial = w->view->serial;
	e->spare = !w->wanted;
	entry_link(n, h, place);
	ost_kept_due(site, place);
	h->count++;
	return true;
}

/* From here on there is hardly room for what rules want. */
static bool crowded(const struct ost_name_table *n)
{
	return n->table.used > n->table.max / 8 * 7 || n->cells_used > n->cell_count / 8 * 7;
}

static uint32_t limit_of(const struct ost_view *v, uint32_t slot)
{
	uint32_t role = v->hot[slot].role;

	return role != UINT32_MAX ? v->image->roles[role].names : 0;
}

static bool bind(struct ost_site *site, struct ost_name_holder *h, const struct wanted_name *w)
{
	const uint32_t limit = limit_of(w->view, w->slot);
	struct same same;

	same_find(site, w, h, &same);
	if (same.place != OST_TABLE_NONE) {
		renew(site, h, same.place, w->expires_tick);
		return true;
	}
	if (!w->wanted && (crowded(site->names) || (same.count >= OST_NAME_CHAINS_MAX && !same.least_spare)))
		return false;
	if (same.count >= OST_NAME_CHAINS_MAX) {
		entry_remove(site, same.least);
		ost_name_count(&site->names->counts.evicted, 1);
	}
	/* More than one when a policy with a lower limit came. */
	for (uint32_t i = 0; h->count >= limit && i < LOOKS_MAX; i++) {
		if (!evict_own(site, w->view, h, w->wanted))
			return false;
	}
	if (h->count >= limit)
		return false;
	return entry_add(site, h, w) || (evict_own(site, w->view, h, w->wanted) && entry_add(site, h, w));
}

bool ost_name_bind(struct ost_site *site, const struct ost_view *v, uint32_t slot, const uint64_t ip[2], const struct ost_chain *chain,
	bool wanted, uint32_t tick, uint32_t expires_tick)
{
	struct ost_name_table *n = site->names;
	const struct wanted_name w = {v, slot, ip, ost_name_hash(site, ip, slot), chain, wanted, tick, expires_tick | 1};
	struct ost_name_holder *h = holder_get(site, slot);
	bool bound = h != NULL && bind(site, h, &w);

	if (h != NULL)
		holder_tidy(site, slot);
	if (bound) {
		ost_name_count(&n->counts.bound, 1);
		return true;
	}
	if (!wanted) { /* it gave way itself */
		ost_name_count(&n->counts.evicted, 1);
		return false;
	}
	ost_name_count(&n->counts.unbound, 1);
	atomic_store_explicit(&n->unbound[w.hash % OST_NAME_UNBOUND], (w.hash >> 32) << 32 | tick, memory_order_relaxed);
	return false;
}

bool ost_name_was_unbound(const struct ost_site *site, uint32_t slot, const uint64_t ip[2], uint32_t tick)
{
	uint64_t hash = ost_name_hash(site, ip, slot);
	uint64_t said = atomic_load_explicit(&site->names->unbound[hash % OST_NAME_UNBOUND], memory_order_relaxed);

	return said != 0 && said >> 32 == hash >> 32 && tick - (uint32_t)said < ticks_of(OST_NAME_UNBOUND_S);
}

/* ---- the sweep ---- */

static void sweep_entry(struct ost_site *site, const struct ost_view *v, uint32_t place, uint32_t tick)
{
	struct ost_name_table *n = site->names;
	struct ost_name *e = &n->entries[place];
	const uint32_t slot = e->slot, expires = atomic_load_explicit(&e->expires_tick, memory_order_relaxed);
	const bool over = expires != 0 && (int32_t)(expires - tick) <= 0;
	bool needed = e->life == life_of(site, slot) && v->hot[slot].role != UINT32_MAX;

	if (needed && (over || e->serial != v->serial)) {
		uint32_t holder = holder_find(site, slot);

		needed = holder != OST_TABLE_NONE && n->holders[holder].life == e->life;
		if (needed)
			(void)is_spare(site, v, &n->holders[holder], place);
		if (needed && over)
			entry_end(n, &n->holders[holder], place);
	}
	if (needed && ((expires != 0 && !e->spare) || !crowded(n)))
		return;
	entry_remove(site, place);
	holder_tidy(site, slot);
}

static void sweep_bucket(struct ost_site *site, uint32_t bucket, uint32_t tick)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);
	const struct ost_table *t = &site->names->table;

	for (uint32_t i = 0; v != NULL && i < OST_TABLE_WAYS; i++) {
		if (t->buckets[bucket].tags[i] != 0)
			sweep_entry(site, v, bucket * OST_TABLE_WAYS + i, tick);
	}
}

void ost_name_sweep(struct ost_site *site, uint32_t buckets, uint32_t tick)
{
	struct ost_name_table *n = site->names;

	for (uint32_t i = 0; i < buckets && n->table.used > 0; i++) {
		n->sweep_bucket = (n->sweep_bucket + 1) % n->table.bucket_count;
		sweep_bucket(site, n->sweep_bucket, tick);
	}
}

/* ---- making ---- */

static bool table_make(const struct ost_site *site, struct ost_table *t, uint32_t max)
{
	t->bucket_count = ost_table_buckets_for(max, OST_TABLE_FILL_SHARED);
	t->max = max;
	t->buckets = ost_site_alloc(site, (size_t)t->bucket_count * sizeof(*t->buckets));
	return t->buckets != NULL;
}

static void cells_make(struct ost_name_table *n)
{
	for (uint32_t i = n->cell_count - 1; i > 0; i--) {
		n->cells[i].next = n->cell_free;
		n->cell_free = i;
	}
}

int ost_name_table_new(struct ost_site *site)
{
	uint32_t max = site->config.names_max;
	struct ost_name_table *n = ost_site_alloc(site, sizeof(*n));

	site->names = n;
	if (n == NULL || !table_make(site, &n->table, max) || !table_make(site, &n->chains, max) ||
		!table_make(site, &n->holders_table, OST_MIN(max, site->config.devices_max)))
		return -ENOMEM;
	n->cell_count = max + 1;
	n->entries = ost_site_alloc(site, (size_t)ost_table_places(&n->table) * sizeof(*n->entries));
	n->chain_at = ost_site_alloc(site, (size_t)ost_table_places(&n->chains) * sizeof(*n->chain_at));
	n->cells = ost_site_alloc(site, (size_t)n->cell_count * sizeof(*n->cells));
	n->holders = ost_site_alloc(site, (size_t)ost_table_places(&n->holders_table) * sizeof(*n->holders));
	if (n->entries == NULL || n->chain_at == NULL || n->cells == NULL || n->holders == NULL)
		return -ENOMEM;
	cells_make(n);
	if (ost_asked_new(site, &n->asked) < 0 || ost_kept_new(site, &n->kept) < 0)
		return -ENOMEM;
	return ost_streams_new(site, &n->streams);
}

void ost_name_table_free(struct ost_site *site)
{
	struct ost_name_table *n = site->names;

	if (n == NULL)
		return;
	ost_asked_free(site, &n->asked);
	ost_kept_free(site, &n->kept);
	ost_streams_free(site, &n->streams);
	ost_site_release(site, n->table.buckets, (size_t)n->table.bucket_count * sizeof(*n->table.buckets));
	ost_site_release(site, n->chains.buckets, (size_t)n->chains.bucket_count * sizeof(*n->chains.buckets));
	ost_site_release(site, n->entries, (size_t)ost_table_places(&n->table) * sizeof(*n->entries));
	ost_site_release(site, n->chain_at, (size_t)ost_table_places(&n->chains) * sizeof(*n->chain_at));
	ost_site_release(site, n->cells, (size_t)n->cell_count * sizeof(*n->cells));
	ost_site_release(site, n->holders_table.buckets, (size_t)n->holders_table.bucket_count * sizeof(*n->holders_table.buckets));
	ost_site_release(site, n->holders, (size_t)ost_table_places(&n->holders_table) * sizeof(*n->holders));
	ost_site_release(site, n, sizeof(*n));
	site->names = NULL;
}

/* ---- for those outside ---- */

void ost_site_names(const struct ost_site *site, struct ost_site_names *ret_names)
{
	const struct ost_name_table *n = site->names;
	const struct ost_name_counts *c = &n->counts;

	*ret_names = (struct ost_site_names){
		.held = n->table.used,
		.max = n->table.max,
		.queries = atomic_load_explicit(&c->queries, memory_order_relaxed),
		.answers = atomic_load_explicit(&c->answers, memory_order_relaxed),
		.bound = atomic_load_explicit(&c->bound, memory_order_relaxed),
		.unbound = atomic_load_explicit(&c->unbound, memory_order_relaxed),
		.refused = atomic_load_explicit(&c->refused, memory_order_relaxed),
		.evicted = atomic_load_explicit(&c->evicted, memory_order_relaxed),
		.unread = atomic_load_explicit(&c->unread, memory_order_relaxed),
	};
}

/* Text to labels on the wire. False: it is no name. */
static bool chain_of_text(const char *name, struct ost_chain *ret_chain)
{
	const size_t length = strlen(name);
	uint32_t label = 0; /* where the length of the label under way stands */

	if (length == 0 || length > OST_HOST_MAX)
		return false;
	for (size_t i = 0; i <= length; i++) {
		uint8_t byte = (uint8_t)name[i];

		if (byte != '.' && byte != 0) {
			ret_chain->wire[i + 1] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
			continue;
		}
		if (i == label || i - label > 63)
			return false;
		ret_chain->wire[label] = (uint8_t)(i - label);
		label = (uint32_t)i + 1;
	}
	ret_chain->wire[label] = 0;
	ret_chain->length = label + 1;
	return true;
}

int ost_site_name_bind(struct ost_site *site, uint32_t image_device, const char *name, const struct ost_ip *ip, uint64_t now_ns,
	uint64_t expires_ns)
{
	const struct ost_view *v = atomic_load_explicit(&site->view, memory_order_acquire);
	uint32_t slot = ost_site_slot(site, image_device);
	struct ost_chain chain;
	uint64_t key[2];

	if (!chain_of_text(name, &chain))
		return -EINVAL;
	if (slot == OST_DEVICE_NONE || v->hot[slot].role == UINT32_MAX)
		return -ENOENT;
	if (ip->family == OST_IPV4)
		ost_binding_key4(ost_load32(ip->b), key);
	else
		memcpy(key, ip->b, 16);
	return ost_name_bind(site, v, slot, key, &chain, ost_host_wants(v, &v->image->roles[v->hot[slot].role], &chain, key),
		       (uint32_t)(now_ns >> OST_TICK_SHIFT), (uint32_t)(expires_ns >> OST_TICK_SHIFT))
		? 0
		: -ENOSPC;
}
