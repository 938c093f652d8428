/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "difference_ends.h"

#include "array.h"

/* A claim of an end begins or ends to hold at a value. */
struct turn {
	uint32_t value;
	uint32_t claim; /* place among the end's */
	uint8_t end;
	bool begins;
};

struct turns {
	struct turn *items;
	uint32_t count, capacity;
	struct ost_firsts firsts[2][2]; /* by end and side */
};

static int turn_compare(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

/* From lo to hi, if there is anything between them. */
static int turns_add(struct turns *t, uint8_t end, uint32_t claim, uint32_t lo, uint32_t hi)
{
	for (unsigned i = 0; lo <= hi && i < 2; i++) {
		struct turn *items = ost_array_room(t->items, t->count, &t->capacity, sizeof(*items));

		if (items == NULL)
			return -ENOMEM;
		t->items = items;
		items[t->count++] = (struct turn){i == 0 ? lo : hi + 1, claim, end, i == 0};
	}
	return 0;
}

/* Without encrypted DNS, when the rule guards against it. */
static int claim_turns(struct turns *t, uint8_t end, uint32_t place, const struct ost_claim *claim, bool guard)
{
	static const uint32_t ports[] = {443, 853};
	uint32_t lo = claim->lo;
	int r = 0;

	for (size_t i = 0; r == 0 && guard && i < OST_ARRAY_SIZE(ports); i++) {
		if (claim->hi < ports[i] || lo > ports[i] || (ports[i] == 443 && claim->encrypted_count > 0))
			continue;
		r = turns_add(t, end, place, lo, ports[i] - 1);
		lo = ports[i] + 1;
	}
	return r == 0 ? turns_add(t, end, place, lo, claim->hi) : r;
}

static int end_turns(struct turns *t, uint8_t end, const struct ost_claims *e, uint8_t protocol)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < e->count; i++) {
		const struct ost_claim *claim = &e->items[i];
		bool guard = (claim->rule->flags & OST_RULE_DNS_GUARD) && e->direction == OST_TO && (protocol == 6 || protocol == 17);

		if (claim->protocol == 0 || claim->protocol == protocol)
			r = claim_turns(t, end, i, claim, guard);
	}
	return r;
}

struct sweep {
	const struct ost_claims *ends;
	struct ost_held *const *held;
	struct turns turns;
	uint8_t protocol;
	struct ost_change open; /* what was found last, and may go on */
	bool is_open;
	int (*found)(void *user, const struct ost_change *range);
	void *user;
};

static int turn_take(struct sweep *s, const struct turn *turn)
{
	const struct ost_claim *claim = &s->ends[turn->end].items[turn->claim];
	struct ost_firsts *f = &s->turns.firsts[turn->end][claim->side];

	if (turn->begins) {
		ost_held_begin(s->held[turn->end], claim->side, claim->condition);
		return ost_firsts_begin(f, turn->claim);
	}
	ost_held_end(s->held[turn->end], claim->side, claim->condition);
	ost_firsts_end(f, turn->claim);
	return 0;
}

/* Whether both ends hold something on this side. */
static bool both_hold(const struct sweep *s, unsigned side)
{
	return !ost_held_none(s->held[0], side) && !ost_held_none(s->held[1], side);
}

static const struct ost_rule *rule_of(struct sweep *s, unsigned side)
{
	uint32_t first = ost_firsts_get(&s->turns.firsts[0][side]);

	return first != OST_FIRST_NONE ? s->ends[0].items[first].rule : NULL;
}

static int open_tell(struct sweep *s)
{
	int r = s->is_open ? s->found(s->user, &s->open) : 0;

	s->is_open = false;
	return r;
}

/* What of this range of values is another one than before, or goes on with what was found last. */
static int range_take(struct sweep *s, uint32_t lo, uint32_t hi)
{
	const bool was = both_hold(s, 0), is = both_hold(s, 1);
	struct ost_change change = {.protocol = s->protocol, .lo = (uint16_t)lo, .hi = (uint16_t)hi};
	int r;

	if (was == is && (!was || (ost_held_same(s->held[0]) && ost_held_same(s->held[1]))))
		return 0;
	change.kind = was && is ? OST_CHANGE_CONDITION : is ? OST_CHANGE_GAIN : OST_CHANGE_LOSS;
	change.before = was ? rule_of(s, 0) : NULL;
	change.after = is ? rule_of(s, 1) : NULL;
	if (s->is_open && s->open.hi + 1u == lo && s->open.kind == change.kind && s->open.before == change.before && s->open.after == change.after) {
		s->open.hi = change.hi;
		return 0;
	}
	for (unsigned e = 0; s->protocol == 0 && e < 2; e++)
		ost_claims_named(&s->ends[e], change.except);
	r = open_tell(s);
	s->open = change;
	s->is_open = true;
	return r;
}

static int turns_sweep(struct sweep *s)
{
	const struct turns *t = &s->turns;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < t->count;) {
		const uint32_t value = t->items[i].value;

		for (; r == 0 && i < t->count && t->items[i].value == value; i++)
			r = turn_take(s, &t->items[i]);
		if (r == 0 && i < t->count && value <= UINT16_MAX)
			r = range_take(s, value, t->items[i].value - 1);
	}
	return r == 0 ? open_tell(s) : r;
}

int ost_ends_compare(const struct ost_claims ends[2], struct ost_held *const held[2], uint8_t protocol,
	int (*found)(void *user, const struct ost_change *range), void *user)
{
	struct sweep s = {.ends = ends, .held = held, .protocol = protocol, .found = found, .user = user};
	struct turns *t = &s.turns;
	int r = 0;

	for (uint8_t e = 0; r == 0 && e < 2; e++) {
		r = end_turns(t, e, &ends[e], protocol);
		for (unsigned side = 0; r == 0 && side < 2; side++)
			r = ost_firsts_make(&t->firsts[e][side], ends[e].count);
	}
	if (r == 0 && t->count > 0)
		qsort(t->items, t->count, sizeof(*t->items), turn_compare);
	if (r == 0)
		r = turns_sweep(&s);
	for (unsigned e = 0; e < 2; e++) {
		ost_held_clear(held[e]);
		ost_firsts_free(&t->firsts[e][0]);
		ost_firsts_free(&t->firsts[e][1]);
	}
	free(t->items);
	return r;
}
