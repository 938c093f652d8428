/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the machine proposes: is this incident significant under a regime? It never decides.
 *
 * A rule's condition is yes, no, or unknown where a fact that is missing could turn it. Yes: the rule's result. Unknown, while
 *   something of it is known to hold: review, and the missing facts are named. Else not_proposed. The regime's result is
 *   the strongest of its rules'.
 * Blocked at the gate (`succeeded` is known to be no): a rule that is not sure proposes nothing, for these events are the mass.
 *   A condition that holds for sure is proposed all the same: a flood that was refused and took a service down with it is one.
 * A maintenance window takes back what its rule names, and says so. Only one that was opened before the event and signed, in which
 *   the whole event lies, and never when the event is known to be malicious: an attack is no planned consequence of maintenance.
 * Each result comes with its trace: rule, legal basis, every fact that was looked at with its origin, the comparison in words.
 */
#pragma once

#include "jsonw.h"
#include "regime_file.h"

#define OST_TRACE_FACTS	     12u
#define OST_TRACE_COMPARISON 240u

enum ost_tristate {
	OST_TRI_NO,
	OST_TRI_UNKNOWN,
	OST_TRI_YES,
};

struct ost_rule_trace {
	const struct ost_regime_rule *rule;
	enum ost_tristate condition;
	enum ost_proposal result;
	bool for_others; /* the rule is for another kind of entity */
	bool blocked;	 /* it would have been a review, but the gate refused it all */
	const struct ost_regime_rule *suppressed_by;
	uint8_t facts[OST_TRACE_FACTS]; /* enum ost_fact_name, in the order in which they were asked */
	uint8_t fact_count;
	uint16_t missing; /* bits of facts[] that are not known and matter */
	char comparison[OST_TRACE_COMPARISON];
};

struct ost_assessment {
	const struct ost_regime *regime;
	struct ost_facts facts; /* a copy: what it was made from */
	enum ost_proposal result;
	uint32_t count;
	struct ost_rule_trace rules[OST_REGIME_RULES];
};

/* The regime is borrowed by the assessment. */
void ost_assess(const struct ost_regime *regime, const struct ost_facts *facts, struct ost_assessment *ret_assessment);

/* An object: regime, v, result, rules with id, basis, result, condition, inputs (name, value, origin), missing, comparison. */
void ost_assessment_json(struct ost_jsonw *w, const char *key, const struct ost_assessment *assessment);
