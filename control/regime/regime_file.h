/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A regime as data: its stages with their clocks and report fields, and its rules of significance with their legal basis and
 * thresholds. Read from a JSON file (ostiary-regimes(5), config/ostiary-regime.schema.json); no regime is known to the program. */
#pragma once

#include "diag.h"
#include "facts.h"
#include "period.h"

#define OST_REGIME_NAME	    48u /* bytes of an id, NUL included */
#define OST_REGIME_STAGES   16u
#define OST_REGIME_FIELDS   64u /* of a stage, and of the block that all have */
#define OST_REGIME_MOMENTS  16u
#define OST_REGIME_RULES    32u
#define OST_REGIME_FILE_MAX ((size_t)256 << 10)

/* Who fills a field of a report (incidents.md section 3). */
enum ost_filler {
	OST_FILLER_MACHINE,
	OST_FILLER_CONFIGURATION,
	OST_FILLER_PERSON,
	OST_FILLER_COUNT,
};

enum ost_anchor {
	OST_ANCHOR_AWARE,     /* a person says since when */
	OST_ANCHOR_SUBMITTED, /* the submission of a stage of the same regime */
	OST_ANCHOR_MOMENT,    /* what else a person says when it happened */
};

struct ost_regime_clock {
	enum ost_anchor anchor;
	uint32_t of;	/* place of the stage or moment */
	bool has_offset; /* false: without undue delay, no hour is counted */
	struct ost_period offset;
};

struct ost_regime_moment {
	char id[OST_REGIME_NAME];
	const char *title;
};

#define OST_FIELD_SOURCE_NONE UINT32_MAX

struct ost_regime_field {
	char id[OST_REGIME_NAME];
	const char *title;
	enum ost_filler by;
	uint32_t source;  /* of the machine or the configuration, or which of these is shown as a suggestion (report.h) */
	bool may_be_unknown; /* a person may answer "unknown" */
	bool optional;
	bool when_late; /* wanted only when the stage is late */
};

struct ost_regime_stage {
	char id[OST_REGIME_NAME];
	const char *title, *basis;
	struct ost_regime_clock clock;
	bool has_at_most; /* the earlier one of both counts */
	struct ost_regime_clock at_most;
	uint32_t when, unless; /* place of a moment: the stage is due only when it was told, or only unless it was; UINT32_MAX: neither */
	bool repeat; /* may be submitted more than once */
	struct ost_regime_field *fields;
	uint32_t field_count;
};

/* What a rule asks. The words of the file; which facts each looks at stands in rules.c. */
enum ost_rule_kind {
	OST_RULE_ACCESS,      /* N1: malicious access that succeeded, to what is essential */
	OST_RULE_LOSS,	      /* N2 */
	OST_RULE_RECURRING,   /* N3 */
	OST_RULE_SECRETS,     /* N4 */
	OST_RULE_SAFETY,      /* N5 */
	OST_RULE_OUTAGE,      /* N6 */
	OST_RULE_COMPROMISE,  /* N7 */
	OST_RULE_OWN,	      /* N8 */
	OST_RULE_USERS,	      /* N9 */
	OST_RULE_MAINTENANCE, /* X1 */
	OST_RULE_BREACH,      /* G1 */
	OST_RULE_HIGH_RISK,   /* G2 */
	OST_RULE_GATEWAY,     /* C1 */
	OST_RULE_EXPLOITED,   /* C2 */
	OST_RULE_KIND_COUNT,
};

enum ost_proposal {
	OST_NOT_PROPOSED,
	OST_REVIEW,
	OST_PROPOSE,
};

enum ost_threshold {
	OST_THRESHOLD_LOSS_EUR,
	OST_THRESHOLD_TURNOVER_PERCENT, /* the smaller one of both */
	OST_THRESHOLD_REVIEW_PERCENT,	/* of the threshold: review from there on */
	OST_THRESHOLD_TIMES,		/* incidents, this one counted */
	OST_THRESHOLD_OUTAGE_S,
	OST_THRESHOLD_LIMITED_S,
	OST_THRESHOLD_USERS,
	OST_THRESHOLD_USERS_PERCENT, /* the smaller one of both */
	OST_THRESHOLD_USER_HOURS,
	OST_THRESHOLD_DAMAGE_EUR, /* to one user */
	OST_THRESHOLD_COUNT,
};

/* Which entities a rule is for. */
enum ost_rule_for {
	OST_FOR_ALL,
	OST_FOR_LISTED,	  /* those that Implementing Regulation 2024/2690 binds */
	OST_FOR_UNLISTED,
};

struct ost_regime_rule {
	char id[OST_REGIME_NAME];
	const char *basis, *says; /* says: what is proposed, "" the word of the result alone */
	enum ost_rule_kind kind;
	enum ost_proposal result; /* when its condition holds */
	enum ost_rule_for entities;
	bool has[OST_THRESHOLD_COUNT];
	uint64_t threshold[OST_THRESHOLD_COUNT];
	bool has_within;
	struct ost_period within; /* recurring: by the calendar */
	uint32_t suppresses;	  /* maintenance: bits of rules by place */
};

struct ost_regime {
	char id[OST_REGIME_NAME];
	const char *title, *law;
	uint32_t version;
	int64_t valid_from_s; /* UTC */
	struct ost_regime_moment moments[OST_REGIME_MOMENTS];
	uint32_t moment_count;
	struct ost_regime_stage stages[OST_REGIME_STAGES];
	uint32_t stage_count;
	struct ost_regime_rule rules[OST_REGIME_RULES];
	uint32_t rule_count;
	char **texts; /* owned: what the pointers above point to */
	uint32_t text_count, text_capacity;
};

/* Reads and checks. -EINVAL with errors in diag (name is borrowed by it), or the errno of reading the file (diag has it, too). */
int ost_regime_parse(
	const char *name, const char *bytes, size_t length, struct ost_diag *diag, struct ost_regime **ret_regime) OST_MUST_CHECK;
int ost_regime_load(const char *path, struct ost_diag *diag, struct ost_regime **ret_regime) OST_MUST_CHECK;
void ost_regime_free(struct ost_regime **regime);

/* Place of a stage or moment by its id; -ENOENT. A stage is found with '-' for '_', too: "early-warning". */
int ost_regime_stage_find(const struct ost_regime *regime, const char *id, uint32_t *ret_stage) OST_MUST_CHECK;
int ost_regime_moment_find(const struct ost_regime *regime, const char *id, uint32_t *ret_moment) OST_MUST_CHECK;

const char *ost_filler_name(enum ost_filler filler);
const char *ost_proposal_name(enum ost_proposal proposal); /* "not_proposed" */
const char *ost_rule_kind_name(enum ost_rule_kind kind);
const char *ost_threshold_name(enum ost_threshold threshold);
