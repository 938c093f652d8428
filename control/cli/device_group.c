/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device_group.h"

#include <inttypes.h>
#include <stdio.h>

#include "device_paper.h"
#include "jsonw.h"
#include "policy_input.h"
#include "show.h"

#define SLICE 100u /* in one request: what ostiaryd takes */
#define SHOWN 20u  /* names in what is told before */

struct run {
	const struct ost_cli *cli;
	const char *word, *why;
	enum ost_pki_reason reason;
	struct ost_jsonw json;
	uint64_t done, failed;
	bool not_enforced;
};

bool ost_device_group_wanted(const struct ost_device_group *g)
{
	return g->tags.count > 0 || g->role != NULL || g->state != NULL;
}

static int value_add(char path[static OST_DEVICE_GROUP_PATH], const char *key, const char *value)
{
	char so_far[OST_DEVICE_GROUP_PATH];

	if (value == NULL)
		return 0;
	if (snprintf(so_far, sizeof(so_far), "%s&%s=", path, key) >= (int)sizeof(so_far))
		return -ENAMETOOLONG;
	return ost_http_path(so_far, value, path, OST_DEVICE_GROUP_PATH);
}

int ost_device_group_path(const struct ost_device_group *g, uint32_t limit, char buf[static OST_DEVICE_GROUP_PATH])
{
	char tags[OST_DEVICE_GROUP_PATH] = "";
	size_t used = 0;
	int r;

	for (uint32_t i = 0; i < g->tags.count && used < sizeof(tags); i++)
		used += (size_t)snprintf(tags + used, sizeof(tags) - used, "%s%s", i > 0 ? "," : "", g->tags.items[i]);
	(void)snprintf(buf, OST_DEVICE_GROUP_PATH, "/v1/devices?limit=%u", limit);
	r = used >= sizeof(tags) ? -ENAMETOOLONG : value_add(buf, "tag", used > 0 ? tags : NULL);
	if (r == 0)
		r = value_add(buf, "role", g->role);
	if (r == 0)
		r = value_add(buf, "state", g->state);
	if (r < 0)
		(void)ost_cli_fail("there are too many tags, or their names are too long");
	return r;
}

/* ---- before ---- */

static void group_words(const struct ost_device_group *g, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < g->tags.count && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%.80s", i == 0 ? " with tag " : " or ", g->tags.items[i]);
	if (g->role != NULL && used < size)
		used += (size_t)snprintf(buf + used, size - used, " of role %.80s", g->role);
	if (g->state != NULL && used < size)
		(void)snprintf(buf + used, size - used, " that are %.80s", g->state);
}

static void plan_tell(const struct ost_device_group *g, const char *word, const json_t *devices)
{
	char words[512], n[OST_SHOW_TEXT];
	const json_t *d;
	size_t i;

	group_words(g, words, sizeof(words));
	(void)printf("%s %s%s:\n", word, ost_show_things(json_array_size(devices), "device", n), words);
	json_array_foreach(devices, i, d) {
		if (i < SHOWN)
			(void)printf("  %s (%s, %s)\n", ost_json_text(d, "name"), ost_json_text(d, "role"), ost_json_text(d, "state"));
	}
	if (i > SHOWN)
		(void)printf("  ... and %zu further; ostiary device list tells all\n", i - SHOWN);
	(void)fflush(stdout);
}

/* What cannot be taken back wants the number of devices, everything else a yes. */
static bool agreed(const char *word, size_t count)
{
	const bool for_ever = strcmp(word, "retire") == 0;
	char answer[32] = "", wanted[32] = "yes";

	if (for_ever) {
		(void)snprintf(wanted, sizeof(wanted), "%zu", count);
		(void)fprintf(stderr, "That is for ever. Type the number of devices to go on: ");
	} else {
		(void)fprintf(stderr, "Go on? [y/N] ");
	}
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcmp(answer, wanted) == 0 || (!for_ever && strcmp(answer, "y") == 0);
}

static int ask(const struct ost_cli *cli, const struct ost_device_group *g, const char *word, const json_t *devices)
{
	if (!cli->json)
		plan_tell(g, word, devices);
	if (g->yes)
		return OST_EXIT_OK;
	if (cli->json || isatty(STDIN_FILENO) != 1)
		return ost_cli_fail("nothing was done: %zu devices; say --yes to go on", json_array_size(devices));
	return agreed(word, json_array_size(devices)) ? OST_EXIT_OK : ost_cli_fail("nothing was done");
}

/* ---- orders ---- */

static json_t *slice_body(const struct run *run, const json_t *devices, size_t first)
{
	json_t *names = json_array();
	size_t end = OST_MIN(first + SLICE, json_array_size(devices));

	for (size_t i = first; i < end; i++)
		(void)json_array_append_new(names, json_string(ost_json_text(json_array_get(devices, i), "name")));
	return json_pack("{s:s,s:s,s:o}", "order", run->word, "why", run->why, "devices", names);
}

