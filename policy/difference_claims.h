/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules claim, cut into boxes: the geometry under difference.h, which alone includes it. */
#pragma once

#include "difference.h"
#include "difference_conditions.h"

__extension__ typedef unsigned __int128 ost_u128;

/* Addresses from first to last. */
struct ost_span {
	ost_u128 first, last;
};

/* One service of a rule of one side, over some addresses. */
struct ost_claim {
	const struct ost_rule *rule;
	struct ost_span *spans;	  /* owned by the claims; may overlap */
	struct ost_span *encrypted; /* those left at port 443, with OST_RULE_DNS_GUARD */
	uint32_t span_count, encrypted_count;
	uint16_t lo, hi;
	uint8_t protocol; /* 0: any */
	uint8_t side;	  /* 0 before, 1 after */
	struct ost_condition condition;
};

/* Which of some claims hold at the moment of a sweep, and which of them comes first in their order. */
struct ost_firsts {
	uint32_t *open; /* by claim: how often it has begun and not ended */
	uint32_t *heap; /* those that are open, and some that have ended */
	uint32_t count, capacity;
};

#define OST_FIRST_NONE UINT32_MAX

/* Of claims below n. -ENOMEM. */
int ost_firsts_make(struct ost_firsts *firsts, uint32_t n) OST_MUST_CHECK;
void ost_firsts_free(struct ost_firsts *firsts);
int ost_firsts_begin(struct ost_firsts *firsts, uint32_t claim) OST_MUST_CHECK;
void ost_firsts_end(struct ost_firsts *firsts, uint32_t claim);
/* The first one, or OST_FIRST_NONE. */
uint32_t ost_firsts_get(struct ost_firsts *firsts);

struct ost_claims {
	struct ost_claim *items;
	uint32_t count, capacity;
	enum ost_direction direction;
	struct ost_held *held; /* borrowed; for as many schedules as conditions have */
	/* found boxes go here */
	int (*found)(void *user, const struct ost_change *box, ost_u128 first, ost_u128 last);
	void *user;
};

/* Takes over the spans, also on failure. */
int ost_claims_add(struct ost_claims *claims, const struct ost_claim *claim) OST_MUST_CHECK;
void ost_claims_clear(struct ost_claims *claims);

/* Protocols that are told on their own, as bits: those that a claim names, and TCP and UDP where a guard looks at them. */
void ost_claims_named(const struct ost_claims *claims, uint64_t named[static 4]);

/* Calls found for each box in which the conditions of the two sides differ, with kind, protocol, lo, hi, before and after filled in.
 * What found returns other than 0 ends it. -ENOMEM. */
int ost_claims_compare(const struct ost_claims *claims) OST_MUST_CHECK;
