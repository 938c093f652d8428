/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The casebook: each incident with what a person must know of it, and with what persons said.
 *
 *   event -> incident engine (control/incident) -> record -> what is known of the device -> the journal -> told to who waits for changes
 *   a person's word -> the journal -> the case
 *
 * A case outlives its incident: clocks of the law run for a month and more. At a start the cases are read back from the journal, in a thread of its
 * own (case_restore.h); until that is done, events wait in a table where equal ones are joined, and then go on under the ids that the journal
 * knows. What was written down of an incident since its last record (its count) comes from the records "suppress".
 *
 * Bounds: OST_CASES_MAX cases; the closed one that changed the longest ago gives way, one that waits for persons last. The newest
 * OST_CASE_CHANGES changes are told to who asks; OST_CASE_HELD kinds of events wait while cases are restored, more are counted as overflow.
 * One thread, the event loop's.
 */
#pragma once

#include "daemon.h"
#include "decisions.h"
#include "deadlines.h"
#include "incident.h"

#define OST_CASES_MAX	 10240u
#define OST_CASE_CHANGES 4096u
#define OST_CASE_HELD	 1024u
#define OST_CASE_HISTORY 16u /* changes of one that are told with it: the first, and the latest others */
#define OST_CASE_NOTES	 64u
#define OST_CASE_TEXT	 4096u /* bytes of a note or a reason */
#define OST_CASE_REGIMES 16u
#define OST_CASE_NO_SEQ	 UINT64_MAX /* not in the journal (yet) */
#define OST_SUPPRESS_NS	 (300 * OST_NS_PER_S)
#define OST_SUPPRESS_FRESH_NS (5 * OST_NS_PER_S) /* behind one that opened: most of an attack comes in its first seconds, and its next record a minute later */

enum ost_verdict {
	OST_VERDICT_NONE,
	OST_VERDICT_TRUE_POSITIVE,
	OST_VERDICT_FALSE_POSITIVE,
	OST_VERDICT_BENIGN,
	OST_VERDICT_DUPLICATE,
	OST_VERDICT_COUNT,
};

const char *ost_verdict_name(unsigned verdict); /* "true-positive"; NONE: "none" */

struct ost_case_change {
	uint64_t seq; /* of its record in the journal */
	uint64_t number; /* as the API counts changes; 0: under way */
	uint64_t cookie;
	uint64_t wall_ns, count;
	char kind[24]; /* "incident.open", "decision", ... */
	char why[32];
};

struct ost_case_note {
	uint64_t at_ns;
	char by[OST_DECISION_NAME_MAX + 1];
	char *text;
};

/* Under one regime. */
struct ost_case_regime {
	const struct ost_regime *regime;
	enum ost_proposal result;
	struct ost_warnings warnings;
};

struct ost_casebook;

struct ost_case {
	struct ost_case *next; /* of those with this hash of the id */
	struct ost_casebook *book;
	char saying[32];       /* what a person says of it just now, as its change is told */
	struct ost_incident i; /* now; of a closed one as of its last record */
	uint64_t changed;      /* number of its newest change, as the API tells it; 0: it is under way */
	uint64_t touched_ns;   /* wall clock of the newest change */
	uint64_t summed;       /* its count, as of the last record or summary */
	char *record;	       /* members of its newest record; NULL: none since the start */
	struct ost_case_change history[OST_CASE_HISTORY];
	uint32_t history_count;	  /* of them used */
	uint32_t history_skipped; /* that had no room between the first and the others */
	uint8_t verdict;	  /* enum ost_verdict */
	char verdict_by[OST_DECISION_NAME_MAX + 1];
	char *verdict_why;
	uint64_t verdict_ns;
	char duplicate_of[OST_INCIDENT_ID_TEXT];
	struct ost_case_note *notes;
	uint32_t note_count;
	struct ost_decisions *decisions; /* NULL: none */
	struct ost_case_regime *regimes;
	uint32_t regime_count;
};

struct ost_casebook_counts {
	uint64_t unrecorded; /* records that the journal did not take */
	uint64_t held, held_lost; /* events that waited for the restoring; those without room for it */
	uint64_t restored;	  /* cases */
	uint64_t warned;	  /* of deadlines */
	uint32_t cases, evicted;
	bool restoring;
};

int ost_casebook_start(struct ost_daemon *d) OST_MUST_CHECK;
void ost_casebook_stop(struct ost_daemon *d);
void ost_casebook_tick(struct ost_daemon *d); /* once a second */

void ost_casebook_event(struct ost_daemon *d, const struct ost_incident_event *event, struct ost_moment now);
/* From the journal: a record of ours is on disk, or never will be. */
void ost_casebook_acknowledged(struct ost_daemon *d, const struct ost_journal_ack *ack);

/* Cases as they are now, in no order; fn returns false to stop. */
void ost_casebook_each(struct ost_daemon *d, bool (*fn)(void *user, struct ost_case *c), void *user);
struct ost_case *ost_casebook_find(struct ost_daemon *d, const uint8_t id[static 16]);
/* By an id or its beginning of at least 6 characters. -EINVAL: it is none; -ENOENT; -EEXIST: several begin so, ret_ids has the first of them,
 * apart by ", ". */
#define OST_CASE_IDS (4 * OST_INCIDENT_ID_TEXT + 8)
int ost_casebook_by_text(struct ost_daemon *d, const char *text, struct ost_case **ret_case, char ret_ids[static OST_CASE_IDS]) OST_MUST_CHECK;

/* Number of the newest change; fn gets each behind `after`, oldest first. */
uint64_t ost_casebook_last(const struct ost_daemon *d);
/* What was given to the journal last, of whatever case; and what became of it: 1 on disk, under a signed checkpoint; 0 not known yet; -EIO it never will be.
 * Only the newest OST_CASE_CHANGES are remembered: those before are 1. */
uint64_t ost_casebook_given(const struct ost_daemon *d);
int ost_casebook_settled(const struct ost_daemon *d, uint64_t given);
void ost_casebook_changes(struct ost_daemon *d, uint64_t after, void (*fn)(void *user, struct ost_case *c, const struct ost_case_change *change),
	void *user);

/* Those that the engine has, in no order. */
void ost_casebook_incidents(const struct ost_daemon *d, bool (*fn)(void *user, const struct ost_incident *i), void *user);
const struct ost_incidents_counts *ost_casebook_engine(const struct ost_daemon *d);
const struct ost_casebook_counts *ost_casebook_counts(const struct ost_daemon *d);
