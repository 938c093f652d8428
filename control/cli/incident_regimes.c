/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the regimes say of an incident: the machine's proposal with what speaks for and against it and what nobody knows, what persons
 * decided, what is due. */
#include <inttypes.h>
#include <stdio.h>

#include "fact_words.h"
#include "incident_page.h"
#include "table.h"

#define MISSING_MAX 36u

/* ---- the proposal ---- */

/* The decision that counts. */
static const json_t *decision_of(const json_t *incident, const char *regime)
{
	const json_t *d, *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(incident, "decisions"), i, d) {
		if (strcmp(ost_json_text(d, "regime"), regime) == 0 && strcmp(ost_json_text(d, "kind"), "significance") == 0 && !ost_json_true(d, "corrected"))
			found = d;
	}
	return found;
}

static const char *proposal_words(const char *result)
{
	return strcmp(result, "propose") == 0 ? "the machine proposes: significant" : strcmp(result, "review") == 0 ? "the machine asks for a review"
														    : "the machine does not propose it";
}

static void decided_tell(const struct ost_cli *cli, const json_t *d, bool asked)
{
	char when[OST_SHOW_TEXT], aware[OST_SHOW_TEXT] = "";
	bool significant = ost_json_true(d, "significant");

	if (d == NULL) {
		ost_incident_line(cli, "  decided", "%s%s%s", asked ? ost_show_colour(cli, OST_COLOUR_WARN) : "", asked ? "by nobody yet: a person has to" : "by nobody",
			asked ? ost_show_plain(cli) : "");
		return;
	}
	if (*ost_json_text(d, "moment") != '\0')
		(void)ost_moment_text(ost_json_text(d, "moment"), aware);
	ost_incident_line(cli, "  decided", "%s%s%s by %s, %s%s%s: %s",
		ost_show_colour(cli, significant ? OST_COLOUR_BAD : OST_COLOUR_GOOD), significant ? "significant" : "not significant", ost_show_plain(cli),
		ost_json_text(d, "by"), ost_moment_text(ost_json_text(d, "at"), when), *aware != '\0' ? "; aware since " : "", aware,
		*ost_json_text(d, "reason") != '\0' ? ost_json_text(d, "reason") : "-");
}

static void value_text(const json_t *value, char *buf, size_t size)
{
	if (json_is_string(value))
		(void)snprintf(buf, size, "%.60s", json_string_value(value));
	else
		(void)snprintf(buf, size, "%lld", (long long)json_integer_value(value));
}

/* "succeeded no (measured), essential unknown" */
static void inputs_text(const json_t *rule, char *buf, size_t size)
{
	const json_t *input;
	size_t i, n = 0;

	buf[0] = '\0';
	json_array_foreach(json_object_get(rule, "inputs"), i, input) {
		const char *origin = ost_json_text(input, "origin");
		char value[64];

		value_text(json_object_get(input, "value"), value, sizeof(value));
		if (n < size)
			n += (size_t)snprintf(buf + n, size - n, "%s%.40s %s%s%.20s%s", i > 0 ? ", " : "", ost_json_text(input, "name"), value, *origin != '\0' ? " (" : "",
				origin, *origin != '\0' ? ")" : "");
	}
}

static void rule_tell(const struct ost_cli *cli, const char *name, const json_t *rule)
{
	const char *says = ost_json_text(rule, "says"), *suppressed = ost_json_text(rule, "suppressed_by");
	char inputs[1024];

	inputs_text(rule, inputs, sizeof(inputs));
	ost_incident_line(cli, name, "%s%s%s: %s [%s]%s%s%s (%s)", ost_json_text(rule, "rule"), *says != '\0' ? " " : "", says, ost_json_text(rule, "comparison"), inputs,
		ost_json_true(rule, "blocked_at_the_gate") ? "; refused at the gate" : "", *suppressed != '\0' ? "; taken back by " : "", suppressed,
		ost_json_text(rule, "basis"));
}

/* Those with this condition; name stands before the first one. */
static void rules_tell(const struct ost_cli *cli, const json_t *rules, const char *condition, const char *name)
{
	const json_t *rule;
	bool first = true;
	size_t i;

	json_array_foreach(rules, i, rule) {
		if (strcmp(ost_json_text(rule, "condition"), condition) != 0 || *ost_json_text(rule, "not_for") != '\0')
			continue;
		rule_tell(cli, first ? name : "", rule);
		first = false;
	}
}

/* Each once, though several rules miss it. */
static void missing_tell(const struct ost_cli *cli, const json_t *rules)
{
	const char *told[MISSING_MAX];
	const json_t *rule, *fact;
	size_t i, k, count = 0;

	json_array_foreach(rules, i, rule) {
		if (strcmp(ost_json_text(rule, "condition"), "unknown") != 0 || *ost_json_text(rule, "not_for") != '\0')
			continue;
		json_array_foreach(json_object_get(rule, "missing"), k, fact) {
			const char *name = json_is_string(fact) ? json_string_value(fact) : "", *tell = ost_fact_tell(name);
			size_t n = 0;

			while (n < count && strcmp(told[n], name) != 0)
				n++;
			if (n < count || count == MISSING_MAX || *name == '\0')
				continue;
			told[count++] = name;
			ost_incident_line(cli, count == 1 ? "  not known" : "", "%s%s%s", ost_fact_words(name), *tell != '\0' ? ": " : "", tell);
		}
	}
}

