/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What regimes make of a case; GET /v1/regimes. */
#include <stdio.h>

#include "case_law.h"
#include "views_incidents.h"

/* ---- in short ---- */

/* Something runs; the one that runs out first is told, and what somebody decided before any shadow. */
static bool sooner(const struct ost_due *due, const struct ost_due *than)
{
	if (due->state != OST_DUE_RUNNING)
		return false;
	if (than != NULL && due->shadow != than->shadow)
		return than->shadow;
	return than == NULL || due->due_ns < than->due_ns;
}

struct nearest {
	const struct ost_regime *regime, *undefined;
	struct ost_due due;
	bool found;
	char stage_undefined[OST_REGIME_NAME];
};

static void nearest_look(struct nearest *n, const struct ost_regime *g, const struct case_law_view *v)
{
	for (uint32_t i = 0; i < v->due_count; i++) {
		if (sooner(&v->dues[i], n->found ? &n->due : NULL)) {
			n->due = v->dues[i];
			n->regime = g;
			n->found = true;
		}
		if (v->dues[i].state == OST_DUE_UNDEFINED && n->undefined == NULL) {
			n->undefined = g;
			(void)snprintf(n->stage_undefined, sizeof(n->stage_undefined), "%s", g->stages[i].id);
		}
	}
}

static void due_json(const struct nearest *n, struct ost_jsonw *w)
{
	if (!n->found && n->undefined == NULL) {
		ost_jsonw_string(w, "due", NULL);
		return;
	}
	ost_jsonw_object(w, "due");
	ost_jsonw_string(w, "regime", n->found ? n->regime->id : n->undefined->id);
	ost_jsonw_string(w, "stage", n->found ? n->regime->stages[n->due.stage].id : n->stage_undefined);
	ost_jsonw_time(w, "due", n->found ? n->due.due_ns : 0);
	ost_jsonw_bool(w, "shadow", n->found && n->due.shadow);
	ost_jsonw_bool(w, "late", n->found && n->due.late);
	ost_jsonw_bool(w, "undefined", !n->found);
	ost_jsonw_end(w, '}');
}

static bool is_decided(const struct ost_casebook *b, const struct ost_case *c, const struct ost_regime *g)
{
	return ost_decisions_significance(case_law_decisions(b, c), g) != NULL;
}

void ost_view_incident_law(struct ost_daemon *d, const struct ost_case *c, struct ost_jsonw *w)
{
	struct case_law_view *v = c->regime_count > 0 ? malloc(sizeof(*v)) : NULL;
	struct nearest n = {0};

	for (uint32_t i = 0; v != NULL && i < c->regime_count; i++) {
		case_law_look(d->casebook, c, c->regimes[i].regime, v);
		nearest_look(&n, c->regimes[i].regime, v);
	}
	free(v);
	due_json(&n, w);
	ost_jsonw_array(w, "undecided");
	for (uint32_t i = 0; i < c->regime_count; i++) {
		if (c->regimes[i].result != OST_NOT_PROPOSED && !is_decided(d->casebook, c, c->regimes[i].regime))
			ost_jsonw_string(w, NULL, c->regimes[i].regime->id);
	}
	ost_jsonw_end(w, ']');
}

/* ---- in full ---- */

static void entry_json(const struct ost_entry *e, struct ost_jsonw *w)
{
	static const char *const kinds[] = {"significance", "moment", "answer", "submission"};
	const struct ost_decision *s = &e->said;

	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "number", e->number);
	ost_jsonw_string(w, "kind", kinds[s->kind]);
	ost_jsonw_string(w, "regime", e->regime->id);
	if (s->kind == OST_DECISION_SIGNIFICANCE)
		ost_jsonw_bool(w, "significant", s->significant);
	else
		ost_jsonw_string(w, "significant", NULL);
	ost_jsonw_string(w, "of", s->of);
	ost_jsonw_string(w, "stage", s->stage);
	ost_jsonw_time(w, "moment", s->moment_ns);
	ost_jsonw_string(w, "value", s->value);
	ost_jsonw_string(w, "sha256", s->sha256);
	ost_jsonw_string(w, "by", s->by);
	ost_jsonw_string(w, "reason", s->reason);
	ost_jsonw_time(w, "at", e->at_ns);
	if (s->corrects != 0)
		ost_jsonw_u64(w, "corrects", s->corrects);
	else
		ost_jsonw_string(w, "corrects", NULL);
	ost_jsonw_bool(w, "corrected", e->corrected);
	ost_jsonw_end(w, '}');
}

