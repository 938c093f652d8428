/* SPDX-License-Identifier: GPL-2.0-or-later */
/* incidents: of the site file: from how many on something is an incident. What is not written stays zero: the defaults are the detection's. */
#include "site_reader.h"

struct pair {
	const struct ost_yaml_node *count, *seconds;
};

OST_YAML_KEEP(struct pair, count)
OST_YAML_KEEP(struct pair, seconds)

static void limit_read(struct site_reader *r, const struct ost_yaml_node *value, const char *what, struct ost_site_limit *ret_limit)
{
	static const struct ost_yaml_field fields[] = {{"count", count_field}, {"seconds", seconds_field}};
	struct pair p = {0};
	uint64_t count, seconds;

	ost_yaml_fields(&r->y, value, what, fields, OST_ARRAY_SIZE(fields), r, &p);
	if (value->kind != OST_YAML_MAPPING)
		return;
	if (p.count == NULL || p.seconds == NULL) {
		ost_yaml_error(&r->y, value, "write { count: 20, seconds: 60 }", "a threshold needs count and seconds");
		return;
	}
	if (ost_yaml_number(&r->y, p.count, "count", 1, 1000000, &count) && ost_yaml_number(&r->y, p.seconds, "seconds", 1, 86400, &seconds))
		*ret_limit = (struct ost_site_limit){(uint32_t)count, (uint32_t)seconds};
}

#define LIMIT_FIELD(member)                                                                           \
	static void member##_field(void *context, const struct ost_yaml_node *value, void *target)    \
	{                                                                                             \
		struct ost_site_limits *l = target;                                                   \
                                                                                                      \
		limit_read(context, value, #member, &l->member);                                      \
	}
LIMIT_FIELD(scan)
LIMIT_FIELD(denied)
LIMIT_FIELD(internet)
LIMIT_FIELD(lateral)
LIMIT_FIELD(flood)
LIMIT_FIELD(spoof)
LIMIT_FIELD(source)
LIMIT_FIELD(failures)
LIMIT_FIELD(brute)
LIMIT_FIELD(unknown)
LIMIT_FIELD(beacon)

void site_incidents_read(struct site_reader *r, const struct ost_yaml_node *section)
{
	static const struct ost_yaml_field fields[] = {
		{"scan", scan_field},
		{"denied", denied_field},
		{"internet", internet_field},
		{"lateral", lateral_field},
		{"flood", flood_field},
		{"spoof", spoof_field},
		{"source", source_field},
		{"failures", failures_field},
		{"brute", brute_field},
		{"unknown", unknown_field},
		{"beacon", beacon_field},
	};

	ost_yaml_fields(&r->y, section, "incidents", fields, OST_ARRAY_SIZE(fields), r, &r->file->limits);
}
