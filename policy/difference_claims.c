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

/* ---- the first that holds ---- */

int ost_firsts_make(struct ost_firsts *f, uint32_t n)
{
	*f = (struct ost_firsts){.open = calloc((size_t)n + 1, sizeof(*f->open))};
	return f->open != NULL ? 0 : -ENOMEM;
}

void ost_firsts_free(struct ost_firsts *f)
{
	free(f->open);
	free(f->heap);
	*f = (struct ost_firsts){0};
}

int ost_firsts_begin(struct ost_firsts *f, uint32_t claim)
{
	uint32_t *heap, at = f->count;

	if (f->open[claim]++ > 0)
		return 0;
	heap = ost_array_room(f->heap, f->count, &f->capacity, sizeof(*heap));
	if (heap == NULL)
		return -ENOMEM;
	f->heap = heap;
	f->count++;
	for (; at > 0 && heap[(at - 1) / 2] > claim; at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = claim;
	return 0;
}

/* It leaves the heap when it is the first one there. */
void ost_firsts_end(struct ost_firsts *f, uint32_t claim)
{
	f->open[claim]--;
}

static void first_drop(struct ost_firsts *f)
{
	const uint32_t last = f->heap[--f->count];
	uint32_t at = 0;

	for (uint32_t k = 1; k < f->count; at = k, k = 2 * at + 1) {
		if (k + 1 < f->count && f->heap[k + 1] < f->heap[k])
			k++;
		if (f->heap[k] >= last)
			break;
		f->heap[at] = f->heap[k];
	}
	f->heap[at] = last;
}

uint32_t ost_firsts_get(struct ost_firsts *f)
{
	while (f->count > 0 && f->open[f->heap[0]] == 0)
		first_drop(f);
	return f->count > 0 ? f->heap[0] : OST_FIRST_NONE;
}

/* ---- one protocol, one elementary range of values: a sweep over the addresses ---- */

/* A claim begins or ends to hold at an address. */
struct edge {
	ost_u128 at;
	uint32_t claim; /* place */
	bool begins;
};

struct box {
	struct ost_change change;
	uint64_t mark; /* of what both sides hold */
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
	struct ost_firsts firsts[2]; /* by side */
	uint32_t *active; /* places of claims, in their order */
	uint32_t active_count;
	uint32_t *alike;    /* by claim: the same number for the same spans and conditions */
	int32_t *balance;   /* by that number: active claims after less those before */
	uint32_t unbalanced; /* numbers whose balance is not 0: where there are none, nothing differs */
	struct boxes now, before; /* of this range of values, and of the one before it */
};

static int edge_compare(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return 0;
}

static int edge_add(struct sweep *s, ost_u128 at, uint32_t claim, bool begins)
{
	struct edge *edges = ost_array_room(s->edges, s->edge_count, &s->edge_capacity, sizeof(*edges));

	if (edges == NULL)
		return -ENOMEM;
	s->edges = edges;
	edges[s->edge_count++] = (struct edge){at, claim, begins};
	return 0;
}

/* What of the spans lies in hull. */
static int spans_add(struct sweep *s, uint32_t claim, const struct ost_span *spans, uint32_t count, const struct ost_span *hull)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		const ost_u128 last = OST_MIN(spans[i].last, hull->last);

		if (spans[i].first > hull->last || spans[i].last < hull->first)
			continue;
		r = edge_add(s, OST_MAX(spans[i].first, hull->first), claim, true);
		if (r == 0 && last != ~(ost_u128)0) /* behind the last address there is nothing to end at */
			r = edge_add(s, last + 1, claim, false);
	}
	return r;
}

static bool guarded(const struct ost_claims *claims, uint8_t protocol, const struct ost_claim *c)
{
	return (c->rule->flags & OST_RULE_DNS_GUARD) && claims->direction == OST_TO && (protocol == 6 || protocol == 17);
}

