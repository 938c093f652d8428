/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_tree.h"

#include <stdio.h>
#include <yaml.h>

#include "yaml_arena.h"
#include "yaml_keys.h"
#include "yaml_text.h"

struct ost_yaml_tree {
	struct ost_arena arena;
	struct ost_yaml_node *root;
};

/* An open sequence or mapping. */
struct frame {
	struct ost_yaml_node *node;
	struct ost_yaml_node **tail;
	bool mapping;
	bool value_next; /* mapping: the key was read */
};

struct reading {
	struct ost_yaml_tree *tree;
	struct ost_diag *diag;
	const char *name;
	const char *bytes;
	size_t length;
	struct frame frames[OST_YAML_DEPTH_MAX];
	uint32_t depth;
	uint32_t nodes;
	bool document; /* one has ended */
};

static struct ost_pos place(const struct reading *rd, const yaml_mark_t *mark)
{
	return (struct ost_pos){rd->name, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1};
}

/* libyaml counts characters in its marks, but a failed decoder leaves an offset only. */
static void syntax_error(const struct reading *rd, const yaml_parser_t *parser)
{
	const char *what = parser->problem ? parser->problem : "cannot be read";
	struct ost_pos pos = place(rd, &parser->problem_mark);
	const char *hint = "look at the indentation, the brackets and the quotes here and above";

	if (parser->error == YAML_READER_ERROR)
		ost_yaml_text_place(rd->bytes, parser->problem_offset, &pos.line, &pos.column);
	else if (parser->problem_mark.index < rd->length &&
		 rd->bytes[parser->problem_mark.index] == '\t')
		hint = "indent with spaces, not with tabs";
	if (parser->context != NULL && parser->context_mark.line != parser->problem_mark.line)
		ost_diag_error(rd->diag, pos, hint, "not YAML: %s (%s that began on line %zu)",
			what, parser->context, parser->context_mark.line + 1);
	else
		ost_diag_error(rd->diag, pos, hint, "not YAML: %s", what);
}

/* Hangs a node below the innermost open one. */
static void attach(struct reading *rd, struct ost_yaml_node *node)
{
	struct frame *f = rd->depth > 0 ? &rd->frames[rd->depth - 1] : NULL;
	bool key = f != NULL && f->mapping && !f->value_next;

	if (f == NULL) {
		rd->tree->root = node;
		return;
	}
	*f->tail = node;
	f->tail = &node->next;
	if (!key)
		f->node->count++;
	if (f->mapping)
		f->value_next = key;
	if (key && node->kind != OST_YAML_SCALAR && node->kind != OST_YAML_BROKEN) {
		ost_diag_error(rd->diag, (struct ost_pos){rd->name, node->line, node->column},
			"write a name before the colon", "a key is a list or a mapping");
		node->kind = OST_YAML_BROKEN;
	}
}

static int node_new(struct reading *rd, const yaml_event_t *event, enum ost_yaml_kind kind,
	struct ost_yaml_node **ret_node)
{
	struct ost_yaml_node *node;

	if (++rd->nodes > OST_YAML_NODES_MAX) {
		ost_diag_error(rd->diag, place(rd, &event->start_mark),
			"split it into several files", "the file has more than %u values",
			OST_YAML_NODES_MAX);
		return -EINVAL;
	}
	node = ost_arena_take(&rd->tree->arena, sizeof(*node));
	if (node == NULL)
		return -ENOMEM;
	node->kind = (uint8_t)kind;
	node->line = (uint32_t)event->start_mark.line + 1;
	node->column = (uint32_t)event->start_mark.column + 1;
	*ret_node = node;
	return 0;
}

static void decoration_check(struct reading *rd, const yaml_event_t *event,
	const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor != NULL)
		ost_diag_error(rd->diag, place(rd, &event->start_mark), "remove the & and its name",
			"anchors are not read here");
	if (tag != NULL)
		ost_diag_error(rd->diag, place(rd, &event->start_mark),
			"remove the word that begins with !", "tags are not read here");
}

/* NULL when the scalar is fine. */
static const char *scalar_flaw(const yaml_event_t *event, const char **ret_hint)
{
	yaml_scalar_style_t style = event->data.scalar.style;
	size_t offset;

	*ret_hint = "write it on one line";
	if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
		return "a text block";
	if (event->start_mark.line != event->end_mark.line)
		return "a value over several lines";
	*ret_hint = "shorten it";
	if (event->data.scalar.length > OST_YAML_SCALAR_MAX)
		return "a value of more than 4096 bytes";
	*ret_hint = "remove it";
	return ost_yaml_text_flaw(
		(const char *)event->data.scalar.value, event->data.scalar.length, false, &offset);
}

static int scalar_read(struct reading *rd, const yaml_event_t *event)
{
	size_t length = event->data.scalar.length;
	struct ost_yaml_node *node;
	const char *hint, *flaw;
	int r = node_new(rd, event, OST_YAML_SCALAR, &node);

	if (r < 0)
		return r;
	decoration_check(rd, event, event->data.scalar.anchor, event->data.scalar.tag);
	flaw = scalar_flaw(event, &hint);
	if (flaw != NULL) {
		ost_diag_error(rd->diag, place(rd, &event->start_mark), hint,
			"%s has no place here", flaw);
		node->kind = OST_YAML_BROKEN;
	} else {
		char *text = ost_arena_take(&rd->tree->arena, length + 1);

		if (text == NULL)
			return -ENOMEM;
		memcpy(text, event->data.scalar.value, length);
		node->text = text;
		node->count = (uint32_t)length;
	}
	attach(rd, node);
	return 0;
}

