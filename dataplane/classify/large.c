/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "large.h"

#include "allow.h"

#define LENGTHS_PER_CHUNK 2u /* what a look-up costs more than a chunk of the loop, about */

/* ---- keys ---- */

static inline uint64_t ones(unsigned n)
{
	return n == 0 ? 0 : UINT64_MAX << (64 - n);
}

static inline void prefix_of(uint64_t hi, uint64_t lo, unsigned length, uint64_t ret[2])
{
	ret[0] = length >= 64 ? hi : hi & ones(length);
	ret[1] = length > 64 ? lo & ones(length - 64) : 0;
}

static inline uint32_t cell_of(const struct ost_large *l, const uint64_t prefix[2], unsigned length)
{
	return (uint32_t)ost_hash_fold(prefix[0] ^ l->key[0] ^ length, prefix[1] ^ l->key[1]) & l->cell_mask;
}

/* Never 0. */
static inline uint64_t lane_key(uint32_t group, uint16_t selector, unsigned length, uint16_t port)
{
	return (uint64_t)(group + 1) << 32 | (uint64_t)(selector & 0x1ff) << 21 | (uint64_t)length << 16 | port;
}

static inline uint32_t lane_place(const struct ost_large *l, uint64_t key)
{
	return (uint32_t)(ost_hash_fold(key ^ l->key[1], l->key[0])) & l->lane_mask;
}

static inline uint16_t port_of(uint16_t value, unsigned length)
{
	return length == 0 ? 0 : (uint16_t)(value >> (16 - length) << (16 - length));
}

static inline unsigned kind_of(uint16_t selector)
{
	return (selector & OST_LANE_FROM ? 2u : 0u) + ((selector & 0xff) == 0);
}

/* ---- looking ---- */

/* The group of this prefix, NULL when there is none. */
static inline const struct ost_large_group *group_find(const struct ost_large *l, uint64_t hi, uint64_t lo, unsigned length)
{
	uint64_t prefix[2];

	prefix_of(hi, lo, length, prefix);
	for (uint32_t i = cell_of(l, prefix, length); l->cells[i] != 0; i = (i + 1) & l->cell_mask) {
		const struct ost_large_group *g = &l->groups[l->cells[i] - 1];

		if (g->hi == prefix[0] && g->lo == prefix[1] && g->length == length)
			return g;
	}
	return NULL;
}

/* Goes through the lengths: for (walk = ...; length_next(...);) */
struct walk {
	uint64_t bits;
	unsigned word, length;
};

static inline bool length_next(const struct ost_large *l, struct walk *w)
{
	while (w->bits == 0) {
		if (++w->word == OST_ARRAY_SIZE(l->lengths))
			return false;
		w->bits = l->lengths[w->word];
	}
	w->length = w->word * 64 + (unsigned)__builtin_ctzll(w->bits);
	w->bits &= w->bits - 1;
	return true;
}

void ost_large_ask(const struct ost_large *l, uint64_t hi, uint64_t lo)
{
	for (struct walk w = {.bits = l->lengths[0]}; length_next(l, &w);) {
		uint64_t prefix[2];

		prefix_of(hi, lo, w.length, prefix);
		__builtin_prefetch(&l->cells[cell_of(l, prefix, w.length)]);
	}
}

bool ost_large_has(const struct ost_large *l, uint64_t hi, uint64_t lo)
{
	bool has = false;

	for (struct walk w = {.bits = l->lengths[0]}; length_next(l, &w);)
		has |= group_find(l, hi, lo, w.length) != NULL;
	return has;
}

static void question_address(const struct ost_question *q, uint64_t ret[2])
{
	ret[0] = q->family == OST_IPV4 ? (uint64_t)q->remote4 << 32 : q->remote6[0];
	ret[1] = q->family == OST_IPV4 ? 0 : q->remote6[1];
}

bool ost_large_related(const struct ost_large *l, const struct ost_question *q)
{
	uint64_t a[2];

	question_address(q, a);
	for (struct walk w = {.bits = l->lengths[0]}; length_next(l, &w);) {
		const struct ost_large_group *g = group_find(l, a[0], a[1], w.length);

		if (g != NULL && (g->selectors >> (2 * q->direction) & 3) != 0)
			return true;
	}
	return false;
}

/* The first lane so far, and its rule. */
struct found {
	uint32_t lane, rule;
};

struct asked {
	const struct ost_large *l;
	const struct ost_image *image;
	const struct ost_image_role *role;
	const struct ost_question *q;
	uint32_t usable; /* lanes */
};

