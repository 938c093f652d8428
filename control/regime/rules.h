/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside only: the conditions of the rules, one function a kind, in three-valued logic. */
#pragma once

#include "significance.h"

/* Whether the rule's condition holds; notes in the trace what it asked, and the comparison. holds: set when a part of it is
 * known to hold while another is not known. near: the threshold's review percentage is reached. */
enum ost_tristate rule_condition(
	const struct ost_regime_rule *rule, const struct ost_facts *facts, struct ost_rule_trace *trace, bool *ret_holds, bool *ret_near);