void ost_view_incident_regimes(struct ost_daemon *d, const struct ost_case *c, struct ost_jsonw *w)
{
	struct case_law_view *v = malloc(sizeof(*v));
	const struct ost_regime *g;
	uint32_t i = 0;

	ost_jsonw_array(w, "regimes");
	while (v != NULL && (g = case_law_regime_at(d->casebook, &i)) != NULL) {
		case_law_look(d->casebook, c, g, v);
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "regime", g->id);
		ost_jsonw_u64(w, "v", g->version);
		ost_jsonw_string(w, "title", g->title);
		ost_jsonw_string(w, "result", ost_proposal_name(v->assessment.result));
		ost_assessment_json(w, "assessment", &v->assessment);
		ost_deadlines_json(w, "deadlines", g, v->dues, v->due_count);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	free(v);
	ost_jsonw_array(w, "decisions");
	for (uint32_t n = 1; c->decisions != NULL && n <= ost_decisions_count(c->decisions); n++)
		entry_json(ost_decisions_entry(c->decisions, n), w);
	ost_jsonw_end(w, ']');
}

/* ---- the regimes ---- */

static void clock_json(const struct ost_regime *g, const struct ost_regime_clock *clock, struct ost_jsonw *w)
{
	char anchor[OST_REGIME_NAME + 16], offset[OST_PERIOD_TEXT];

	if (clock->anchor == OST_ANCHOR_AWARE)
		(void)snprintf(anchor, sizeof(anchor), "aware");
	else if (clock->anchor == OST_ANCHOR_SUBMITTED)
		(void)snprintf(anchor, sizeof(anchor), "submitted:%s", g->stages[clock->of].id);
	else
		(void)snprintf(anchor, sizeof(anchor), "%s", g->moments[clock->of].id);
	ost_jsonw_string(w, "anchor", anchor);
	ost_jsonw_string(w, "offset", clock->has_offset ? ost_period_text(&clock->offset, offset) : NULL);
}

static void field_json(const struct ost_regime_field *f, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "id", f->id);
	ost_jsonw_string(w, "title", f->title);
	ost_jsonw_string(w, "by", ost_filler_name(f->by));
	ost_jsonw_bool(w, "unknown", f->may_be_unknown);
	ost_jsonw_bool(w, "optional", f->optional);
	ost_jsonw_end(w, '}');
}

static void stage_json(const struct ost_regime *g, const struct ost_regime_stage *s, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "id", s->id);
	ost_jsonw_string(w, "title", s->title);
	ost_jsonw_string(w, "basis", s->basis);
	clock_json(g, &s->clock, w);
	ost_jsonw_array(w, "fields");
	for (uint32_t i = 0; i < s->field_count; i++)
		field_json(&s->fields[i], w);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}

static void regime_json(const struct ost_regime *g, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "id", g->id);
	ost_jsonw_u64(w, "v", g->version);
	ost_jsonw_string(w, "title", g->title);
	ost_jsonw_string(w, "law", g->law);
	ost_jsonw_time(w, "valid_from", (uint64_t)OST_MAX(g->valid_from_s, 0) * OST_NS_PER_S);
	ost_jsonw_array(w, "moments");
	for (uint32_t i = 0; i < g->moment_count; i++) {
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "id", g->moments[i].id);
		ost_jsonw_string(w, "title", g->moments[i].title);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "stages");
	for (uint32_t i = 0; i < g->stage_count; i++)
		stage_json(g, &g->stages[i], w);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}

void ost_view_zone(struct ost_daemon *d, struct ost_jsonw *w)
{
	const struct ost_entity *entity = d->casebook->law->entity.entity;

	ost_jsonw_string(w, "zone", entity != NULL && entity->zone[0] != '\0' ? entity->zone : NULL);
}

void ost_view_regimes(struct ost_daemon *d, struct ost_jsonw *w)
{
	const struct ost_entity *entity = d->casebook->law->entity.entity;
	const struct ost_regime *g;
	uint32_t i = 0;

	ost_jsonw_object(w, NULL);
	ost_jsonw_array(w, "regimes");
	while ((g = case_law_regime_at(d->casebook, &i)) != NULL)
		regime_json(g, w);
	ost_jsonw_end(w, ']');
	if (entity != NULL) {
		ost_jsonw_object(w, "entity");
		ost_jsonw_string(w, "name", entity->name);
		ost_jsonw_string(w, "sha256", d->casebook->law->entity.sha256);
		ost_jsonw_end(w, '}');
	} else {
		ost_jsonw_string(w, "entity", NULL);
	}
	ost_view_zone(d, w);
	ost_jsonw_end(w, '}');
}
