/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary status: is it healthy; what is in force; what passes and what does not. */
#include <inttypes.h>
#include <stdio.h>

#include "audits_print.h"
#include "incident_list.h"
#include "options.h"
#include "show.h"
#include "table.h"

#define REASONS_SHOWN 8u

#define NAME_COLUMNS 12u

/* The name of a line; its text begins and goes on at NAME_COLUMNS. */
static void line(const struct ost_cli *cli, const char *name)
{
	(void)printf("%s%-*s%s", ost_show_colour(cli, OST_COLOUR_DIM), (int)NAME_COLUMNS, name, ost_show_plain(cli));
}

#define line_end(cli, ...) ost_show_line(cli, NAME_COLUMNS, NAME_COLUMNS, __VA_ARGS__)

static void health(const struct ost_cli *cli, const json_t *s)
{
	bool healthy = ost_json_true(s, "healthy");
	char up[OST_SHOW_TEXT];
	const json_t *trouble;
	size_t i;

	line(cli, "gateway");
	line_end(cli, "%s: %s%s%s, ostiaryd %s up %s", ost_json_text(s, "gateway"),
		ost_show_colour(cli, healthy ? OST_COLOUR_GOOD : OST_COLOUR_BAD),
		healthy ? "healthy" : "NOT HEALTHY", ost_show_plain(cli), ost_json_text(s, "version"),
		ost_show_duration(ost_json_u64(s, "uptime_s"), up));
	json_array_foreach(json_object_get(s, "trouble"), i, trouble) {
		line(cli, "  trouble");
		line_end(cli, "%s%s%s", ost_show_colour(cli, OST_COLOUR_BAD), json_string_value(trouble), ost_show_plain(cli));
	}
}

static void dataplane(const struct ost_cli *cli, const json_t *s)
{
	const json_t *d = json_object_get(s, "dataplane");
	char up[OST_SHOW_TEXT];
	uint64_t workers = ost_json_u64(d, "workers");

	line(cli, "data plane");
	if (!ost_json_true(d, "connected")) {
		line_end(cli, "not connected: %s", ost_json_text(d, "why"));
		return;
	}
	line_end(cli, "%s, up %s, %" PRIu64 " worker%s %.0f%% busy, %s",
		ost_json_true(d, "moving") ? "moving" : "not moving", ost_show_duration(ost_json_u64(d, "uptime_s"), up),
		workers, workers == 1 ? "" : "s", 100 * json_number_value(json_object_get(d, "busy")),
		ost_json_true(d, "hugepages") ? "hugepages" : "no hugepages");
}

static void authenticator(const struct ost_cli *cli, const json_t *s)
{
	const json_t *a = json_object_get(s, "authenticator"), *count;
	char text[256] = "", n[OST_SHOW_TEXT];
	const char *reason;
	size_t used = 0;

	if (!ost_json_true(a, "wanted") && !ost_json_true(a, "connected"))
		return;
	line(cli, "authd");
	if (!ost_json_true(a, "connected")) {
		line_end(cli, "not connected: %s", ost_json_text(a, "why"));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)json_object_get(a, "failed"), reason, count) {
		if (used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s", used > 0 ? ", " : "; failed: ", reason,
				ost_show_count((uint64_t)json_integer_value(count), n));
	}
	line_end(cli, "connected, %s admitted, %" PRIu64 " conversations%s; revocation list until %.10s",
		ost_show_count(ost_json_u64(a, "admitted"), n), ost_json_u64(a, "conversations"), text,
		*ost_json_text(a, "crl_ends") != '\0' ? ost_json_text(a, "crl_ends") : "?");
}

static void policy(const struct ost_cli *cli, const json_t *s)
{
	const json_t *p = json_object_get(s, "policy");
	const char *message = ost_json_text(p, "message");
	char ago[OST_SHOW_TEXT], devices[OST_SHOW_TEXT], rules[OST_SHOW_TEXT];

	line(cli, "policy");
	if (!json_is_object(p)) {
		line_end(cli, "none in force: nothing passes");
		return;
	}
	line_end(cli, "generation %" PRIu64 ": %s, %s, applied by %s %s%s%s%s",
		ost_json_u64(p, "generation"),
		ost_show_things(ost_json_u64(p, "devices"), "device", devices),
		ost_show_things(ost_json_u64(p, "rules"), "rule", rules), ost_json_text(p, "by"),
		ost_show_ago(ost_json_text(p, "time"), ago), *message != '\0' ? " (\"" : "",
		message, *message != '\0' ? "\")" : "");
}

