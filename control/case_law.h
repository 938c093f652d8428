/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the regimes make of a case: proposals with each record, clocks, warnings. The regime files are read once, at the start. */
#pragma once

#include "case_entity.h"
#include "casebook_private.h"
#include "regime.h"

struct ost_case_law {
	struct ost_regime_set *set;
	struct ost_diag diag; /* of the set, which it borrows from */
	char *folders[2];     /* that diag borrows, too */
	struct ost_case_entity entity;
	struct ost_decisions *none; /* what nobody has said */
	uint32_t bucket;	    /* whose warnings are looked at next */
};

int case_law_start(struct ost_casebook *b) OST_MUST_CHECK;
void case_law_stop(struct ost_casebook *b);
/* Once a second. */
void case_law_tick(struct ost_casebook *b);

/* Findings of a file, to the log. */
void case_findings_tell(const struct ost_diag *diag);
/* A person spoke under this regime: its clocks are watched. */
void case_law_follow(struct ost_case *c, const struct ost_regime *regime);
/* The members "proposal", "decision" and "submission" of the open object; what is proposed is kept in the case. */
void case_law_record(struct ost_casebook *b, struct ost_case *c, struct ost_jsonw *w);

/* The regime of this id that is in force and applies to this entity, or NULL. */
const struct ost_regime *case_law_regime(const struct ost_casebook *b, const char *id);
/* Regimes that apply, one after the other; i counts from 0. */
const struct ost_regime *case_law_regime_at(const struct ost_casebook *b, uint32_t *i);

/* All that a report or a view needs, made anew. */
struct case_law_view {
	struct ost_facts facts;
	uint32_t services[OST_ENTITY_SERVICES];
	uint32_t service_count;
	struct ost_assessment assessment;
	struct ost_due dues[OST_REGIME_STAGES];
	uint32_t due_count;
};
void case_law_look(struct ost_casebook *b, const struct ost_case *c, const struct ost_regime *regime, struct case_law_view *ret_view);
const struct ost_decisions *case_law_decisions(const struct ost_casebook *b, const struct ost_case *c);