/* What became of its certificates and keys; "" when that is no part of the order. */
static void paper(const struct run *run, const char *device, char text[static 512])
{
	struct ost_paper d = {0};
	char done[256];
	json_t *json = NULL;
	unsigned status;
	bool retire = strcmp(run->word, "retire") == 0;

	text[0] = '\0';
	if (!retire && strcmp(run->word, "revoke") != 0)
		return;
	ost_paper_revoke(run->cli, device, run->reason, &d);
	if (!retire) {
		(void)snprintf(text, 512, "; %u %s revoked%s%.300s", d.certificates, d.certificates == 1 ? "certificate" : "certificates",
			d.why[0] != '\0' ? "; " : "", d.why);
		return;
	}
	ost_paper_keys_destroy(run->cli, device, &d);
	ost_paper_text(&d, done, sizeof(done));
	if (ost_client_order(run->cli, device, "retire", "destroyed", done, true, &status, &json) != OST_EXIT_OK)
		(void)snprintf(text, 512, "; %s, which could not be noted", done);
	else
		(void)snprintf(text, 512, "; %s%s%.200s", done, d.why[0] != '\0' ? "; " : "", d.why);
	json_decref(json);
}

static void result_tell(struct run *run, const json_t *result)
{
	const char *device = ost_json_text(result, "device"), *error = ost_json_text(result, "error");
	bool done = ost_json_true(result, "done");
	char text[512] = "";

	if (done)
		paper(run, device, text);
	run->done += done;
	run->failed += !done;
	if (run->cli->json) {
		ost_jsonw_object(&run->json, NULL);
		ost_jsonw_string(&run->json, "device", device);
		ost_jsonw_bool(&run->json, "done", done);
		ost_jsonw_string(&run->json, "state", *ost_json_text(result, "state") != '\0' ? ost_json_text(result, "state") : NULL);
		ost_jsonw_string(&run->json, "error", done ? NULL : error);
		ost_jsonw_string(&run->json, "certificates", text[0] != '\0' ? text + 2 : NULL);
		ost_jsonw_end(&run->json, '}');
	} else if (done) {
		(void)printf("%s is %s%s\n", device, ost_json_text(result, "state"), text);
	} else {
		(void)printf("%s: not done: %s\n", device, error);
	}
}

/* OST_EXIT_OK when ostiaryd answered for each of them. */
static int slice(struct run *run, const json_t *devices, size_t first)
{
	json_t *body = slice_body(run, devices, first), *answer = NULL;
	const json_t *result;
	size_t i;
	int r = ost_client_post(run->cli, "/v1/orders", body, &answer);

	json_decref(body);
	if (r != OST_EXIT_OK)
		return r;
	run->not_enforced |= !ost_json_true(answer, "enforced");
	json_array_foreach(json_object_get(answer, "results"), i, result)
		result_tell(run, result);
	(void)fflush(stdout);
	json_decref(answer);
	return OST_EXIT_OK;
}

static int end_tell(struct run *run, size_t count, int r)
{
	const uint64_t left = count - run->done - run->failed;

	if (run->cli->json) {
		ost_jsonw_end(&run->json, ']');
		ost_jsonw_u64(&run->json, "done", run->done);
		ost_jsonw_u64(&run->json, "failed", run->failed);
		ost_jsonw_u64(&run->json, "not_asked", left);
		ost_jsonw_bool(&run->json, "enforced", !run->not_enforced);
		ost_jsonw_end(&run->json, '}');
		(void)ost_cli_json_print(&run->json);
	} else {
		(void)printf("%" PRIu64 " done, %" PRIu64 " not", run->done, run->failed);
		(void)printf(left > 0 ? ", %" PRIu64 " not asked\n" : "\n", left);
		if (run->not_enforced)
			(void)printf("the data plane is not connected: it enforces this as soon as it is back\n");
	}
	return r != OST_EXIT_OK ? r : run->failed > 0 ? OST_EXIT_NO : OST_EXIT_OK;
}

static int orders(struct run *run, const json_t *devices)
{
	int r = OST_EXIT_OK;

	ost_jsonw_object(&run->json, NULL);
	ost_jsonw_string(&run->json, "order", run->word);
	ost_jsonw_array(&run->json, "results");
	for (size_t i = 0; i < json_array_size(devices) && r == OST_EXIT_OK; i += SLICE)
		r = slice(run, devices, i);
	/* Once for all: whoever proves himself after it meets the new list. */
	if (run->done > 0 && (strcmp(run->word, "revoke") == 0 || strcmp(run->word, "retire") == 0))
		(void)ost_client_reload(run->cli);
	r = end_tell(run, json_array_size(devices), r);
	ost_jsonw_free(&run->json);
	return r;
}

static int nobody(void)
{
	(void)ost_cli_fail("no device is in this group");
	return OST_EXIT_NO;
}

int ost_device_group_order(const struct ost_cli *cli, const struct ost_device_group *g, const char *word, const char *why,
	enum ost_pki_reason reason)
{
	struct run run = {.cli = cli, .word = word, .why = why, .reason = reason};
	struct ost_cli quiet = *cli;
	char path[OST_DEVICE_GROUP_PATH];
	const json_t *devices;
	json_t *answer = NULL;
	int r;

	if (ost_device_group_path(g, OST_DEVICE_GROUP_MAX, path) < 0)
		return OST_EXIT_INPUT;
	quiet.json = false; /* the list is no answer */
	r = ost_client_get(&quiet, path, &answer);
	if (r != OST_EXIT_OK || answer == NULL)
		return r;
	devices = json_object_get(answer, "devices");
	if (json_array_size(devices) == 0)
		r = nobody();
	else if (ost_json_u64(answer, "total") > json_array_size(devices))
		r = ost_cli_fail("%" PRIu64 " devices are more than %u: narrow the group", ost_json_u64(answer, "total"), OST_DEVICE_GROUP_MAX);
	else
		r = ask(cli, g, word, devices);
	if (r == OST_EXIT_OK)
		r = orders(&run, devices);
	json_decref(answer);
	return r;
}
