/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy_names.h"

void ost_names_reserve(struct ost_yaml_reader *y, struct ost_names *names, uint32_t capacity)
{
	names->entries = ost_yaml_alloc(y, capacity, sizeof(*names->entries));
	names->capacity = names->entries != NULL ? capacity : 0;
}

void ost_names_add(struct ost_names *names, const char *text, struct ost_pos pos, uint32_t index)
{
	if (names->count < names->capacity)
		names->entries[names->count++] = (struct ost_name){text, pos, index};
}

static int name_compare(const void *a, const void *b)
{
	const struct ost_name *x = a, *y = b;
	int text = strcmp(x->text, y->text);

	if (text != 0)
		return text;
	return x->index < y->index ? -1 : x->index > y->index;
}

void ost_names_seal(struct ost_yaml_reader *y, struct ost_names *names, const char *what)
{
	const struct ost_name *first = NULL;

	if (names->count > 1)
		qsort(names->entries, names->count, sizeof(*names->entries), name_compare);
	for (uint32_t i = 0; i < names->count; i++) {
		const struct ost_name *n = &names->entries[i];

		if (first == NULL || strcmp(first->text, n->text) != 0) {
			first = n;
			continue;
		}
		ost_diag_error(y->diag, n->pos, "rename or remove one of the two",
			"%s '%s' is defined twice, first at %s:%u:%u", what, n->text,
			first->pos.file, first->pos.line, first->pos.column);
	}
}

const struct ost_name *ost_names_find(const struct ost_names *names, const char *text)
{
	uint32_t lo = 0, hi = names->count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(names->entries[mid].text, text) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < names->count && strcmp(names->entries[lo].text, text) == 0)
		return &names->entries[lo];
	return NULL;
}

void ost_names_free(struct ost_names *names)
{
	free(names->entries);
	*names = (struct ost_names){0};
}