/* ---- what is due ---- */

static void due_cells(struct ost_table *t, const struct ost_cli *cli, const json_t *d, time_t now)
{
	const char *state = ost_json_text(d, "state"), *why = ost_json_text(d, "why"), *due = ost_json_text(d, "due");
	bool running = strcmp(state, "running") == 0, late = ost_json_true(d, "late"), shadow = ost_json_true(d, "shadow");
	char stage[OST_SHOW_TEXT], left[OST_SHOW_TEXT], when[OST_SHOW_TEXT], cell[256];

	ost_table_cell(t, ost_incident_typed(ost_json_text(d, "stage"), stage));
	if (running && *due != '\0') {
		const char *colour = shadow ? "" : ost_show_colour(cli, late ? OST_COLOUR_BAD : OST_COLOUR_WARN);

		(void)snprintf(cell, sizeof(cell), "%s%s%s", colour, ost_moment_left(due, now, left), *colour != '\0' ? ost_show_plain(cli) : "");
		ost_table_cell(t, cell);
	} else {
		ost_table_cell(t, strcmp(state, "undefined") == 0 ? "no date" : strcmp(state, "submitted") == 0 ? "submitted"
									: strcmp(state, "none") == 0		? "not due"
														: "without delay");
	}
	ost_table_cell(t, *due != '\0' ? ost_moment_text(due, when) : "");
	if (strcmp(state, "submitted") == 0)
		(void)snprintf(cell, sizeof(cell), "on %s%s", ost_moment_text(ost_json_text(d, "submitted"), when), late ? ", LATE" : "");
	else
		(void)snprintf(cell, sizeof(cell), "%.120s%s", why, shadow && strcmp(state, "none") != 0 ? *why != '\0' ? "; shadow clock" : "shadow clock" : "");
	ost_table_cell(t, cell);
}

static void dues_tell(const struct ost_cli *cli, const json_t *dues, time_t now)
{
	static const char *const heads[] = {"stage", "left", "due", "note"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *d;
	bool shadow = false;
	size_t i;

	json_array_foreach(dues, i, d) {
		if (strcmp(ost_json_text(d, "state"), "none") == 0)
			continue;
		shadow |= ost_json_true(d, "shadow");
		due_cells(&t, cli, d, now);
	}
	if (t.count == 0)
		return;
	ost_table_print(&t, cli, 2);
	if (shadow)
		ost_show_line(cli, 0, 4, "  %sshadow clock: as if you had been aware at the detection. No deadline of the law: by when to look.%s",
			ost_show_colour(cli, OST_COLOUR_DIM), ost_show_plain(cli));
}

/* ---- one regime ---- */

static void regime_tell(const struct ost_cli *cli, const json_t *incident, const json_t *r, time_t now)
{
	const json_t *rules = ost_incident_at(r, "assessment.rules"), *decision = decision_of(incident, ost_json_text(r, "regime"));
	const char *result = ost_json_text(r, "result");
	const bool asked = strcmp(result, "not_proposed") != 0;

	ost_show_line(cli, 0, 4, "%s%s%s (%s): %s%s%s", ost_show_colour(cli, OST_COLOUR_HEAD), ost_json_text(r, "title"), ost_show_plain(cli),
		ost_json_text(r, "regime"), asked ? ost_show_colour(cli, OST_COLOUR_WARN) : "", proposal_words(result), asked ? ost_show_plain(cli) : "");
	decided_tell(cli, decision, asked);
	rules_tell(cli, rules, "yes", "  for");
	rules_tell(cli, rules, "unknown", "  unsure");
	missing_tell(cli, rules);
	if (asked || decision != NULL)
		rules_tell(cli, rules, "no", "  against");
	dues_tell(cli, json_object_get(r, "deadlines"), now);
}

/* Those that propose nothing, and of which nobody said anything. */
static bool is_silent(const json_t *incident, const json_t *r)
{
	return strcmp(ost_json_text(r, "result"), "not_proposed") == 0 && decision_of(incident, ost_json_text(r, "regime")) == NULL;
}

void ost_incident_regimes(const struct ost_cli *cli, const json_t *incident, time_t now)
{
	const json_t *regimes = json_object_get(incident, "regimes"), *r;
	char silent[512] = "";
	size_t i, n = 0;

	if (json_array_size(regimes) == 0)
		return;
	ost_incident_heading(cli, "Who may have to be told");
	json_array_foreach(regimes, i, r) {
		if (!is_silent(incident, r))
			regime_tell(cli, incident, r, now);
		else if (n < sizeof(silent))
			n += (size_t)snprintf(silent + n, sizeof(silent) - n, "%s%.40s", n > 0 ? ", " : "", ost_json_text(r, "regime"));
	}
	if (silent[0] != '\0')
		ost_show_line(cli, 0, 2, "The machine proposes nothing under %s; why: --json", silent);
}

void ost_incident_dues(const struct ost_cli *cli, const json_t *incident, const char *regime, time_t now)
{
	const json_t *r;
	size_t i;

	json_array_foreach(json_object_get(incident, "regimes"), i, r) {
		if (strcmp(ost_json_text(r, "regime"), regime) == 0)
			dues_tell(cli, json_object_get(r, "deadlines"), now);
	}
}
