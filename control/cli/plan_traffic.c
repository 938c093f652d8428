/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan_traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "client.h"
#include "compile.h"
#include "explain.h"
#include "plan_words.h"
#include "services.h"
#include "show.h"

#define WINDOW_S      86400
#define LINES_DEFAULT 20u

/* ---- what there was ---- */

static json_t *answer_get(const struct ost_cli *cli, const char *path, char why[static 512])
{
	struct ost_http_reply reply;
	json_t *answer = NULL;
	int r = ost_http_request(cli->paths.api_socket, "GET", path, NULL, 0, OST_CLIENT_TIMEOUT_S, &reply);

	if (r < 0) {
		(void)snprintf(why, 512, "ostiaryd does not answer: %s", strerror(-r));
		return NULL;
	}
	if (reply.status == 200)
		answer = json_loadb(reply.body, reply.length, 0, NULL);
	if (answer == NULL)
		(void)snprintf(why, 512, "ostiaryd does not know what there was");
	ost_http_reply_free(&reply);
	return answer;
}

/* ---- judging ---- */

struct side {
	const struct ost_policy *policy;
	struct ost_judge *judge;
	uint32_t *sorted; /* devices by name: there may be as many as kinds of flows */
};

static int name_compare(const void *a, const void *b, void *user)
{
	const struct ost_policy *policy = user;

	return strcmp(policy->devices[*(const uint32_t *)a].name, policy->devices[*(const uint32_t *)b].name);
}

static int side_open(struct side *s, const struct ost_policy *policy, const struct ost_image *image)
{
	*s = (struct side){.policy = policy, .sorted = malloc(((size_t)policy->device_count + 1) * sizeof(*s->sorted))};
	if (s->sorted == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < policy->device_count; i++)
		s->sorted[i] = i;
	qsort_r(s->sorted, policy->device_count, sizeof(*s->sorted), name_compare, (void *)(uintptr_t)policy);
	return ost_judge_new(image, &s->judge);
}

static void side_close(struct side *s)
{
	ost_judge_free(&s->judge);
	free(s->sorted);
}

static int64_t device_find(const struct side *s, const char *name)
{
	uint32_t low = 0, high = s->policy->device_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int c = strcmp(name, s->policy->devices[s->sorted[middle]].name);

		if (c == 0)
			return s->sorted[middle];
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -ENOENT;
}

/* One thing that was seen, as a question. */
struct seen {
	const char *device, *peer_device, *host;
	struct ost_flow_question question;
	int64_t at_s;
};

/* Whether the side can say something about it: it has the device, and the question is one. */
static bool side_ask(const struct side *s, const struct seen *seen, struct ost_judgement *ret)
{
	struct ost_flow_question q = seen->question;
	int64_t device = device_find(s, seen->device);
	int64_t peer = seen->peer_device != NULL ? device_find(s, seen->peer_device) : -ENOENT;

	if (device < 0)
		return false;
	q.has_peer_device = peer >= 0;
	q.peer_device = peer >= 0 ? (uint32_t)peer : 0;
	q.peer_host.name = (char *)(uintptr_t)seen->host;
	ost_judge_wall_set(s->judge, seen->at_s);
	if (ost_judge_ask_model(s->judge, s->policy, (uint32_t)device, &q, ret) == 0)
		return true;
	/* Such as a name that is none: then its address alone. */
	q.peer_host.name = NULL;
	return seen->host != NULL && ost_judge_ask_model(s->judge, s->policy, (uint32_t)device, &q, ret) == 0;
}

