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

static const char *name_text(const void *items, uint32_t number)
{
	const struct ost_name *entries = items;

	return entries[number].text;
}

void ost_names_seal(struct ost_yaml_reader *y, struct ost_names *names, const char *what)
{
	if (ost_text_index_open(&names->index, names->entries, name_text, names->count) < 0) {
		y->no_memory = true;
		return;
	}
	for (uint32_t i = 0; i < names->count; i++) {
		const struct ost_name *n = &names->entries[i], *first = &names->entries[ost_text_index_put(&names->index, i)];

		if (first != n)
			ost_diag_error(y->diag, n->pos, "rename or remove one of the two",
				"%s '%s' is defined twice, first at %s:%u:%u", what, n->text,
				first->pos.file, first->pos.line, first->pos.column);
	}
}

const struct ost_name *ost_names_find(const struct ost_names *names, const char *text)
{
	uint32_t found = ost_text_index_find(&names->index, text);

	return found != UINT32_MAX ? &names->entries[found] : NULL;
}

void ost_names_free(struct ost_names *names)
{
	ost_text_index_close(&names->index);
	free(names->entries);
	*names = (struct ost_names){0};
}
