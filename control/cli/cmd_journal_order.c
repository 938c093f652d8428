/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary journal rotate | compromise | prune | accept-loss: what an operator orders of the journal; ostiaryd does it, and records by whom. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "client.h"
#include "clock.h"
#include "journal.h"
#include "options.h"
#include "text.h"

#define WAIT_S 120u
#define ASK_NS (50 * OST_NS_PER_MS)

/* Waits until the order has ended; the journal as it is then, which the caller frees. */
static int order_await(const struct ost_cli *cli, uint64_t order, json_t **ret_json)
{
	const struct timespec pause = {.tv_nsec = ASK_NS};
	const uint64_t until_ns = ost_clock_mono_ns() + WAIT_S * OST_NS_PER_S;
	struct ost_cli quiet = *cli;

	quiet.json = false; /* what is asked on the way is not printed */
	while (ost_clock_mono_ns() < until_ns) {
		json_t *json = NULL;
		int r = ost_client_get(&quiet, "/v1/journal", &json);

		if (r != OST_EXIT_OK)
			return r;
		if (ost_json_u64(json, "orders_done") >= order) {
			*ret_json = json;
			return OST_EXIT_OK;
		}
		json_decref(json);
		(void)nanosleep(&pause, NULL);
	}
	return ost_cli_fail("journal: the order is given, but has not ended after %u s; ostiary status tells what hinders the journal", WAIT_S);
}

static int ended_tell(const struct ost_cli *cli, const char *word, const json_t *json)
{
	const json_t *j = json_object_get(json, "journal");
	const char *error = ost_json_text(json, "order_error");

	if (error[0] != '\0')
		return ost_cli_fail("journal %s: %s; ostiary status tells the journal's state", word, error);
	if (cli->json) {
		char *text = json_dumps(json, 0);

		ost_cli_json_tell(text != NULL ? text : "{}");
		free(text);
	} else if (strcmp(word, "prune") == 0) {
		(void)printf("the journal holds records %" PRIu64 " to %" PRIu64 "\n", ost_json_u64(j, "minimum_index"), ost_json_u64(j, "size") - 1);
	} else {
		(void)printf("journal %s, signed by\n%s\n", ost_json_text(j, "origin"), ost_json_text(j, "vkey"));
		(void)printf("note this key where nobody on the gateway can change it\n");
	}
	return OST_EXIT_OK;
}

/* Takes over the body. */
static int order(const struct ost_cli *cli, const char *word, json_t *body)
{
	struct ost_cli quiet = *cli;
	char path[64];
	json_t *given = NULL, *json = NULL;
	uint64_t number;
	int r;

	quiet.json = false;
	(void)snprintf(path, sizeof(path), "/v1/journal/%s", word);
	r = ost_client_post(&quiet, path, body, &given);
	json_decref(body);
	if (r != OST_EXIT_OK)
		return r;
	number = ost_json_u64(given, "order");
	json_decref(given);
	r = order_await(cli, number, &json);
	if (r == OST_EXIT_OK)
		r = ended_tell(cli, word, json);
	json_decref(json);
	return r;
}

static int with_reason(const struct ost_cli *cli, int argc, char **argv, const char *word, bool size_wanted)
{
	struct ost_cli c = *cli;
	const char *reason = NULL, *size = NULL;
	const struct ost_cli_option options[] = {
		{.name = "json", .flag = &c.json}, {.name = "reason", .value = &reason}, {.name = "trusted-size", .value = &size}};
	char name[32];
	uint64_t trusted = 0;
	json_t *body;
	int first;

	(void)snprintf(name, sizeof(name), "journal %s", word);
	first = ost_cli_options(name, options, OST_ARRAY_SIZE(options) - (size_wanted ? 0 : 1), argc, argv);
	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("%s: '%s' is too much; put a reason of several words in quotes", name, argv[first]);
	if (reason == NULL || reason[0] == '\0')
		return ost_cli_fail("%s: --reason TEXT is missing: it goes into the journal, with your name", name);
	if (size_wanted && (size == NULL || ost_number_parse(size, strlen(size), &trusted) < 0))
		return ost_cli_fail("%s: --trusted-size N is missing: the size of the last checkpoint that left this machine before the key was taken", name);
	body = size_wanted ? json_pack("{s:s, s:I}", "reason", reason, "trusted_size", (json_int_t)trusted) : json_pack("{s:s}", "reason", reason);
	return body != NULL ? order(&c, word, body) : ost_cli_fail("%s: --reason must be UTF-8 text", name);
}

int ost_cmd_journal_rotate(const struct ost_cli *cli, int argc, char **argv)
{
	return with_reason(cli, argc, argv, "rotate", false);
}

int ost_cmd_journal_compromise(const struct ost_cli *cli, int argc, char **argv)
{
	return with_reason(cli, argc, argv, "compromise", true);
}

int ost_cmd_journal_accept_loss(const struct ost_cli *cli, int argc, char **argv)
{
	return with_reason(cli, argc, argv, "accept-loss", false);
}

int ost_cmd_journal_prune(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	const char *before = NULL, *days = NULL;
	const struct ost_cli_option options[] = {
		{.name = "json", .flag = &c.json}, {.name = "before", .value = &before}, {.name = "days", .value = &days}};
	int first = ost_cli_options("journal prune", options, OST_ARRAY_SIZE(options), argc, argv);
	const char *text = before != NULL ? before : days;
	uint64_t number = 0;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc || (before == NULL) == (days == NULL) || ost_number_parse(text, strlen(text), &number) < 0)
		return ost_cli_fail("journal prune: say --days N, what is older goes, or --before SEQ");
	return order(&c, "prune", json_pack("{s:I}", before != NULL ? "before" : "days", (json_int_t)number));
}
