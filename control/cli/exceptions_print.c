/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exceptions_print.h"

#include <inttypes.h>
#include <stdio.h>

#include "show.h"
#include "table.h"

#define SOON_S 86400u

static void state_cell(struct ost_table *t, const json_t *e)
{
	const char *state = ost_json_text(e, "state");
	uint64_t left = ost_json_u64(e, "seconds_left");
	char text[OST_SHOW_TEXT], cell[96];

	if (strcmp(state, "in-force") != 0) {
		ost_table_cell(t, strcmp(state, "to-come") == 0 ? "to come" : "over");
		return;
	}
	(void)snprintf(cell, sizeof(cell), "%s, %s left", left <= SOON_S ? "ends soon" : "in force", ost_show_duration(left, text));
	ost_table_cell(t, cell);
}

/* For whom: one of three. */
static void whom_cell(struct ost_table *t, const json_t *e)
{
	const json_t *tag;
	char cell[512];
	size_t i, used;

	used = (size_t)snprintf(cell, sizeof(cell), "%s%s%s", ost_json_text(e, "device"), *ost_json_text(e, "role") != '\0' ? "role " : "",
		ost_json_text(e, "role"));
	json_array_foreach(json_object_get(e, "tags"), i, tag) {
		if (used < sizeof(cell))
			used += (size_t)snprintf(cell + used, sizeof(cell) - used, "%s%s", i == 0 ? "tag " : ", ", json_string_value(tag));
	}
	ost_table_cell(t, cell);
}

static void by_cell(struct ost_table *t, const json_t *e)
{
	uint64_t generation = ost_json_u64(e, "brought_by_generation");
	char cell[128] = "-";

	if (generation != 0)
		(void)snprintf(cell, sizeof(cell), "%s, generation %" PRIu64, *ost_json_text(e, "by") != '\0' ? ost_json_text(e, "by") : "?",
			generation);
	ost_table_cell(t, cell);
}

static void row(struct ost_table *t, const json_t *e)
{
	char text[OST_SHOW_TEXT], rule[1024];
	const char *since = ost_json_text(e, "since");

	state_cell(t, e);
	whom_cell(t, e);
	ost_table_cell(t, *since != '\0' ? ost_show_time(since, text) : "-");
	ost_table_cell(t, ost_show_time(ost_json_text(e, "until"), text));
	by_cell(t, e);
	(void)snprintf(rule, sizeof(rule), "%.500s: %.400s", ost_json_text(e, "rule"), ost_json_text(e, "reason"));
	ost_table_cell(t, rule);
}

void ost_exceptions_print(const struct ost_cli *cli, const json_t *answer)
{
	static const char *const heads[] = {"state", "for", "since", "until", "by", "rule and reason"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *list = json_object_get(answer, "exceptions"), *e;
	uint64_t total = ost_json_u64(answer, "total");
	size_t i;

	json_array_foreach(list, i, e)
		row(&t, e);
	if (t.count == 0) {
		(void)printf("generation %" PRIu64 " has no exceptions\n", ost_json_u64(answer, "generation"));
		return;
	}
	(void)printf("generation %" PRIu64 ": %" PRIu64 " in force, %" PRIu64 " to come, %" PRIu64 " over\n", ost_json_u64(answer, "generation"),
		ost_json_u64(answer, "in_force"), ost_json_u64(answer, "to_come"), ost_json_u64(answer, "over"));
	ost_table_print(&t, cli, 0);
	if (total > json_array_size(list))
		(void)printf("... and %" PRIu64 " further exceptions\n", total - json_array_size(list));
}
