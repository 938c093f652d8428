/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy history: every generation, by whom, why, and what became of it. */
#include "history.h"

#include <inttypes.h>
#include <stdio.h>

#include "audits_print.h"
#include "options.h"
#include "show.h"
#include "table.h"
#include "text.h"

#define LIMIT_MOST 10000u

static void state_cell(struct ost_table *t, const json_t *history, const json_t *g)
{
	const json_t *trial = json_object_get(history, "confirmation");
	bool in_force = ost_json_u64(g, "generation") == ost_json_u64(history, "in_force");
	char text[96];

	if (in_force && json_is_object(trial))
		(void)snprintf(text, sizeof(text), "in force, unconfirmed, %" PRIu64 " s left", ost_json_u64(trial, "seconds_left"));
	else
		(void)snprintf(text, sizeof(text), "%s%s", in_force ? "in force" : ost_json_text(g, "state"),
			in_force || ost_json_true(g, "kept") || strcmp(ost_json_text(g, "state"), "refused") == 0 ? "" : ", files gone");
	ost_table_cell(t, text);
}

static void row(struct ost_table *t, const json_t *history, const json_t *g)
{
	const char *message = ost_json_text(g, "message"), *result = ost_json_text(g, "result");
	char text[600], n[OST_SHOW_TEXT];

	ost_table_cell(t, ost_show_count(ost_json_u64(g, "generation"), n));
	state_cell(t, history, g);
	ost_table_cell(t, ost_show_time(ost_json_text(g, "time"), n));
	(void)snprintf(text, sizeof(text), "%s (%" PRIu64 ")", ost_json_text(g, "by"), ost_json_u64(g, "uid"));
	ost_table_cell(t, text);
	ost_table_cell(t, ost_show_count(ost_json_u64(g, "devices"), n));
	ost_table_cell(t, ost_show_count(ost_json_u64(g, "roles"), n));
	ost_table_cell(t, ost_show_count(ost_json_u64(g, "rules"), n));
	(void)snprintf(text, sizeof(text), "%.12s", ost_json_text(g, "sources_sha256"));
	ost_table_cell(t, *text != '\0' ? text : "-");
	(void)snprintf(text, sizeof(text), *message != '\0' && *result != '\0' ? "%s (%s)" : "%s%s", message, result);
	ost_table_cell(t, text);
}

int ost_history_print(const struct ost_cli *cli, uint32_t limit)
{
	static const char *const heads[] = {
		">generation", "state", "when", "by", ">devices", ">roles", ">rules", "sha256", "message"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	json_t *h = NULL;
	const json_t *g;
	char path[64];
	size_t i;
	int r;

	(void)snprintf(path, sizeof(path), "/v1/policy/generations?limit=%u", limit);
	r = ost_client_get(cli, path, &h);
	if (r != OST_EXIT_OK || h == NULL)
		return r;
	json_array_foreach(json_object_get(h, "generations"), i, g)
		row(&t, h, g);
	if (t.count == 0)
		(void)printf("no policy was applied yet: ostiary policy apply FILE\n");
	else
		ost_table_print(&t, cli, 0);
	ost_audits_print(cli, h, "", 0);
	json_decref(h);
	return OST_EXIT_OK;
}

int ost_cmd_policy_history(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	const char *limit = "100";
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "limit", .value = &limit}};
	int first = ost_cli_options("policy history", options, OST_ARRAY_SIZE(options), argc, argv);
	uint64_t n = 0;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("policy history: '%s' is too much; 'ostiary policy show --generation %s' shows one", argv[first],
			argv[first]);
	if (ost_number_parse(limit, strlen(limit), &n) < 0 || n == 0 || n > LIMIT_MOST)
		return ost_cli_fail("policy history: --limit: '%s' is no number from 1 to %u", limit, LIMIT_MOST);
	return ost_history_print(&c, (uint32_t)n);
}
