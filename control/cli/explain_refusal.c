/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A past refusal: found, its question rebuilt, and answered by the policy of now. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "explain.h"
#include "show.h"

#define ID_LEAST 4u
#define ID_MOST	 16u
#define LINE_MOST 65536u /* bytes of a line of the log */

/* ---- the policy in force ---- */

static int in_force_open(struct ost_explain *x)
{
	const json_t *list = json_object_get(x->sources, "sources"), *s;
	struct ost_policy_source *sources = calloc(json_array_size(list) + 1, sizeof(*sources));
	uint32_t count = 0;
	size_t i;
	int r;

	if (sources == NULL)
		return ost_cli_fail("out of memory");
	json_array_foreach(list, i, s) {
		const char *text = ost_json_text(s, "text");

		sources[count++] = (struct ost_policy_source){.name = ost_json_text(s, "name"), .bytes = text, .length = strlen(text)};
	}
	x->generation = ost_json_u64(x->sources, "generation");
	r = ost_cli_policy_parse(x->cli, sources, count, &x->policy);
	free(sources);
	return r;
}

int ost_explain_in_force(struct ost_explain *x, bool quiet)
{
	struct ost_http_reply reply;
	int r = ost_http_request(x->cli->paths.api_socket, "GET", "/v1/policy?sources=1", NULL, 0, OST_CLIENT_TIMEOUT_S, &reply);

	if (r < 0)
		return quiet ? OST_EXIT_UNREACHABLE : ost_client_unreachable(x->cli, r);
	if (reply.status == 200)
		x->sources = json_loadb(reply.body, reply.length, 0, NULL);
	ost_http_reply_free(&reply);
	if (x->sources == NULL)
		return ost_cli_fail("no policy is in force; name one with --policy FILE");
	return in_force_open(x);
}

/* ---- the refusal ---- */

static bool id_is_sound(const char *id)
{
	size_t n = strlen(id);

	if (n < ID_LEAST || n > ID_MOST)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)id[i]))
			return false;
	}
	return true;
}

static int ambiguous(const char *id)
{
	return ost_cli_fail("'%s' begins the ids of several refusals; write more of it", id);
}

/* Takes over candidate; the latest of equal ids counts. */
static int found(const char *id, json_t *candidate, json_t **refusal)
{
	if (strncmp(ost_json_text(candidate, "id"), id, strlen(id)) != 0) {
		json_decref(candidate);
		return OST_EXIT_OK;
	}
	if (*refusal != NULL && strcmp(ost_json_text(*refusal, "id"), ost_json_text(candidate, "id")) != 0) {
		json_decref(candidate);
		return ambiguous(id);
	}
	json_decref(*refusal);
	*refusal = candidate;
	return OST_EXIT_OK;
}

static int log_search(const char *path, const char *id, json_t **ret_refusal)
{
	FILE *f = fopen(path, "re");
	char *line = malloc(LINE_MOST), mark[ID_MOST + 8];
	int r = OST_EXIT_OK;

	if (f == NULL || line == NULL) {
		r = ost_cli_fail("%s: %s", path, strerror(errno));
		free(line);
		if (f != NULL)
			(void)fclose(f);
		return r;
	}
	(void)snprintf(mark, sizeof(mark), "\"id\":\"%s", id);
	while (r == OST_EXIT_OK && fgets(line, (int)LINE_MOST, f) != NULL) {
		json_t *json = strstr(line, mark) != NULL ? json_loads(line, 0, NULL) : NULL;

		if (json != NULL)
			r = found(id, json, ret_refusal);
	}
	(void)fclose(f);
	free(line);
	return r;
}

static int daemon_search(const struct ost_cli *cli, const char *id, json_t **ret_refusal)
{
	struct ost_http_reply reply;
	json_t *answer, *kind;
	char path[64];
	size_t i;
	int r;

	(void)snprintf(path, sizeof(path), "/v1/refusals?id=%s&limit=100", id);
	r = ost_http_request(cli->paths.api_socket, "GET", path, NULL, 0, OST_CLIENT_TIMEOUT_S, &reply);
	if (r < 0)
		return ost_client_unreachable(cli, r);
	answer = json_loadb(reply.body, reply.length, 0, NULL);
	ost_http_reply_free(&reply);
	r = OST_EXIT_OK;
	json_array_foreach(json_object_get(answer, "refusals"), i, kind) {
		if (r == OST_EXIT_OK)
			r = found(id, json_incref(kind), ret_refusal);
	}
	json_decref(answer);
	return r;
}

