/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strict reader of YAML: bytes to a tree of scalars, sequences and mappings, each with its place.
 * libyaml finds the events; here is what makes them safe and plain:
 *
 *  - no aliases, anchors, tags, directives, text blocks or second documents, so that none is
 * cyclic, explodes or means something other than what it shows; a scalar is its text, never a
 * number or a truth value;
 *  - keys are scalars, and each stands once in its mapping;
 *  - depth, nodes and the length of a scalar are bounded (below); the size of a file is its
 * caller's bound;
 *  - characters as in yaml_text.h.
 *
 * What can be said and passed over (a duplicate key, an alias) is reported and its node made
 * OST_YAML_BROKEN, so that its reader keeps silent about it; what leaves no tree (syntax, depth,
 * count) ends the file.
 */
#pragma once

#include "diag.h"

#define OST_YAML_DEPTH_MAX  16u
#define OST_YAML_NODES_MAX  (8u << 20)
#define OST_YAML_SCALAR_MAX 4096u /* bytes */

enum ost_yaml_kind {
	OST_YAML_BROKEN, /* reported already */
	OST_YAML_SCALAR,
	OST_YAML_SEQUENCE,
	OST_YAML_MAPPING,
};

/* The children of a mapping are key, value, key, value, ... */
struct ost_yaml_node {
	struct ost_yaml_node *next; /* sibling */
	union {
		const char *text;	     /* scalar: NUL-terminated, no NUL inside */
		struct ost_yaml_node *first; /* others: first child or NULL */
	};
	uint32_t count; /* scalar: bytes; sequence: items; mapping: pairs */
	uint32_t line;
	uint32_t column;
	uint8_t kind; /* enum ost_yaml_kind */
};

struct ost_yaml_tree;

/* Reads one document. name is borrowed by the findings. 0 and a tree (then diag may have errors
 * all the same), or -EINVAL with errors and no tree, or -ENOMEM. The tree keeps nothing of bytes.
 */
int ost_yaml_tree_read(const char *name, const char *bytes, size_t length, struct ost_diag *diag,
	struct ost_yaml_tree **ret_tree) OST_MUST_CHECK;
void ost_yaml_tree_free(struct ost_yaml_tree **tree);

/* The root: always a mapping. */
const struct ost_yaml_node *ost_yaml_tree_root(const struct ost_yaml_tree *tree);

/* for each pair of a mapping whose key is not broken */
#define OST_YAML_EACH(map, key)                                                                    \
	for (const struct ost_yaml_node *key = (map)->first; key != NULL; key = key->next->next)   \
		if (key->kind != OST_YAML_BROKEN)