static inline void lanes_of(const struct asked *a, uint64_t key, struct found *found)
{
	const struct ost_large *l = a->l;

	for (uint32_t i = lane_place(l, key); l->lanes[i].key != 0; i = (i + 1) & l->lane_mask) {
		const struct ost_large_lane *at = &l->lanes[i];
		uint32_t rule = a->role->rule_first + at->rule;

		if (at->key != key || at->lane >= found->lane || at->lane >= a->usable ||
			!ost_rule_fits(a->image, a->role, rule, a->q))
			continue;
		*found = (struct found){at->lane, rule};
	}
}

static inline void group_ask(const struct asked *a, const struct ost_large_group *g, struct found *found)
{
	const struct ost_question *q = a->q;
	uint32_t group = (uint32_t)(g - a->l->groups);
	unsigned kinds = g->selectors >> (2 * q->direction);
	uint16_t from = (uint16_t)(q->direction << 8);

	for (uint32_t ports = g->ports; ports != 0; ports &= ports - 1) {
		unsigned length = (unsigned)__builtin_ctz(ports);
		uint16_t port = port_of(q->value, length);

		if ((kinds & 1) && q->protocol != 0)
			lanes_of(a, lane_key(group, from | q->protocol, length, port), found);
		if (kinds & 2)
			lanes_of(a, lane_key(group, from, length, port), found);
	}
}

uint32_t ost_large_find(const struct ost_large *l, const struct ost_image *image, const struct ost_image_role *role,
	const struct ost_question *q)
{
	uint32_t infra = q->family == OST_IPV4 ? role->infra_lanes4 : role->infra_lanes6;
	const struct asked a = {l, image, role, q, q->infrastructure_only ? infra : UINT32_MAX};
	struct found found = {UINT32_MAX, OST_RULE_NONE};
	uint64_t ip[2];

	question_address(q, ip);
	for (struct walk w = {.bits = l->lengths[0]}; length_next(l, &w);) {
		const struct ost_large_group *g = group_find(l, ip[0], ip[1], w.length);

		if (g != NULL)
			group_ask(&a, g, &found);
	}
	return found.rule;
}

/* ---- making ---- */

struct lane {
	uint64_t hi, lo;
	uint32_t first, last; /* ports */
	uint16_t selector, rule;
	unsigned length;
};

/* A family's lanes as they come. */
struct source {
	const struct ost_image_chunk4 *chunks4;
	const struct ost_image_chunk6 *chunks6;
	uint32_t count; /* with those that never match */
};

static bool lane_at(const struct source *s, uint32_t i, struct lane *ret)
{
	if (s->chunks4 != NULL) {
		const struct ost_image_chunk4 *c = &s->chunks4[i / OST_LANES4];
		uint32_t k = i % OST_LANES4;

		*ret = (struct lane){(uint64_t)c->addr[k] << 32, 0, c->lo[k], (uint32_t)c->lo[k] + c->span[k], c->selector[k],
			c->rule[k], (unsigned)__builtin_popcount(c->mask[k])};
	} else {
		const struct ost_image_chunk6 *c = &s->chunks6[i / OST_LANES6];
		uint32_t k = i % OST_LANES6;

		*ret = (struct lane){c->addr_hi[k], c->addr_lo[k], c->lo[k], (uint32_t)c->lo[k] + c->span[k], c->selector[k], c->rule[k],
			(unsigned)(__builtin_popcountll(c->mask_hi[k]) + __builtin_popcountll(c->mask_lo[k]))};
	}
	return ret->selector != OST_LANE_NEVER;
}

/* The next prefix of a port range, as the power of two that it covers; takes it off the range. */
static unsigned piece_next(uint32_t *first, uint32_t last)
{
	unsigned k = *first == 0 ? 16 : (unsigned)__builtin_ctz(*first);

	while ((1u << k) > last - *first + 1)
		k--;
	*first += 1u << k;
	return k;
}

struct sizes {
	uint32_t lanes, pieces;
	uint64_t lengths[3];
};

/* False: a lane that this does not know how to say. */
static bool source_count(const struct source *s, struct sizes *n)
{
	struct lane lane;

	for (uint32_t i = 0; i < s->count; i++) {
		if (!lane_at(s, i, &lane))
			continue;
		if (lane.last > UINT16_MAX)
			return false;
		n->lanes++;
		n->lengths[lane.length / 64] |= 1ull << lane.length % 64;
		while (lane.first <= lane.last) {
			(void)piece_next(&lane.first, lane.last);
			n->pieces++;
		}
	}
	return true;
}

static uint32_t power_of_two(uint32_t at_least)
{
	uint32_t n = 16;

	while (n < at_least)
		n *= 2;
	return n;
}

