/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents as the API shows them: docs/ostiaryd.8 describes the members. Readers only. */
#pragma once

#include "casebook.h"
#include "jsonw.h"

/* What a list is asked for; NULL: any. */
struct ost_incidents_filter {
	const char *state; /* "open", "closed", "all" */
	const char *device, *cause;
	uint64_t since_wall_ns; /* that changed since */
	uint32_t limit;
};

void ost_view_incidents(struct ost_daemon *d, const struct ost_incidents_filter *f, struct ost_jsonw *w);
/* The members of a case in short, without the braces. */
void ost_view_incident_brief(struct ost_daemon *d, const struct ost_case *c, struct ost_jsonw *w);
/* The members "due" and "undecided"; "regimes" and "decisions". */
void ost_view_incident_law(struct ost_daemon *d, const struct ost_case *c, struct ost_jsonw *w);
void ost_view_incident_regimes(struct ost_daemon *d, const struct ost_case *c, struct ost_jsonw *w);
/* The member "zone": the entity's, in which people read times; null when it says none. */
void ost_view_zone(struct ost_daemon *d, struct ost_jsonw *w);
void ost_view_regimes(struct ost_daemon *d, struct ost_jsonw *w);
void ost_view_incident(struct ost_daemon *d, struct ost_case *c, struct ost_jsonw *w);