/* As /v1/flows tells them. */
static bool flow_read(const json_t *f, struct seen *ret)
{
	const char *kind = ost_json_text(f, "peer_is"), *peer = ost_json_text(f, "peer");
	struct seen s = {.device = ost_json_text(f, "device"), .at_s = ost_json_time_s(f, "last_seen")};

	if (strcmp(kind, "device") == 0)
		s.peer_device = peer;
	else if (strcmp(kind, "name") == 0)
		s.host = peer;
	s.question.direction = strcmp(ost_json_text(f, "direction"), "from") == 0 ? OST_FROM : OST_TO;
	s.question.protocol = (uint8_t)ost_json_u64(f, "ip_protocol");
	s.question.value = (uint16_t)ost_json_u64(f, "value");
	*ret = s;
	return ost_ip_parse(ost_json_text(f, "peer_ip"), &ret->question.peer) == 0;
}

/* As /v1/refusals tells them. False: no rule decided about it, or nobody's. */
static bool refusal_read(const json_t *k, struct seen *ret)
{
	bool out = strcmp(ost_json_text(k, "side"), "device") == 0;
	struct seen s = {.device = ost_json_text(k, "device"), .at_s = ost_json_time_s(k, "last_seen")};

	if (*s.device == '\0' || strcmp(ost_json_text(k, "verdict"), "refused") != 0 || !ost_explain_about_rules(ost_json_text(k, "reason")) ||
		s.at_s + WINDOW_S < (int64_t)time(NULL))
		return false;
	s.question.direction = out ? OST_TO : OST_FROM;
	s.question.protocol = (uint8_t)ost_json_u64(k, "ip_protocol");
	s.question.value = json_object_get(k, "icmp_type") != NULL
				   ? (uint16_t)(ost_json_u64(k, "icmp_type") << 8 | ost_json_u64(k, "icmp_code"))
				   : (uint16_t)ost_json_u64(k, "dst_port");
	*ret = s;
	return ost_ip_parse(ost_json_text(k, out ? "dst_ip" : "src_ip"), &ret->question.peer) == 0;
}

static bool keep(struct ost_plan_seen **list, uint32_t *count, const struct ost_plan_seen *seen)
{
	if ((*count & (*count - 1)) == 0) { /* a power of two: it is full */
		struct ost_plan_seen *grown = realloc(*list, OST_MAX(*count * 2, 16u) * sizeof(*grown));

		if (grown == NULL)
			return false;
		*list = grown;
	}
	(*list)[(*count)++] = *seen;
	return true;
}

static bool flows_judge(struct ost_plan_traffic *t, const struct side *before, const struct side *after)
{
	const json_t *f;
	struct seen seen;
	size_t i;

	json_array_foreach(json_object_get(t->flows, "flows"), i, f) {
		struct ost_plan_seen x = {.seen = f};

		if (!flow_read(f, &seen) || device_find(before, seen.device) < 0)
			continue;
		t->judged++;
		x.gone = !side_ask(after, &seen, &x.after);
		if (!x.gone && x.after.allowed)
			continue; /* most of them: one question is enough */
		if (side_ask(before, &seen, &x.before) && x.before.allowed && !keep(&t->refused, &t->refused_count, &x))
			return false;
	}
	return true;
}

static bool refusals_judge(struct ost_plan_traffic *t, const struct side *before, const struct side *after)
{
	const json_t *k;
	struct seen seen;
	size_t i;

	json_array_foreach(json_object_get(t->refusals, "refusals"), i, k) {
		struct ost_plan_seen x = {.seen = k};

		if (!refusal_read(k, &seen) || device_find(before, seen.device) < 0)
			continue;
		t->judged_refusals++;
		if (!side_ask(after, &seen, &x.after) || !x.after.allowed)
			continue;
		if (side_ask(before, &seen, &x.before) && !x.before.allowed && !keep(&t->passing, &t->passing_count, &x))
			return false;
	}
	return true;
}

static int more_first(const void *a, const void *b)
{
	const struct ost_plan_seen *x = a, *y = b;
	uint64_t n = ost_json_u64(x->seen, "flows") + ost_json_u64(x->seen, "count"), m = ost_json_u64(y->seen, "flows") + ost_json_u64(y->seen, "count");

	return (n < m) - (n > m);
}

