/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When rules hold: sets of conditions under two policies, as something is allowed by several rules at once. Of difference.h alone.
 *
 * A condition is a schedule, an assurance, and whether it holds in states with infrastructure rights. One that asks for less makes
 * those needless that ask for more: the least ones are what a set means, and two sets with the same ones mean the same. A set
 * counts how often it has each condition, so it follows a sweep at the cost of what begins and ends there. */
#pragma once

#include "model.h"

#define OST_CONDITION_KINDS (2u * OST_ASSURANCE_COUNT)

struct ost_condition {
	uint16_t schedule; /* below the count that the sets were made for; 0: always */
	uint8_t kind;	   /* ost_condition_kind() */
};

static inline uint8_t ost_condition_kind(enum ost_assurance assurance, bool infrastructure)
{
	return (uint8_t)((unsigned)assurance * 2 + (infrastructure ? 0 : 1));
}

/* What two sides hold. */
struct ost_held;

/* -ENOMEM. */
int ost_held_new(uint32_t schedules, struct ost_held **ret_held) OST_MUST_CHECK;
void ost_held_free(struct ost_held **held);

/* Both sides hold nothing. */
void ost_held_clear(struct ost_held *held);

/* Once more, or once less. */
void ost_held_begin(struct ost_held *held, unsigned side, struct ost_condition condition);
void ost_held_end(struct ost_held *held, unsigned side, struct ost_condition condition);

bool ost_held_none(const struct ost_held *held, unsigned side);
bool ost_held_same(const struct ost_held *held);

/* The same number for the same meaning of both sides; other meanings have others but by chance. */
uint64_t ost_held_mark(const struct ost_held *held);
