/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy confirm and rollback: a generation on trial stays, or one that was comes again. */
#include <stdio.h>

#include "applied.h"
#include "jsonw.h"
#include "options.h"
#include "text.h"

/* An argument that may be missing: 0. */
static int generation_parse(const char *command, int count, char **argv, uint64_t *ret_number)
{
	*ret_number = 0;
	if (count > 1)
		return ost_cli_fail("%s: '%s' is too much", command, argv[1]);
	if (count == 1 && (ost_number_parse(argv[0], strlen(argv[0]), ret_number) < 0 || *ret_number == 0))
		return ost_cli_fail("%s: '%s' is no generation; 'ostiary policy history' lists them", command, argv[0]);
	return OST_EXIT_OK;
}

static int post(const struct ost_cli *cli, const char *path, struct ost_jsonw *body, const struct ost_applied_words *words,
	bool wait)
{
	int r = body->failed ? ost_cli_fail("out of memory") : ost_applied_post(cli, path, body->text, words, wait);

	ost_jsonw_free(body);
	return r;
}

int ost_cmd_policy_confirm(const struct ost_cli *cli, int argc, char **argv)
{
	static const struct ost_applied_words words = {"is confirmed and stays in force", "not confirmed"};
	struct ost_cli c = *cli;
	int first = ost_cli_option_json(&c, argc, argv);
	struct ost_jsonw body = {0};
	uint64_t number;

	if (first < 0 || generation_parse("policy confirm", argc - first, argv + first, &number) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	ost_jsonw_object(&body, NULL);
	if (number != 0)
		ost_jsonw_u64(&body, "generation", number);
	ost_jsonw_end(&body, '}');
	return post(&c, "/v1/policy/confirm", &body, &words, false);
}

int ost_cmd_policy_rollback(const struct ost_cli *cli, int argc, char **argv)
{
	static const struct ost_applied_words words = {"is in force", "not rolled back"};
	struct ost_cli c = *cli;
	const char *message = "", *confirm = NULL;
	bool no_wait = false;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "message", .value = &message},
		{.name = "confirm", .value = &confirm}, {.name = "no-wait", .flag = &no_wait}};
	int first = ost_cli_options("policy rollback", options, OST_ARRAY_SIZE(options), argc, argv);
	struct ost_jsonw body = {0};
	uint32_t confirm_s = 0;
	uint64_t number;

	if (first < 0 || generation_parse("policy rollback", argc - first, argv + first, &number) != OST_EXIT_OK ||
		ost_applied_seconds("policy rollback", confirm, &confirm_s) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	if (strlen(message) > 200)
		return ost_cli_fail("policy rollback: --message: write at most 200 bytes");
	ost_jsonw_object(&body, NULL);
	if (number != 0)
		ost_jsonw_u64(&body, "generation", number);
	if (confirm_s != 0)
		ost_jsonw_u64(&body, "confirm", confirm_s);
	ost_jsonw_string(&body, "message", message);
	ost_jsonw_end(&body, '}');
	return post(&c, "/v1/policy/rollback", &body, &words, !no_wait);
}
