/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on record about an incident: evidence, related ones, decisions, history; and what to type next. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "incident_page.h"
#include "table.h"

#define HISTORY_SHOWN 15u /* and the first one */

static void evidence(const struct ost_cli *cli, const json_t *incident)
{
	static const char *const heads[] = {"kind", ">packets", ">bytes", "file", "sha256"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *e;
	size_t i;

	json_array_foreach(json_object_get(incident, "evidence"), i, e) {
		char n[OST_SHOW_TEXT];

		ost_table_cell(&t, ost_json_text(e, "kind"));
		ost_table_cell(&t, ost_show_count(ost_json_u64(e, "packets"), n));
		ost_table_cell(&t, ost_show_count(ost_json_u64(e, "bytes"), n));
		ost_table_cell(&t, ost_json_text(e, "path"));
		ost_table_cell(&t, ost_json_text(e, "sha256"));
	}
	if (t.count == 0)
		return;
	ost_incident_heading(cli, "Evidence");
	ost_table_print(&t, cli, 2);
}

static void related(const struct ost_cli *cli, const json_t *incident, time_t now)
{
	static const char *const heads[] = {"incident", "severity", "state", "what", "who", "began"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *list = json_object_get(incident, "related"), *r;
	const unsigned length = ost_incident_id_length(list);
	size_t i;

	json_array_foreach(list, i, r) {
		char cell[256], ago[OST_SHOW_TEXT];

		(void)snprintf(cell, sizeof(cell), "%.*s", (int)length, ost_json_text(r, "id"));
		ost_table_cell(&t, cell);
		ost_table_cell(&t, ost_json_text(r, "severity"));
		ost_table_cell(&t, ost_json_text(r, "state"));
		ost_table_cell(&t, ost_incident_cut(ost_json_text(r, "title"), 40, cell, sizeof(cell)));
		ost_table_cell(&t, ost_incident_cut(ost_incident_who(r), 28, cell, sizeof(cell)));
		ost_table_cell(&t, ost_moment_ago(ost_json_text(r, "first_seen"), now, ago));
	}
	if (t.count == 0)
		return;
	ost_incident_heading(cli, "Related");
	ost_table_print(&t, cli, 2);
}

/* ---- what persons said ---- */

/* What was said, without who and when: "nis2 not significant", "nis2 answer summary: ...". */
static char *said_text(const json_t *d)
{
	const char *kind = ost_json_text(d, "kind"), *of = ost_json_text(d, "of"), *stage = ost_json_text(d, "stage"), *value = ost_json_text(d, "value");
	char *text = NULL, when[OST_SHOW_TEXT], typed[OST_SHOW_TEXT];
	int n;

	(void)ost_moment_text(ost_json_text(d, "moment"), when);
	if (strcmp(kind, "significance") == 0)
		n = asprintf(&text, "%s%s%s", ost_json_true(d, "significant") ? "significant" : "not significant", when[0] != '-' ? "; aware since " : "",
			when[0] != '-' ? when : "");
	else if (strcmp(kind, "moment") == 0)
		n = asprintf(&text, "%s at %s", of, when);
	else if (strcmp(kind, "submission") == 0)
		n = asprintf(&text, "%s submitted at %s, reference %s%s%s", ost_incident_typed(*stage != '\0' ? stage : of, typed), when, *value != '\0' ? value : "-",
			*ost_json_text(d, "sha256") != '\0' ? ", SHA-256 " : "", ost_json_text(d, "sha256"));
	else
		n = asprintf(&text, "%s%s%s: %s", of, *stage != '\0' ? " of " : "", ost_incident_typed(stage, typed), value);
	return n < 0 ? NULL : text;
}

static void decisions(const struct ost_cli *cli, const json_t *incident)
{
	static const char *const heads[] = {">no.", "when", "who", "regime", "said"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *d;
	size_t i;

	json_array_foreach(json_object_get(incident, "decisions"), i, d) {
		const uint64_t corrects = ost_json_u64(d, "corrects");
		char text[OST_SHOW_TEXT], *said OST_AUTO_FREE = said_text(d), *cell OST_AUTO_FREE = NULL, note[64] = "";
		const char *reason = ost_json_text(d, "reason");

		if (corrects > 0)
			(void)snprintf(note, sizeof(note), " (corrects %" PRIu64 ")", corrects);
		if (said == NULL || asprintf(&cell, "%s%s%s%s%s", said, *reason != '\0' ? " - " : "", reason, note,
					    ost_json_true(d, "corrected") ? " (corrected later)" : "") < 0) {
			cell = NULL;
			break;
		}
		ost_table_cell(&t, ost_show_count(ost_json_u64(d, "number"), text));
		ost_table_cell(&t, ost_moment_text(ost_json_text(d, "at"), text));
		ost_table_cell(&t, ost_json_text(d, "by"));
		ost_table_cell(&t, ost_json_text(d, "regime"));
		ost_table_cell(&t, cell);
	}
	if (t.count == 0)
		return;
	ost_incident_heading(cli, "Decisions of persons");
	ost_table_print(&t, cli, 2);
}

static void notes(const struct ost_cli *cli, const json_t *incident)
{
	static const char *const heads[] = {"when", "who", "note"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *closed = json_object_get(incident, "closed_as"), *n;
	char when[OST_SHOW_TEXT];
	size_t i;

	json_array_foreach(json_object_get(incident, "notes"), i, n) {
		ost_table_cell(&t, ost_moment_text(ost_json_text(n, "at"), when));
		ost_table_cell(&t, ost_json_text(n, "by"));
		ost_table_cell(&t, ost_json_text(n, "text"));
	}
	if (t.count == 0 && !json_is_object(closed))
		return;
	ost_incident_heading(cli, "Notes");
	if (t.count > 0)
		ost_table_print(&t, cli, 2);
	if (json_is_object(closed))
		ost_show_line(cli, 0, 4, "  closed as %s%s%s by %s, %s: %s", ost_json_text(closed, "verdict"), *ost_json_text(closed, "duplicate_of") != '\0' ? " of " : "",
			ost_json_text(closed, "duplicate_of"), ost_json_text(closed, "by"), ost_moment_text(ost_json_text(closed, "at"), when),
			ost_json_text(closed, "reason"));
}

static void history(const struct ost_cli *cli, const json_t *incident)
{
	static const char *const heads[] = {">record", "when", "kind", ">events", "why"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *list = json_object_get(incident, "history"), *h;
	const size_t count = json_array_size(list);
	const uint64_t skipped = ost_json_u64(incident, "history_skipped") + (count > HISTORY_SHOWN + 1 ? count - HISTORY_SHOWN - 1 : 0);
	size_t i;

	json_array_foreach(list, i, h) {
		char text[OST_SHOW_TEXT];

		if (i + HISTORY_SHOWN < count && i > 0) /* the first one and the latest */
			continue;
		/* One that is not in the journal yet has no number. */
		(void)snprintf(text, sizeof(text), "%" PRIu64, ost_json_u64(h, "seq"));
		ost_table_cell(&t, json_is_integer(json_object_get(h, "seq")) ? text : "");
		ost_table_cell(&t, ost_moment_text(ost_json_text(h, "time"), text));
		ost_table_cell(&t, ost_json_text(h, "kind"));
		ost_table_cell(&t, json_object_get(h, "count") != NULL ? ost_show_count(ost_json_u64(h, "count"), text) : "");
		ost_table_cell(&t, ost_json_text(h, "why"));
	}
	if (t.count == 0)
		return;
	ost_incident_heading(cli, "History");
	ost_table_print(&t, cli, 2);
	if (skipped > 0)
		ost_show_line(cli, 0, 2, "  %" PRIu64 " between the first one and these are left out: the journal has all", skipped);
}

void ost_incident_past(const struct ost_cli *cli, const json_t *incident, time_t now)
{
	evidence(cli, incident);
	related(cli, incident, now);
	decisions(cli, incident);
	notes(cli, incident);
	history(cli, incident);
}

/* ---- what to type next ---- */

static void command(const struct ost_cli *cli, const char *what, const char *fmt, ...) OST_PRINTF(3, 4);
static void command(const struct ost_cli *cli, const char *what, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ost_show_line(cli, 0, 6, "  %s", text);
	ost_show_line(cli, 0, 6, "      %s%s%s", ost_show_colour(cli, OST_COLOUR_DIM), what, ost_show_plain(cli));
}

/* A name may be an attacker's: only one that no shell understands otherwise stands in a line to be copied. */
static bool is_word(const char *text)
{
	return *text != '\0' && *text != '-' && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-")] == '\0';
}

/* The stage that is to be reported next: running or without undue delay. */
static const char *stage_next(const json_t *regime)
{
	const json_t *d;
	size_t i;

	json_array_foreach(json_object_get(regime, "deadlines"), i, d) {
		const char *state = ost_json_text(d, "state");

		if (strcmp(state, "running") == 0 || strcmp(state, "without_undue_delay") == 0)
			return ost_json_text(d, "stage");
	}
	return "";
}

static bool is_undecided(const json_t *incident, const char *regime)
{
	const json_t *u;
	size_t i;

	json_array_foreach(json_object_get(incident, "undecided"), i, u) {
		if (json_is_string(u) && strcmp(json_string_value(u), regime) == 0)
			return true;
	}
	return false;
}

static void regime_next(const struct ost_cli *cli, const json_t *incident, const json_t *r, const char *id)
{
	const char *regime = ost_json_text(r, "regime"), *stage = stage_next(r);
	char typed[OST_SHOW_TEXT];

	if (!is_word(regime))
		return;
	if (is_undecided(incident, regime))
		command(cli, "say whether it is significant, and since when you are aware; nobody else can",
			"ostiary incident decide %s --regime %s --significant yes|no --aware-at TIME --reason TEXT", id, regime);
	if (!is_word(stage))
		return;
	(void)ost_incident_typed(stage, typed);
	command(cli, "the draft, and what is missing in it", "ostiary incident report %s --regime %s --stage %s", id, regime, typed);
	if (!is_undecided(incident, regime))
		command(cli, "when you have sent it: Ostiary sends nothing", "ostiary incident decide %s --regime %s --submitted %s --at TIME --reference REF --file FILE", id,
			regime, typed);
}

void ost_incident_next(const struct ost_cli *cli, const json_t *incident, const char *id)
{
	const char *device = ost_json_text(incident, "device"), *proof = ost_json_text(incident, "proof");
	const bool open = strcmp(ost_json_text(incident, "state"), "closed") != 0;
	const json_t *r;
	size_t i;

	ost_incident_heading(cli, "What to type next");
	if (is_word(device))
		command(cli, "its addresses, traffic and refusals", "ostiary device show %s", device);
	if (is_word(device) && open)
		command(cli, "nothing but infrastructure until it is released", "ostiary device quarantine %s --reason \"incident %s\"", device, id);
	json_array_foreach(json_object_get(incident, "regimes"), i, r)
		regime_next(cli, incident, r, id);
	command(cli, "a line for those who come after you", "ostiary incident note %s TEXT", id);
	if (*ost_json_text(incident, "verdict") == '\0')
		command(cli, "when it is over: what it was", "ostiary incident close %s --verdict true-positive|false-positive|benign|duplicate --reason TEXT", id);
	if (*proof != '\0')
		command(cli, "its newest record with a proof, for others", "%s", proof);
}
