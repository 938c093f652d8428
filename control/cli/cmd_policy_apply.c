/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy apply: reads, checks and tests here, where faults are cheap, then hands the sources to ostiaryd, which
 * does all of it again. */
#include <stdio.h>
#include <time.h>

#include "applied.h"
#include "candidate.h"
#include "client.h"
#include "clock.h"
#include "file.h"
#include "jsonw.h"
#include "options.h"
#include "text.h"

struct apply {
	struct ost_diag diag;
	struct ost_policy_names names;
	struct ost_policy *policy; /* its files: what was read, in order */
	struct ost_policy_source *sources;
	uint32_t count;
	struct ost_candidate candidate;
};

static void apply_free(struct apply *a)
{
	for (uint32_t i = 0; i < a->count; i++)
		free((char *)(uintptr_t)a->sources[i].bytes);
	free(a->sources);
	ost_candidate_free(&a->candidate);
	ost_diag_free(&a->diag); /* borrows names of both */
	ost_policy_free(&a->policy);
	ost_policy_names_free(&a->names);
}

/* The texts of the files that make the policy. */
static int sources_read(struct apply *a)
{
	a->sources = calloc(a->policy->file_count + 1, sizeof(*a->sources));
	if (a->sources == NULL)
		return ost_cli_fail("out of memory");
	for (uint32_t i = 0; i < a->policy->file_count; i++) {
		struct ost_policy_source *s = &a->sources[i];
		char *bytes;
		int r = ost_file_read(a->policy->files[i], OST_POLICY_FILE_MAX, &bytes, &s->length);

		if (r < 0)
			return ost_cli_fail("%s: %s", a->policy->files[i], strerror(-r));
		s->name = a->policy->files[i];
		s->bytes = bytes;
		a->count++;
	}
	return OST_EXIT_OK;
}

/* The site file may be unreadable for this user: then only ostiaryd checks the ports. */
static int candidate_check(const struct ost_cli *cli, struct apply *a)
{
	struct ost_site_file *site = NULL;
	struct ost_diag site_diag = {0}, diag = {0};
	struct ost_candidate_input in = {.sources = a->sources, .count = a->count, .now_s = time(NULL)};
	int r;

	if (ost_site_file_load(cli->paths.site_file, &site_diag, &site) < 0)
		site = NULL;
	ost_diag_free(&site_diag);
	in.site = site;
	r = ost_candidate_make(&in, &diag, &a->candidate);
	if (r < 0)
		ost_cli_findings(cli, &diag);
	ost_diag_free(&diag);
	ost_site_file_free(&site);
	if (r == -EBADMSG) {
		(void)ost_cli_fail("not applied: %u of %u tests of the policy fail", a->candidate.tests_failed,
			a->candidate.tests);
		return OST_EXIT_NO;
	}
	return r < 0 ? ost_cli_fail("not applied: the policy has errors; the policy in force stays in force") : OST_EXIT_OK;
}

static int input_read(const struct ost_cli *cli, struct apply *a, int argc, char **argv)
{
	int r = ost_policy_load((const char *const *)argv, (uint32_t)argc, &a->diag, &a->names, &a->policy);

	if (a->diag.count > 0 && (r < 0 || !cli->json))
		ost_cli_findings(cli, &a->diag);
	if (r < 0)
		return ost_cli_fail("not applied: the policy has errors; the policy in force stays in force");
	r = sources_read(a);
	return r == OST_EXIT_OK ? candidate_check(cli, a) : r;
}

static void body_make(const struct apply *a, const char *message, uint32_t confirm_s, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "message", message);
	if (confirm_s != 0)
		ost_jsonw_u64(w, "confirm", confirm_s);
	ost_jsonw_array(w, "sources");
	for (uint32_t i = 0; i < a->count; i++) {
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "name", a->sources[i].name);
		ost_jsonw_string(w, "text", a->sources[i].bytes);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}

/* ostiaryd answers, and the data plane is connected to it. */
static bool gateway_there(const struct ost_cli *cli)
{
	struct ost_http_reply reply;
	json_t *status;
	bool there;

	if (ost_http_request(cli->paths.api_socket, "GET", "/v1/status", NULL, 0, OST_CLIENT_TIMEOUT_S, &reply) < 0)
		return false;
	status = json_loadb(reply.body, reply.length, 0, NULL);
	there = ost_json_true(json_object_get(status, "dataplane"), "connected");
	json_decref(status);
	ost_http_reply_free(&reply);
	return there;
}

static void gateway_wait(const struct ost_cli *cli, uint64_t wait_s)
{
	uint64_t end_ns = ost_clock_mono_ns() + wait_s * OST_NS_PER_S;

	while (ost_clock_mono_ns() < end_ns && !gateway_there(cli))
		(void)usleep(50000);
}

static int wait_parse(const char *text, uint64_t *ret_seconds)
{
	uint64_t n;

	if (ost_number_parse(text, strlen(text), &n) < 0 || n > 3600)
		return ost_cli_fail("policy apply: --wait: '%s' is no number of seconds up to 3600", text);
	*ret_seconds = n;
	return OST_EXIT_OK;
}

int ost_cmd_policy_apply(const struct ost_cli *cli, int argc, char **argv)
{
	static const struct ost_applied_words words = {"is in force", "not applied"};
	struct ost_cli c = *cli;
	const char *message = "", *wait = "0", *confirm = NULL;
	bool no_wait = false;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "message", .value = &message},
		{.name = "wait", .value = &wait}, {.name = "confirm", .value = &confirm}, {.name = "no-wait", .flag = &no_wait}};
	int r, first = ost_cli_options("policy apply", options, OST_ARRAY_SIZE(options), argc, argv);
	struct ost_jsonw body = {0};
	struct apply a = {0};
	uint64_t wait_s = 0;
	uint32_t confirm_s = 0;

	if (first < 0 || wait_parse(wait, &wait_s) != OST_EXIT_OK ||
		ost_applied_seconds("policy apply", confirm, &confirm_s) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	if (first == argc)
		return ost_cli_fail("policy apply: name a policy file or a folder, such as %s", c.paths.policy_dir);
	if (strlen(message) > 255)
		return ost_cli_fail("policy apply: --message: write at most 255 bytes");
	r = input_read(&c, &a, argc - first, argv + first);
	if (r == OST_EXIT_OK) {
		body_make(&a, message, confirm_s, &body);
		gateway_wait(&c, wait_s);
		r = body.failed ? ost_cli_fail("out of memory") : ost_applied_post(&c, "/v1/policy", body.text, &words, !no_wait);
	}
	ost_jsonw_free(&body);
	apply_free(&a);
	return r;
}
