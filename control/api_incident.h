/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /v1/incidents: what is asked of it, and answered. Each returns the HTTP status and makes the body. */
#pragma once

#include "casebook.h"
#include "jsonw.h"

/* The arguments of the address, NULL: not given. */
struct ost_api_incidents {
	const char *state, *device, *cause, *since, *limit;
};

unsigned ost_api_incidents(struct ost_daemon *d, const struct ost_api_incidents *asked, struct ost_jsonw *w);
/* rest: behind /v1/incidents/ */
unsigned ost_api_incident(struct ost_daemon *d, const char *rest, struct ost_jsonw *w);

/* Changes behind a number, as far as they are still known. */
#define OST_API_CHANGES_MOST 1000u
void ost_api_changes(struct ost_daemon *d, uint64_t after, struct ost_jsonw *w);
