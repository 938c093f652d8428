/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the API: a request, and how it is answered. */
#pragma once

#include <microhttpd.h>

#include "api.h"
#include "api_policy.h"
#include "api_apply.h"
#include "jsonw.h"

struct ost_api_form;

#define API_WATCHERS_MAX 32u
#define API_WAITERS_MAX	 (API_WATCHERS_MAX + 8u) /* and those whose word is on its way to the disk */

struct ost_api {
	struct ost_daemon *d;
	struct MHD_Daemon *http;
	struct event *readable; /* MHD's epoll descriptor */
	struct event *timer;	/* MHD's time-outs */
	struct request *waiting; /* suspended: at most one, for one apply goes at a time */
	struct request *planning; /* the same, of plans */
	struct request *watchers[API_WAITERS_MAX]; /* of changes of incidents, and of what is to be on disk */
};

/* One request, from its first header to its end. */
struct request {
	struct ost_api *api;
	struct MHD_Connection *connection;
	char *body;
	size_t length, capacity;
	struct ost_api_form *form; /* instead of body, when one is announced */
	bool answered;	/* an early error is queued: the rest of the body is thrown away */
	struct ost_api_sources *sources;
	struct ost_stored *stored; /* of a rollback */
	struct ost_api_choice choice;
	struct ost_jsonw answer; /* of an apply or a plan */
	unsigned status;	 /* of that answer; 0: not there yet */
	uint64_t after;		 /* the change that it knows, of one that waits for the next ... */
	uint64_t until_ns;	 /* ... until then; 0: it does not wait */
	uint64_t given;		 /* or what it waits for to be on disk (ost_casebook_given); 0: nothing */
};

/* Answers. These take over the text, or the writer's. */
enum MHD_Result api_send_text(struct MHD_Connection *c, unsigned status, const char *type, char *text, size_t length);
enum MHD_Result api_send_json(struct MHD_Connection *c, unsigned status, struct ost_jsonw *w);
enum MHD_Result api_send_error(struct MHD_Connection *c, unsigned status, const char *error, const char *hint);

/* An argument of the address, or NULL; as a number from 1 to most. */
const char *api_argument(struct MHD_Connection *c, const char *name);
uint32_t api_number_of(struct MHD_Connection *c, const char *name, uint32_t most, uint32_t otherwise);
uint32_t api_peer_uid(struct MHD_Connection *c);
void api_run_soon(struct ost_api *api);

/* api_watch.c */
enum MHD_Result api_get_incidents(struct ost_daemon *d, struct MHD_Connection *c, const char *rest);
enum MHD_Result api_get_incident(struct ost_daemon *d, struct MHD_Connection *c, const char *rest);
enum MHD_Result api_get_regimes(struct ost_daemon *d, struct MHD_Connection *c, const char *rest);
enum MHD_Result api_post_case(struct request *q, const char *rest);
/* Marks the route whose answer may wait. */
enum MHD_Result api_changes_none(struct ost_daemon *d, struct MHD_Connection *c, const char *rest);
enum MHD_Result api_changes_await(struct request *q);
void api_changes_forget(const struct request *q);