static void journal(const struct ost_cli *cli, const json_t *s)
{
	const json_t *j = json_object_get(s, "journal");
	char n[OST_SHOW_TEXT], ago[OST_SHOW_TEXT], waiting[64] = "";

	if (!json_is_object(j))
		return;
	if (ost_json_u64(j, "waiting") > 0)
		(void)snprintf(waiting, sizeof(waiting), ", %" PRIu64 " wait", ost_json_u64(j, "waiting"));
	line(cli, "journal");
	line_end(cli, "%s, %s records%s%s%s", ost_json_text(j, "mode"), ost_show_count(ost_json_u64(j, "size"), n), waiting,
		*ost_json_text(j, "covered") != '\0' ? ", last checkpoint " : "",
		*ost_json_text(j, "covered") != '\0' ? ost_show_ago(ost_json_text(j, "covered"), ago) : "");
}

static void incidents(const struct ost_cli *cli)
{
	json_t *list = ost_incident_plain(ost_client_look(cli, "/v1/incidents?state=open&limit=" OST_INCIDENT_LIST_ALL));

	if (list == NULL)
		return;
	line(cli, "incidents");
	ost_incident_headline(cli, list, NAME_COLUMNS, time(NULL));
	json_decref(list);
}

/* "siem up, 12 records wait (3 s)": one line for each. */
static void destinations(const struct ost_cli *cli, const json_t *s)
{
	const json_t *list = json_object_get(json_object_get(s, "export"), "destinations"), *d;
	size_t i;

	json_array_foreach(list, i, d) {
		const char *error = ost_json_text(d, "error");
		uint64_t lag = ost_json_u64(d, "lag_records");
		char waits[OST_SHOW_TEXT + 64] = "", n[OST_SHOW_TEXT], sent[OST_SHOW_TEXT];

		if (lag > 0)
			(void)snprintf(waits, sizeof(waits), ", %s wait, the oldest for %" PRIu64 " s", ost_show_count(lag, n), ost_json_u64(d, "lag_seconds"));
		line(cli, i == 0 ? "export" : "");
		line_end(cli, "%s: %s, %s records sent%s%s%s", ost_json_text(d, "name"), ost_json_text(d, "state"),
			ost_show_count(ost_json_u64(d, "sent_records"), sent), waits, *error != '\0' ? "; " : "", error);
	}
}

/* "flows 12 of 1,000 (1%), addresses ..." */
static void tables_text(const json_t *tables, char *buf, size_t size)
{
	static const char *const keys[] = {"flows", "bindings", "unknown_devices"};
	static const char *const names[] = {"flows", "addresses", "unknown devices"};
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < OST_ARRAY_SIZE(keys) && n < size; i++) {
		const json_t *t = json_object_get(tables, keys[i]);
		uint64_t used = ost_json_u64(t, "used"), max = ost_json_u64(t, "max");
		char a[OST_SHOW_TEXT], b[OST_SHOW_TEXT];

		if (max > 0)
			n += (size_t)snprintf(buf + n, size - n, "%s%s %s of %s (%.0f%%)", n > 0 ? ", " : "", names[i],
				ost_show_count(used, a), ost_show_count(max, b), 100.0 * (double)used / (double)max);
	}
}

static void applying(const struct ost_cli *cli, const json_t *s)
{
	const json_t *a = json_object_get(s, "applying");

	if (!json_is_object(a))
		return;
	line(cli, "applying");
	line_end(cli, "generation %" PRIu64 ": %s", ost_json_u64(a, "generation"),
		strcmp(ost_json_text(a, "step"), "compile") == 0 ? "is being compiled and tested" : "the data plane is to answer");
}

static void confirmation(const struct ost_cli *cli, const json_t *s)
{
	const json_t *t = json_object_get(s, "confirmation");

	if (!json_is_object(t))
		return;
	line(cli, "on trial");
	line_end(cli, "%sgeneration %" PRIu64 " goes back to %" PRIu64 " in %" PRIu64 " s%s unless it is confirmed: ostiary policy confirm",
		ost_show_colour(cli, OST_COLOUR_WARN), ost_json_u64(t, "generation"), ost_json_u64(t, "former"),
		ost_json_u64(t, "seconds_left"), ost_show_plain(cli));
}

