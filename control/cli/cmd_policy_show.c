/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy show: the policy in force, its files, and those before it. */
#include <inttypes.h>
#include <stdio.h>

#include "audits_print.h"
#include "exceptions_print.h"
#include "history.h"
#include "options.h"
#include "show.h"
#include "table.h"
#include "text.h"

static void sources_print(const json_t *p)
{
	const json_t *source;
	size_t i;

	json_array_foreach(json_object_get(p, "sources"), i, source) {
		const char *text = ost_json_text(source, "text");
		size_t n = strlen(text);

		(void)printf("# %s\n%s%s", ost_json_text(source, "name"), text, n > 0 && text[n - 1] == '\n' ? "" : "\n");
	}
}

static void trial(const struct ost_cli *cli, const json_t *t)
{
	if (json_is_object(t))
		ost_show_line(cli, 0, 9, "trial    %sgoes back to generation %" PRIu64 " in %" PRIu64 " s%s unless it is confirmed: ostiary policy confirm",
			ost_show_colour(cli, OST_COLOUR_WARN), ost_json_u64(t, "former"), ost_json_u64(t, "seconds_left"),
			ost_show_plain(cli));
}

static void summary(const struct ost_cli *cli, const json_t *p)
{
	char at[OST_SHOW_TEXT], ago[OST_SHOW_TEXT], n[OST_SHOW_TEXT], devices[OST_SHOW_TEXT],
		roles[OST_SHOW_TEXT];
	char rules[OST_SHOW_TEXT], tests[OST_SHOW_TEXT];
	const json_t *source;
	size_t i;

	ost_show_line(cli, 0, 9, "%sgeneration %" PRIu64 "%s %s", ost_show_colour(cli, OST_COLOUR_HEAD), ost_json_u64(p, "generation"),
		ost_show_plain(cli),
		ost_json_true(p, "in_dataplane") ? "in force" : "applied, but the data plane does not say that it enforces it");
	ost_show_line(cli, 0, 9, "applied  %s (%s) by %s", ost_show_time(ost_json_text(p, "time"), at),
		ost_show_ago(ost_json_text(p, "time"), ago), ost_json_text(p, "by"));
	trial(cli, json_object_get(p, "confirmation"));
	ost_audits_print(cli, p, "audit", 9);
	if (*ost_json_text(p, "message") != '\0')
		ost_show_line(cli, 0, 9, "message  %s", ost_json_text(p, "message"));
	ost_show_line(cli, 0, 9, "holds    %s, %s, %s, %s passed; image %s, crc %08" PRIx64,
		ost_show_things(ost_json_u64(p, "devices"), "device", devices),
		ost_show_things(ost_json_u64(p, "roles"), "role", roles),
		ost_show_things(ost_json_u64(p, "rules"), "rule", rules),
		ost_show_things(ost_json_u64(p, "tests"), "test", tests),
		ost_show_bytes(ost_json_u64(p, "image_bytes"), n), ost_json_u64(p, "crc"));
	ost_show_line(cli, 0, 9, "used     %s of %s opened a flow; --rules tells how many", ost_show_count(ost_json_u64(p, "rules_used"), n),
		ost_show_things(ost_json_u64(p, "rules"), "rule", rules));
	json_array_foreach(json_object_get(p, "sources"), i, source)
		(void)printf("%s%s\n", i == 0 ? "files    " : "         ", ost_json_text(source, "name"));
}

/* "3 h ago", or since when it never was. */
static void use_cell(struct ost_table *t, const json_t *r)
{
	char text[OST_SHOW_TEXT], cell[96];

	if (*ost_json_text(r, "last_hit") != '\0') {
		ost_table_cell(t, ost_show_ago(ost_json_text(r, "last_hit"), text));
		return;
	}
	(void)snprintf(cell, sizeof(cell), "never since %s", ost_show_time(ost_json_text(r, "since"), text));
	ost_table_cell(t, cell);
}

static void rules_print(const struct ost_cli *cli, const json_t *answer, bool unused)
{
	static const char *const heads[] = {">flows opened", "last used", "role", "rule"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *list = json_object_get(answer, "rules"), *r;
	uint64_t total = ost_json_u64(answer, "total");
	size_t i;

	json_array_foreach(list, i, r) {
		char text[1024], n[OST_SHOW_TEXT];

		ost_table_cell(&t, ost_show_count(ost_json_u64(r, "flows_total"), n));
		use_cell(&t, r);
		ost_table_cell(&t, ost_json_text(r, "role"));
		(void)snprintf(text, sizeof(text), "%.512s:%" PRIu64 ":%" PRIu64 ": %.400s", ost_json_text(r, "file"),
			ost_json_u64(r, "line"), ost_json_u64(r, "column"), ost_json_text(r, "text"));
		ost_table_cell(&t, text);
	}
	if (t.count == 0)
		(void)printf(unused ? "every rule has opened a flow\n" : "the policy has no rules\n");
	else
		ost_table_print(&t, cli, 0);
	if (total > json_array_size(list))
		(void)printf("... and %" PRIu64 " further rules\n", total - json_array_size(list));
}

/* The files of a generation that is stored. */
static int generation_print(const struct ost_cli *cli, const char *text)
{
	json_t *json = NULL;
	char path[96];
	uint64_t n;
	int r;

	if (ost_number_parse(text, strlen(text), &n) < 0 || n == 0)
		return ost_cli_fail("policy show: --generation: '%s' is no generation; 'ostiary policy history' lists them", text);
	(void)snprintf(path, sizeof(path), "/v1/policy/generations/%" PRIu64 "?sources=1", n);
	r = ost_client_get(cli, path, &json);
	if (r == OST_EXIT_OK && json != NULL)
		sources_print(json);
	json_decref(json);
	return r;
}

int ost_cmd_policy_show(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	bool sources = false, all = false, rules = false, unused = false, exceptions = false;
	const char *generation = NULL;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "sources", .flag = &sources},
		{.name = "history", .flag = &all}, {.name = "rules", .flag = &rules}, {.name = "unused", .flag = &unused},
		{.name = "exceptions", .flag = &exceptions}, {.name = "generation", .value = &generation}};
	int r, first = ost_cli_options("policy show", options, OST_ARRAY_SIZE(options), argc, argv);
	json_t *json = NULL;

	if (first < 0)
		return OST_EXIT_INPUT;
	rules = rules || unused;
	if (first != argc || sources + all + rules + exceptions + (generation != NULL) > 1)
		return ost_cli_fail("policy show: takes --sources, --generation N, --rules, --unused, --exceptions or --history, nothing else");
	if (generation != NULL)
		return generation_print(&c, generation);
	if (all)
		return ost_history_print(&c, 1000);
	r = ost_client_get(&c, exceptions ? "/v1/policy/exceptions?limit=10000"
			       : unused	 ? "/v1/policy/rules?limit=10000&unused=1"
			       : rules	 ? "/v1/policy/rules?limit=10000"
			       : sources ? "/v1/policy?sources=1"
					 : "/v1/policy",
		&json);
	if (r != OST_EXIT_OK || json == NULL)
		return r;
	if (exceptions)
		ost_exceptions_print(&c, json);
	else if (rules)
		rules_print(&c, json, unused);
	else if (sources)
		sources_print(json);
	else
		summary(&c, json);
	json_decref(json);
	return OST_EXIT_OK;
}