static int judge_all(struct ost_plan_traffic *t, const struct ost_policy *before, const struct ost_cli_policy *after)
{
	struct side was = {0}, is = {0};
	int r = side_open(&was, before, &t->before);

	if (r == 0)
		r = side_open(&is, after->policy, &after->image);
	if (r == 0 && (!flows_judge(t, &was, &is) || !refusals_judge(t, &was, &is)))
		r = -ENOMEM;
	side_close(&was);
	side_close(&is);
	if (t->refused_count > 1)
		qsort(t->refused, t->refused_count, sizeof(*t->refused), more_first);
	if (t->passing_count > 1)
		qsort(t->passing, t->passing_count, sizeof(*t->passing), more_first);
	return r;
}

/* The policy in force as an image: what has ended since it was applied is no fault here. */
static int before_compile(struct ost_plan_traffic *t, const struct ost_policy *before)
{
	struct ost_diag diag = {0};
	char why[256];
	size_t length;
	int r = ost_policy_compile(before, 0, &diag, &t->before_bytes, &length);

	ost_diag_free(&diag);
	return r == 0 ? ost_image_open(t->before_bytes, length, &t->before, why) : r;
}

void ost_plan_traffic_judge(const struct ost_cli *cli, const struct ost_policy *before, const struct ost_cli_policy *after, struct ost_plan_traffic *t)
{
	int r;

	t->asked = true;
	t->after = &after->image;
	t->flows = answer_get(cli, "/v1/flows?limit=1000000", t->why);
	if (t->flows != NULL)
		t->refusals = answer_get(cli, "/v1/refusals?limit=1000000", t->why);
	if (t->refusals == NULL)
		r = -ENODATA;
	else
		r = before_compile(t, before);
	if (r == 0)
		r = judge_all(t, before, after);
	if (r < 0 && r != -ENODATA)
		(void)snprintf(t->why, sizeof(t->why), "%s", strerror(-r));
	if (r == 0)
		t->why[0] = '\0';
	else if (t->why[0] == '\0')
		(void)snprintf(t->why, sizeof(t->why), "ostiaryd does not know what there was");
}

void ost_plan_traffic_free(struct ost_plan_traffic *t)
{
	json_decref(t->flows);
	json_decref(t->refusals);
	free(t->before_bytes);
	free(t->refused);
	free(t->passing);
	*t = (struct ost_plan_traffic){0};
}

/* ---- words ---- */

static void service_words(const struct seen *seen, char buf[static OST_PLAN_WORDS])
{
	const struct ost_change c = {.protocol = seen->question.protocol, .lo = seen->question.value, .hi = seen->question.value};

	(void)ost_plan_service(&c, buf);
}

static void peer_words(const json_t *seen, const struct seen *read, char buf[static OST_PLAN_WORDS])
{
	char ip[OST_IP_TEXT];

	(void)ost_ip_format(&read->question.peer, ip);
	if (read->host != NULL)
		(void)snprintf(buf, OST_PLAN_WORDS, "%.253s (%s)", read->host, ip);
	else
		(void)snprintf(buf, OST_PLAN_WORDS, "%.253s", read->peer_device != NULL ? ost_json_text(seen, "peer") : ip);
}

static const char *rule_place(const struct ost_image *image, uint32_t rule, char buf[static OST_PLAN_WORDS])
{
	if (rule >= image->rule_count)
		return "no rule: audit";
	(void)snprintf(buf, OST_PLAN_WORDS, "%.200s:%u", ost_image_string(image, image->rules[rule].file), image->rules[rule].line);
	return buf;
}

