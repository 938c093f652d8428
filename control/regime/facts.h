/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules of significance know of an incident: numbers and yes or no, each known or not, and where it is from. */
#pragma once

#include "common.h"

enum ost_origin {
	OST_ORIGIN_ASSUMED, /* nobody said so: a default */
	OST_ORIGIN_CONFIGURED,
	OST_ORIGIN_MEASURED,
	OST_ORIGIN_PERSON,
	OST_ORIGIN_COUNT,
};

enum ost_fact_unit {
	OST_UNIT_ANSWER, /* 0 no, 1 yes */
	OST_UNIT_MS,
	OST_UNIT_EUR,
	OST_UNIT_COUNT, /* a number of something */
	OST_UNIT_BYTES,
	OST_UNIT_TIME, /* wall clock, ns */
};

enum ost_fact_name {
	OST_FACT_SUCCEEDED,	/* no: blocked at the gate */
	OST_FACT_MALICIOUS,
	OST_FACT_ESSENTIAL,	/* the service or the device */
	OST_FACT_SAFETY,
	OST_FACT_TRADE_SECRET,
	OST_FACT_PERSONAL_DATA,
	OST_FACT_SPECIAL_CATEGORY, /* GDPR article 9 */
	OST_FACT_ENCRYPTED,
	OST_FACT_PLAINTEXT,	/* data was readable on its way */
	OST_FACT_CREDENTIALS,	/* of persons, readable */
	OST_FACT_ALTERED,	/* integrity of data or of a device */
	OST_FACT_UNAVAILABLE,
	OST_FACT_COMPROMISED,	/* confidentiality, integrity or authenticity of a service's data */
	OST_FACT_LISTED,	/* the entity is one that Implementing Regulation 2024/2690 binds */
	OST_FACT_GATEWAY,	/* the gateway's own integrity */
	OST_FACT_EXPLOITED,	/* a device, made by another maker */
	OST_FACT_OUTAGE_MS,	/* complete */
	OST_FACT_LIMITED_MS,
	OST_FACT_EUR_PER_HOUR,
	OST_FACT_FIXED_EUR,
	OST_FACT_TURNOVER_EUR,	/* of last year */
	OST_FACT_USERS_AFFECTED,
	OST_FACT_USERS_ALL,	/* of the service, in the Union */
	OST_FACT_DAMAGE_EUR,	/* to the user who has most of it */
	OST_FACT_BYTES_OUT,	/* to peers that no rule lists */
	OST_FACT_BYTES_LIMIT,
	OST_FACT_SUBJECTS,	/* persons whose data it is, at most */
	OST_FACT_SUBJECTS_LIMIT,
	OST_FACT_OWN_OUTAGE_MS,	/* the entity's own threshold */
	OST_FACT_FIRST_SEEN,
	OST_FACT_LAST_SEEN,
	OST_FACT_WINDOW_OPENED,	/* when the maintenance window was told and signed */
	OST_FACT_WINDOW_FROM,
	OST_FACT_WINDOW_UNTIL,
	OST_FACT_WINDOW_SIGNED, /* by an operator */
	OST_FACT_COUNT,
};

struct ost_fact {
	bool known;
	enum ost_origin origin; /* of a known one */
	uint64_t value;
};

/* An earlier incident with the same apparent root cause. */
struct ost_earlier {
	uint64_t first_ns, outage_ms;
};

#define OST_EARLIER_MAX 64u

struct ost_facts {
	struct ost_fact of[OST_FACT_COUNT];
	struct ost_earlier earlier[OST_EARLIER_MAX]; /* the latest ones, in any order */
	uint32_t earlier_count;
};

const char *ost_fact_name(enum ost_fact_name fact); /* "outage_ms" */
enum ost_fact_unit ost_fact_unit(enum ost_fact_name fact);
const char *ost_origin_name(enum ost_origin origin);

static inline void ost_fact_set(struct ost_facts *f, enum ost_fact_name name, uint64_t value, enum ost_origin origin)
{
	f->of[name] = (struct ost_fact){true, origin, value};
}
