/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the casebook: what its files share. */
#pragma once

#include "casebook.h"
#include "jsonw.h"

#define OST_CASE_BUCKETS 4096u

struct ost_case_told {
	uint64_t number; /* 0: not told yet */
	uint8_t id[16];
	struct ost_case_change change;
};

struct ost_case_held;
struct ost_case_restore;
struct ost_case_law;

struct ost_casebook {
	struct ost_daemon *d;
	struct ost_incidents *incidents;
	struct ost_case *buckets[OST_CASE_BUCKETS];
	struct ost_case_told changes[OST_CASE_CHANGES]; /* by cookie */
	uint64_t cookies; /* given out so far: numbers of changes under way */
	uint64_t last;	  /* number of the newest change that was told */
	uint64_t told_from; /* cookies up to here are told */
	bool trouble;	  /* the journal does not take records, and that is in the log */
	uint64_t summed_ns; /* monotonic: the last summary */
	uint64_t fresh_ns;  /* when one opened that no summary told of; 0: none */
	uint64_t suppressed[OST_CAUSE_COUNT], overflowed[OST_CAUSE_COUNT]; /* since the last summary; as of it */
	uint64_t lapsed; /* as of the last summary */
	struct ost_case_held *held;
	uint32_t held_count;
	struct ost_case_restore *restore; /* NULL: done */
	struct ost_case_law *law;
	struct ost_casebook_counts counts;
};

/* Makes room for it. NULL: no memory. */
struct ost_case *case_take(struct ost_casebook *b, const uint8_t id[static 16]);
void case_free(struct ost_case *c); /* null-safe */
struct ost_case *case_find(const struct ost_casebook *b, const uint8_t id[static 16]);
/* A line of its history. */
void case_history_add(struct ost_case *c, const struct ost_case_change *change);

/* Appends a record of this case to the journal; what changed is told when it is there. 0: the journal has it in its queue. */
struct case_append {
	const char *kind, *why, *members;
	uint64_t wall_ns;
	bool at_once, vital;
};
int case_append(struct ost_casebook *b, struct ost_case *c, const struct case_append *a);

/* case_rule.c: "camera.yaml:12:5: TEXT: its port differs". False: nothing is near. device: its place in the image. */
bool case_rule(const struct ost_image *image, uint32_t device, const struct ost_incident_wire *x, char *buf, size_t size);

/* case_record.c: the record of what the engine says, from what is known. */
void case_record(struct ost_casebook *b, struct ost_case *c, enum ost_incident_record what, const char *why);
/* Summaries of what was held back since the last one. */
void case_suppress(struct ost_casebook *b, struct ost_moment now);