static void refused_line(const struct ost_cli *cli, const struct ost_plan_traffic *t, const struct ost_plan_seen *x)
{
	char service[OST_PLAN_WORDS], peer[OST_PLAN_WORDS], place[OST_PLAN_WORDS], flows[OST_SHOW_TEXT], ago[OST_SHOW_TEXT];
	struct seen read;

	(void)flow_read(x->seen, &read);
	service_words(&read, service);
	peer_words(x->seen, &read, peer);
	ost_show_line(cli, 0, 6, "  %s%s%s %s %s  %s   %s, last %s; %s, was %s", ost_show_colour(cli, OST_COLOUR_BAD), read.device, ost_show_plain(cli),
		read.question.direction == OST_TO ? "to" : "from", peer, service, ost_show_things(ost_json_u64(x->seen, "flows"), "flow", flows),
		ost_show_ago(ost_json_text(x->seen, "last_seen"), ago), x->gone ? "the device is gone" : ost_reason_name(x->after.reason),
		rule_place(&t->before, x->before.rule, place));
}

static void passing_line(const struct ost_cli *cli, const struct ost_plan_traffic *t, const struct ost_plan_seen *x)
{
	char service[OST_PLAN_WORDS], peer[OST_PLAN_WORDS], place[OST_PLAN_WORDS], packets[OST_SHOW_TEXT], ago[OST_SHOW_TEXT];
	struct seen read;

	(void)refusal_read(x->seen, &read);
	service_words(&read, service);
	peer_words(x->seen, &read, peer);
	ost_show_line(cli, 0, 6, "  %s%s%s %s %s  %s   %s, last %s; was %s, by %s", ost_show_colour(cli, OST_COLOUR_GOOD), read.device, ost_show_plain(cli),
		read.question.direction == OST_TO ? "to" : "from", peer, service, ost_show_things(ost_json_u64(x->seen, "count"), "packet", packets),
		ost_show_ago(ost_json_text(x->seen, "last_seen"), ago), ost_json_text(x->seen, "reason"),
		rule_place(t->after, x->after.rule, place));
}

static void missing_print(const struct ost_cli *cli, const struct ost_plan_traffic *t)
{
	uint64_t overflow = ost_json_u64(t->flows, "overflow"), lost = ost_json_u64(t->flows, "unrecorded");
	char flows[OST_SHOW_TEXT], devices[OST_SHOW_TEXT];

	if (overflow > 0)
		ost_show_line(cli, 0, 2, "%snot looked at: %s of %s%s, which found no room", ost_show_colour(cli, OST_COLOUR_WARN),
			ost_show_things(overflow, "flow", flows), ost_show_things(ost_json_u64(t->flows, "overflow_devices"), "device", devices),
			ost_show_plain(cli));
	if (lost > 0)
		ost_show_line(cli, 0, 2, "%snot looked at: %s%s that the data plane could not record", ost_show_colour(cli, OST_COLOUR_WARN),
			ost_show_things(lost, "flow", flows), ost_show_plain(cli));
}

static void more_print(uint32_t count, uint32_t shown)
{
	if (count > shown)
		(void)printf("  ... and %u more: --all\n", count - shown);
}

void ost_plan_traffic_print(const struct ost_cli *cli, const struct ost_plan_traffic *t, bool all)
{
	char kinds[OST_SHOW_TEXT], refusals[OST_SHOW_TEXT], refused[OST_SHOW_TEXT], passing[OST_SHOW_TEXT], since[OST_SHOW_TEXT];
	uint32_t n;

	if (!t->asked)
		return;
	if (t->why[0] != '\0') {
		ost_show_line(cli, 0, 2, "%straffic of the last 24 hours: not judged%s: %s", ost_show_colour(cli, OST_COLOUR_WARN), ost_show_plain(cli), t->why);
		return;
	}
	ost_show_line(cli, 0, 2, "traffic of the last 24 hours, observed since %s: of %s of flows %s would be refused; of %s of refusals %s would pass",
		ost_show_time(ost_json_text(t->flows, "since"), since), ost_show_things(t->judged, "kind", kinds),
		t->refused_count > 0 ? ost_show_count(t->refused_count, refused) : "none",
		ost_show_things(t->judged_refusals, "kind", refusals), t->passing_count > 0 ? ost_show_count(t->passing_count, passing) : "none");
	for (n = 0; n < t->refused_count && (all || n < LINES_DEFAULT); n++)
		refused_line(cli, t, &t->refused[n]);
	more_print(t->refused_count, n);
	for (n = 0; n < t->passing_count && (all || n < LINES_DEFAULT); n++)
		passing_line(cli, t, &t->passing[n]);
	more_print(t->passing_count, n);
	missing_print(cli, t);
}

