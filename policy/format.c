/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

#include <stdio.h>

#include "format_tree.h"

#define WIDTH 120u /* columns; a line is longer only when a single value or comment makes it so */
#define STEP  2u   /* columns a level */

struct writing {
	char *text;
	size_t length, capacity;
	bool no_memory;
};

/* ---- text ---- */

static void put(struct writing *w, const char *bytes, size_t length)
{
	if (w->length + length + 1 > w->capacity) {
		size_t more = (w->length + length + 1) * 2;
		char *grown = realloc(w->text, more);

		w->no_memory |= grown == NULL;
		if (grown == NULL)
			return;
		w->text = grown;
		w->capacity = more;
	}
	memcpy(w->text + w->length, bytes, length);
	w->length += length;
	w->text[w->length] = '\0';
}

static void say(struct writing *w, const char *text)
{
	put(w, text, strlen(text));
}

static void indent_put(struct writing *w, uint32_t indent)
{
	static const char spaces[] = "                                                                "; /* 4 for each level that a tree has */

	put(w, spaces, OST_MIN(indent, sizeof(spaces) - 1));
}

static void line_end(struct writing *w, const struct format_comment *trailing)
{
	if (trailing != NULL) {
		say(w, " ");
		put(w, trailing->text, trailing->length);
	}
	say(w, "\n");
}

static void comments_put(struct writing *w, const struct format_comments *list, uint32_t indent, bool first)
{
	for (const struct format_comment *c = list->first; c != NULL; c = c->next) {
		if (c->blank && !first)
			say(w, "\n");
		indent_put(w, indent);
		put(w, c->text, c->length);
		say(w, "\n");
		first = false;
	}
}

/* A comment that would be the second one on its line. */
static void comment_line(struct writing *w, const struct format_comment *c, uint32_t indent)
{
	indent_put(w, indent);
	put(w, c->text, c->length);
	say(w, "\n");
}

/* ---- what stands on one line ---- */

/* Characters, of which a byte that goes on is none. */
static size_t text_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((uint8_t)*text & 0xc0) != 0x80;
	return n;
}

/* Columns of a node in brackets, more than most when it cannot stand on a line. */
static size_t flow_width(const struct format_node *node, size_t most)
{
	size_t n = node->kind == OST_YAML_MAPPING && node->first != NULL ? 4 : 2;
	uint32_t i = 0;

	if (node->kind == OST_YAML_SCALAR)
		return text_width(node->text);
	if (!node->flow || node->inner || node->foot.first != NULL)
		return most + 1;
	for (const struct format_node *child = node->first; child != NULL && n <= most; child = child->next, i++)
		n += flow_width(child, most) + (child != node->first ? 2 : 0); /* ", " or ": " */
	return n;
}

/* "a: " with nothing behind it would not be read as it was written. */
static void flow_put(struct writing *w, const struct format_node *node)
{
	bool mapping = node->kind == OST_YAML_MAPPING;
	uint32_t i = 0;

	if (node->kind == OST_YAML_SCALAR) {
		say(w, node->text);
		return;
	}
	if (node->first == NULL) {
		say(w, mapping ? "{}" : "[]");
		return;
	}
	say(w, mapping ? "{ " : "[");
	for (const struct format_node *child = node->first; child != NULL; child = child->next, i++) {
		if (i > 0)
			say(w, mapping && i % 2 == 1 ? ": " : ", ");
		flow_put(w, child);
	}
	say(w, mapping ? " }" : "]");
}

static bool fits(const struct format_node *node, size_t column)
{
	size_t room = column < WIDTH ? WIDTH - column : 0;

	if (node->kind == OST_YAML_SCALAR)
		return true;
	return node->first == NULL || flow_width(node, room) <= room;
}

/* ---- blocks ---- */

static void block_put(struct writing *w, const struct format_node *node, uint32_t indent, bool dash);

/* What stands before an entry: its comments, and the empty line that is kept. */
static void entry_begin(struct writing *w, const struct format_node *entry, uint32_t indent, bool first, bool apart)
{
	bool comments = entry->head.first != NULL, blank = comments ? entry->head.first->blank : entry->blank;

	if (apart && !first && !blank)
		say(w, "\n");
	comments_put(w, &entry->head, indent, first);
	if (entry->blank && (comments || !first))
		say(w, "\n");
}

/* The value behind "key:" or "-", to the end of its lines. before: a comment on the line of the key. */
static void value_put(struct writing *w, const struct format_node *value, uint32_t indent, size_t column, const struct format_comment *before)
{
	if (!fits(value, column + 1)) {
		line_end(w, before != NULL ? before : value->trailing);
		if (before != NULL && value->trailing != NULL)
			comment_line(w, value->trailing, indent + STEP);
		block_put(w, value, indent + STEP, false);
		return;
	}
	if (value->kind != OST_YAML_SCALAR || value->text[0] != '\0')
		say(w, " ");
	flow_put(w, value);
	line_end(w, value->trailing != NULL ? value->trailing : before);
	if (value->trailing != NULL && before != NULL)
		comment_line(w, before, indent);
	comments_put(w, &value->foot, indent, true); /* of an empty list */
}

