/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the rules of two policies to claims: what a class of devices may, under each. Of difference.c alone. */
#pragma once

#include "difference_claims.h"

/* The two policies, and what is looked up in both. */
struct ost_sides {
	const struct ost_policy *policy[2]; /* [0] may be NULL */
	uint32_t *schedule[2]; /* number of one -> number among those of both that open at the same times; 0 stays 0 */
	uint32_t schedule_count;
	uint32_t *role_before; /* by the after policy's role: the one of the same name and rules before, OST_PAIR_NONE: none */
	uint8_t tag_after[64]; /* by the before policy's tag: the after policy's of that name, 64: none */
	bool *only[2]; /* by device: some rule is about it alone */
};

/* Devices with one key may the same. Compared as bytes: no padding. */
struct ost_class_key {
	uint64_t tags[2];
	uint64_t addresses[2]; /* a hash of which prefixes of its policy hold which of its addresses; 0: it has none */
	uint32_t role[2];      /* OST_PAIR_NONE: not in that policy */
	uint32_t vlan[2];
	uint32_t only[2];      /* 1 + its index, when some rule is about it alone */
};

_Static_assert(sizeof(struct ost_class_key) == 56, "no padding");

int ost_sides_make(const struct ost_policy *before, const struct ost_policy *after, struct ost_sides *ret_sides) OST_MUST_CHECK;
void ost_sides_free(struct ost_sides *sides);
void ost_class_key_make(const struct ost_sides *sides, const struct ost_device_pair *pair, struct ost_class_key *ret_key);

/* Whether a set of the before policy's tags and one of the after policy's are of the same names. */
bool ost_tags_equal(const struct ost_sides *sides, uint64_t before, uint64_t after);

/* Fills changes in, for the classes that are there. */
int ost_sides_compare(const struct ost_sides *sides, struct ost_difference *difference) OST_MUST_CHECK;
