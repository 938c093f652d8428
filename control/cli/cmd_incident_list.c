/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary incident list: what is going on, the most urgent first. */
#include <stdio.h>

#include "incident_list.h"
#include "options.h"
#include "text.h"

struct asked {
	const char *state, *device, *cause, *since, *limit;
};

static int path_add(char *path, size_t size, const char *key, const char *value)
{
	const size_t n = strlen(path);
	char head[32];

	if (value == NULL)
		return 0;
	(void)snprintf(head, sizeof(head), "%s%s=", strchr(path, '?') != NULL ? "&" : "?", key);
	return ost_http_path(head, value, path + n, size - n);
}

static int path_make(const struct asked *a, const char *limit, char *path, size_t size)
{
	char since[OST_SHOW_TEXT], why[256];
	int64_t since_s = 0;

	if (strcmp(a->state, "open") != 0 && strcmp(a->state, "closed") != 0 && strcmp(a->state, "all") != 0)
		return ost_cli_fail("incident list: --state: '%.40s' is none; write open, closed or all", a->state);
	if (a->since != NULL && ost_moment_parse(a->since, time(NULL), &since_s, why) < 0)
		return ost_cli_fail("incident list: --since: %s", why);
	(void)snprintf(path, size, "/v1/incidents");
	if (path_add(path, size, "state", a->state) < 0 || path_add(path, size, "device", a->device) < 0 || path_add(path, size, "cause", a->cause) < 0 ||
		path_add(path, size, "since", a->since != NULL ? ost_moment_utc(since_s, since) : NULL) < 0 || path_add(path, size, "limit", limit) < 0)
		return ost_cli_fail("incident list: --device or --cause is too long");
	return OST_EXIT_OK;
}

static void list_print(const struct ost_cli *cli, const struct asked *a, json_t *answer, uint64_t limit)
{
	const time_t now = time(NULL);
	json_t *incidents = json_object_get(answer, "incidents");

	ost_incident_sort(incidents, now);
	ost_incident_headline(cli, answer, 0, now);
	ost_incident_table(cli, answer, strcmp(a->state, "open") != 0, (size_t)limit, now);
	if (json_array_size(incidents) == 0)
		ost_show_line(cli, 0, 2, strcmp(a->state, "open") == 0 && a->device == NULL && a->cause == NULL && a->since == NULL ? "Former ones: ostiary incident list --state all" : "None is like that.");
	else
		ost_show_line(cli, 0, 2, "All about one: ostiary incident show %.*s",
			(int)ost_incident_id_length(incidents), ost_json_text(json_array_get(incidents, 0), "id"));
}

int ost_cmd_incident_list(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	struct asked a = {.state = "open"};
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "state", .value = &a.state}, {.name = "device", .value = &a.device},
		{.name = "cause", .value = &a.cause}, {.name = "since", .value = &a.since}, {.name = "limit", .value = &a.limit}};
	int r, first = ost_cli_options("incident list", options, OST_ARRAY_SIZE(options), argc, argv);
	char path[1024], all[16];
	json_t *answer = NULL;
	uint64_t limit = 0;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("incident list: '%.80s' is too much; 'ostiary incident show %.80s' shows one", argv[first], argv[first]);
	if (a.limit != NULL && (ost_number_parse(a.limit, strlen(a.limit), &limit) < 0 || limit == 0 || limit > OST_INCIDENT_LIST_MAX))
		return ost_cli_fail("incident list: --limit: '%.40s' is no number from 1 to %u", a.limit, OST_INCIDENT_LIST_MAX);
	/* The most urgent one may have changed longest ago: people's limit counts after sorting. */
	(void)snprintf(all, sizeof(all), "%u", OST_INCIDENT_LIST_MAX);
	if (path_make(&a, c.json && a.limit != NULL ? a.limit : all, path, sizeof(path)) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	r = ost_incident_get(&c, path, &answer);
	if (r == OST_EXIT_OK && answer != NULL)
		list_print(&c, &a, answer, limit);
	json_decref(answer);
	return r;
}
