/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "difference_claims.h"

#include "array.h"

int ost_claims_add(struct ost_claims *claims, const struct ost_claim *claim)
{
	struct ost_claim *items = ost_array_room(claims->items, claims->count, &claims->capacity, sizeof(*items));

	if (items == NULL) {
		free(claim->spans);
		free(claim->encrypted);
		return -ENOMEM;
	}
	claims->items = items;
	items[claims->count++] = *claim;
	return 0;
}

void ost_claims_clear(struct ost_claims *claims)
{
	for (uint32_t i = 0; i < claims->count; i++) {
		free(claims->items[i].spans);
		free(claims->items[i].encrypted);
	}
	claims->count = 0;
}

uint64_t ost_conditions_least(const uint64_t weaker[static 64], uint64_t conditions)
{
	uint64_t least = conditions;

	for (uint64_t rest = conditions; rest != 0; rest &= rest - 1)
		least &= ~weaker[__builtin_ctzll(rest)];
	return least;
}

/* ---- one protocol, one elementary range of values: a sweep over the addresses ---- */

/* A claim begins or ends to hold at an address. */
struct edge {
	ost_u128 at;
	const struct ost_claim *claim;
	bool begins;
};

struct box {
	struct ost_change change;
	uint64_t least[2]; /* conditions of each side */
	ost_u128 first, last;
};

struct boxes {
	struct box *items;
	uint32_t count, capacity;
};

struct sweep {
	const struct ost_claims *claims;
	struct edge *edges;
	uint32_t edge_count, edge_capacity;
	uint32_t held[2][64]; /* by side and condition: how many claims hold here */
	const struct ost_claim **active;
	uint32_t active_count;
	struct boxes now, before; /* of this range of values, and of the one before it */
};

static int edge_compare(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return 0;
}

static int edge_add(struct sweep *s, ost_u128 at, const struct ost_claim *claim, bool begins)
{
	struct edge *edges = ost_array_room(s->edges, s->edge_count, &s->edge_capacity, sizeof(*edges));

	if (edges == NULL)
		return -ENOMEM;
	s->edges = edges;
	edges[s->edge_count++] = (struct edge){at, claim, begins};
	return 0;
}

static int spans_add(struct sweep *s, const struct ost_claim *claim, const struct ost_span *spans, uint32_t count)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		r = edge_add(s, spans[i].first, claim, true);
		if (r == 0 && spans[i].last != ~(ost_u128)0) /* behind the last address there is nothing to end at */
			r = edge_add(s, spans[i].last + 1, claim, false);
	}
	return r;
}

static uint64_t least_of(const struct sweep *s, unsigned side)
{
	uint64_t conditions = 0;

	for (unsigned i = 0; i < 64; i++)
		conditions |= (uint64_t)(s->held[side][i] > 0) << i;
	return ost_conditions_least(s->claims->weaker, conditions);
}

static bool span_holds(const struct ost_span *spans, uint32_t count, ost_u128 at)
{
	for (uint32_t i = 0; i < count; i++) {
		if (spans[i].first <= at && at <= spans[i].last)
			return true;
	}
	return false;
}

static bool guarded(const struct ost_claims *claims, uint8_t protocol, const struct ost_claim *c)
{
	return (c->rule->flags & OST_RULE_DNS_GUARD) && claims->direction == OST_TO && (protocol == 6 || protocol == 17);
}

/* Some rule of a side that allows what is at this address; the sweep knows that there is one. */
static const struct ost_rule *rule_at(const struct sweep *s, unsigned side, ost_u128 at, uint8_t protocol, uint32_t value)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		const struct ost_claim *c = s->active[i];
		bool less = guarded(s->claims, protocol, c) && value == 443;

		if (c->side == side && span_holds(less ? c->encrypted : c->spans, less ? c->encrypted_count : c->span_count, at))
			return c->rule;
	}
	return NULL;
}

static int box_add(struct sweep *s, const struct box *box)
{
	struct box *last = s->now.count > 0 ? &s->now.items[s->now.count - 1] : NULL, *items;

	if (last != NULL && last->last + 1 == box->first && last->least[0] == box->least[0] && last->least[1] == box->least[1] &&
		last->change.before == box->change.before && last->change.after == box->change.after) {
		last->last = box->last;
		return 0;
	}
	items = ost_array_room(s->now.items, s->now.count, &s->now.capacity, sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	s->now.items = items;
	items[s->now.count++] = *box;
	return 0;
}

static int segment(struct sweep *s, const struct box *frame, ost_u128 first, ost_u128 last)
{
	struct box box = *frame;

	box.least[0] = least_of(s, 0);
	box.least[1] = least_of(s, 1);
	if (box.least[0] == box.least[1])
		return 0;
	box.first = first;
	box.last = last;
	box.change.kind = box.least[0] == 0 ? OST_CHANGE_GAIN : box.least[1] == 0 ? OST_CHANGE_LOSS : OST_CHANGE_CONDITION;
	box.change.before = box.least[0] != 0 ? rule_at(s, 0, first, frame->change.protocol, frame->change.lo) : NULL;
	box.change.after = box.least[1] != 0 ? rule_at(s, 1, first, frame->change.protocol, frame->change.lo) : NULL;
	return box_add(s, &box);
}

/* The claims in s->active, which all hold for the values of frame. */
static int sweep_addresses(struct sweep *s, const struct box *frame)
{
	int r = 0;

	s->edge_count = 0;
	memset(s->held, 0, sizeof(s->held));
	for (uint32_t i = 0; r == 0 && i < s->active_count; i++) {
		const struct ost_claim *c = s->active[i];
		bool less = guarded(s->claims, frame->change.protocol, c) && frame->change.lo == 443;

		r = spans_add(s, c, less ? c->encrypted : c->spans, less ? c->encrypted_count : c->span_count);
	}
	if (r < 0 || s->edge_count == 0)
		return r;
	qsort(s->edges, s->edge_count, sizeof(*s->edges), edge_compare);
	for (uint32_t i = 0; r == 0 && i < s->edge_count;) {
		ost_u128 at = s->edges[i].at;

		for (; i < s->edge_count && s->edges[i].at == at; i++) {
			uint32_t *held = &s->held[s->edges[i].claim->side][s->edges[i].claim->condition];

			*held = s->edges[i].begins ? *held + 1 : *held - 1;
		}
		r = segment(s, frame, at, i < s->edge_count ? s->edges[i].at - 1 : ~(ost_u128)0);
	}
	return r;
}

/* ---- the ranges of values of one protocol ---- */

static bool box_continues(const struct box *a, const struct box *b)
{
	return a->first == b->first && a->last == b->last && a->least[0] == b->least[0] && a->least[1] == b->least[1] &&
	       a->change.before == b->change.before && a->change.after == b->change.after;
}

static int boxes_tell(struct sweep *s, struct boxes *boxes)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < boxes->count; i++)
		r = s->claims->found(s->claims->user, &boxes->items[i].change, boxes->items[i].first, boxes->items[i].last);
	boxes->count = 0;
	return r;
}

