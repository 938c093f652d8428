/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The draft of a report: a pure function of the incident, the entity's configuration, what persons said and the regime's file. A draft
 * is ready when nothing that its stage wants is missing; "unknown" is an answer where the file allows it. Text and HTML show hostile
 * characters as what they are; the HTML needs nothing from outside. */
#pragma once

#include <stdio.h>

#include "deadlines.h"
#include "entity.h"
#include "incident.h"

struct ost_report_case {
	const struct ost_incident *incident;
	const struct ost_regime *regime;
	uint32_t stage;
	const struct ost_decisions *decisions;
	const struct ost_entity *entity; /* NULL: none is configured */
	const uint32_t *services;	 /* affected: places in the entity */
	uint32_t service_count;
	const struct ost_assessment *assessment; /* NULL: none */
	const struct ost_facts *facts;		 /* NULL: none */
	const char *gateway;
	const char *proof; /* where the journal's proof is; NULL: not made */
	ost_zone_fn *zone; /* of times in text and HTML; NULL: UTC */
	uint64_t now_ns;
};

enum ost_report_state {
	OST_REPORT_FILLED,
	OST_REPORT_UNKNOWN, /* somebody said: unknown, and may */
	OST_REPORT_MISSING,
	OST_REPORT_LEFT_OUT, /* empty, and may be */
};

struct ost_report_value {
	const struct ost_regime_field *field;
	enum ost_report_state state;
	char *text;	  /* owned; NULL when missing or left out */
	char *suggestion; /* owned; what the machine would say; NULL none */
	const char *by;	  /* of a person's; borrowed from the decisions */
};

struct ost_report {
	const struct ost_regime *regime;
	const struct ost_regime_stage *stage;
	struct ost_due due;
	char incident[OST_INCIDENT_ID_TEXT];
	char id[160]; /* "ID nis2 early_warning": the same for each draft of it */
	uint64_t made_ns;
	ost_zone_fn *zone;
	uint32_t count, missing;
	bool ready;
	struct ost_report_value *values;
};

/* All that the case points to is borrowed by the report. -EINVAL: no such stage; -ENOMEM. */
int ost_report_make(const struct ost_report_case *c, struct ost_report **ret_report) OST_MUST_CHECK;
void ost_report_free(struct ost_report **report);

/* An object on its own. w->failed says whether memory was enough. */
void ost_report_json(const struct ost_report *report, struct ost_jsonw *w);
/* To a stream, whose errors the caller asks for (ost_stream_end). */
void ost_report_text(const struct ost_report *report, FILE *out);
void ost_report_html(const struct ost_report *report, FILE *out);
