/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the formatter: a tree that keeps styles, comments and empty lines. */
#pragma once

#include "yaml_arena.h"
#include "yaml_tree.h"

struct format_comment {
	struct format_comment *next;
	const char *text; /* in the file: with the '#', without the line end */
	size_t length;
	uint32_t column;
	bool blank; /* an empty line stands before it */
};

struct format_comments {
	struct format_comment *first, **tail;
};

/* The children of a mapping are key, value, key, value, ... Comments and blank belong to entries: keys and items. */
struct format_node {
	struct format_node *next, *first, **tail; /* sibling; children */
	const char *text; /* scalar: as it is written */
	uint32_t column; /* of a block: that of its entries */
	uint8_t kind; /* enum ost_yaml_kind */
	bool flow;
	bool inner; /* flow: has comments inside, so it cannot stand on a line */
	bool blank; /* an empty line stands before it, behind its comments */
	struct format_comments head, foot;
	const struct format_comment *trailing; /* on its line, or NULL */
};

struct format_tree {
	struct ost_arena arena;
	struct format_node *root;
};

/* bytes were read by ost_yaml_tree_read() without an error. -ENOMEM; -EINVAL: they were not. */
int format_tree_read(struct format_tree *tree, const char *bytes, size_t length) OST_MUST_CHECK;