/* The range before may go on in this one, when all its boxes do. */
static int boxes_join(struct sweep *s, uint16_t lo)
{
	bool same = s->now.count == s->before.count && s->now.count > 0;
	struct boxes swap;
	int r;

	for (uint32_t i = 0; same && i < s->now.count; i++)
		same = box_continues(&s->before.items[i], &s->now.items[i]) && s->before.items[i].change.hi + 1u == lo;
	if (same) {
		for (uint32_t i = 0; i < s->now.count; i++)
			s->before.items[i].change.hi = s->now.items[i].change.hi;
		s->now.count = 0;
		return 0;
	}
	r = boxes_tell(s, &s->before);
	swap = s->before;
	s->before = s->now;
	s->now = swap;
	return r;
}

static int value_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Where services begin, and behind their ends; sorted, some twice. */
static uint32_t *cuts_of(const struct ost_claims *claims, uint8_t protocol, uint32_t *ret_count)
{
	uint32_t *cuts = malloc(((size_t)claims->count * 6 + 1) * sizeof(*cuts)), n = 0;

	for (uint32_t i = 0; cuts != NULL && i < claims->count; i++) {
		const struct ost_claim *c = &claims->items[i];

		if (c->protocol != 0 && c->protocol != protocol)
			continue;
		cuts[n++] = c->lo;
		cuts[n++] = c->hi + 1u;
		if (!guarded(claims, protocol, c))
			continue;
		cuts[n++] = 443;
		cuts[n++] = 444;
		cuts[n++] = 853;
		cuts[n++] = 854;
	}
	if (cuts != NULL)
		qsort(cuts, n, sizeof(*cuts), value_compare);
	*ret_count = n;
	return cuts;
}

static bool holds_for(const struct ost_claims *claims, const struct ost_claim *c, uint8_t protocol, uint32_t value)
{
	if ((c->protocol != 0 && c->protocol != protocol) || c->lo > value || c->hi < value)
		return false;
	return !(guarded(claims, protocol, c) && value == 853);
}

static int sweep_values(struct sweep *s, uint8_t protocol)
{
	const struct ost_claims *claims = s->claims;
	uint32_t count, *cuts = cuts_of(claims, protocol, &count);
	int r = cuts != NULL ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i + 1 < count; i++) {
		struct box frame = {.change = {.protocol = protocol, .direction = claims->direction, .lo = (uint16_t)cuts[i],
					    .hi = (uint16_t)(cuts[i + 1] - 1)}};

		if (cuts[i] == cuts[i + 1] || cuts[i] > UINT16_MAX)
			continue;
		if (protocol == 0)
			ost_claims_named(claims, frame.change.except);
		s->active_count = 0;
		for (uint32_t k = 0; k < claims->count; k++) {
			if (holds_for(claims, &claims->items[k], protocol, cuts[i]))
				s->active[s->active_count++] = &claims->items[k];
		}
		r = sweep_addresses(s, &frame);
		if (r == 0)
			r = boxes_join(s, frame.change.lo);
	}
	if (r == 0)
		r = boxes_tell(s, &s->before);
	free(cuts);
	return r;
}

void ost_claims_named(const struct ost_claims *claims, uint64_t named[static 4])
{
	for (uint32_t i = 0; i < claims->count; i++) {
		const struct ost_claim *c = &claims->items[i];

		named[c->protocol / 64] |= 1ull << c->protocol % 64;
		if (guarded(claims, 6, c))
			named[0] |= 1ull << 6 | 1ull << 17;
	}
	named[0] &= ~1ull;
}

int ost_claims_compare(const struct ost_claims *claims)
{
	struct sweep s = {.claims = claims};
	uint64_t named[4] = {0};
	int r;

	if (claims->count == 0)
		return 0;
	s.active = calloc(claims->count, sizeof(*s.active));
	r = s.active != NULL ? 0 : -ENOMEM;
	ost_claims_named(claims, named);
	named[0] |= 1; /* all that are not named */
	for (unsigned protocol = 0; r == 0 && protocol < 256; protocol++) {
		if (named[protocol / 64] >> protocol % 64 & 1)
			r = sweep_values(&s, (uint8_t)protocol);
	}
	free(s.active);
	free(s.edges);
	free(s.now.items);
	free(s.before.items);
	return r;
}