static size_t lines(size_t bytes)
{
	return (bytes + OST_CACHE_LINE - 1) & ~(size_t)(OST_CACHE_LINE - 1);
}

static struct ost_large *large_alloc(const struct ost_site *site, const struct sizes *n)
{
	uint32_t cells = power_of_two(n->lanes * 2), lanes = power_of_two(n->pieces + n->pieces / 2);
	size_t lanes_bytes = lines((size_t)lanes * sizeof(struct ost_large_lane)), cells_bytes = lines((size_t)cells * sizeof(uint32_t));
	struct ost_large *l = calloc(1, sizeof(*l));
	uint8_t *p;

	if (l == NULL)
		return NULL;
	l->bytes = lanes_bytes + cells_bytes + (size_t)n->lanes * sizeof(struct ost_large_group);
	l->memory = p = ost_site_alloc(site, l->bytes);
	if (p == NULL) {
		free(l);
		return NULL;
	}
	l->lanes = (struct ost_large_lane *)p;
	l->cells = (uint32_t *)(p + lanes_bytes);
	l->groups = (struct ost_large_group *)(p + lanes_bytes + cells_bytes);
	l->cell_mask = cells - 1;
	l->lane_mask = lanes - 1;
	memcpy(l->lengths, n->lengths, sizeof(l->lengths));
	memcpy(l->key, site->hash.s, sizeof(l->key));
	return l;
}

static struct ost_large_group *group_add(struct ost_large *l, const struct lane *lane, uint32_t *count)
{
	const uint64_t prefix[2] = {lane->hi, lane->lo};
	uint32_t i = cell_of(l, prefix, lane->length);

	for (; l->cells[i] != 0; i = (i + 1) & l->cell_mask) {
		struct ost_large_group *g = &l->groups[l->cells[i] - 1];

		if (g->hi == lane->hi && g->lo == lane->lo && g->length == lane->length)
			return g;
	}
	l->groups[*count] = (struct ost_large_group){.hi = lane->hi, .lo = lane->lo, .length = (uint8_t)lane->length};
	l->cells[i] = ++*count;
	return &l->groups[*count - 1];
}

static void lane_add(struct ost_large *l, struct lane lane, uint32_t number, uint32_t *groups)
{
	struct ost_large_group *g = group_add(l, &lane, groups);

	g->selectors |= (uint8_t)(1u << kind_of(lane.selector));
	while (lane.first <= lane.last) {
		uint16_t port = (uint16_t)lane.first;
		unsigned length = 16 - piece_next(&lane.first, lane.last);
		uint64_t key = lane_key((uint32_t)(g - l->groups), lane.selector, length, port);
		uint32_t i = lane_place(l, key);

		g->ports |= 1u << length;
		while (l->lanes[i].key != 0)
			i = (i + 1) & l->lane_mask;
		l->lanes[i] = (struct ost_large_lane){.key = key, .lane = number, .rule = lane.rule};
	}
}

static struct ost_large *large_make(const struct ost_site *site, const struct source *s, uint32_t chunks)
{
	struct sizes n = {0};
	struct ost_large *l;
	struct lane lane;
	uint32_t groups = 0, lengths = 0;

	if (chunks < OST_LARGE_CHUNKS || !source_count(s, &n))
		return NULL;
	for (unsigned i = 0; i < OST_ARRAY_SIZE(n.lengths); i++)
		lengths += (uint32_t)__builtin_popcountll(n.lengths[i]);
	if (lengths * LENGTHS_PER_CHUNK > chunks)
		return NULL;
	l = large_alloc(site, &n);
	for (uint32_t i = 0; l != NULL && i < s->count; i++) {
		if (lane_at(s, i, &lane))
			lane_add(l, lane, i, &groups);
	}
	return l;
}

struct ost_large *ost_large_make4(const struct ost_site *site, const struct ost_image *image, const struct ost_image_role *role)
{
	const struct source s = {.chunks4 = image->chunks4 + role->chunk4_first, .count = role->chunk4_count * OST_LANES4};

	return large_make(site, &s, role->chunk4_count);
}

struct ost_large *ost_large_make6(const struct ost_site *site, const struct ost_image *image, const struct ost_image_role *role)
{
	const struct source s = {.chunks6 = image->chunks6 + role->chunk6_first, .count = role->chunk6_count * OST_LANES6};

	return large_make(site, &s, role->chunk6_count);
}

void ost_large_free(const struct ost_site *site, struct ost_large **large)
{
	struct ost_large *l = *large;

	if (l == NULL)
		return;
	ost_site_release(site, l->memory, l->bytes);
	free(l);
	*large = NULL;
}
