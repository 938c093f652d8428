/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits: of a role. 0 means "no limit" in the model, so that nobody may write it and mean
 * "nothing". */
#include "policy_reader.h"
#include "text.h"

#define RATE_MOST      UINT64_C(1000000000000) /* a second: above any wire */
#define FLOWS_MOST     16777216u
#define ADDRESSES_MOST 1024u
#define NAMES_MOST     4096u

static uint64_t unit_of(char c)
{
	switch (c) {
	case 'k':
		return 1000;
	case 'M':
		return 1000000;
	case 'G':
		return 1000000000;
	default:
		return 0;
	}
}

/* "2000/s", "10k/s": digits, at most one unit, and the slash that says what it is. */
static bool rate_parse(const char *text, size_t length, uint64_t *ret_rate)
{
	uint64_t unit, v;

	if (length < 3 || strcmp(text + length - 2, "/s") != 0)
		return false;
	length -= 2;
	unit = unit_of(text[length - 1]);
	if (unit != 0)
		length--;
	else
		unit = 1;
	if (ost_number_parse(text, length, &v) < 0 || v == 0 || v > RATE_MOST / unit)
		return false;
	*ret_rate = v * unit;
	return true;
}

static void rate_read(struct policy_reader *r, const struct ost_yaml_node *value, const char *what,
	uint64_t *ret_rate)
{
	if (!ost_yaml_is_scalar(&r->y, value, what))
		return;
	if (!rate_parse(value->text, value->count, ret_rate))
		ost_yaml_error(&r->y, value,
			"write 50/s, 10k/s, 2M/s or 1G/s (decimal, from 1), or leave it out for no "
			"limit",
			"%s cannot be '%.63s'", what, value->text);
}

static void packets_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_limits *limits = target;

	rate_read(context, value, "packets", &limits->packets_per_s);
}

static void bytes_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_limits *limits = target;

	rate_read(context, value, "bytes", &limits->bytes_per_s);
}

static void new_flows_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_limits *limits = target;

	rate_read(context, value, "new-flows", &limits->new_flows_per_s);
}

static void flows_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct ost_limits *limits = target;
	uint64_t v;

	if (ost_yaml_number(&r->y, value, "flows", 1, FLOWS_MOST, &v))
		limits->flows = (uint32_t)v;
}

static void addresses_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct ost_limits *limits = target;
	uint64_t v;

	if (ost_yaml_number(&r->y, value, "addresses", 1, ADDRESSES_MOST, &v))
		limits->addresses = (uint32_t)v;
}

static void names_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct ost_limits *limits = target;
	uint64_t v;

	if (ost_yaml_number(&r->y, value, "names", 1, NAMES_MOST, &v))
		limits->names = (uint32_t)v;
}

void policy_limits_read(
	struct policy_reader *r, const struct ost_yaml_node *node, struct ost_limits *limits)
{
	static const struct ost_yaml_field fields[] = {
		{"packets", packets_field},
		{"bytes", bytes_field},
		{"new-flows", new_flows_field},
		{"flows", flows_field},
		{"addresses", addresses_field},
		{"names", names_field},
	};

	ost_yaml_fields(&r->y, node, "limits", fields, OST_ARRAY_SIZE(fields), r, limits);
}
