/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "incident_list.h"

#include <inttypes.h>
#include <stdio.h>

#include "table.h"

#define WHO_COLUMNS   28u
#define TITLE_COLUMNS 36u
#define CELL_SIZE     256u

/* ---- the order ---- */

struct place {
	json_t *incident;
	bool urgent, has_due;
	unsigned rank;
	int64_t due_s;
	const char *last_seen; /* RFC 3339 in UTC: compared as text */
};

static struct place place_of(json_t *incident, time_t now)
{
	const json_t *due = json_object_get(incident, "due");
	struct place p = {.incident = incident, .rank = ost_incident_rank(ost_json_text(incident, "severity")), .due_s = ost_json_time_s(due, "due"), .last_seen = ost_json_text(incident, "last_seen")};

	p.has_due = p.due_s != 0;
	p.urgent = p.has_due && !ost_json_true(due, "shadow") && p.due_s < now + OST_INCIDENT_URGENT_S;
	return p;
}

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->urgent != y->urgent)
		return x->urgent ? -1 : 1;
	if (x->urgent && x->due_s != y->due_s)
		return x->due_s < y->due_s ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	if (x->has_due != y->has_due)
		return x->has_due ? -1 : 1;
	if (x->due_s != y->due_s)
		return x->due_s < y->due_s ? -1 : 1;
	return strcmp(y->last_seen, x->last_seen);
}

