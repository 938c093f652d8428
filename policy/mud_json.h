/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON with places: jansson reads and judges the bytes, an index over the same bytes knows where each value stands.
 * What is refused here never reaches a reader: syntax, bytes that are no UTF-8, keys that stand twice, NUL, control
 * characters and what moves or hides text on a screen, values nested too deep, and too many of them.
 */
#pragma once

#include <jansson.h>

#include "diag.h"

#define MUD_JSON_DEPTH_MAX  32u
#define MUD_JSON_VALUES_MAX 200000u

struct mud_node {
	json_t *value;	 /* borrowed */
	const char *key; /* of a member, NULL in arrays and at the top */
	struct mud_node *parent, *first, *next;
	uint32_t place; /* among its siblings */
	uint32_t line, column; /* of the value */
};

struct mud_json {
	const char *name; /* borrowed: of the file */
	json_t *root;
	struct mud_node *nodes;
	uint32_t count;
};

/* 0 and a document whose first node is its root; -EINVAL with an error in diag; -ENOMEM. name is borrowed by both. */
int mud_json_read(
	const char *name, const char *bytes, size_t length, struct ost_diag *diag, struct mud_json *ret_json) OST_MUST_CHECK;
void mud_json_close(struct mud_json *json);

static inline struct ost_pos mud_json_pos(const struct mud_json *json, const struct mud_node *node)
{
	return (struct ost_pos){json->name, node->line, node->column};
}

/* RFC 6901: "/ietf-access-control-list:acls/acl/0". Cuts what is too long; returns buf. */
const char *mud_json_pointer(const struct mud_node *node, char *buf, size_t size);

/* What a value is, for findings: "a string". */
const char *mud_json_kind(const struct mud_node *node);

#define MUD_JSON_EACH(node, child) for (const struct mud_node *child = (node)->first; child != NULL; child = child->next)
