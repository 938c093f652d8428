/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_incident.h"

#include <stdio.h>

#include "text.h"
#include "policy_yaml.h"
#include "views_incidents.h"

#define LIMIT_DEFAULT 100u

static unsigned refuse(struct ost_jsonw *w, unsigned status, const char *error, const char *hint)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "error", error);
	ost_jsonw_string(w, "hint", hint);
	ost_jsonw_end(w, '}');
	return status;
}

unsigned ost_api_incidents(struct ost_daemon *d, const struct ost_api_incidents *asked, struct ost_jsonw *w)
{
	struct ost_incidents_filter f = {.state = asked->state != NULL ? asked->state : "open", .device = asked->device, .cause = asked->cause,
		.limit = LIMIT_DEFAULT};
	enum ost_cause cause;
	uint64_t limit;
	int64_t since_s;
	char why[256];

	if (strcmp(f.state, "open") != 0 && strcmp(f.state, "closed") != 0 && strcmp(f.state, "all") != 0)
		return refuse(w, 400, "there is no such state of an incident", "open, closed or all");
	if (f.cause != NULL && ost_cause_by_name(f.cause, &cause) < 0)
		return refuse(w, 400, "there is no such cause", "ostiary-causes(7) lists them");
	if (asked->since != NULL && ost_time_parse(asked->since, &since_s, why) < 0)
		return refuse(w, 400, "since is no time", "write 2026-12-01T08:00Z");
	if (asked->since != NULL)
		f.since_wall_ns = (uint64_t)OST_MAX(since_s, 0) * OST_NS_PER_S;
	if (asked->limit != NULL && ost_number_parse(asked->limit, strlen(asked->limit), &limit) == 0 && limit > 0)
		f.limit = (uint32_t)OST_MIN(limit, (uint64_t)OST_CASES_MAX);
	ost_view_incidents(d, &f, w);
	return 200;
}

/* 0, or the status of the answer that is made. */
static unsigned find(struct ost_daemon *d, const char *id, struct ost_case **ret_case, struct ost_jsonw *w)
{
	char ids[OST_CASE_IDS], hint[OST_CASE_IDS + 32];

	switch (ost_casebook_by_text(d, id, ret_case, ids)) {
	case 0:
		return 0;
	case -EEXIST:
		(void)snprintf(hint, sizeof(hint), "write more of it: %s", ids);
		return refuse(w, 409, "several incidents have an id that begins so", hint);
	case -EINVAL:
		return refuse(w, 400, "this is no id of an incident", "it has hexadecimal digits, at least the first 6 of them; ostiary incident list tells them");
	default:
		return refuse(w, 404, "no such incident is known here", "ostiary incident list --all tells them; older ones are in the journal");
	}
}

unsigned ost_api_incident(struct ost_daemon *d, const char *rest, struct ost_jsonw *w)
{
	struct ost_case *c = NULL;
	unsigned status = find(d, rest, &c, w);

	if (status != 0)
		return status;
	ost_view_incident(d, c, w);
	return 200;
}
