/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What persons said about one incident: since when they are aware, whether it is significant, moments that clocks begin with, answers
 * for a report, submissions. Nothing here is ever said by the machine, and nothing is changed: a correction is a further entry that
 * names the one it corrects, and both stay.
 *
 * Each entry is journaled first: `journal` gets finished JSON members, and only when it takes them the entry counts.
 * Bound: OST_DECISIONS_MAX entries of an incident; then -ENOSPC. Single thread.
 */
#pragma once

#include "jsonw.h"
#include "regime_file.h"

#define OST_DECISIONS_MAX     1024u
#define OST_DECISION_TEXT_MAX 8192u /* bytes of a reason or an answer */
#define OST_DECISION_NAME_MAX 128u

enum ost_decision_kind {
	OST_DECISION_SIGNIFICANCE, /* significant or not, aware since when */
	OST_DECISION_MOMENT,	   /* of the regime's moments */
	OST_DECISION_ANSWER,	   /* to a field of a report */
	OST_DECISION_SUBMISSION,   /* to the authority, with its receipt */
	OST_DECISION_KIND_COUNT,
};

struct ost_decision {
	enum ost_decision_kind kind;
	uint32_t corrects; /* number of the entry that this one corrects; 0 none */
	bool significant;
	const char *of;	   /* the moment's, field's or stage's id; NULL with significance */
	const char *stage; /* of an answer: only for this stage; NULL every stage that has the field */
	uint64_t moment_ns; /* aware since, when it happened, when it was submitted; 0 none */
	const char *value; /* the answer; the authority's reference */
	const char *sha256; /* of what was submitted, 64 hexadecimal digits; NULL not told */
	const char *by;
	const char *reason; /* needed with significance and with a correction; NULL none */
};

struct ost_entry {
	uint32_t number; /* from 1 on */
	uint64_t at_ns;
	const struct ost_regime *regime;
	struct ost_decision said; /* its texts are owned */
	bool corrected; /* a later one stands for it */
};

struct ost_decisions;

/* kind: "decision" or "submission"; members: finished JSON members without the outer braces. Not 0: the entry does not count. */
typedef int ost_decision_journal(void *user, const char *kind, const char *members);

/* incident: its id as text; copied. -ENOMEM. */
int ost_decisions_new(const char *incident, ost_decision_journal *journal, void *user, struct ost_decisions **ret_decisions) OST_MUST_CHECK;
void ost_decisions_free(struct ost_decisions **decisions);

/* Checks, journals, keeps. regime is borrowed for good. -EINVAL and a sentence in ret_why; -ENOSPC; what journal returned.
 * replay: it comes from the journal and does not go there again. */
#define OST_DECISION_WHY 256
int ost_decisions_add(struct ost_decisions *d, const struct ost_regime *regime, const struct ost_decision *decision, uint64_t now_ns,
	bool replay, char ret_why[static OST_DECISION_WHY]) OST_MUST_CHECK;

uint32_t ost_decisions_count(const struct ost_decisions *d);
const struct ost_entry *ost_decisions_entry(const struct ost_decisions *d, uint32_t number); /* NULL: no such one */

/* The one that counts now, NULL none. regime by its id: a newer version of the file takes over what was said under the former. of:
 * NULL with significance. stage: of an answer; one for that stage goes before one for all. */
const struct ost_entry *ost_decisions_find(const struct ost_decisions *d, const struct ost_regime *regime, enum ost_decision_kind kind,
	const char *of, const char *stage);
#define ost_decisions_significance(d, regime) ost_decisions_find(d, regime, OST_DECISION_SIGNIFICANCE, NULL, NULL)