static void pair_put(struct writing *w, const struct format_node *key, uint32_t indent, bool begun)
{
	if (!begun)
		indent_put(w, indent);
	say(w, key->text);
	say(w, ":");
	value_put(w, key->next, indent, indent + text_width(key->text) + 1, key->trailing);
}

/* Comments that would stand behind the dash of an item that becomes a block. */
static void heads_put(struct writing *w, const struct format_node *item, uint32_t indent)
{
	uint32_t deep = indent + 2;

	for (; item != NULL && item->kind != OST_YAML_SCALAR && !fits(item, deep); item = item->kind == OST_YAML_SEQUENCE ? item->first : NULL) {
		if (item->trailing != NULL)
			comment_line(w, item->trailing, indent);
		if (item->first != NULL)
			comments_put(w, &item->first->head, indent, true);
		deep += 2;
	}
}

static void item_put(struct writing *w, const struct format_node *item, uint32_t indent, bool begun)
{
	if (!begun) {
		heads_put(w, item, indent);
		indent_put(w, indent);
	}
	say(w, "-");
	if (fits(item, indent + 2)) {
		value_put(w, item, indent, indent + 1, NULL);
		return;
	}
	say(w, " ");
	block_put(w, item, indent + STEP, true);
}

/* Several lines, of its value or of its comments. */
static bool is_tall(const struct format_node *key)
{
	return !fits(key->next, text_width(key->text) + 2);
}

static void block_put(struct writing *w, const struct format_node *node, uint32_t indent, bool dash)
{
	bool mapping = node->kind == OST_YAML_MAPPING, first = true, tall = false;

	for (const struct format_node *entry = node->first; entry != NULL; entry = mapping ? entry->next->next : entry->next) {
		bool begun = first && dash, now = indent == 0 && mapping && is_tall(entry);

		if (!begun)
			entry_begin(w, entry, indent, first, indent == 0 && (tall || now));
		if (mapping)
			pair_put(w, entry, indent, begun);
		else
			item_put(w, entry, indent, begun);
		tall = now;
		first = false;
	}
	comments_put(w, &node->foot, indent, first);
}

/* ---- the whole ---- */

static bool same(const struct ost_yaml_node *a, const struct ost_yaml_node *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == OST_YAML_SCALAR)
		return memcmp(a->text, b->text, a->count) == 0;
	for (a = a->first, b = b->first; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!same(a, b))
			return false;
	return a == b;
}

/* The result is read again: what it means is what the file means. */
static int meaning_check(const char *name, const struct ost_yaml_tree *before, const struct writing *w, struct ost_diag *diag)
{
	struct ost_diag ignored = {0};
	struct ost_yaml_tree *after = NULL;
	int r = ost_yaml_tree_read(name, w->text, w->length, &ignored, &after);

	if (r != -ENOMEM)
		r = r == 0 && same(ost_yaml_tree_root(before), ost_yaml_tree_root(after)) ? 0 : -EINVAL;
	if (r == -EINVAL)
		ost_diag_error(diag, ((struct ost_pos){name, 0, 0}), "this is a fault of ostiary; report it with the file",
			"the layout cannot be changed without changing the meaning");
	ost_yaml_tree_free(&after);
	ost_diag_free(&ignored);
	return r;
}

static int format(const char *name, const char *bytes, size_t length, const struct ost_yaml_tree *before, struct ost_diag *diag, struct writing *w)
{
	struct format_tree tree = {0};
	int r = format_tree_read(&tree, bytes, length);

	if (r == 0) {
		if (tree.root->first == NULL)
			say(w, "{}\n");
		block_put(w, tree.root, 0, false);
		r = w->no_memory ? -ENOMEM : meaning_check(name, before, w, diag);
	} else if (r == -EINVAL) {
		ost_diag_error(diag, ((struct ost_pos){name, 0, 0}), NULL, "the file cannot be read twice");
	}
	ost_arena_free(&tree.arena);
	return r;
}

int ost_policy_format(const char *name, const char *bytes, size_t length, struct ost_diag *diag, char **ret_text, size_t *ret_length)
{
	struct ost_yaml_tree *tree = NULL;
	struct writing w = {0};
	uint32_t errors = diag->errors;
	int r = ost_yaml_tree_read(name, bytes, length, diag, &tree);

	if (r == 0 && diag->errors != errors)
		r = -EINVAL;
	if (r == 0)
		r = format(name, bytes, length, tree, diag, &w);
	ost_yaml_tree_free(&tree);
	if (r < 0) {
		free(w.text);
		return r;
	}
	*ret_text = w.text;
	*ret_length = w.length;
	return 0;
}
