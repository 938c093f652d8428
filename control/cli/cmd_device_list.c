/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary device list: one line a device. */
#include <stdio.h>

#include "client.h"
#include "device_group.h"
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

static void tags_cell(struct ost_table *t, const json_t *d)
{
	char list[512] = "";
	const json_t *tag;
	size_t i, used = 0;

	json_array_foreach(json_object_get(d, "tags"), i, tag) {
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? " " : "", json_string_value(tag));
	}
	ost_table_cell(t, list);
}

static bool any_tags(const json_t *devices)
{
	const json_t *d;
	size_t i;

	json_array_foreach(devices, i, d) {
		if (json_array_size(json_object_get(d, "tags")) > 0)
			return true;
	}
	return false;
}

static void row(struct ost_table *t, const json_t *d, bool tags)
{
	char text[OST_SHOW_TEXT], list[256];
	const char *port = ost_json_text(d, "port");

	ost_table_cell(t, ost_json_text(d, "name"));
	(void)snprintf(list, sizeof(list), "%s%s", ost_json_text(d, "role"), ost_json_true(d, "audit_open") ? " (audit)" : "");
	ost_table_cell(t, list);
	if (tags)
		tags_cell(t, d);
	ost_table_cell(t, ost_json_text(d, "state"));
	ost_table_cell(t, *port != '\0' ? port : ost_json_text(d, "bound_port"));
	ost_table_cell(t, ost_json_text(d, "mac"));
	addresses(d, list, sizeof(list));
	ost_table_cell(t, list);
	ost_table_cell(t, ost_show_ago(ost_json_text(d, "last_seen"), text));
	ost_table_cell(t, ost_show_count(ost_json_u64(d, "out_packets") + ost_json_u64(d, "in_packets"), text));
	ost_table_cell(t, ost_show_count(ost_json_u64(d, "refused_packets"), text));
}

static void list_print(const struct ost_cli *cli, const json_t *answer, bool group)
{
	static const char *const with[] = {"device", "role", "tags", "state", "port", "MAC", "addresses", "last seen", ">allowed", ">refused"};
	static const char *const without[] = {"device", "role", "state", "port", "MAC", "addresses", "last seen", ">allowed", ">refused"};
	const json_t *devices = json_object_get(answer, "devices"), *device;
	const bool tags = any_tags(devices);
	struct ost_table t = {.heads = tags ? with : without, .columns = tags ? OST_ARRAY_SIZE(with) : OST_ARRAY_SIZE(without)};
	size_t i;

	json_array_foreach(devices, i, device)
		row(&t, device, tags);
	if (t.count == 0)
		(void)printf(group ? "no device is in this group\n" : "no devices: no policy is in force, or it names none\n");
	else
		ost_table_print(&t, cli, 0);
}

int ost_cmd_device_list(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_device_group group = {0};
	struct ost_cli c = *cli;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, OST_DEVICE_GROUP_OPTIONS(group)};
	char path[OST_DEVICE_GROUP_PATH];
	json_t *json = NULL;
	int r, first = ost_cli_options("device list", options, OST_ARRAY_SIZE(options), argc, argv);

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("device list: '%s' is too much; 'ostiary device show %s' shows one", argv[first],
			argv[first]);
	if (ost_device_group_path(&group, OST_DEVICES_MAX, path) < 0)
		return OST_EXIT_INPUT;
	r = ost_client_get(&c, path, &json);
	if (r == OST_EXIT_OK && json != NULL)
		list_print(&c, json, ost_device_group_wanted(&group));
	json_decref(json);
	return r;
}
