/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_keys.h"

#define FEW_KEYS 16u

static int key_compare(const void *a, const void *b)
{
	const struct ost_yaml_node *x = *(struct ost_yaml_node *const *)a;
	const struct ost_yaml_node *y = *(struct ost_yaml_node *const *)b;
	int text = strcmp(x->text, y->text);

	if (text != 0)
		return text;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

int ost_yaml_keys_check(const char *name, struct ost_yaml_node *map, struct ost_diag *diag)
{
	struct ost_yaml_node *few[FEW_KEYS], **keys = few, *first = NULL;
	OST_AUTO_FREE struct ost_yaml_node **many = NULL;
	uint32_t n = 0;

	if (map->count > FEW_KEYS) {
		keys = many = malloc(map->count * sizeof(struct ost_yaml_node *));
		if (many == NULL)
			return -ENOMEM;
	}
	for (struct ost_yaml_node *k = map->first; k != NULL; k = k->next->next)
		if (k->kind == OST_YAML_SCALAR)
			keys[n++] = k;
	qsort(keys, n, sizeof(*keys), key_compare);
	for (uint32_t i = 0; i < n; i++) {
		if (first == NULL || strcmp(first->text, keys[i]->text) != 0) {
			first = keys[i];
			continue;
		}
		ost_diag_error(diag, ((struct ost_pos){name, keys[i]->line, keys[i]->column}),
			"remove one of the two", "'%.63s' stands here twice, first on line %u",
			keys[i]->text, first->line);
		keys[i]->kind = OST_YAML_BROKEN;
	}
	return 0;
}
