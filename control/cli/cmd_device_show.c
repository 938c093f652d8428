/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary device show NAME: all about one device, and what to do about its refusals. */
#include <inttypes.h>
#include <stdio.h>

#include "incident_list.h"
#include "options.h"
#include "show.h"
#include "table.h"

#define NAME_COLUMNS 13u

static void line(const struct ost_cli *cli, const char *name, const char *value)
{
	(void)printf("%s%-*s%s", ost_show_colour(cli, OST_COLOUR_DIM), (int)NAME_COLUMNS, name, ost_show_plain(cli));
	ost_show_line(cli, NAME_COLUMNS, NAME_COLUMNS, "%s", *value != '\0' ? value : "-");
}

/* "quarantined since ..., by root: looks odd" */
static void state(const struct ost_cli *cli, const json_t *d)
{
	const json_t *s = json_object_get(d, "session");
	const char *since = ost_json_text(d, "since"), *by = ost_json_text(s, "ordered_by"), *why = ost_json_text(s, "ordered_why");
	char text[512], when[OST_SHOW_TEXT];

	(void)snprintf(text, sizeof(text), "%.16s%s%s%s%.63s%s%.255s", ost_json_text(d, "state"), *since != '\0' ? " since " : "",
		*since != '\0' ? ost_show_time(since, when) : "", *by != '\0' ? ", by order of " : "", by, *why != '\0' ? ": " : "", why);
	line(cli, "state", text);
}

static void session(const struct ost_cli *cli, const json_t *d)
{
	const json_t *s = json_object_get(d, "session");
	char text[512], when[OST_SHOW_TEXT];

	if (*ost_json_text(s, "identity") != '\0') {
		(void)snprintf(text, sizeof(text), "%.255s, by %.16s, assurance %.16s", ost_json_text(s, "identity"), ost_json_text(s, "way"),
			ost_json_text(s, "assurance"));
		line(cli, "proved", text);
		line(cli, "proves again", ost_show_time(ost_json_text(s, "ends"), when));
	}
	if (ost_json_u64(s, "failures") == 0)
		return;
	(void)snprintf(text, sizeof(text), "%.32s, %s (%" PRIu64 " in all): %.255s", ost_json_text(s, "last_failure"),
		ost_show_time(ost_json_text(s, "last_failure_time"), when), ost_json_u64(s, "failures"),
		ost_json_text(s, "last_failure_meaning"));
	line(cli, "failed last", text);
}

/* Nothing when it enforces and always did. */
static void mode(const struct ost_cli *cli, const json_t *d)
{
	char text[160], until[OST_SHOW_TEXT];

	if (strcmp(ost_json_text(d, "mode"), "audit") != 0)
		return;
	(void)snprintf(text, sizeof(text), ost_json_true(d, "audit_open") ? "audit until %s: what its rules do not allow passes" :
									    "enforces: its audit ended %s",
		ost_show_time(ost_json_text(d, "audit_until"), until));
	line(cli, "mode", text);
}

static void identity(const struct ost_cli *cli, const json_t *d)
{
	char text[256], a[OST_SHOW_TEXT], b[OST_SHOW_TEXT];
	const char *bound = ost_json_text(d, "bound_port");

	(void)printf("%s%s%s\n", ost_show_colour(cli, OST_COLOUR_HEAD), ost_json_text(d, "name"), ost_show_plain(cli));
	(void)snprintf(text, sizeof(text), "%.63s, %" PRIu64 " rules, authenticates by %.16s", ost_json_text(d, "role"),
		ost_json_u64(d, "rules"), ost_json_text(d, "authenticate"));
	line(cli, "role", text);
	mode(cli, d);
	state(cli, d);
	session(cli, d);
	line(cli, "MAC", ost_json_text(d, "mac"));
	(void)snprintf(text, sizeof(text), "%.63s%s%.63s", ost_json_text(d, "port"), *bound != '\0' ? ", bound to " : "",
		bound);
	line(cli, "port", text[0] == ',' ? text + 2 : text);
	if (ost_json_u64(d, "vlan") != 0) {
		(void)snprintf(text, sizeof(text), "%" PRIu64, ost_json_u64(d, "vlan"));
		line(cli, "VLAN", text);
	}
	line(cli, "first seen", ost_show_time(ost_json_text(d, "first_seen"), a));
	(void)snprintf(text, sizeof(text), "%s (%s)", ost_show_time(ost_json_text(d, "last_seen"), a),
		ost_show_ago(ost_json_text(d, "last_seen"), b));
	line(cli, "last seen", a[0] == '-' ? "never" : text);
}

