/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audits_print.h"

#include <stdio.h>

#include "show.h"

void ost_audits_print(const struct ost_cli *cli, const json_t *answer, const char *name, unsigned column)
{
	const json_t *a;
	size_t i;

	json_array_foreach(json_object_get(answer, "audit"), i, a) {
		char until[OST_SHOW_TEXT], devices[OST_SHOW_TEXT];

		(void)printf("%s%-*s%s", ost_show_colour(cli, OST_COLOUR_DIM), (int)column, name, ost_show_plain(cli));
		(void)ost_show_time(ost_json_text(a, "until"), until);
		(void)ost_show_things(ost_json_u64(a, "devices"), "device", devices);
		if (ost_json_true(a, "open"))
			ost_show_line(cli, column, column, "%srole %s is in audit until %s%s: what its rules do not allow passes (%s)",
				ost_show_colour(cli, OST_COLOUR_WARN), ost_json_text(a, "role"), until, ost_show_plain(cli), devices);
		else
			ost_show_line(cli, column, column, "role %s enforces: its audit ended %s (%s)", ost_json_text(a, "role"), until,
				devices);
	}
}
