/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan_roles.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "policy_yaml.h"

static void add(char buf[static OST_PLAN_WORDS], const char *fmt, ...) OST_PRINTF(2, 3);

static void add(char buf[static OST_PLAN_WORDS], const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	if (used > 0)
		used += (size_t)snprintf(buf + used, OST_PLAN_WORDS - used, ", ");
	if (used >= OST_PLAN_WORDS)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(buf + used, OST_PLAN_WORDS - used, fmt, ap);
	va_end(ap);
}

static const char *rate(uint64_t per_s, char buf[static 32])
{
	if (per_s == 0)
		return "no limit";
	(void)snprintf(buf, 32, "%" PRIu64 "/s", per_s);
	return buf;
}

static void rate_add(char buf[static OST_PLAN_WORDS], const char *what, uint64_t was, uint64_t is)
{
	char a[32], b[32];

	if (was != is)
		add(buf, "%s %s instead of %s", what, rate(is, b), rate(was, a));
}

/* 0: the default. */
static void number_add(char buf[static OST_PLAN_WORDS], const char *what, uint32_t was, uint32_t is, uint32_t otherwise)
{
	was = was != 0 ? was : otherwise;
	is = is != 0 ? is : otherwise;
	if (was != is)
		add(buf, "%s %u instead of %u", what, is, was);
}

static void limits_add(char buf[static OST_PLAN_WORDS], const struct ost_limits *was, const struct ost_limits *is)
{
	rate_add(buf, "packets", was->packets_per_s, is->packets_per_s);
	rate_add(buf, "bytes", was->bytes_per_s, is->bytes_per_s);
	rate_add(buf, "new flows", was->new_flows_per_s, is->new_flows_per_s);
	number_add(buf, "flows", was->flows, is->flows, OST_LIMIT_FLOWS_DEFAULT);
	number_add(buf, "addresses", was->addresses, is->addresses, OST_LIMIT_ADDRESSES_DEFAULT);
	number_add(buf, "names", was->names, is->names, OST_LIMIT_NAMES_DEFAULT);
}

/* Until when, 0: it is in none. */
static int64_t audit_end(const struct ost_policy *p, const struct ost_role *role)
{
	if (role->mode != OST_MODE_AUDIT)
		return 0;
	return p->schedules[role->audit - 1].windows[0].until_s;
}

static void audit_add(char buf[static OST_PLAN_WORDS], int64_t was, int64_t is)
{
	char until[OST_TIME_MINUTES];

	if (was == is)
		return;
	if (is == 0)
		add(buf, "leaves audit: what its rules do not allow is refused again");
	else if (was == 0)
		add(buf, "goes into audit until %s: what its rules do not allow passes, and is told", ost_time_format(is, until));
	else
		add(buf, "in audit until %s, %s than before", ost_time_format(is, until), is > was ? "longer" : "shorter");
}

const char *ost_plan_role(const struct ost_policy *before, const struct ost_policy *after, uint32_t role, char buf[static OST_PLAN_WORDS])
{
	static const struct ost_role none = {0};
	const struct ost_role *is = &after->roles[role];
	int64_t at = before != NULL ? ost_policy_role_find(before, is->name) : -ENOENT;
	const struct ost_role *was = at >= 0 ? &before->roles[at] : &none;

	buf[0] = '\0';
	audit_add(buf, at >= 0 ? audit_end(before, was) : 0, audit_end(after, is));
	if (at < 0)
		return buf; /* its devices are new, or told by name */
	limits_add(buf, &was->limits, &is->limits);
	if (was->tls_max != is->tls_max)
		add(buf, "is offered TLS 1.%c at most", is->tls_max == OST_TLS_MAX_1_2 ? '2' : '3');
	return buf;
}

/* ---- what is inside ---- */

struct list {
	char (*items)[OST_HOST_MAX + 1];
	uint32_t count;
};

static int item_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool list_make(struct list *l, uint32_t count)
{
	l->items = calloc((size_t)count + 1, sizeof(*l->items));
	l->count = l->items != NULL ? count : 0;
	return l->items != NULL;
}

static void domains_list(const struct ost_policy *p, struct list *l)
{
	if (!list_make(l, p->private_domain_count))
		return;
	for (uint32_t i = 0; i < l->count; i++)
		(void)snprintf(l->items[i], sizeof(*l->items), "%s", p->private_domains[i]);
	qsort(l->items, l->count, sizeof(*l->items), item_compare);
}

static void prefixes_list(const struct ost_policy *p, struct list *l)
{
	char text[OST_PREFIX_TEXT];

	if (!list_make(l, p->inside_count))
		return;
	for (uint32_t i = 0; i < l->count; i++)
		(void)snprintf(l->items[i], sizeof(*l->items), "%s", ost_prefix_format(&p->inside[i], text));
	qsort(l->items, l->count, sizeof(*l->items), item_compare);
}

/* What is new, and what is gone. An entry that stands twice is one. */
static void lists_compare(char buf[static OST_PLAN_WORDS], const struct list *was, const struct list *is, const char *new, const char *gone)
{
	uint32_t i = 0, k = 0;

	while (i < was->count || k < is->count) {
		int order = i == was->count ? 1 : k == is->count ? -1 : strcmp(was->items[i], is->items[k]);
		const char *item = order <= 0 ? was->items[i] : is->items[k];

		if (order != 0)
			add(buf, "%s %s", item, order < 0 ? gone : new);
		while (i < was->count && strcmp(was->items[i], item) == 0)
			i++;
		while (k < is->count && strcmp(is->items[k], item) == 0)
			k++;
	}
}

const char *ost_plan_inside(const struct ost_policy *before, const struct ost_policy *after, char buf[static OST_PLAN_WORDS])
{
	struct list lists[4] = {{NULL, 0}};

	buf[0] = '\0';
	if (before == NULL || before->inside_count == 0 || after->inside_count == 0)
		return buf;
	domains_list(before, &lists[0]);
	domains_list(after, &lists[1]);
	prefixes_list(before, &lists[2]);
	prefixes_list(after, &lists[3]);
	lists_compare(buf, &lists[0], &lists[1], "may have addresses inside", "may have no address inside any more");
	lists_compare(buf, &lists[2], &lists[3], "is inside", "is not inside any more");
	for (unsigned i = 0; i < OST_ARRAY_SIZE(lists); i++)
		free(lists[i].items);
	return buf;
}