static int alias_read(struct reading *rd, const yaml_event_t *event)
{
	struct ost_yaml_node *node;
	int r = node_new(rd, event, OST_YAML_BROKEN, &node);

	if (r < 0)
		return r;
	ost_diag_error(rd->diag, place(rd, &event->start_mark), "write the value out",
		"aliases are not read here");
	attach(rd, node);
	return 0;
}

static int group_begin(struct reading *rd, const yaml_event_t *event)
{
	bool mapping = event->type == YAML_MAPPING_START_EVENT;
	struct ost_yaml_node *node;
	int r = node_new(rd, event, mapping ? OST_YAML_MAPPING : OST_YAML_SEQUENCE, &node);

	if (r < 0)
		return r;
	if (rd->depth == OST_YAML_DEPTH_MAX) {
		ost_diag_error(rd->diag, place(rd, &event->start_mark),
			"look for a bracket too many", "nested deeper than %u levels",
			OST_YAML_DEPTH_MAX);
		return -EINVAL;
	}
	if (mapping)
		decoration_check(
			rd, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
	else
		decoration_check(rd, event, event->data.sequence_start.anchor,
			event->data.sequence_start.tag);
	attach(rd, node);
	rd->frames[rd->depth++] = (struct frame){node, &node->first, mapping, false};
	return 0;
}

static int group_end(struct reading *rd)
{
	struct ost_yaml_node *node = rd->frames[--rd->depth].node;

	if (node->kind == OST_YAML_MAPPING)
		return ost_yaml_keys_check(rd->name, node, rd->diag);
	return 0;
}

static int event_read(struct reading *rd, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return scalar_read(rd, event);
	case YAML_ALIAS_EVENT:
		return alias_read(rd, event);
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return group_begin(rd, event);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return group_end(rd);
	case YAML_DOCUMENT_START_EVENT:
		if (!rd->document)
			return 0;
		ost_diag_error(rd->diag, place(rd, &event->start_mark),
			"put it into a file of its own",
			"a second document begins here, and a file is one");
		return -EINVAL;
	case YAML_DOCUMENT_END_EVENT:
		rd->document = true;
		return 0;
	default:
		return 0;
	}
}

static int events_read(struct reading *rd, yaml_parser_t *parser)
{
	bool end = false;
	int r = 0;

	while (r == 0 && !end) {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event)) {
			if (parser->error == YAML_MEMORY_ERROR)
				return -ENOMEM;
			syntax_error(rd, parser);
			return -EINVAL;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		r = event_read(rd, &event);
		yaml_event_delete(&event);
	}
	return r;
}

static int root_check(const struct reading *rd)
{
	const struct ost_yaml_node *root = rd->tree->root;
	struct ost_pos pos = {rd->name, 1, 1};

	if (root != NULL && root->kind == OST_YAML_MAPPING)
		return 0;
	if (root == NULL || (root->kind == OST_YAML_SCALAR && root->count == 0)) {
		ost_diag_error(rd->diag, pos, "begin with: ostiary: 1", "the file is empty");
		return -EINVAL;
	}
	pos.line = root->line;
	pos.column = root->column;
	if (root->kind != OST_YAML_BROKEN)
		ost_diag_error(rd->diag, pos, "begin with: ostiary: 1",
			"the file is no mapping of keys to values");
	return -EINVAL;
}

static int text_check(const struct reading *rd)
{
	struct ost_pos pos = {rd->name, 1, 1};
	size_t offset;
	const char *flaw = ost_yaml_text_flaw(rd->bytes, rd->length, true, &offset);

	if (flaw == NULL)
		return 0;
	ost_yaml_text_place(rd->bytes, offset, &pos.line, &pos.column);
	ost_diag_error(rd->diag, pos, "save the file as plain UTF-8 text without it",
		"%s has no place in this file", flaw);
	return -EINVAL;
}

/* %YAML and %TAG: libyaml takes quadratic time for many, and nothing here needs one. */
static int directives_check(const struct reading *rd)
{
	const char *line = rd->bytes, *end = rd->bytes + rd->length;
	uint32_t number = 1;

	while (line != NULL && line < end && *line != '%') {
		line = memchr(line, '\n', (size_t)(end - line));
		line = line != NULL ? line + 1 : NULL;
		number++;
	}
	if (line == NULL || line >= end)
		return 0;
	ost_diag_error(rd->diag, ((struct ost_pos){rd->name, number, 1}), "remove the line",
		"directives are not read here");
	return -EINVAL;
}

/* A byte order mark at the start is passed over: editors of some systems write one. */
static int tree_fill(struct reading *rd)
{
	size_t mark = rd->length >= 3 && memcmp(rd->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	yaml_parser_t parser;
	int r = text_check(rd);

	if (r == 0)
		r = directives_check(rd);
	if (r < 0)
		return r;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)rd->bytes + mark, rd->length - mark);
	r = events_read(rd, &parser);
	yaml_parser_delete(&parser);
	return r < 0 ? r : root_check(rd);
}

int ost_yaml_tree_read(const char *name, const char *bytes, size_t length, struct ost_diag *diag,
	struct ost_yaml_tree **ret_tree)
{
	struct ost_yaml_tree *tree = calloc(1, sizeof(*tree));
	struct reading rd = {
		.tree = tree, .diag = diag, .name = name, .bytes = bytes, .length = length};
	int r;

	if (tree == NULL)
		return -ENOMEM;
	r = tree_fill(&rd);
	if (r < 0) {
		ost_yaml_tree_free(&tree);
		return r;
	}
	*ret_tree = tree;
	return 0;
}

void ost_yaml_tree_free(struct ost_yaml_tree **tree)
{
	if (*tree == NULL)
		return;
	ost_arena_free(&(*tree)->arena);
	free(*tree);
	*tree = NULL;
}

const struct ost_yaml_node *ost_yaml_tree_root(const struct ost_yaml_tree *tree)
{
	return tree->root;
}
