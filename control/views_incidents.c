/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /v1/incidents, /v1/incidents/ID. */
#include "views_incidents.h"

#include <inttypes.h>
#include <stdio.h>

#include "array.h"
#include "evidence.h"
#include "incident_json.h"
#include "watching.h"

static const char *severity_of(const struct ost_incident *i)
{
	return ost_severity_name(ost_risk_severity(i->risk));
}

void ost_view_incident_brief(struct ost_daemon *d, const struct ost_case *c, struct ost_jsonw *w)
{
	const struct ost_cause_info *cause = ost_cause_info(c->i.cause);
	char id[OST_INCIDENT_ID_TEXT], message[OST_INCIDENT_MESSAGE];

	ost_jsonw_string(w, "id", ost_incident_id_text(c->i.id, id));
	ost_jsonw_string(w, "state", c->i.state == OST_INCIDENT_OPEN ? "open" : "closed");
	ost_jsonw_string(w, "cause", cause->name);
	ost_jsonw_string(w, "title", cause->title);
	ost_jsonw_string(w, "severity", severity_of(&c->i));
	ost_jsonw_u64(w, "risk", c->i.risk);
	ost_jsonw_string(w, "device", c->i.who[0] != '\0' ? c->i.who : NULL);
	ost_jsonw_string(w, "place", c->i.place);
	ost_jsonw_string(w, "scope", c->i.scope);
	ost_jsonw_string(w, "threshold", c->i.rule[0] != '\0' ? c->i.rule : NULL);
	ost_jsonw_u64(w, "count", c->i.count);
	ost_jsonw_u64(w, "suppressed", c->i.suppressed);
	ost_jsonw_u64(w, "peers", ost_incident_peers(&c->i));
	ost_jsonw_u64(w, "reopened", c->i.reopened);
	ost_jsonw_time(w, "first_seen", c->i.first_wall_ns);
	ost_jsonw_time(w, "last_seen", c->i.last_wall_ns);
	ost_jsonw_time(w, "detected", c->i.detected_wall_ns);
	ost_jsonw_time(w, "closed", c->i.closed_wall_ns);
	ost_jsonw_string(w, "action", ost_disposition_name(c->i.disposition));
	ost_jsonw_string(w, "succeeded", ost_answer_name(c->i.succeeded));
	ost_jsonw_string(w, "malicious", ost_answer_name(c->i.malicious));
	ost_jsonw_string(w, "message", ost_incident_message(&c->i, message));
	ost_jsonw_string(w, "next_step", cause->next);
	ost_jsonw_u64(w, "changed_seq", c->changed);
	ost_jsonw_string(w, "verdict", c->verdict != OST_VERDICT_NONE ? ost_verdict_name(c->verdict) : NULL);
	ost_view_incident_law(d, c, w);
}

/* ---- the list ---- */

struct gather {
	const struct ost_incidents_filter *f;
	struct ost_case **cases;
	uint32_t count, capacity;
};

static bool fits(const struct ost_incidents_filter *f, const struct ost_case *c)
{
	bool open = c->i.state == OST_INCIDENT_OPEN;

	if (strcmp(f->state, "all") != 0 && open != (strcmp(f->state, "open") == 0))
		return false;
	if (f->device != NULL && strcmp(f->device, c->i.who) != 0)
		return false;
	if (f->cause != NULL && strcmp(f->cause, ost_cause_info(c->i.cause)->name) != 0)
		return false;
	return c->touched_ns >= f->since_wall_ns || c->i.last_wall_ns >= f->since_wall_ns;
}

static bool gather_add(void *user, struct ost_case *c)
{
	struct gather *g = user;
	struct ost_case **cases = fits(g->f, c) ? ost_array_room(g->cases, g->count, &g->capacity, sizeof(*cases)) : NULL;

	if (cases == NULL)
		return true;
	g->cases = cases;
	g->cases[g->count++] = c;
	return true;
}

/* The newest change first. */
static int newer(const void *a, const void *b)
{
	const struct ost_case *const *x = a, *const *y = b;

	if ((*x)->touched_ns != (*y)->touched_ns)
		return (*x)->touched_ns > (*y)->touched_ns ? -1 : 1;
	return memcmp((*y)->i.id, (*x)->i.id, sizeof((*x)->i.id));
}

