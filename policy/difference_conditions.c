/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "difference_conditions.h"

_Static_assert(OST_CONDITION_KINDS <= 16, "kinds are bits of 16");

/* What one side holds of one schedule. Kinds are bits. */
struct state {
	uint32_t counts[OST_CONDITION_KINDS];
	uint16_t kinds;
	uint16_t least; /* but for those that are needless */
	bool touched;	/* in the list */
};

struct ost_held {
	struct state *states[2]; /* by schedule */
	uint16_t *touched[2];	 /* schedules, each once */
	uint32_t touched_count[2];
	uint32_t schedules;
	uint32_t differing; /* schedules whose least kinds are others on the other side */
	uint32_t held[2];
	uint64_t mark;
	uint16_t needless[OST_CONDITION_KINDS]; /* by kind: those that ask for more; not itself */
};

static void needless_make(struct ost_held *h)
{
	for (unsigned i = 0; i < OST_CONDITION_KINDS; i++) {
		for (unsigned k = 0; k < OST_CONDITION_KINDS; k++) {
			if (i != k && i / 2 <= k / 2 && i % 2 <= k % 2)
				h->needless[i] |= (uint16_t)(1u << k);
		}
	}
}

int ost_held_new(uint32_t schedules, struct ost_held **ret_held)
{
	struct ost_held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->schedules = schedules;
	for (unsigned side = 0; side < 2; side++) {
		h->states[side] = calloc(schedules, sizeof(**h->states));
		h->touched[side] = calloc(schedules, sizeof(**h->touched));
		if (h->states[side] == NULL || h->touched[side] == NULL) {
			ost_held_free(&h);
			return -ENOMEM;
		}
	}
	needless_make(h);
	*ret_held = h;
	return 0;
}

void ost_held_free(struct ost_held **held)
{
	struct ost_held *h = *held;

	*held = NULL;
	if (h == NULL)
		return;
	for (unsigned side = 0; side < 2; side++) {
		free(h->states[side]);
		free(h->touched[side]);
	}
	free(h);
}

void ost_held_clear(struct ost_held *h)
{
	for (unsigned side = 0; side < 2; side++) {
		for (uint32_t i = 0; i < h->touched_count[side]; i++)
			h->states[side][h->touched[side][i]] = (struct state){0};
		h->touched_count[side] = h->held[side] = 0;
	}
	h->differing = 0;
	h->mark = 0;
}

/* Of one schedule and side. Sums of these tell sets apart, whatever order they were made in. */
static uint64_t mark_of(unsigned side, uint32_t schedule, uint16_t least)
{
	uint64_t x = ((uint64_t)schedule << 17 | (uint64_t)side << 16 | least) + 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull; /* the mixer of splitmix64 */
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return least != 0 ? x ^ x >> 31 : 0;
}

static uint16_t needless_beside(const struct ost_held *h, uint16_t kinds)
{
	uint16_t all = 0;

	for (unsigned rest = kinds; rest != 0; rest &= rest - 1)
		all |= h->needless[__builtin_ctz(rest)];
	return all;
}

static void least_set(struct ost_held *h, unsigned side, uint32_t schedule)
{
	struct state *s = &h->states[side][schedule];
	const struct state *other = &h->states[!side][schedule];
	const uint16_t always = schedule != 0 ? h->states[side][0].kinds : 0;
	const uint16_t least = (uint16_t)(s->kinds & ~(always | needless_beside(h, always | s->kinds)));

	h->differing += (uint32_t)(least != other->least) - (uint32_t)(s->least != other->least);
	h->mark += mark_of(side, schedule, least) - mark_of(side, schedule, s->least);
	s->least = least;
}

static void kinds_set(struct ost_held *h, unsigned side, uint32_t schedule, uint16_t kinds)
{
	struct state *s = &h->states[side][schedule];

	s->kinds = kinds;
	if (!s->touched)
		h->touched[side][h->touched_count[side]++] = (uint16_t)schedule;
	s->touched = true;
	least_set(h, side, schedule);
	for (uint32_t i = 0; schedule == 0 && i < h->touched_count[side]; i++)
		least_set(h, side, h->touched[side][i]);
}

void ost_held_begin(struct ost_held *h, unsigned side, struct ost_condition c)
{
	struct state *s = &h->states[side][c.schedule];

	h->held[side]++;
	if (s->counts[c.kind]++ == 0)
		kinds_set(h, side, c.schedule, s->kinds | (uint16_t)(1u << c.kind));
}

void ost_held_end(struct ost_held *h, unsigned side, struct ost_condition c)
{
	struct state *s = &h->states[side][c.schedule];

	h->held[side]--;
	if (--s->counts[c.kind] == 0)
		kinds_set(h, side, c.schedule, s->kinds & (uint16_t)~(1u << c.kind));
}

bool ost_held_none(const struct ost_held *h, unsigned side)
{
	return h->held[side] == 0;
}

bool ost_held_same(const struct ost_held *h)
{
	return h->differing == 0;
}

uint64_t ost_held_mark(const struct ost_held *h)
{
	return h->mark;
}