/* ---- its question ---- */

static void proto_text(const json_t *k, char *buf, size_t size)
{
	const char *name = ost_json_text(k, "protocol");

	if (json_object_get(k, "icmp_type") != NULL)
		(void)snprintf(buf, size, "%s/%" PRIu64 ".%" PRIu64, name, ost_json_u64(k, "icmp_type"), ost_json_u64(k, "icmp_code"));
	else if (json_object_get(k, "dst_port") != NULL && *name != '\0')
		(void)snprintf(buf, size, "%s", name);
	else
		(void)snprintf(buf, size, "ip/%" PRIu64, ost_json_u64(k, "ip_protocol"));
}

bool ost_explain_question(const json_t *k, char *ret_text, size_t size, const char **ret_why)
{
	bool out = strcmp(ost_json_text(k, "side"), "device") == 0;
	const char *peer = ost_json_text(k, out ? "dst_ip" : "src_ip");
	bool v6 = strchr(peer, ':') != NULL;
	char proto[32], port[16] = "";

	if (*ost_json_text(k, "device") == '\0') {
		*ret_why = "its sender is no device of the policy, so no role can allow it";
		return false;
	}
	if (*peer == '\0') {
		*ret_why = "it is no IP packet: no rule decides about it";
		return false;
	}
	proto_text(k, proto, sizeof(proto));
	if (json_object_get(k, "dst_port") != NULL)
		(void)snprintf(port, sizeof(port), ":%" PRIu64, ost_json_u64(k, "dst_port"));
	(void)snprintf(ret_text, size, "%s%s %s%.48s%s%s", out ? "" : "in ", proto, v6 && *port != '\0' ? "[" : "", peer,
		v6 && *port != '\0' ? "]" : "", port);
	return true;
}

bool ost_explain_about_rules(const char *reason)
{
	static const enum ost_reason reasons[] = {OST_REASON_NOT_ALLOWED, OST_REASON_NOT_ALLOWED_IN, OST_REASON_PEER_NOT_ALLOWED,
		OST_REASON_SCHEDULE, OST_REASON_NAME_UNRESOLVED, OST_REASON_FOREIGN_DNS, OST_REASON_DNS_REBIND};

	for (size_t i = 0; i < OST_ARRAY_SIZE(reasons); i++) {
		if (strcmp(reason, ost_reason_name(reasons[i])) == 0)
			return true;
	}
	return false;
}

/* ---- what it means now ---- */

static const char *compare(const struct ost_explain *x, const json_t *k)
{
	const char *reason = ost_json_text(k, "reason");

	if (!ost_explain_about_rules(reason))
		return "it was not refused for a rule: what follows is what the rules alone say";
	if (x->answer.allowed && x->answer.audit == OST_REASON_NONE)
		return "the answer is another one now: it would pass";
	if (x->answer.allowed)
		return "it passes now, while an audit is open";
	if (strcmp(reason, ost_reason_name(x->answer.reason)) != 0)
		return "the answer is another one now: refused still, for another reason";
	return "the answer is the same now";
}

static void refusal_print(const struct ost_cli *cli, const json_t *k)
{
	char when[OST_SHOW_TEXT], n[OST_SHOW_TEXT];

	ost_show_line(cli, 0, 2, "%srefusal %s%s  %s, %s, last %s, generation %" PRIu64, ost_show_colour(cli, OST_COLOUR_HEAD), ost_json_text(k, "id"),
		ost_show_plain(cli), strcmp(ost_json_text(k, "verdict"), "audited") == 0 ? "audited (it passed)" : "refused",
		ost_show_things(ost_json_u64(k, "count"), "packet", n), ost_show_time(ost_json_text(k, "last_seen"), when),
		ost_json_u64(k, "generation"));
	ost_show_line(cli, 0, 11, "  then     %s: %s", ost_json_text(k, "reason"), ost_json_text(k, "meaning"));
	if (*ost_json_text(k, "src_ip") != '\0')
		ost_show_line(cli, 0, 11, "  from     %s port %" PRIu64 " to %s port %" PRIu64 ", on %s", ost_json_text(k, "src_ip"),
			ost_json_u64(k, "src_port"), ost_json_text(k, "dst_ip"), ost_json_u64(k, "dst_port"), ost_json_text(k, "port"));
	else
		ost_show_line(cli, 0, 11, "  from     %s to %s, ethertype %s, on %s", ost_json_text(k, "src_mac"), ost_json_text(k, "dst_mac"),
			ost_json_text(k, "ethertype"), ost_json_text(k, "port"));
}

