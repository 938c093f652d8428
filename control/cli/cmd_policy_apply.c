/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy apply: hands the files to ostiaryd, which checks and tests them, and tells what it found. Only when it cannot be asked
 * they are checked here, so that their faults are told all the same. */
#include <stdio.h>
#include <time.h>

#include "applied.h"
#include "candidate.h"
#include "client.h"
#include "clock.h"
#include "options.h"
#include "policy_form.h"
#include "policy_input.h"
#include "text.h"

struct apply {
	struct ost_diag diag;
	struct ost_policy_names names;
	struct ost_policy_sources files;
	struct ost_candidate candidate;
};

static void apply_free(struct apply *a)
{
	ost_policy_sources_free(&a->files);
	ost_candidate_free(&a->candidate);
	ost_diag_free(&a->diag); /* borrows names of all */
	ost_policy_names_free(&a->names);
}

static int policy_faulty(void)
{
	return ost_cli_fail("not applied: the policy has errors; the policy in force stays in force");
}

/* The site file may be unreadable for this user: then only ostiaryd checks the ports. */
static int candidate_check(const struct ost_cli *cli, struct apply *a)
{
	struct ost_site_file *site = NULL;
	struct ost_diag site_diag = {0}, diag = {0};
	struct ost_candidate_input in = {.sources = a->files.sources, .count = a->files.count, .now_s = time(NULL)};
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
	return r < 0 ? policy_faulty() : OST_EXIT_OK;
}

/* Files name further ones: which, only reading them tells. */
static int further_read(const struct ost_cli *cli, int argc, char **argv, struct ost_policy **ret_policy, struct apply *a)
{
	struct ost_policy_names names = {0};
	struct ost_diag diag = {0};
	int r = ost_policy_load((const char *const *)argv, (uint32_t)argc, &diag, &names, ret_policy);

	if (r < 0)
		ost_cli_findings(cli, &diag);
	ost_diag_free(&diag);
	ost_policy_names_free(&names);
	return r < 0 ? policy_faulty() : ost_cli_sources_read(*ret_policy, &a->files);
}

static int input_read(const struct ost_cli *cli, int argc, char **argv, struct ost_policy **ret_policy, struct apply *a)
{
	int r = ost_policy_sources_read((const char *const *)argv, (uint32_t)argc, &a->diag, &a->names, &a->files);

	if (a->diag.count > 0 && (r < 0 || !cli->json))
		ost_cli_findings(cli, &a->diag);
	if (r < 0)
		return policy_faulty();
	return a->files.more ? further_read(cli, argc, argv, ret_policy, a) : OST_EXIT_OK;
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
	struct ost_policy *policy = NULL; /* whose names the sources may have */
	struct ost_cli_form form = {0};
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
	r = input_read(&c, argc - first, argv + first, &policy, &a);
	if (r == OST_EXIT_OK)
		r = ost_cli_form_make(&a.files, message, confirm_s, &form);
	if (r == OST_EXIT_OK) {
		gateway_wait(&c, wait_s);
		if (!gateway_there(&c))
			r = candidate_check(&c, &a);
	}
	if (r == OST_EXIT_OK)
		r = ost_applied_post_files(&c, "/v1/policy", &form.body, &words, !no_wait);
	ost_cli_form_free(&form);
	apply_free(&a);
	ost_policy_free(&policy);
	return r;
}
