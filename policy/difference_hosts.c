/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "difference_hosts.h"

#include "array.h"

int ost_host_compare(const struct ost_host *a, const struct ost_host *b)
{
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : a->suffix - b->suffix;
}

static int use_compare(const void *a, const void *b)
{
	const struct ost_host_use *x = a, *y = b;

	return ost_host_compare(x->host, y->host);
}

int ost_host_uses_make(const struct ost_role *role, struct ost_host_uses *ret_uses)
{
	struct ost_host_uses uses = {0};

	for (uint32_t i = 0; i < role->rule_count; i++) {
		for (uint32_t k = 0; k < role->rules[i].host_count; k++) {
			struct ost_host_use *items = ost_array_room(uses.items, uses.count, &uses.capacity, sizeof(*items));

			if (items == NULL) {
				ost_host_uses_free(&uses);
				return -ENOMEM;
			}
			uses.items = items;
			items[uses.count++] = (struct ost_host_use){&role->rules[i].hosts[k], i};
		}
	}
	if (uses.count > 0)
		qsort(uses.items, uses.count, sizeof(*uses.items), use_compare);
	*ret_uses = uses;
	return 0;
}

void ost_host_uses_free(struct ost_host_uses *uses)
{
	free(uses->items);
	*uses = (struct ost_host_uses){0};
}

/* The first that is not less. */
static uint32_t uses_from(const struct ost_host_uses *uses, const struct ost_host *host)
{
	uint32_t low = 0, high = uses->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ost_host_compare(uses->items[middle].host, host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int same_add(const struct ost_host_uses *uses, const struct ost_host *host, struct ost_rule_list *list)
{
	for (uint32_t i = uses_from(uses, host); i < uses->count && ost_host_compare(uses->items[i].host, host) == 0; i++) {
		uint32_t *rules = ost_array_room(list->rules, list->count, &list->capacity, sizeof(*rules));

		if (rules == NULL)
			return -ENOMEM;
		list->rules = rules;
		rules[list->count++] = uses->items[i].rule;
	}
	return 0;
}

static int rule_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

int ost_host_uses_find(const struct ost_host_uses *uses, const struct ost_host *pattern, struct ost_rule_list *list)
{
	uint32_t n = 0;
	int r;

	list->count = 0;
	r = same_add(uses, pattern, list);
	for (char *dot = strchr(pattern->name, '.'); r == 0 && dot != NULL; dot = strchr(dot + 1, '.'))
		r = same_add(uses, &(struct ost_host){.name = dot + 1, .suffix = true}, list);
	if (r < 0 || list->count == 0)
		return r;
	qsort(list->rules, list->count, sizeof(*list->rules), rule_compare);
	for (uint32_t i = 1; i < list->count; i++) {
		if (list->rules[i] != list->rules[n])
			list->rules[++n] = list->rules[i];
	}
	list->count = n + 1;
	return 0;
}