/* why NULL: the question was answered. */
static int tell(const struct ost_explain *x, const json_t *k, const char *why)
{
	const char *now = why == NULL ? compare(x, k) : why;
	struct ost_jsonw w = {0};

	if (!x->cli->json) {
		refusal_print(x->cli, k);
		if (x->generation != 0)
			ost_show_line(x->cli, 0, 11, "  now      (generation %" PRIu64 ") %s", x->generation, now);
		else
			ost_show_line(x->cli, 0, 11, "  now      %s", now);
		if (why == NULL)
			ost_explain_print(x);
		return OST_EXIT_OK;
	}
	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "id", ost_json_text(k, "id"));
	ost_jsonw_string(&w, "then", ost_json_text(k, "reason"));
	ost_jsonw_string(&w, "then_verdict", ost_json_text(k, "verdict"));
	ost_jsonw_string(&w, "last_seen", ost_json_text(k, "last_seen"));
	ost_jsonw_u64(&w, "then_generation", ost_json_u64(k, "generation"));
	ost_jsonw_u64(&w, "generation", x->generation);
	ost_jsonw_string(&w, "now", now);
	ost_jsonw_bool(&w, "differs", why == NULL && ost_explain_about_rules(ost_json_text(k, "reason")) &&
		(x->answer.allowed || strcmp(ost_json_text(k, "reason"), ost_reason_name(x->answer.reason)) != 0));
	if (why == NULL) {
		ost_jsonw_object(&w, "answer");
		ost_explain_members(x, &w);
		ost_jsonw_end(&w, '}');
	} else {
		ost_jsonw_string(&w, "answer", NULL);
	}
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}

/* Without --policy: that in force; with a log alone, the files. */
static int policy_find(struct ost_explain *x, bool offline)
{
	const char *dir = x->cli->paths.policy_dir;
	int r;

	if (x->policy.policy != NULL)
		return OST_EXIT_OK;
	r = ost_explain_in_force(x, offline);
	if (r != OST_EXIT_UNREACHABLE || !offline)
		return r;
	(void)fprintf(stderr, "ostiary: ostiaryd is not reachable: %s is asked in place of the policy in force\n", dir);
	return ost_cli_policy_open(x->cli, &dir, 1, &x->policy);
}

static int answer(struct ost_explain *x, const json_t *k)
{
	const char *why = NULL;
	int r;

	x->device_name = ost_json_text(k, "device");
	if (ost_explain_question(k, x->question_text, sizeof(x->question_text), &why) &&
		ost_policy_device_find(x->policy.policy, x->device_name) < 0)
		why = "the policy has no such device any more";
	if (why == NULL) {
		r = ost_explain_ask(x);
		if (r != OST_EXIT_OK)
			return r;
	}
	r = tell(x, k, why);
	if (r != OST_EXIT_OK)
		return r;
	return why == NULL && x->answer.allowed ? OST_EXIT_OK : OST_EXIT_NO;
}

int ost_explain_refusal(struct ost_explain *x, const char *id, const char *log)
{
	json_t *refusal = NULL;
	int r;

	if (!id_is_sound(id))
		return ost_cli_fail("policy explain: --refusal: '%.40s' is no id; ostiary device show, the refusal log and /v1/refusals have them", id);
	r = log != NULL ? log_search(log, id, &refusal) : daemon_search(x->cli, id, &refusal);
	if (r == OST_EXIT_OK && refusal == NULL) {
		(void)ost_cli_fail("no refusal '%s' is remembered%s", id, log != NULL ? " there" : "; --log FILE reads the refusal log");
		return OST_EXIT_NO;
	}
	if (r == OST_EXIT_OK)
		r = policy_find(x, log != NULL);
	if (r == OST_EXIT_OK)
		r = answer(x, refusal);
	json_decref(refusal);
	return r;
}
