/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /v1/incidents over HTTP, and those who wait for changes. */
#include "api_case.h"
#include "api_http.h"
#include "api_incident.h"
#include "casebook.h"
#include "text.h"
#include "views_incidents.h"

#define WATCH_S_MAX 60u
#define SYNC_S	    10u /* a disk that takes longer is told of */

enum MHD_Result api_get_incidents(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	const struct ost_api_incidents asked = {api_argument(c, "state"), api_argument(c, "device"), api_argument(c, "cause"), api_argument(c, "since"), api_argument(c, "limit")};
	struct ost_jsonw w = {0};
	unsigned status = ost_api_incidents(d, &asked, &w);

	(void)rest;
	return api_send_json(c, status, &w);
}

static enum MHD_Result get_report(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};
	const char *type = NULL;
	char *text = NULL;
	size_t length = 0;
	unsigned status =
		ost_api_report(d, rest, api_argument(c, "regime"), api_argument(c, "stage"), api_argument(c, "format"), &w, &text, &length, &type);

	return status == MHD_HTTP_OK ? api_send_text(c, status, type, text, length) : api_send_json(c, status, &w);
}

enum MHD_Result api_get_incident(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	const char *slash = strchr(rest, '/');
	struct ost_jsonw w = {0};

	if (slash != NULL && strcmp(slash, "/report") == 0)
		return get_report(d, c, rest);
	return api_send_json(c, ost_api_incident(d, rest, &w), &w);
}

enum MHD_Result api_get_regimes(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	ost_view_regimes(d, &w);
	return api_send_json(c, MHD_HTTP_OK, &w);
}

/* A place among the first so many who wait; false: there is none. */
static bool watcher_add(struct request *q, unsigned most)
{
	for (unsigned i = 0; i < most; i++) {
		if (q->api->watchers[i] != NULL)
			continue;
		q->api->watchers[i] = q;
		return true;
	}
	return false;
}

/* What a person said is answered when it is on disk: whoever reads "recorded" may pull the plug. */
enum MHD_Result api_post_case(struct request *q, const char *rest)
{
	struct ost_daemon *d = q->api->d;
	const uint64_t before = ost_casebook_given(d);
	unsigned status = ost_api_case(d, rest, q->body, q->length, api_peer_uid(q->connection), &q->answer);

	if (status != MHD_HTTP_OK || ost_casebook_given(d) == before)
		return api_send_json(q->connection, status, &q->answer);
	q->status = status;
	q->given = ost_casebook_given(d);
	q->until_ns = ost_clock_mono_ns() + SYNC_S * OST_NS_PER_S;
	if (!watcher_add(q, API_WAITERS_MAX))
		return api_send_json(q->connection, status, &q->answer);
	MHD_suspend_connection(q->connection);
	return MHD_YES;
}

/* False: not yet. Else its answer is there. */
static bool synced(struct request *q, uint64_t now_ns)
{
	int r = ost_casebook_settled(q->api->d, q->given);

	if (r == 0 && now_ns < q->until_ns)
		return false;
	if (r == 1)
		return true;
	ost_jsonw_reset(&q->answer);
	ost_jsonw_object(&q->answer, NULL);
	ost_jsonw_string(&q->answer, "error", r == 0 ? "the journal has it, but not on disk yet" : "the journal could not write it: it is not recorded");
	ost_jsonw_string(&q->answer, "hint", "ostiary status tells what hinders it; ostiary incident show tells what was recorded");
	ost_jsonw_end(&q->answer, '}');
	q->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	return true;
}

enum MHD_Result api_changes_none(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	(void)d;
	(void)c;
	(void)rest;
	return MHD_NO;
}

/* Those behind ?after=N; when there are none, those that come within ?wait=SECONDS. Comes here again when it is resumed. */
enum MHD_Result api_changes_await(struct request *q)
{
	const char *after = api_argument(q->connection, "after");
	uint64_t now_ns = ost_clock_mono_ns();

	if (q->until_ns == 0) {
		if (after != NULL && ost_number_parse(after, strlen(after), &q->after) < 0)
			return api_send_error(q->connection, MHD_HTTP_BAD_REQUEST, "after is no number", "write the member last of the former answer");
		q->until_ns = now_ns + api_number_of(q->connection, "wait", WATCH_S_MAX, 0) * OST_NS_PER_S;
	}
	if (ost_casebook_last(q->api->d) <= q->after && now_ns < q->until_ns && watcher_add(q, API_WATCHERS_MAX)) {
		MHD_suspend_connection(q->connection);
		return MHD_YES;
	}
	ost_api_changes(q->api->d, q->after, &q->answer);
	return api_send_json(q->connection, MHD_HTTP_OK, &q->answer);
}

void ost_api_tell(struct ost_api *api)
{
	uint64_t last = ost_casebook_last(api->d), now_ns = ost_clock_mono_ns();

	for (unsigned i = 0; i < API_WAITERS_MAX; i++) {
		struct request *q = api->watchers[i];

		if (q == NULL || (q->given != 0 ? !synced(q, now_ns) : last <= q->after && now_ns < q->until_ns))
			continue;
		api->watchers[i] = NULL;
		MHD_resume_connection(q->connection);
		api_run_soon(api);
	}
}

void api_changes_forget(const struct request *q)
{
	for (unsigned i = 0; i < API_WAITERS_MAX; i++) {
		if (q->api->watchers[i] == q)
			q->api->watchers[i] = NULL;
	}
}