/* ---- JSON ---- */

static void seen_json(struct ost_jsonw *w, const json_t *seen, const struct seen *read, const char *count)
{
	char words[OST_PLAN_WORDS], ip[OST_IP_TEXT];

	service_words(read, words);
	ost_jsonw_string(w, "device", read->device);
	ost_jsonw_string(w, "direction", read->question.direction == OST_TO ? "to" : "from");
	ost_jsonw_string(w, "peer", read->host != NULL ? read->host : read->peer_device);
	ost_jsonw_string(w, "peer_ip", ost_ip_format(&read->question.peer, ip));
	ost_jsonw_string(w, "service", words);
	ost_jsonw_u64(w, count, ost_json_u64(seen, count));
	ost_jsonw_string(w, "first_seen", ost_json_text(seen, "first_seen"));
	ost_jsonw_string(w, "last_seen", ost_json_text(seen, "last_seen"));
}

static void refused_json(struct ost_jsonw *w, const struct ost_plan_traffic *t, const struct ost_plan_seen *x)
{
	struct seen read;

	(void)flow_read(x->seen, &read);
	ost_jsonw_object(w, NULL);
	seen_json(w, x->seen, &read, "flows");
	ost_jsonw_string(w, "reason", x->gone ? NULL : ost_reason_name(x->after.reason));
	ost_cli_rule_json(w, "before", &t->before, x->before.rule);
	ost_jsonw_end(w, '}');
}

static void passing_json(struct ost_jsonw *w, const struct ost_plan_traffic *t, const struct ost_plan_seen *x)
{
	struct seen read;

	(void)refusal_read(x->seen, &read);
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "id", ost_json_text(x->seen, "id"));
	seen_json(w, x->seen, &read, "count");
	ost_jsonw_string(w, "reason", ost_json_text(x->seen, "reason"));
	ost_cli_rule_json(w, "after", t->after, x->after.rule);
	ost_jsonw_end(w, '}');
}

void ost_plan_traffic_json(struct ost_jsonw *w, const struct ost_plan_traffic *t)
{
	if (!t->asked) {
		ost_jsonw_string(w, "traffic", NULL);
		return;
	}
	ost_jsonw_object(w, "traffic");
	ost_jsonw_bool(w, "judged", t->why[0] == '\0');
	if (t->why[0] != '\0') {
		ost_jsonw_string(w, "why", t->why);
		ost_jsonw_end(w, '}');
		return;
	}
	ost_jsonw_string(w, "since", ost_json_text(t->flows, "since"));
	ost_jsonw_u64(w, "window_s", ost_json_u64(t->flows, "window_s"));
	ost_jsonw_u64(w, "kinds", t->judged);
	ost_jsonw_u64(w, "refusal_kinds", t->judged_refusals);
	ost_jsonw_u64(w, "overflow", ost_json_u64(t->flows, "overflow"));
	ost_jsonw_u64(w, "overflow_devices", ost_json_u64(t->flows, "overflow_devices"));
	ost_jsonw_u64(w, "unrecorded", ost_json_u64(t->flows, "unrecorded"));
	ost_jsonw_array(w, "would_be_refused");
	for (uint32_t i = 0; i < t->refused_count; i++)
		refused_json(w, t, &t->refused[i]);
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "would_pass");
	for (uint32_t i = 0; i < t->passing_count; i++)
		passing_json(w, t, &t->passing[i]);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}
