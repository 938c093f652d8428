/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the journal, gathered until all are read: of each incident its newest record and its history, and what persons said. Runs in the thread
 * of the restoring and touches nothing of the casebook but the regimes, which do not change. */
#pragma once

#include "casebook_private.h"

#define OST_CASE_SAID_MOST  65536u /* records of decisions, notes, warnings, the entity and evidence */
#define OST_CASE_SAID_BYTES (64ull << 20)

struct ost_regime_set;

struct case_slot {
	struct case_slot *next, *newer, *older;
	uint8_t id[16];
	char *line; /* its newest record */
	uint64_t seq;
	uint64_t count_since, last_since_ns; /* of a summary behind it; 0: none */
	struct ost_case_change history[OST_CASE_HISTORY];
	uint32_t history_count, history_skipped;
	struct ost_case *restored; /* once all is read */
};

struct case_said {
	char kind[24];
	char *line;
	uint64_t seq;
};

struct case_reading {
	struct case_slot *buckets[OST_CASE_BUCKETS];
	struct case_slot *newest, *oldest; /* by their newest record */
	uint32_t slots;
	struct case_said *said;
	uint32_t said_count, said_capacity;
	uint64_t said_bytes, said_lost;
	uint64_t lines, last_seq;
};

/* -ENOMEM. */
int case_reading_line(struct case_reading *r, uint64_t seq, const char *line, size_t length) OST_MUST_CHECK;
/* Makes a case of each slot. */
void case_reading_finish(struct case_reading *r, const struct ost_regime_set *regimes, uint64_t now_wall_ns);
void case_reading_free(struct case_reading *r);