static void traffic(const struct ost_cli *cli, const json_t *d)
{
	char text[256], a[OST_SHOW_TEXT], b[OST_SHOW_TEXT];

	(void)snprintf(text, sizeof(text), "%s, %s",
		ost_show_things(ost_json_u64(d, "out_packets"), "packet", a),
		ost_show_bytes(ost_json_u64(d, "out_bytes"), b));
	line(cli, "sent", text);
	(void)snprintf(text, sizeof(text), "%s, %s",
		ost_show_things(ost_json_u64(d, "in_packets"), "packet", a),
		ost_show_bytes(ost_json_u64(d, "in_bytes"), b));
	line(cli, "received", text);
	(void)snprintf(text, sizeof(text), "%s open, %s opened", ost_show_count(ost_json_u64(d, "flows"), a),
		ost_show_count(ost_json_u64(d, "flows_opened"), b));
	line(cli, "flows", text);
	(void)snprintf(text, sizeof(text), "%s",
		ost_show_things(ost_json_u64(d, "refused_packets"), "packet", a));
	line(cli, "refused", text);
}

static void addresses(const struct ost_cli *cli, const json_t *d)
{
	const json_t *a;
	size_t i;

	json_array_foreach(json_object_get(d, "addresses"), i, a) {
		char text[128], until[OST_SHOW_TEXT];
		const char *expires = ost_json_text(a, "expires");

		(void)snprintf(text, sizeof(text), "%.45s by %.10s%s%s", ost_json_text(a, "ip"),
			strcmp(ost_json_text(a, "source"), "static") == 0
				? "the policy"
				: ost_json_text(a, "source"),
			*expires != '\0' ? ", until " : "",
			*expires != '\0' ? ost_show_time(expires, until) : "");
		line(cli, i == 0 ? "addresses" : "", text);
	}
	if (json_array_size(json_object_get(d, "addresses")) == 0)
		line(cli, "addresses", "none bound");
}

/* Its open incidents: how many, and the most urgent one. */
static void incidents(const struct ost_cli *cli, const char *name)
{
	char path[1024], ids[OST_SHOW_TEXT];
	json_t *list, *open, *first;

	if (ost_http_path("/v1/incidents?state=open&limit=" OST_INCIDENT_LIST_ALL "&device=", name, path, sizeof(path)) < 0)
		return;
	list = ost_incident_plain(ost_client_look(cli, path));
	open = json_object_get(list, "incidents");
	ost_incident_sort(open, time(NULL));
	first = json_array_get(open, 0);
	if (first != NULL) {
		(void)printf("%s%-*s%s", ost_show_colour(cli, OST_COLOUR_DIM), (int)NAME_COLUMNS, "incidents", ost_show_plain(cli));
		(void)snprintf(ids, sizeof(ids), "%.*s", (int)ost_incident_id_length(open), ost_json_text(first, "id"));
		ost_show_line(cli, NAME_COLUMNS, NAME_COLUMNS, "%zu open, the most urgent: %s%s%s %s, ostiary incident show %s", json_array_size(open),
			ost_show_colour(cli, ost_incident_colour(ost_json_text(first, "severity"))), ost_json_text(first, "severity"), ost_show_plain(cli),
			ost_json_text(first, "title"), ids);
	}
	json_decref(list);
}

