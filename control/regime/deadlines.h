/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is due when, of one incident under one regime. Clocks run from what persons said (decisions.h). While nobody has decided
 * and the machine proposes or asks for a review, **shadow** clocks run: as if somebody had been aware at the detection. They are no
 * deadline of the law, they say by when somebody had better look. A clock whose beginning was not told yet is undefined: a final
 * report is due so long after the notification *was submitted*, and has no date before.
 * Warnings: when 50, 75 and 90 percent of a clock are over, and when it has run out; each once. Pure.
 */
#pragma once

#include "decisions.h"
#include "significance.h"

enum ost_due_state {
	OST_DUE_NONE,	   /* not now: not significant, not proposed, or the stage is for another case */
	OST_DUE_UNDEFINED, /* its clock has not begun: see why */
	OST_DUE_UNTIMED,   /* without undue delay: no hour is counted */
	OST_DUE_RUNNING,
	OST_DUE_SUBMITTED,
};

struct ost_due {
	uint32_t stage; /* its place in the regime */
	enum ost_due_state state;
	bool shadow;
	bool late; /* past its time, or submitted past it */
	uint64_t start_ns, due_ns; /* 0: none */
	uint64_t submitted_ns;
	char why[96]; /* of UNDEFINED and NONE: "until notification is submitted" */
};

/* One for each stage, in their order; returns how many. result: of the assessment. */
uint32_t ost_deadlines(const struct ost_regime *regime, const struct ost_decisions *decisions, enum ost_proposal result, uint64_t detected_ns,
	ost_zone_fn *zone, uint64_t now_ns, struct ost_due ret_dues[static OST_REGIME_STAGES]);

#define OST_WARNING_LEVELS 4u /* 50, 75, 90 and 100 percent */

/* Of one incident and regime; begins as zeros. A clock that begins anew is warned of anew. */
struct ost_warnings {
	struct {
		uint64_t start_ns, due_ns;
		uint8_t told; /* levels */
	} stages[OST_REGIME_STAGES];
};

/* Tells the highest level that a running clock has passed since, if any. percent: 50, 75, 90, 100. */
void ost_warnings_tick(struct ost_warnings *w, const struct ost_due *dues, uint32_t count, uint64_t now_ns,
	void (*warn)(void *user, const struct ost_due *due, unsigned percent), void *user);

const char *ost_due_state_name(enum ost_due_state state); /* "undefined" */
/* An array: stage, title, state, shadow, start, due, submitted, late, why. */
void ost_deadlines_json(struct ost_jsonw *w, const char *key, const struct ost_regime *regime, const struct ost_due *dues, uint32_t count);
