/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows between two devices, over the values of one protocol: both ends have to agree. Of difference.h alone. */
#pragma once

#include "difference_claims.h"

/* ends: the claims of the one that opens, and of the one that is asked for, at one point. Calls found for each range of values in
 * which what both allow differs, in order, with kind, protocol, except, lo, hi, before and after filled in; the rules are the opener's. What found
 * returns other than 0 ends it. held: one for each end, empty. -ENOMEM. */
int ost_ends_compare(const struct ost_claims ends[2], struct ost_held *const held[2], uint8_t protocol,
	int (*found)(void *user, const struct ost_change *range), void *user) OST_MUST_CHECK;
