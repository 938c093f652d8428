/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a tree to values: tables of fields, words out of a list, numbers, names. Each reader reports
 * what is wrong at the place where it stands and says what to write; it is silent about broken
 * nodes, which were reported already. Shared by the policy file and the site file. */
#pragma once

#include "diag.h"
#include "yaml_tree.h"

struct ost_yaml_reader {
	struct ost_diag *diag;
	const char *file;	 /* of the nodes in hand; borrowed by diag */
	uint32_t nearest_budget; /* comparisons left for "did you mean" */
	bool no_memory;		 /* some allocation failed: the result is not to be used */
};

#define OST_NEAREST_BUDGET 500000u
#define OST_HINT_MAX	   512

struct ost_pos ost_yaml_pos(const struct ost_yaml_reader *y, const struct ost_yaml_node *node);

#define ost_yaml_error(y, node, hint, ...)                                                         \
	ost_diag_error((y)->diag, ost_yaml_pos(y, node), hint, __VA_ARGS__)

/* calloc that marks the reader on failure. */
void *ost_yaml_alloc(struct ost_yaml_reader *y, size_t count, size_t size);
char *ost_yaml_strdup(struct ost_yaml_reader *y, const char *text);

/* snprintf that returns buf: for hints. Cuts what is too long. */
const char *ost_hint(char *buf, size_t size, const char *fmt, ...) OST_PRINTF(3, 4);

/* A mapping by a table of its fields; a broken value is read too, so that its key counts as
 * written. what names the mapping in findings ("device cam-01"). */
struct ost_yaml_field {
	const char *name;
	void (*read)(void *context, const struct ost_yaml_node *value, void *target);
};

/* Defines MEMBER_field(), which keeps the value's node in a member of the target: for parts that are checked together. */
#define OST_YAML_KEEP(type, member)                                                                \
	static void member##_field(void *context, const struct ost_yaml_node *value, void *target) \
	{                                                                                          \
		type *keeper = target;                                                             \
                                                                                                   \
		(void)context;                                                                     \
		keeper->member = value;                                                            \
	}

void ost_yaml_fields(struct ost_yaml_reader *y, const struct ost_yaml_node *map, const char *what,
	const struct ost_yaml_field *fields, uint32_t field_count, void *context, void *target);

/* Each of these is true when the value is fine; else it has been reported. */
bool ost_yaml_is_mapping(
	struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what);
bool ost_yaml_is_scalar(
	struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what);
/* A list of at least one item, or a scalar that stands for a list of itself. */
bool ost_yaml_is_list(
	struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what);
/* Letters, digits, '.', '_', '-', at most OST_NAME_MAX of them, not beginning with a sign. */
bool ost_yaml_is_name(
	struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what);
bool ost_yaml_number(struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what,
	uint64_t least, uint64_t most, uint64_t *ret_value);
bool ost_yaml_word(struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what,
	const char *const *words, uint32_t count, uint32_t *ret_index);

/* `ostiary: 1` of each file. present is the node of the value, NULL when there is none. */
void ost_yaml_version_check(struct ost_yaml_reader *y, const struct ost_yaml_node *present);

/* Items of a list, or the one scalar that stands for a list. */
static inline const struct ost_yaml_node *ost_yaml_item_first(const struct ost_yaml_node *list)
{
	return list->kind == OST_YAML_SEQUENCE ? list->first : list;
}

static inline const struct ost_yaml_node *ost_yaml_item_next(
	const struct ost_yaml_node *list, const struct ost_yaml_node *item)
{
	return list->kind == OST_YAML_SEQUENCE ? item->next : NULL;
}
