/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy show: the policy in force, its files, and those before it. */
#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "options.h"
#include "show.h"
#include "table.h"

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

static void rules_print(const struct ost_cli *cli, const json_t *answer)
{
	static const char *const heads[] = {">flows opened", "role", "rule"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *list = json_object_get(answer, "rules"), *r;
	uint64_t total = ost_json_u64(answer, "total");
	size_t i;

	json_array_foreach(list, i, r) {
		char text[1024], n[OST_SHOW_TEXT];

		ost_table_cell(&t, ost_show_count(ost_json_u64(r, "flows_opened"), n));
		ost_table_cell(&t, ost_json_text(r, "role"));
		(void)snprintf(text, sizeof(text), "%.512s:%" PRIu64 ":%" PRIu64 ": %.400s", ost_json_text(r, "file"),
			ost_json_u64(r, "line"), ost_json_u64(r, "column"), ost_json_text(r, "text"));
		ost_table_cell(&t, text);
	}
	if (t.count == 0)
		(void)printf("the policy has no rules\n");
	else
		ost_table_print(&t, cli, 0);
	if (total > json_array_size(list))
		(void)printf("... and %" PRIu64 " further rules\n", total - json_array_size(list));
}

static void history(const struct ost_cli *cli, const json_t *h)
{
	static const char *const heads[] = {">generation", "state", "when", "by", ">devices", ">rules", "message"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *g;
	size_t i;

	json_array_foreach(json_object_get(h, "generations"), i, g) {
		char text[OST_SHOW_TEXT];
		const char *result = ost_json_text(g, "result");

		ost_table_cell(&t, ost_show_count(ost_json_u64(g, "generation"), text));
		ost_table_cell(&t, ost_json_u64(g, "generation") == ost_json_u64(h, "in_force") ? "in force" :
												  ost_json_text(g, "state"));
		ost_table_cell(&t, ost_show_time(ost_json_text(g, "time"), text));
		ost_table_cell(&t, ost_json_text(g, "by"));
		ost_table_cell(&t, ost_show_count(ost_json_u64(g, "devices"), text));
		ost_table_cell(&t, ost_show_count(ost_json_u64(g, "rules"), text));
		ost_table_cell(&t, *result != '\0' ? result : ost_json_text(g, "message"));
	}
	if (t.count == 0)
		(void)printf("no policy was applied yet: ostiary policy apply FILE\n");
	else
		ost_table_print(&t, cli, 0);
}

int ost_cmd_policy_show(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	bool sources = false, all = false, rules = false;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "sources", .flag = &sources},
		{.name = "history", .flag = &all}, {.name = "rules", .flag = &rules}};
	int r, first = ost_cli_options("policy show", options, OST_ARRAY_SIZE(options), argc, argv);
	json_t *json = NULL;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc || sources + all + rules > 1)
		return ost_cli_fail("policy show: takes --sources, --rules or --history, nothing else");
	r = ost_client_get(&c, all	 ? "/v1/policy/generations"
			       : rules	 ? "/v1/policy/rules?limit=10000"
			       : sources ? "/v1/policy?sources=1"
					 : "/v1/policy",
		&json);
	if (r != OST_EXIT_OK || json == NULL)
		return r;
	if (all)
		history(&c, json);
	else if (rules)
		rules_print(&c, json);
	else if (sources)
		sources_print(json);
	else
		summary(&c, json);
	json_decref(json);
	return OST_EXIT_OK;
}
