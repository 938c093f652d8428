/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a role beside the flows that its rules allow: audit, limits, TLS. */
#pragma once

#include "plan_words.h"

/* In words, without the role: "packets 100/s instead of no limit, in audit until 2026-12-01T00:00Z"; "" when nothing does. A role
 * that one of the policies does not have has the defaults there. before: NULL when nothing is in force. */
const char *ost_plan_role(const struct ost_policy *before, const struct ost_policy *after, uint32_t role, char buf[static OST_PLAN_WORDS]);

/* What else is inside, and which other names may have such addresses; "" when nothing, or when one of the policies has no rule about a
 * name. Returns buf. */
const char *ost_plan_inside(const struct ost_policy *before, const struct ost_policy *after, char buf[static OST_PLAN_WORDS]);