static int box_add(struct sweep *s, const struct box *box)
{
	struct box *last = s->now.count > 0 ? &s->now.items[s->now.count - 1] : NULL, *items;

	if (last != NULL && last->last + 1 == box->first && last->mark == box->mark && last->change.before == box->change.before && last->change.after == box->change.after) {
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

static const struct ost_rule *rule_of(struct sweep *s, unsigned side)
{
	uint32_t first = ost_firsts_get(&s->firsts[side]);

	return first != OST_FIRST_NONE ? s->claims->items[first].rule : NULL;
}

static int segment(struct sweep *s, const struct box *frame, ost_u128 first, ost_u128 last)
{
	const struct ost_held *held = s->claims->held;
	struct box box = *frame;

	if (ost_held_same(held))
		return 0;
	box.mark = ost_held_mark(held);
	box.first = first;
	box.last = last;
	box.change.kind = ost_held_none(held, 0) ? OST_CHANGE_GAIN : ost_held_none(held, 1) ? OST_CHANGE_LOSS : OST_CHANGE_CONDITION;
	box.change.before = rule_of(s, 0);
	box.change.after = rule_of(s, 1);
	return box_add(s, &box);
}

static int edge_pass(struct sweep *s, const struct edge *e)
{
	const struct ost_claim *c = &s->claims->items[e->claim];

	if (e->begins) {
		ost_held_begin(s->claims->held, c->side, c->condition);
		return ost_firsts_begin(&s->firsts[c->side], e->claim);
	}
	ost_held_end(s->claims->held, c->side, c->condition);
	ost_firsts_end(&s->firsts[c->side], e->claim);
	return 0;
}

/* Those that go on to the last address. */
static void sweep_end(struct sweep *s)
{
	ost_held_clear(s->claims->held);
	for (uint32_t i = 0; i < s->active_count; i++)
		s->firsts[s->claims->items[s->active[i]].side].open[s->active[i]] = 0;
	s->firsts[0].count = s->firsts[1].count = 0;
}

/* The addresses that a claim has for the values of frame; returns how many. */
static uint32_t spans_of(const struct sweep *s, const struct box *frame, uint32_t claim, const struct ost_span **ret_spans)
{
	const struct ost_claim *c = &s->claims->items[claim];
	const bool guard = guarded(s->claims, frame->change.protocol, c);

	*ret_spans = guard && frame->change.lo == 443 ? c->encrypted : c->spans;
	if (guard && frame->change.lo == 853)
		return 0;
	return guard && frame->change.lo == 443 ? c->encrypted_count : c->span_count;
}

/* Where something may differ: from the first to the last address of the claims that only one side has. False: nowhere. */
static bool hull_make(const struct sweep *s, const struct box *frame, struct ost_span *ret_hull)
{
	struct ost_span hull = {~(ost_u128)0, 0};

	for (uint32_t i = 0; s->unbalanced > 0 && i < s->active_count; i++) {
		const struct ost_span *spans;
		uint32_t count = s->balance[s->alike[s->active[i]]] != 0 ? spans_of(s, frame, s->active[i], &spans) : 0;

		for (uint32_t k = 0; k < count; k++) {
			hull.first = OST_MIN(hull.first, spans[k].first);
			hull.last = OST_MAX(hull.last, spans[k].last);
		}
	}
	*ret_hull = hull;
	return hull.first <= hull.last;
}

/* The claims in s->active, which all have the values of frame. */
static int sweep_addresses(struct sweep *s, const struct box *frame)
{
	struct ost_span hull;
	int r = 0;

	s->edge_count = 0;
	if (!hull_make(s, frame, &hull))
		return 0;
	for (uint32_t i = 0; r == 0 && i < s->active_count; i++) {
		const struct ost_span *spans;
		uint32_t count = spans_of(s, frame, s->active[i], &spans);

		r = spans_add(s, s->active[i], spans, count, &hull);
	}
	if (r < 0 || s->edge_count == 0)
		return r;
	qsort(s->edges, s->edge_count, sizeof(*s->edges), edge_compare);
	for (uint32_t i = 0; r == 0 && i < s->edge_count;) {
		ost_u128 at = s->edges[i].at;

		for (; r == 0 && i < s->edge_count && s->edges[i].at == at; i++)
			r = edge_pass(s, &s->edges[i]);
		if (r == 0)
			r = segment(s, frame, at, i < s->edge_count ? s->edges[i].at - 1 : ~(ost_u128)0);
	}
	sweep_end(s);
	return r;
}

/* ---- the ranges of values of one protocol ---- */

static bool box_continues(const struct box *a, const struct box *b)
{
	return a->first == b->first && a->last == b->last && a->mark == b->mark && a->change.before == b->change.before && a->change.after == b->change.after;
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

/* Claims by where their values begin. */
struct begin {
	uint32_t lo, claim;
};

static int begin_compare(const void *a, const void *b)
{
	const struct begin *x = a, *y = b;

	return x->lo != y->lo ? (x->lo < y->lo ? -1 : 1) : x->claim < y->claim ? -1 : x->claim > y->claim;
}

static struct begin *begins_of(const struct ost_claims *claims, uint8_t protocol, uint32_t *ret_count)
{
	struct begin *begins = malloc(((size_t)claims->count + 1) * sizeof(*begins));
	uint32_t n = 0;

	for (uint32_t i = 0; begins != NULL && i < claims->count; i++) {
		if (claims->items[i].protocol == 0 || claims->items[i].protocol == protocol)
			begins[n++] = (struct begin){claims->items[i].lo, i};
	}
	if (begins != NULL)
		qsort(begins, n, sizeof(*begins), begin_compare);
	*ret_count = n;
	return begins;
}

static void balance_add(struct sweep *s, uint32_t claim, int begins)
{
	int32_t *balance = &s->balance[s->alike[claim]];
	const bool was = *balance != 0;

	*balance += s->claims->items[claim].side == 1 ? begins : -begins;
	s->unbalanced += (uint32_t)(*balance != 0) - (uint32_t)was;
}

/* From one range of values to the next one. */
static uint32_t active_follow(struct sweep *s, const struct begin *begins, uint32_t count, uint32_t next, uint32_t value)
{
	uint32_t n = 0;
	const uint32_t at = next;

	for (uint32_t i = 0; i < s->active_count; i++) {
		if (s->claims->items[s->active[i]].hi >= value)
			s->active[n++] = s->active[i];
		else
			balance_add(s, s->active[i], -1);
	}
	for (; next < count && begins[next].lo <= value; next++) {
		balance_add(s, begins[next].claim, 1);
		s->active[n++] = begins[next].claim;
	}
	s->active_count = n;
	if (next > at)
		qsort(s->active, n, sizeof(*s->active), value_compare);
	return next;
}

static int sweep_ranges(struct sweep *s, uint8_t protocol, const uint32_t *cuts, uint32_t cut_count, const struct begin *begins,
	uint32_t begin_count)
{
	const struct ost_claims *claims = s->claims;
	uint64_t except[4] = {0};
	uint32_t next = 0;
	int r = 0;

	if (protocol == 0)
		ost_claims_named(claims, except);
	while (s->active_count > 0) /* of the protocol before */
		balance_add(s, s->active[--s->active_count], -1);
	for (uint32_t i = 0; r == 0 && i + 1 < cut_count; i++) {
		struct box frame = {.change = {.protocol = protocol, .direction = claims->direction, .lo = (uint16_t)cuts[i],
					    .hi = (uint16_t)(cuts[i + 1] - 1)}};

		if (cuts[i] == cuts[i + 1] || cuts[i] > UINT16_MAX)
			continue;
		memcpy(frame.change.except, except, sizeof(except));
		next = active_follow(s, begins, begin_count, next, cuts[i]);
		r = sweep_addresses(s, &frame);
		if (r == 0)
			r = boxes_join(s, frame.change.lo);
	}
	return r;
}

static int sweep_values(struct sweep *s, uint8_t protocol)
{
	uint32_t cut_count, begin_count, *cuts = cuts_of(s->claims, protocol, &cut_count);
	struct begin *begins = begins_of(s->claims, protocol, &begin_count);
	int r = cuts != NULL && begins != NULL ? 0 : -ENOMEM;

	if (r == 0)
		r = sweep_ranges(s, protocol, cuts, cut_count, begins, begin_count);
	if (r == 0)
		r = boxes_tell(s, &s->before);
	free(cuts);
	free(begins);
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

/* ---- claims that are the same on both sides ---- */

static int spans_order(const struct ost_span *a, uint32_t a_count, const struct ost_span *b, uint32_t b_count)
{
	if (a_count != b_count)
		return a_count < b_count ? -1 : 1;
	return a_count > 0 ? memcmp(a, b, a_count * sizeof(*a)) : 0;
}

/* But for their values, which are the same for all that are active. */
static int claim_order(const void *a, const void *b)
{
	const struct ost_claim *x = *(const struct ost_claim *const *)a, *y = *(const struct ost_claim *const *)b;
	const uint32_t key_x = (uint32_t)x->condition.schedule << 16 | (uint32_t)x->condition.kind << 8 | (x->rule->flags & OST_RULE_DNS_GUARD);
	const uint32_t key_y = (uint32_t)y->condition.schedule << 16 | (uint32_t)y->condition.kind << 8 | (y->rule->flags & OST_RULE_DNS_GUARD);
	int order;

	if (key_x != key_y)
		return key_x < key_y ? -1 : 1;
	order = spans_order(x->spans, x->span_count, y->spans, y->span_count);
	return order != 0 ? order : spans_order(x->encrypted, x->encrypted_count, y->encrypted, y->encrypted_count);
}

static int alike_make(struct sweep *s)
{
	const struct ost_claims *claims = s->claims;
	const struct ost_claim **sorted = calloc(claims->count, sizeof(*sorted));
	uint32_t number = 0;

	s->alike = calloc(claims->count, sizeof(*s->alike));
	s->balance = calloc(claims->count, sizeof(*s->balance));
	if (sorted == NULL || s->alike == NULL || s->balance == NULL) {
		free(sorted);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < claims->count; i++)
		sorted[i] = &claims->items[i];
	qsort(sorted, claims->count, sizeof(*sorted), claim_order);
	for (uint32_t i = 0; i < claims->count; i++) {
		number += i > 0 && claim_order(&sorted[i - 1], &sorted[i]) != 0;
		s->alike[sorted[i] - claims->items] = number;
	}
	free(sorted);
	return 0;
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
	for (unsigned side = 0; r == 0 && side < 2; side++)
		r = ost_firsts_make(&s.firsts[side], claims->count);
	if (r == 0)
		r = alike_make(&s);
	ost_claims_named(claims, named);
	named[0] |= 1; /* all that are not named */
	for (unsigned protocol = 0; r == 0 && protocol < 256; protocol++) {
		if (named[protocol / 64] >> protocol % 64 & 1)
			r = sweep_values(&s, (uint8_t)protocol);
	}
	ost_firsts_free(&s.firsts[0]);
	ost_firsts_free(&s.firsts[1]);
	free(s.active);
	free(s.alike);
	free(s.balance);
	free(s.edges);
	free(s.now.items);
	free(s.before.items);
	return r;
}