void ost_incident_sort(json_t *incidents, time_t now)
{
	const size_t count = json_array_size(incidents);
	struct place *places OST_AUTO_FREE = calloc(count + 1, sizeof(*places));

	if (places == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		places[i] = place_of(json_incref(json_array_get(incidents, i)), now);
	qsort(places, count, sizeof(*places), compare);
	for (size_t i = 0; i < count; i++)
		(void)json_array_set_new(incidents, i, places[i].incident);
}

/* ---- the first line ---- */

static bool is_open(const json_t *incident)
{
	return strcmp(ost_json_text(incident, "state"), "closed") != 0;
}

/* "1 critical, 2 low; 2 wait for a decision" */
static void counts_text(const json_t *incidents, char *buf, size_t size)
{
	static const char *const names[] = {"critical", "high", "medium", "low"};
	uint64_t counts[5] = {0}, undecided = 0;
	const json_t *incident;
	size_t i, n = 0;

	json_array_foreach(incidents, i, incident) {
		if (is_open(incident))
			counts[ost_incident_rank(ost_json_text(incident, "severity"))]++;
		undecided += json_array_size(json_object_get(incident, "undecided")) > 0;
	}
	buf[0] = '\0';
	for (i = 0; i < OST_ARRAY_SIZE(names) && n < size; i++) {
		if (counts[4 - i] > 0)
			n += (size_t)snprintf(buf + n, size - n, "%s%" PRIu64 " %s", n > 0 ? ", " : ": ", counts[4 - i], names[i]);
	}
	if (undecided > 0 && n < size)
		(void)snprintf(buf + n, size - n, "; %" PRIu64 " wait%s for a decision", undecided, undecided == 1 ? "s" : "");
}

/* The next clock: of a person before a shadow one. */
static const json_t *next_due(const json_t *incidents)
{
	const json_t *incident, *next = NULL;
	int64_t next_s = 0;
	bool next_shadow = true;
	size_t i;

	json_array_foreach(incidents, i, incident) {
		const json_t *due = json_object_get(incident, "due");
		int64_t s = ost_json_time_s(due, "due");
		bool shadow = ost_json_true(due, "shadow");

		if (s == 0 || (next != NULL && (shadow != next_shadow ? shadow : s >= next_s)))
			continue;
		next = incident;
		next_s = s;
		next_shadow = shadow;
	}
	return next;
}

#define line_below(cli, column, ...) ((void)printf("%*s", (int)(column), ""), ost_show_line(cli, column, (column) + 2, __VA_ARGS__))

static void next_tell(const struct ost_cli *cli, const json_t *answer, unsigned column, time_t now)
{
	const json_t *next = next_due(json_object_get(answer, "incidents"));
	const json_t *due = json_object_get(next, "due");
	const unsigned length = ost_incident_id_length(json_object_get(answer, "incidents"));
	char stage[OST_SHOW_TEXT], left[OST_SHOW_TEXT], when[OST_SHOW_TEXT];
	bool late = ost_json_true(due, "late");

	if (next == NULL) {
		line_below(cli, column, "Nothing is due.");
		return;
	}
	line_below(cli, column, "%sNext%s: %s %s of %.*s is %s%s%s%s, %s%s.", ost_show_colour(cli, OST_COLOUR_HEAD), ost_show_plain(cli),
		ost_json_text(due, "regime"), ost_incident_typed(ost_json_text(due, "stage"), stage), (int)length, ost_json_text(next, "id"),
		ost_show_colour(cli, late ? OST_COLOUR_BAD : OST_COLOUR_WARN), ost_json_time_s(due, "due") >= now ? "due " : "",
		ost_moment_left(ost_json_text(due, "due"), now, left),
		ost_show_plain(cli), ost_moment_text(ost_json_text(due, "due"), when),
		ost_json_true(due, "shadow") ? ", if you were aware at the detection (shadow clock: nobody has decided)" : "");
}

void ost_incident_headline(const struct ost_cli *cli, const json_t *answer, unsigned column, time_t now)
{
	const json_t *incidents = json_object_get(answer, "incidents");
	const uint64_t open = ost_json_u64(answer, "open");
	char counts[256], n[OST_SHOW_TEXT];

	counts_text(incidents, counts, sizeof(counts));
	ost_show_line(cli, column, column, "%s%s open%s%s", ost_show_colour(cli, open > 0 ? OST_COLOUR_HEAD : OST_COLOUR_GOOD), ost_show_count(open, n),
		ost_show_plain(cli), counts);
	next_tell(cli, answer, column, now);
	if (ost_json_true(answer, "restoring"))
		line_below(cli, column, "%sostiaryd has just started and still reads the journal: this is not all%s", ost_show_colour(cli, OST_COLOUR_WARN),
			ost_show_plain(cli));
	if (ost_json_u64(answer, "overflowed") > 0)
		line_below(cli, column, "%s%s had no room for an incident of their own: see the one called overflow%s",
			ost_show_colour(cli, OST_COLOUR_WARN), ost_show_things(ost_json_u64(answer, "overflowed"), "event", n), ost_show_plain(cli));
}

/* ---- the table ---- */

static void coloured(struct ost_table *t, const struct ost_cli *cli, enum ost_colour colour, const char *text)
{
	char cell[CELL_SIZE];

	(void)snprintf(cell, sizeof(cell), "%s%.200s%s", colour == OST_COLOUR_PLAIN ? "" : ost_show_colour(cli, colour), text,
		colour == OST_COLOUR_PLAIN ? "" : ost_show_plain(cli));
	ost_table_cell(t, *text != '\0' ? cell : "");
}

static void state_cell(struct ost_table *t, const json_t *i)
{
	const char *verdict = ost_json_text(i, "verdict");
	char cell[CELL_SIZE];

	(void)snprintf(cell, sizeof(cell), "%.20s%s%.40s", ost_json_text(i, "state"), *verdict != '\0' ? ", " : "", verdict);
	ost_table_cell(t, cell);
}

static void did_cell(struct ost_table *t, const struct ost_cli *cli, const json_t *i)
{
	bool succeeded = strcmp(ost_json_text(i, "succeeded"), "yes") == 0;
	char cell[CELL_SIZE];

	(void)snprintf(cell, sizeof(cell), "%.40s%s", ost_incident_did(ost_json_text(i, "action")), succeeded ? "; IT SUCCEEDED" : "");
	coloured(t, cli, succeeded ? OST_COLOUR_BAD : OST_COLOUR_PLAIN, cell);
}

static enum ost_colour due_colour(const json_t *due, time_t now)
{
	if (ost_json_true(due, "shadow"))
		return OST_COLOUR_PLAIN;
	return ost_json_true(due, "late") ? OST_COLOUR_BAD : ost_json_time_s(due, "due") < now + OST_INCIDENT_URGENT_S ? OST_COLOUR_WARN
														       : OST_COLOUR_PLAIN;
}

static void row(struct ost_table *t, const struct ost_cli *cli, const json_t *i, unsigned id_length, bool closed, time_t now)
{
	const json_t *due = json_object_get(i, "due");
	const char *severity = ost_json_text(i, "severity");
	char cell[CELL_SIZE], text[OST_SHOW_TEXT], due_text[OST_INCIDENT_DUE];

	(void)snprintf(cell, sizeof(cell), "%.*s", (int)id_length, ost_json_text(i, "id"));
	ost_table_cell(t, cell);
	coloured(t, cli, ost_incident_colour(severity), severity);
	if (closed)
		state_cell(t, i);
	ost_table_cell(t, ost_incident_cut(ost_json_text(i, "title"), TITLE_COLUMNS, cell, sizeof(cell)));
	ost_table_cell(t, ost_incident_cut(ost_incident_who(i), WHO_COLUMNS, cell, sizeof(cell)));
	ost_table_cell(t, ost_moment_ago(ost_json_text(i, "first_seen"), now, text));
	ost_table_cell(t, ost_moment_ago(ost_json_text(i, "last_seen"), now, text));
	ost_table_cell(t, ost_show_count(ost_json_u64(i, "count"), text));
	did_cell(t, cli, i);
	coloured(t, cli, due_colour(due, now), ost_incident_due(due, now, due_text));
}

void ost_incident_table(const struct ost_cli *cli, const json_t *answer, bool closed, size_t most, time_t now)
{
	static const char *const with[] = {"incident", "severity", "state", "what", "who", "began", "last", ">events", "gateway", "due"};
	static const char *const without[] = {"incident", "severity", "what", "who", "began", "last", ">events", "gateway", "due"};
	const json_t *incidents = json_object_get(answer, "incidents"), *incident;
	struct ost_table t = {.heads = closed ? with : without, .columns = closed ? OST_ARRAY_SIZE(with) : OST_ARRAY_SIZE(without)};
	const unsigned id_length = ost_incident_id_length(incidents);
	const size_t count = json_array_size(incidents), shown = most == 0 ? count : OST_MIN(most, count);
	bool shadow = false;
	size_t i;

	if (count == 0)
		return;
	json_array_foreach(incidents, i, incident) {
		if (i >= shown)
			break;
		shadow |= ost_json_true(json_object_get(incident, "due"), "shadow");
		row(&t, cli, incident, id_length, closed, now);
	}
	(void)putchar('\n');
	ost_table_print(&t, cli, 0);
	if (shown < count)
		ost_show_line(cli, 0, 2, "... and %zu more", count - shown);
	if (shadow)
		ost_show_line(cli, 0, 2, "%s? shadow clock: nobody has decided; as if you had been aware at the detection%s", ost_show_colour(cli, OST_COLOUR_DIM),
			ost_show_plain(cli));
}