static void ports(const struct ost_cli *cli, const json_t *s)
{
	static const char *const heads[] = {"port", "side", "driver", "link", ">received", ">forwarded", ">refused",
		">missed", ">sent"};
	static const char *const keys[] = {"received_packets", "forwarded_packets", "refused_packets", "missed_packets",
		"sent_packets"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *p;
	size_t i;

	if (json_array_size(json_object_get(s, "ports")) == 0)
		return;
	json_array_foreach(json_object_get(s, "ports"), i, p) {
		char n[OST_SHOW_TEXT];

		ost_table_cell(&t, ost_json_text(p, "name"));
		ost_table_cell(&t, ost_json_text(p, "side"));
		ost_table_cell(&t, ost_json_text(p, "driver"));
		ost_table_cell(&t, ost_json_true(p, "link") ? "up" : "DOWN");
		for (size_t k = 0; k < OST_ARRAY_SIZE(keys); k++)
			ost_table_cell(&t, ost_show_count(ost_json_u64(p, keys[k]), n));
	}
	(void)putchar('\n');
	ost_table_print(&t, cli, 0);
}

static void reasons(const struct ost_cli *cli, const json_t *s)
{
	static const char *const heads[] = {"refused because", ">packets", "meaning"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *r;
	size_t i;

	if (json_array_size(json_object_get(s, "refused")) == 0)
		return;
	json_array_foreach(json_object_get(s, "refused"), i, r) {
		char n[OST_SHOW_TEXT];

		if (i >= REASONS_SHOWN)
			break;
		ost_table_cell(&t, ost_json_text(r, "reason"));
		ost_table_cell(&t, ost_show_count(ost_json_u64(r, "packets"), n));
		ost_table_cell(&t, ost_json_text(r, "meaning"));
	}
	(void)putchar('\n');
	ost_table_print(&t, cli, 0);
}

static void packets(const struct ost_cli *cli, const json_t *s)
{
	const json_t *p = json_object_get(s, "packets");
	const json_t *log = json_object_get(s, "refusal_log");
	char a[OST_SHOW_TEXT], b[OST_SHOW_TEXT], c[OST_SHOW_TEXT];
	char text[256] = "";

	line(cli, "packets");
	if (ost_json_u64(p, "audited") > 0)
		(void)snprintf(text, sizeof(text), ", %s forwarded by audit alone", ost_show_count(ost_json_u64(p, "audited"), a));
	line_end(cli, "%s received, %s forwarded, %s refused%s", ost_show_count(ost_json_u64(p, "received"), a),
		ost_show_count(ost_json_u64(p, "forwarded"), b), ost_show_count(ost_json_u64(p, "refused"), c), text);
	line(cli, "tables");
	tables_text(json_object_get(s, "tables"), text, sizeof(text));
	line_end(cli, "%s", text);
	if (ost_json_u64(log, "lost_lines") + ost_json_u64(log, "suppressed_lines") > 0) {
		line(cli, "refusal log");
		line_end(cli, "%s lines lost, %s suppressed for their number",
			ost_show_count(ost_json_u64(log, "lost_lines"), a),
			ost_show_count(ost_json_u64(log, "suppressed_lines"), b));
	}
}

int ost_cmd_status(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	json_t *s = NULL;
	int r, first = ost_cli_option_json(&c, argc, argv);

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("status: '%s' is too much", argv[first]);
	r = ost_client_get(&c, "/v1/status", &s);
	if (r != OST_EXIT_OK || s == NULL)
		return r;
	health(&c, s);
	dataplane(&c, s);
	authenticator(&c, s);
	policy(&c, s);
	applying(&c, s);
	confirmation(&c, s);
	ost_audits_print(&c, s, "audit", NAME_COLUMNS);
	incidents(&c);
	journal(&c, s);
	destinations(&c, s);
	packets(&c, s);
	ports(&c, s);
	reasons(&c, s);
	r = ost_json_true(s, "healthy") ? OST_EXIT_OK : OST_EXIT_NO;
	json_decref(s);
	return r;
}