void ost_view_incidents(struct ost_daemon *d, const struct ost_incidents_filter *f, struct ost_jsonw *w)
{
	const struct ost_incidents_counts *n = ost_casebook_engine(d);
	struct gather g = {.f = f};

	ost_casebook_each(d, gather_add, &g);
	if (g.count > 1)
		qsort(g.cases, g.count, sizeof(struct ost_case *), newer);
	ost_jsonw_object(w, NULL);
	ost_jsonw_array(w, "incidents");
	for (uint32_t i = 0; i < g.count && i < f->limit; i++) {
		ost_jsonw_object(w, NULL);
		ost_view_incident_brief(d, g.cases[i], w);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_u64(w, "found", g.count);
	ost_jsonw_u64(w, "open", n->open);
	ost_jsonw_u64(w, "remembered", ost_casebook_counts(d)->cases - n->open);
	ost_jsonw_u64(w, "overflowed", n->overflowed);
	ost_jsonw_u64(w, "pending", ost_watching_counts(d)->pending);
	ost_jsonw_u64(w, "last", ost_casebook_last(d));
	ost_jsonw_bool(w, "restoring", ost_casebook_counts(d)->restoring);
	ost_view_zone(d, w);
	ost_jsonw_end(w, '}');
	free(g.cases);
}

/* ---- one ---- */

static void related_json(struct ost_daemon *d, const struct ost_case *c, struct ost_jsonw *w)
{
	ost_jsonw_array(w, "related");
	for (uint8_t k = 0; k < c->i.related_count; k++) {
		const struct ost_case *other = ost_casebook_find(d, c->i.related[k]);

		if (other == NULL)
			continue;
		ost_jsonw_object(w, NULL);
		ost_view_incident_brief(d, other, w);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}

static void history_json(const struct ost_case *c, struct ost_jsonw *w)
{
	ost_jsonw_array(w, "history");
	for (uint32_t i = 0; i < c->history_count; i++) {
		const struct ost_case_change *h = &c->history[i];

		ost_jsonw_object(w, NULL);
		if (h->seq != OST_CASE_NO_SEQ)
			ost_jsonw_u64(w, "seq", h->seq);
		else
			ost_jsonw_string(w, "seq", NULL);
		ost_jsonw_time(w, "time", h->wall_ns);
		ost_jsonw_string(w, "kind", h->kind);
		ost_jsonw_string(w, "why", h->why);
		ost_jsonw_u64(w, "count", h->count);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_u64(w, "history_skipped", c->history_skipped);
}

static void notes_json(const struct ost_case *c, struct ost_jsonw *w)
{
	ost_jsonw_array(w, "notes");
	for (uint32_t i = 0; i < c->note_count; i++) {
		ost_jsonw_object(w, NULL);
		ost_jsonw_time(w, "at", c->notes[i].at_ns);
		ost_jsonw_string(w, "by", c->notes[i].by);
		ost_jsonw_string(w, "text", c->notes[i].text);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	if (c->verdict == OST_VERDICT_NONE)
		return;
	ost_jsonw_object(w, "closed_as");
	ost_jsonw_string(w, "verdict", ost_verdict_name(c->verdict));
	ost_jsonw_string(w, "by", c->verdict_by);
	ost_jsonw_string(w, "reason", c->verdict_why);
	ost_jsonw_time(w, "at", c->verdict_ns);
	ost_jsonw_string(w, "duplicate_of", c->duplicate_of[0] != '\0' ? c->duplicate_of : NULL);
	ost_jsonw_end(w, '}');
}

/* The newest record that is in the journal, as a command. */
static void proof_json(const struct ost_case *c, struct ost_jsonw *w)
{
	char command[64];

	for (uint32_t i = c->history_count; i > 0; i--) {
		if (c->history[i - 1].seq == OST_CASE_NO_SEQ)
			continue;
		(void)snprintf(command, sizeof(command), "ostiary journal prove %" PRIu64, c->history[i - 1].seq);
		ost_jsonw_string(w, "proof", command);
		return;
	}
	ost_jsonw_string(w, "proof", NULL);
}

void ost_view_incident(struct ost_daemon *d, struct ost_case *c, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_view_incident_brief(d, c, w);
	ost_jsonw_object(w, "record");
	if (c->record != NULL)
		ost_jsonw_raw(w, c->record);
	ost_jsonw_end(w, '}');
	related_json(d, c, w);
	ost_evidence_json(d, c->i.id, w);
	ost_view_incident_regimes(d, c, w);
	history_json(c, w);
	notes_json(c, w);
	proof_json(c, w);
	ost_view_zone(d, w);
	ost_jsonw_end(w, '}');
}
