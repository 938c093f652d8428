/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary device list: one line a device. */
#include <stdio.h>

#include "client.h"
#include "options.h"
#include "show.h"
#include "table.h"

static void addresses(const json_t *device, char *buf, size_t size)
{
	const json_t *a;
	size_t i, used = 0;

	buf[0] = '\0';
	json_array_foreach(json_object_get(device, "addresses"), i, a) {
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", i > 0 ? " " : "", json_string_value(a));
	}
}

static void row(struct ost_table *t, const json_t *d)
{
	char text[OST_SHOW_TEXT], list[256];
	const char *port = ost_json_text(d, "port");

	ost_table_cell(t, ost_json_text(d, "name"));
	(void)snprintf(list, sizeof(list), "%s%s", ost_json_text(d, "role"), ost_json_true(d, "audit_open") ? " (audit)" : "");
	ost_table_cell(t, list);
	ost_table_cell(t, ost_json_text(d, "state"));
	ost_table_cell(t, *port != '\0' ? port : ost_json_text(d, "bound_port"));
	ost_table_cell(t, ost_json_text(d, "mac"));
	addresses(d, list, sizeof(list));
	ost_table_cell(t, list);
	ost_table_cell(t, ost_show_ago(ost_json_text(d, "last_seen"), text));
	ost_table_cell(t, ost_show_count(ost_json_u64(d, "out_packets") + ost_json_u64(d, "in_packets"), text));
	ost_table_cell(t, ost_show_count(ost_json_u64(d, "refused_packets"), text));
}

int ost_cmd_device_list(const struct ost_cli *cli, int argc, char **argv)
{
	static const char *const heads[] = {"device", "role", "state", "port", "MAC", "addresses", "last seen", ">allowed",
		">refused"};
	struct ost_table t = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	struct ost_cli c = *cli;
	json_t *json = NULL, *device;
	int r, first = ost_cli_option_json(&c, argc, argv);
	size_t i;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("device list: '%s' is too much; 'ostiary device show %s' shows one", argv[first],
			argv[first]);
	r = ost_client_get(&c, "/v1/devices", &json);
	if (r != OST_EXIT_OK || json == NULL)
		return r;
	json_array_foreach(json_object_get(json, "devices"), i, device)
		row(&t, device);
	if (t.count == 0)
		(void)printf("no devices: no policy is in force, or it names none\n");
	else
		ost_table_print(&t, &c, 0);
	json_decref(json);
	return OST_EXIT_OK;
}
