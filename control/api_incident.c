/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_incident.h"

#include "api_case.h"
#include "text.h"
#include "policy_yaml.h"
#include "views_incidents.h"

#define LIMIT_DEFAULT 100u

unsigned ost_api_incidents(struct ost_daemon *d, const struct ost_api_incidents *asked, struct ost_jsonw *w)
{
	struct ost_incidents_filter f = {.state = asked->state != NULL ? asked->state : "open", .device = asked->device, .cause = asked->cause,
		.limit = LIMIT_DEFAULT};
	enum ost_cause cause;
	uint64_t limit;
	int64_t since_s;
	char why[256];

	if (strcmp(f.state, "open") != 0 && strcmp(f.state, "closed") != 0 && strcmp(f.state, "all") != 0)
		return ost_api_case_refuse(w, 400, "there is no such state of an incident", "open, closed or all");
	if (f.cause != NULL && ost_cause_by_name(f.cause, &cause) < 0)
		return ost_api_case_refuse(w, 400, "there is no such cause", "ostiary-causes(7) lists them");
	if (asked->since != NULL && ost_time_parse(asked->since, &since_s, why) < 0)
		return ost_api_case_refuse(w, 400, "since is no time", "write 2026-12-01T08:00Z");
	if (asked->since != NULL)
		f.since_wall_ns = (uint64_t)OST_MAX(since_s, 0) * OST_NS_PER_S;
	if (asked->limit != NULL && ost_number_parse(asked->limit, strlen(asked->limit), &limit) == 0 && limit > 0)
		f.limit = (uint32_t)OST_MIN(limit, (uint64_t)OST_CASES_MAX);
	ost_view_incidents(d, &f, w);
	return 200;
}

unsigned ost_api_incident(struct ost_daemon *d, const char *rest, struct ost_jsonw *w)
{
	struct ost_case *c = NULL;
	unsigned status = ost_api_case_find(d, rest, strlen(rest), &c, w);

	if (status != 0)
		return status;
	ost_view_incident(d, c, w);
	return 200;
}

/* ---- changes ---- */

struct telling {
	struct ost_daemon *d;
	struct ost_jsonw *w;
	uint32_t count;
	uint64_t last; /* number of the one told last */
};

static void change_json(void *user, struct ost_case *c, const struct ost_case_change *change)
{
	struct telling *t = user;

	if (++t->count > OST_API_CHANGES_MOST)
		return;
	t->last = change->number;
	ost_jsonw_object(t->w, NULL);
	ost_view_incident_brief(t->d, c, t->w);
	ost_jsonw_string(t->w, "kind", change->kind);
	ost_jsonw_string(t->w, "why", change->why);
	ost_jsonw_time(t->w, "time", change->wall_ns);
	if (change->seq != OST_CASE_NO_SEQ)
		ost_jsonw_u64(t->w, "seq", change->seq);
	else
		ost_jsonw_string(t->w, "seq", NULL);
	ost_jsonw_end(t->w, '}');
}

void ost_api_changes(struct ost_daemon *d, uint64_t after, struct ost_jsonw *w)
{
	struct telling t = {.d = d, .w = w};

	ost_jsonw_object(w, NULL);
	ost_jsonw_array(w, "changes");
	ost_casebook_changes(d, after, change_json, &t);
	ost_jsonw_end(w, ']');
	/* Of those that are told: whoever asks again behind it is told the rest. */
	ost_jsonw_u64(w, "last", t.count > OST_API_CHANGES_MOST ? t.last : ost_casebook_last(d));
	ost_jsonw_bool(w, "restoring", ost_casebook_counts(d)->restoring);
	ost_view_zone(d, w);
	ost_jsonw_end(w, '}');
}