static void reasons(const struct ost_cli *cli, const json_t *d)
{
	const json_t *r;
	size_t i;

	if (json_array_size(json_object_get(d, "refused")) > 0)
		(void)printf("\n%sRefused, and what to do%s\n", ost_show_colour(cli, OST_COLOUR_HEAD), ost_show_plain(cli));
	json_array_foreach(json_object_get(d, "refused"), i, r) {
		char n[OST_SHOW_TEXT];

		ost_show_line(cli, 0, 4, "  %s%s%s: %s", ost_show_colour(cli, OST_COLOUR_WARN), ost_json_text(r, "reason"),
			ost_show_plain(cli), ost_show_things(ost_json_u64(r, "packets"), "packet", n));
		ost_show_line(cli, 0, 4, "    %s", ost_json_text(r, "meaning"));
		ost_show_line(cli, 0, 7, "    -> %s", ost_json_text(r, "advice"));
	}
}

/* "tcp 10.0.0.5:443", "arp", "ethertype 0x88cc": what a person calls it. */
static void flow_text(const json_t *r, char *buf, size_t size)
{
	const char *protocol = ost_json_text(r, "protocol");
	char number[24];

	if (*ost_json_text(r, "src_ip") == '\0') {
		(void)snprintf(buf, size, "ethertype %.8s from %.17s to %.17s", ost_json_text(r, "ethertype"),
			ost_json_text(r, "src_mac"), ost_json_text(r, "dst_mac"));
		return;
	}
	(void)snprintf(number, sizeof(number), "ip/%" PRIu64, ost_json_u64(r, "ip_protocol"));
	if (json_object_get(r, "dst_port") != NULL)
		(void)snprintf(buf, size, "%.8s %.45s -> %.45s port %" PRIu64, *protocol != '\0' ? protocol : number,
			ost_json_text(r, "src_ip"), ost_json_text(r, "dst_ip"), ost_json_u64(r, "dst_port"));
	else
		(void)snprintf(buf, size, "%.8s %.45s -> %.45s", *protocol != '\0' ? protocol : number,
			ost_json_text(r, "src_ip"), ost_json_text(r, "dst_ip"));
}

static void refusals(const struct ost_cli *cli, const json_t *d)
{
	static const char *const heads[] = {"id", "last seen", ">packets", "reason", "flow"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	const json_t *r;
	size_t i;

	if (json_array_size(json_object_get(d, "refusals")) == 0)
		return;
	json_array_foreach(json_object_get(d, "refusals"), i, r) {
		char text[256], n[OST_SHOW_TEXT];

		ost_table_cell(&t, ost_json_text(r, "id"));
		ost_table_cell(&t, ost_show_ago(ost_json_text(r, "last_seen"), n));
		ost_table_cell(&t, ost_show_count(ost_json_u64(r, "count"), n));
		(void)snprintf(text, sizeof(text), "%s%s", ost_json_text(r, "reason"),
			strcmp(ost_json_text(r, "verdict"), "audited") == 0 ? " (audited: it passed)" : "");
		ost_table_cell(&t, text);
		flow_text(r, text, sizeof(text));
		ost_table_cell(&t, text);
	}
	(void)printf("\n%sLast refused flows%s\n", ost_show_colour(cli, OST_COLOUR_HEAD), ost_show_plain(cli));
	ost_table_print(&t, cli, 2);
	ost_show_line(cli, 0, 2, "ostiary policy explain --refusal ID tells what the policy in force says of it");
}

int ost_cmd_device_show(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	json_t *d = NULL;
	char path[512];
	int r, first = ost_cli_option_json(&c, argc, argv);

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc)
		return ost_cli_fail("device show: name one device; 'ostiary device list' tells them");
	if (argv[first][0] == '\0' || ost_http_path("/v1/devices/", argv[first], path, sizeof(path)) < 0)
		return ost_cli_fail("device show: no device has such a name");
	r = ost_client_get(&c, path, &d);
	if (r != OST_EXIT_OK || d == NULL)
		return r;
	identity(&c, d);
	addresses(&c, d);
	traffic(&c, d);
	incidents(&c, ost_json_text(d, "name"));
	reasons(&c, d);
	refusals(&c, d);
	json_decref(d);
	return OST_EXIT_OK;
}
