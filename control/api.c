/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api.h"

#include <event2/event.h>
#include <grp.h>
#include <microhttpd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "api_apply.h"
#include "api_form.h"
#include "api_http.h"
#include "api_journal.h"
#include "api_order.h"
#include "api_plan.h"
#include "api_policy.h"
#include "log.h"
#include "metrics.h"
#include "text.h"
#include "views.h"

#define CONNECTIONS_MAX	   128u
#define IDLE_S		   10u
#define HEADER_BYTES	   (32u * 1024)
#define LISTEN_QUEUE	   64
#define LIMIT_DEFAULT	   1000u
#define RULES_MOST	   10000u /* in one answer: there may be millions */
#define SEGMENT_MAX	   256u

/* ---- answers ---- */

enum MHD_Result api_send_text(struct MHD_Connection *c, unsigned status, const char *type, char *text, size_t length)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result r;

	if (response == NULL) {
		free(text);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, POST");
	r = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return r;
}

/* Takes over the writer's text. */
enum MHD_Result api_send_json(struct MHD_Connection *c, unsigned status, struct ost_jsonw *w)
{
	enum MHD_Result r;

	ost_jsonw_newline(w);
	if (w->failed) {
		ost_jsonw_free(w);
		return MHD_NO;
	}
	r = api_send_text(c, status, "application/json", w->text, w->length);
	*w = (struct ost_jsonw){0};
	return r;
}

enum MHD_Result api_send_error(struct MHD_Connection *c, unsigned status, const char *error, const char *hint)
{
	struct ost_jsonw w = {0};

	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "error", error);
	ost_jsonw_string(&w, "hint", hint);
	ost_jsonw_end(&w, '}');
	return api_send_json(c, status, &w);
}

/* ---- routes ---- */

uint32_t api_number_of(struct MHD_Connection *c, const char *name, uint32_t most, uint32_t otherwise)
{
	const char *text = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
	uint64_t n;

	if (text == NULL || ost_number_parse(text, strlen(text), &n) < 0 || n == 0 || n > most)
		return otherwise;
	return (uint32_t)n;
}

static uint32_t limit_of(struct MHD_Connection *c, uint32_t otherwise)
{
	return api_number_of(c, "limit", OST_DEVICES_MAX, otherwise);
}

