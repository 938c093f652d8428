/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_keys.h"

#include "text_index.h"

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

static bool few_differ(struct ost_yaml_node *const *keys, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		for (uint32_t k = 0; k < i; k++) {
			if (keys[k]->count == keys[i]->count && memcmp(keys[k]->text, keys[i]->text, keys[i]->count) == 0)
				return false;
		}
	}
	return true;
}

static const char *key_text(const void *items, uint32_t number)
{
	struct ost_yaml_node *const *keys = items;

	return keys[number]->text;
}

static int many_differ(struct ost_yaml_node *const *keys, uint32_t n, bool *ret_differ)
{
	struct ost_text_index index;
	int r = ost_text_index_open(&index, keys, key_text, n);
	uint32_t i = 0;

	while (r == 0 && i < n && ost_text_index_put(&index, i) == i)
		i++;
	ost_text_index_close(&index);
	*ret_differ = i == n;
	return r;
}

/* Sorts: each finding names the line of the first. */
static void doubles_report(const char *name, struct ost_yaml_node **keys, uint32_t n, struct ost_diag *diag)
{
	const struct ost_yaml_node *first = NULL;

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
}

int ost_yaml_keys_check(const char *name, struct ost_yaml_node *map, struct ost_diag *diag)
{
	struct ost_yaml_node *few[FEW_KEYS], **keys = few;
	OST_AUTO_FREE struct ost_yaml_node **many = NULL;
	bool differ = true;
	uint32_t n = 0;
	int r = 0;

	if (map->count > FEW_KEYS) {
		keys = many = malloc(map->count * sizeof(struct ost_yaml_node *));
		if (many == NULL)
			return -ENOMEM;
	}
	for (struct ost_yaml_node *k = map->first; k != NULL; k = k->next->next)
		if (k->kind == OST_YAML_SCALAR)
			keys[n++] = k;
	if (n <= FEW_KEYS)
		differ = few_differ(keys, n);
	else
		r = many_differ(keys, n, &differ);
	if (r == 0 && !differ)
		doubles_report(name, keys, n, diag);
	return r;
}
