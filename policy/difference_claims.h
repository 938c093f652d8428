/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules claim, cut into boxes: the geometry under difference.h, which alone includes it. */
#pragma once

#include "difference.h"

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
	uint8_t condition; /* number below 64 */
};

struct ost_claims {
	struct ost_claim *items;
	uint32_t count, capacity;
	enum ost_direction direction;
	uint64_t weaker[64]; /* by condition: those that ask for more and so add nothing beside it */
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

/* Of these conditions, those that no other one makes needless. */
uint64_t ost_conditions_least(const uint64_t weaker[static 64], uint64_t conditions);