const char *api_argument(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result get_status(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	ost_view_status(d, &w);
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_devices(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};
	const char *after = api_argument(c, "after");
	struct ost_group group;
	char why[256];

	(void)rest;
	if (ost_group_make(d, api_argument(c, "tag"), api_argument(c, "role"), api_argument(c, "state"), &group, why) < 0)
		return api_send_error(c, MHD_HTTP_NOT_FOUND, why, "ostiary device list tells them");
	ost_view_devices(d, &group, after != NULL ? after : "", limit_of(c, OST_DEVICES_MAX), &w);
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_tags(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	ost_view_tags(d, &w);
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_device(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	if (ost_view_device(d, rest, &w) < 0)
		return api_send_error(c, MHD_HTTP_NOT_FOUND, "the policy in force has no device of this name",
			"ostiary device list tells them");
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_policy(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};
	const char *sources = api_argument(c, "sources");

	(void)rest;
	if (ost_view_policy(d, sources != NULL && strcmp(sources, "1") == 0, &w) < 0)
		return api_send_error(c, MHD_HTTP_NOT_FOUND, "no policy is in force", "ostiary policy apply FILE");
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_rules(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	const char *unused = api_argument(c, "unused");
	struct ost_jsonw w = {0};

	(void)rest;
	if (ost_view_rules(d, unused != NULL && strcmp(unused, "1") == 0, api_number_of(c, "from", OST_RULES_MAX, 0), OST_MIN(limit_of(c, LIMIT_DEFAULT), RULES_MOST), &w) < 0)
		return api_send_error(c, MHD_HTTP_NOT_FOUND, "no policy is in force", "ostiary policy apply FILE");
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_exceptions(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	if (ost_view_exceptions(d, OST_MIN(limit_of(c, LIMIT_DEFAULT), RULES_MOST), &w) < 0)
		return api_send_error(c, MHD_HTTP_NOT_FOUND, "no policy is in force", "ostiary policy apply FILE");
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_generations(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	if (ost_view_generations(d, limit_of(c, LIMIT_DEFAULT), &w) < 0) {
		ost_jsonw_free(&w);
		return api_send_error(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "the registry cannot be read",
			"ostiary status tells why");
	}
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_generation(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	const char *sources = api_argument(c, "sources");
	struct ost_jsonw w = {0};
	uint64_t number = 0;

	if (ost_number_parse(rest, strlen(rest), &number) < 0 ||
		ost_view_generation(d, number, sources != NULL && strcmp(sources, "1") == 0, &w) < 0)
		return api_send_error(c, MHD_HTTP_NOT_FOUND, "no such generation is kept", "ostiary policy history tells which are");
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_refusals(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	ost_view_refusals(d, api_argument(c, "device"), api_argument(c, "reason"), api_argument(c, "id"), limit_of(c, LIMIT_DEFAULT), &w);
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_flows(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	ost_view_flows(d, api_argument(c, "device"), limit_of(c, LIMIT_DEFAULT), &w);
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_unknown(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	ost_view_unknown(d, limit_of(c, LIMIT_DEFAULT), &w);
	return api_send_json(c, MHD_HTTP_OK, &w);
}

static enum MHD_Result get_journal(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	struct ost_jsonw w = {0};

	(void)rest;
	return api_send_json(c, ost_api_journal_status(d, &w), &w);
}

static enum MHD_Result get_metrics(struct ost_daemon *d, struct MHD_Connection *c, const char *rest)
{
	char *text = NULL;
	size_t length = 0;

	(void)rest;
	if (ost_metrics_make(d, &text, &length) < 0)
		return MHD_NO;
	return api_send_text(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, length);
}

static enum MHD_Result post_policy(struct request *q, const char *rest);
static enum MHD_Result post_plan(struct request *q, const char *rest);
static enum MHD_Result post_confirm(struct request *q, const char *rest);
static enum MHD_Result post_rollback(struct request *q, const char *rest);
static enum MHD_Result post_order(struct request *q, const char *rest);
static enum MHD_Result post_orders(struct request *q, const char *rest);
static enum MHD_Result post_reload(struct request *q, const char *rest);
static enum MHD_Result post_journal(struct request *q, const char *rest);

static const struct route {
	const char *path; /* ends with '/': the rest is an argument */
	enum MHD_Result (*get)(struct ost_daemon *d, struct MHD_Connection *c, const char *rest);
	enum MHD_Result (*post)(struct request *q, const char *rest); /* or NULL */
} routes[] = {
	{"/v1/status", get_status, NULL},
	{"/v1/devices", get_devices, NULL},
	{"/v1/devices/", get_device, post_order},
	{"/v1/orders", NULL, post_orders},
	{"/v1/tags", get_tags, NULL},
	{"/v1/auth/reload", NULL, post_reload},
	{"/v1/policy", get_policy, post_policy},
	{"/v1/policy/plan", NULL, post_plan},
	{"/v1/policy/confirm", NULL, post_confirm},
	{"/v1/policy/rollback", NULL, post_rollback},
	{"/v1/policy/generations", get_generations, NULL},
	{"/v1/policy/generations/", get_generation, NULL},
	{"/v1/policy/rules", get_rules, NULL},
	{"/v1/policy/exceptions", get_exceptions, NULL},
	{"/v1/refusals", get_refusals, NULL},
	{"/v1/flows", get_flows, NULL},
	{"/v1/unknown", get_unknown, NULL},
	{"/v1/journal", get_journal, NULL},
	{"/v1/journal/", NULL, post_journal},
	{"/v1/incidents", api_get_incidents, NULL},
	{"/v1/incidents/changes", api_changes_none, NULL},
	{"/v1/incidents/", api_get_incident, api_post_case},
	{"/v1/regimes", api_get_regimes, NULL},
	{"/metrics", get_metrics, NULL},
};

static const struct route *route_find(const char *url, const char **ret_rest)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(routes); i++) {
		size_t n = strlen(routes[i].path);

		if (routes[i].path[n - 1] == '/' && strncmp(url, routes[i].path, n) == 0 && url[n] != '\0' &&
			strlen(url + n) < SEGMENT_MAX) {
			*ret_rest = url + n;
			return &routes[i];
		}
		if (strcmp(url, routes[i].path) == 0) {
			*ret_rest = "";
			return &routes[i];
		}
	}
	return NULL;
}

/* ---- POST ---- */

uint32_t api_peer_uid(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t length = sizeof(peer);

	if (info == NULL || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return UINT32_MAX;
	return peer.uid;
}

void api_run_soon(struct ost_api *api)
{
	const struct timeval now = {0};

	(void)evtimer_add(api->timer, &now);
}

/* The answer is there: whoever was suspended for it goes on. */
static void resume(struct request *q, struct request **waiting)
{
	if (*waiting != q)
		return;
	*waiting = NULL;
	MHD_resume_connection(q->connection);
	api_run_soon(q->api);
}

static void applied(void *user, struct ost_apply_result *result)
{
	struct request *q = user;

	q->status = ost_api_apply_answer(q->api->d, result, &q->answer);
	resume(q, &q->api->waiting);
}

static void planned(void *user, struct ost_plan_result *result)
{
	struct request *q = user;

	q->status = ost_api_plan_answer(q->api->d, result, &q->answer);
	resume(q, &q->api->planning);
}

/* The answer is there, or comes later. */
static enum MHD_Result answer_await(struct request *q, struct request **waiting)
{
	if (q->status != 0)
		return api_send_json(q->connection, q->status, &q->answer);
	*waiting = q;
	MHD_suspend_connection(q->connection);
	return MHD_YES;
}

/* The body as policy files, and who asks; an answer that says why not. */
static bool sources_take(struct request *q, struct ost_apply_request *ret_request, enum MHD_Result *ret_answer)
{
	char why[256] = "there is not enough memory for it";
	int r = q->form != NULL ? ost_api_form_end(q->form, &q->sources, why) :
				  ost_api_sources_read(q->body != NULL ? q->body : "", q->length, &q->sources, why);

	if (r < 0) {
		*ret_answer = api_send_error(q->connection, MHD_HTTP_BAD_REQUEST, why,
			"send {\"message\": ..., \"sources\": [{\"name\": ..., \"text\": ...}]}");
		return false;
	}
	free(q->body);
	q->body = NULL;
	*ret_request = ost_api_sources_request(q->sources, api_peer_uid(q->connection));
	return true;
}

static enum MHD_Result post_policy(struct request *q, const char *rest)
{
	struct ost_apply_request request;
	enum MHD_Result answer;

	(void)rest;
	if (!sources_take(q, &request, &answer))
		return answer;
	ost_apply(q->api->d->applier, &request, applied, q);
	return answer_await(q, &q->api->waiting);
}

static enum MHD_Result post_plan(struct request *q, const char *rest)
{
	struct ost_apply_request request;
	enum MHD_Result answer;

	(void)rest;
	if (!sources_take(q, &request, &answer))
		return answer;
	ost_plan(q->api->d->planner, request.sources, request.count, planned, q);
	return answer_await(q, &q->api->planning);
}

static enum MHD_Result result_send(struct request *q, struct ost_apply_result *result)
{
	return api_send_json(q->connection, ost_api_apply_answer(q->api->d, result, &q->answer), &q->answer);
}

static enum MHD_Result choice_refuse(struct request *q, const char *why)
{
	return api_send_error(q->connection, MHD_HTTP_BAD_REQUEST, why,
		"send {\"generation\": ..., \"message\": ..., \"confirm\": ...}, or nothing");
}

static enum MHD_Result post_confirm(struct request *q, const char *rest)
{
	struct ost_apply_result result = {0};
	char why[256] = "";

	(void)rest;
	if (ost_api_choice_read(q->body, q->length, &q->choice, why) < 0)
		return choice_refuse(q, why);
	ost_apply_confirm(q->api->d->applier, q->choice.generation, api_peer_uid(q->connection), &result);
	return result_send(q, &result);
}

static enum MHD_Result post_rollback(struct request *q, const char *rest)
{
	const struct ost_confirm *trial = &q->api->d->trial;
	struct ost_apply_result result = {0};
	struct ost_apply_request request;
	char why[256] = "";

	(void)rest;
	if (ost_api_choice_read(q->body, q->length, &q->choice, why) < 0)
		return choice_refuse(q, why);
	if (trial->generation != 0 && (q->choice.generation == 0 || q->choice.generation == trial->former)) {
		ost_apply_back(q->api->d->applier, api_peer_uid(q->connection), applied, q);
		return answer_await(q, &q->api->waiting);
	}
	if (ost_apply_waits(q->api->d->applier, &result) ||
		ost_api_rollback(q->api->d, &q->choice, api_peer_uid(q->connection), &q->stored, &request, &result) < 0)
		return result_send(q, &result);
	ost_apply(q->api->d->applier, &request, applied, q);
	return answer_await(q, &q->api->waiting);
}

static enum MHD_Result post_order(struct request *q, const char *rest)
{
	unsigned status = ost_api_order(q->api->d, rest, q->body, q->length, api_peer_uid(q->connection), &q->answer);

	return api_send_json(q->connection, status, &q->answer);
}

static enum MHD_Result post_orders(struct request *q, const char *rest)
{
	unsigned status = ost_api_orders(q->api->d, q->body, q->length, api_peer_uid(q->connection), &q->answer);

	(void)rest;
	return api_send_json(q->connection, status, &q->answer);
}

static enum MHD_Result post_journal(struct request *q, const char *rest)
{
	unsigned status = ost_api_journal_order(q->api->d, rest, q->body, q->length, api_peer_uid(q->connection), &q->answer);

	return api_send_json(q->connection, status, &q->answer);
}

static enum MHD_Result post_reload(struct request *q, const char *rest)
{
	(void)rest;
	return api_send_json(q->connection, ost_api_reload(q->api->d, &q->answer), &q->answer);
}

static bool body_add(struct request *q, const char *bytes, size_t n)
{
	if (q->form != NULL)
		return ost_api_form_add(q->form, bytes, n) == 0;
	if (q->length + n > OST_API_BODY_MAX)
		return false;
	if (q->length + n + 1 > q->capacity) {
		size_t capacity = OST_MIN(OST_MAX(q->capacity * 2, q->length + n + 4096), (size_t)OST_API_BODY_MAX + 1);
		char *body = realloc(q->body, capacity);

		if (body == NULL)
			return false;
		q->body = body;
		q->capacity = capacity;
	}
	memcpy(q->body + q->length, bytes, n);
	q->length += n;
	return true;
}

static bool body_announced_too_large(struct MHD_Connection *c)
{
	const char *text = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return text != NULL && strtoull(text, NULL, 10) > OST_API_BODY_MAX;
}

static bool form_announced(struct MHD_Connection *c)
{
	return ost_api_form_announced(MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE));
}

/* ---- libmicrohttpd ---- */

static enum MHD_Result too_large(struct request *q)
{
	q->answered = true;
	return api_send_error(q->connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 80 MiB",
		"split the policy, or name fewer files");
}

static enum MHD_Result first_sight(struct ost_api *api, struct MHD_Connection *c, void **state)
{
	struct request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return MHD_NO;
	q->api = api;
	q->connection = c;
	*state = q;
	if (body_announced_too_large(c))
		return too_large(q);
	return form_announced(c) && ost_api_form_new(c, &q->form) < 0 ? MHD_NO : MHD_YES;
}

static enum MHD_Result answer(struct request *q, const char *url, const char *method)
{
	const char *rest = "";
	const struct route *route = route_find(url, &rest);
	bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;

	if (route == NULL)
		return api_send_error(q->connection, MHD_HTTP_NOT_FOUND, "there is nothing at this address",
			"ostiaryd(8) lists the addresses");
	if (get && route->get == api_changes_none)
		return api_changes_await(q);
	if (get && route->get != NULL)
		return route->get(q->api->d, q->connection, rest);
	if (q->form != NULL && route->post != post_policy && route->post != post_plan)
		return api_send_error(q->connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "a form is read where policy files are sent, and nowhere else",
			"send JSON");
	if (route->post != NULL && strcmp(method, MHD_HTTP_METHOD_POST) == 0)
		return q->status != 0 ? api_send_json(q->connection, q->status, &q->answer) : route->post(q, rest);
	return api_send_error(q->connection, MHD_HTTP_METHOD_NOT_ALLOWED, "this address does not know that method",
		"ostiaryd(8) lists them");
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *c, const char *url, const char *method,
	const char *version, const char *data, size_t *data_bytes, void **state)
{
	struct request *q = *state;

	(void)version;
	if (q == NULL)
		return first_sight(user, c, state);
	if (q->answered) {
		*data_bytes = 0;
		return MHD_YES;
	}
	if (*data_bytes > 0) {
		/* A body that was announced smaller than it is, or not announced: cut. */
		if (!body_add(q, data, *data_bytes))
			return MHD_NO;
		*data_bytes = 0;
		return MHD_YES;
	}
	return answer(q, url, method);
}

static void on_end(void *user, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode how)
{
	struct request *q = *state;

	(void)user;
	(void)c;
	(void)how;
	if (q == NULL)
		return;
	if (q->api->waiting == q)
		q->api->waiting = NULL;
	if (q->api->planning == q)
		q->api->planning = NULL;
	api_changes_forget(q);
	ost_applier_forget(q->api->d->applier, q);
	ost_planner_forget(q->api->d->planner, q);
	ost_api_form_free(&q->form);
	ost_api_sources_free(&q->sources);
	ost_stored_free(&q->stored);
	ost_jsonw_free(&q->answer);
	free(q->body);
	free(q);
	*state = NULL;
}

static void http_run(struct ost_api *api)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	(void)MHD_run(api->http);
	if (MHD_get_timeout(api->http, &ms) == MHD_YES) {
		const struct timeval tv = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000) * 1000};

		(void)evtimer_add(api->timer, &tv);
	}
}

static void on_ready(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	http_run(user);
}

/* ---- the socket ---- */

static int socket_listen(const char *path, int *ret_fd)
{
	OST_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const struct group *group = getgrnam("ostiary");
	mode_t mask;
	int r;

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	/* Never open to more than it will be, not even for a moment. */
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : 0;
	(void)umask(mask);
	if (r < 0)
		return r;
	if (group != NULL && chown(path, (uid_t)-1, group->gr_gid) < 0)
		ost_log_warning("%s: cannot be given to group ostiary: %s", path, strerror(errno));
	if (chmod(path, 0660) < 0 || listen(fd, LISTEN_QUEUE) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int http_start(struct ost_api *api, int fd)
{
	const union MHD_DaemonInfo *info;

	api->http = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, api,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
		MHD_OPTION_NOTIFY_COMPLETED, on_end, api, MHD_OPTION_END);
	if (api->http == NULL)
		return -EIO;
	info = MHD_get_daemon_info(api->http, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		return -EIO;
	api->readable = event_new(api->d->base, info->epoll_fd, EV_READ | EV_PERSIST, on_ready, api);
	api->timer = evtimer_new(api->d->base, on_ready, api);
	if (api->readable == NULL || api->timer == NULL || event_add(api->readable, NULL) < 0)
		return -ENOMEM;
	return 0;
}

int ost_api_new(
	struct ost_daemon *daemon, char why[static OST_DAEMON_WHY], struct ost_api **ret_api)
{
	struct ost_api *api = calloc(1, sizeof(*api));
	int fd = -1;
	int r;

	if (api == NULL)
		return -ENOMEM;
	api->d = daemon;
	r = socket_listen(daemon->paths.api_socket, &fd);
	if (r < 0)
		(void)snprintf(why, OST_DAEMON_WHY, "%s: %s; %s", daemon->paths.api_socket,
			strerror(-r),
			r == -ENAMETOOLONG
				? "a socket's path has at most 107 bytes: use a shorter --root"
				: "make this folder writable for ostiaryd, and remove what is in "
				  "the socket's place");
	else
		r = http_start(api, fd);
	if (r < 0) {
		if (api->http == NULL)
			ost_cleanup_close(&fd);
		ost_api_free(&api);
		return r;
	}
	*ret_api = api;
	return 0;
}

void ost_api_free(struct ost_api **api)
{
	struct ost_api *a = *api;

	if (a == NULL)
		return;
	if (a->readable != NULL)
		event_free(a->readable);
	if (a->timer != NULL)
		event_free(a->timer);
	if (a->waiting != NULL)
		MHD_resume_connection(a->waiting->connection);
	if (a->planning != NULL)
		MHD_resume_connection(a->planning->connection);
	for (unsigned i = 0; i < API_WAITERS_MAX; i++) {
		if (a->watchers[i] != NULL)
			MHD_resume_connection(a->watchers[i]->connection);
	}
	if (a->http != NULL)
		MHD_stop_daemon(a->http); /* closes the listening socket too */
	(void)unlink(a->d->paths.api_socket);
	free(a);
	*api = NULL;
}
