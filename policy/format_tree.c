/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the events of libyaml, and what stands between them: comments are not events. */
#include "format_tree.h"

#include <yaml.h>

struct frame {
	struct format_node *node, *key;
	bool value_next; /* mapping: the key was read */
};

struct reading {
	struct format_tree *tree;
	const char *bytes;
	size_t length;
	size_t offset; /* up to here everything was looked at, in bytes, */
	size_t characters; /* and in characters, as marks count */
	uint32_t line, column; /* of offset, from 0 */
	uint32_t content_line; /* where the last scalar or bracket ended; UINT32_MAX: nowhere yet */
	bool line_used; /* something stands on the line of offset, before it */
	bool blank; /* an empty line since the last entry or comment */
	struct format_node *last; /* may have a comment on its line; NULL: an opening bracket, or nothing */
	struct format_comments pending;
	struct frame frames[OST_YAML_DEPTH_MAX + 1];
	uint32_t depth;
	bool no_memory;
};

static void *take(struct reading *rd, size_t bytes)
{
	void *p = bytes <= 64 * 1024 ? ost_arena_take(&rd->tree->arena, bytes) : NULL;

	rd->no_memory |= p == NULL;
	return p;
}

static void comment_append(struct format_comments *list, struct format_comment *c)
{
	if (list->tail == NULL)
		list->tail = &list->first;
	*list->tail = c;
	list->tail = &c->next;
	c->next = NULL;
}

static struct format_comment *comment_shift(struct format_comments *list)
{
	struct format_comment *c = list->first;

	list->first = c->next;
	if (list->first == NULL)
		list->tail = NULL;
	return c;
}

static void comment_add(struct reading *rd, const char *begin, size_t length, uint32_t line, uint32_t column)
{
	struct format_comment *c = take(rd, sizeof(*c));

	while (length > 0 && (begin[length - 1] == '\r' || begin[length - 1] == ' ' || begin[length - 1] == '\t'))
		length--;
	if (c == NULL)
		return;
	*c = (struct format_comment){.text = begin, .length = length, .column = column, .blank = rd->blank};
	if (rd->last != NULL && line == rd->content_line && rd->last->trailing == NULL)
		rd->last->trailing = c;
	else
		comment_append(&rd->pending, c);
	for (uint32_t i = 0; i < rd->depth; i++)
		rd->frames[i].node->inner |= rd->frames[i].node->flow;
	rd->blank = false;
}

static void advance(struct reading *rd)
{
	char c = rd->bytes[rd->offset++];

	if (c == '\n') {
		rd->blank |= !rd->line_used;
		rd->line_used = false;
		rd->line++;
		rd->column = 0;
		rd->characters++;
	} else if (((uint8_t)c & 0xc0) != 0x80) {
		rd->line_used |= c != ' ' && c != '\t' && c != '\r';
		rd->column++;
		rd->characters++;
	}
	/* The rest of a character goes with its first byte. */
	while (rd->offset < rd->length && ((uint8_t)rd->bytes[rd->offset] & 0xc0) == 0x80)
		rd->offset++;
}

/* What stands between two tokens: space, indicators and comments. */
static void gap_read(struct reading *rd, size_t until)
{
	while (rd->characters < until && rd->offset < rd->length && !rd->no_memory) {
		size_t begin = rd->offset;
		uint32_t line = rd->line, column = rd->column;

		if (rd->bytes[begin] != '#') {
			advance(rd);
			continue;
		}
		while (rd->offset < rd->length && rd->bytes[rd->offset] != '\n')
			advance(rd);
		comment_add(rd, rd->bytes + begin, rd->offset - begin, line, column);
	}
}

static void content_pass(struct reading *rd, size_t until, struct format_node *last)
{
	while (rd->characters < until && rd->offset < rd->length)
		advance(rd);
	rd->content_line = rd->line;
	rd->last = last;
	rd->blank = false;
}

static struct format_node *node_new(struct reading *rd, enum ost_yaml_kind kind, bool flow, const yaml_mark_t *start)
{
	struct format_node *node = take(rd, sizeof(*node));

	if (node == NULL)
		return NULL;
	node->kind = (uint8_t)kind;
	node->flow = flow;
	node->column = (uint32_t)start->column;
	node->tail = &node->first;
	return node;
}

/* Hangs a node below the innermost one; an entry takes what stands before it. */
static void attach(struct reading *rd, struct format_node *node)
{
	struct frame *f = rd->depth > 0 ? &rd->frames[rd->depth - 1] : NULL;
	bool value = f != NULL && f->node->kind == OST_YAML_MAPPING && f->value_next;

	if (f == NULL) {
		rd->tree->root = node;
		return;
	}
	*f->node->tail = node;
	f->node->tail = &node->next;
	if (f->node->kind == OST_YAML_MAPPING)
		f->value_next = !f->value_next;
	if (value) {
		/* Between a key and a value that will stand on its line. */
		while (rd->pending.first != NULL && (node->kind == OST_YAML_SCALAR || node->flow))
			comment_append(&f->key->head, comment_shift(&rd->pending));
		return;
	}
	f->key = node;
	node->head = rd->pending;
	rd->pending = (struct format_comments){0};
	node->blank = rd->blank;
	rd->blank = false;
}

/* At the beginning of a line it would end the document. */
static bool is_document_mark(const char *text, size_t length)
{
	return length >= 3 && (strncmp(text, "---", 3) == 0 || strncmp(text, "...", 3) == 0) && (length == 3 || strchr(" \t", text[3]) != NULL);
}

/* A text in double quotes; plain ones stay what they are. */
static const char *scalar_text(struct reading *rd, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length, n = 0;
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !is_document_mark(value, length);
	char *text = take(rd, length * 2 + 3);

	if (text == NULL)
		return NULL;
	if (!plain)
		text[n++] = '"';
	for (size_t i = 0; i < length; i++) {
		if (!plain && (value[i] == '"' || value[i] == '\\'))
			text[n++] = '\\';
		text[n++] = value[i];
	}
	if (!plain)
		text[n++] = '"';
	text[n] = '\0';
	return text;
}

static bool is_key_next(const struct reading *rd)
{
	const struct frame *f = rd->depth > 0 ? &rd->frames[rd->depth - 1] : NULL;

	return f != NULL && f->node->kind == OST_YAML_MAPPING && !f->value_next;
}

/* An empty value has no place of its own: its mark may be that of what comes next. */
static void scalar_read(struct reading *rd, const yaml_event_t *event)
{
	bool nothing = event->start_mark.index == event->end_mark.index;
	struct format_node *node;

	if (!nothing)
		gap_read(rd, event->start_mark.index);
	node = node_new(rd, OST_YAML_SCALAR, false, &event->start_mark);
	if (node == NULL)
		return;
	node->text = nothing && is_key_next(rd) ? "\"\"" : scalar_text(rd, event);
	attach(rd, node);
	if (!nothing)
		content_pass(rd, event->end_mark.index, node);
}

static void group_begin(struct reading *rd, const yaml_event_t *event)
{
	bool mapping = event->type == YAML_MAPPING_START_EVENT;
	bool flow = mapping ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
			    : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	struct format_node *node;

	gap_read(rd, event->start_mark.index);
	node = node_new(rd, mapping ? OST_YAML_MAPPING : OST_YAML_SEQUENCE, flow, &event->start_mark);
	if (node == NULL || rd->depth > OST_YAML_DEPTH_MAX) {
		rd->no_memory = true;
		return;
	}
	attach(rd, node);
	if (flow && event->end_mark.index > event->start_mark.index)
		content_pass(rd, event->end_mark.index, NULL);
	rd->frames[rd->depth++] = (struct frame){node, NULL, false};
}

/* Comments that are indented as its entries belong to a block that ends. */
static void group_end(struct reading *rd, const yaml_event_t *event)
{
	struct format_node *node = rd->frames[rd->depth - 1].node;
	const struct format_node *above = rd->depth > 1 ? rd->frames[rd->depth - 2].node : NULL;
	/* A list that is not indented below its key: what stands in its column may as well be about the next key. */
	uint32_t least = above != NULL && above->column == node->column ? node->column + 1 : node->column;

	gap_read(rd, event->start_mark.index);
	while (rd->pending.first != NULL && (node->flow || rd->depth == 1 || rd->pending.first->column >= least))
		comment_append(&node->foot, comment_shift(&rd->pending));
	rd->depth--;
	if (node->flow && event->end_mark.index > event->start_mark.index)
		content_pass(rd, event->end_mark.index, node);
}

static void event_read(struct reading *rd, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		scalar_read(rd, event);
		break;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		group_begin(rd, event);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		group_end(rd, event);
		break;
	default:
		break;
	}
}

static int events_read(struct reading *rd, yaml_parser_t *parser)
{
	bool end = false;

	while (!end && !rd->no_memory) {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event))
			return parser->error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
		end = event.type == YAML_STREAM_END_EVENT;
		event_read(rd, &event);
		yaml_event_delete(&event);
	}
	/* Behind an end of the document ("...") there may be more. */
	gap_read(rd, SIZE_MAX);
	while (rd->pending.first != NULL && rd->tree->root != NULL)
		comment_append(&rd->tree->root->foot, comment_shift(&rd->pending));
	return rd->no_memory ? -ENOMEM : rd->tree->root != NULL ? 0 : -EINVAL;
}

int format_tree_read(struct format_tree *tree, const char *bytes, size_t length)
{
	size_t mark = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	struct reading rd = {
		.tree = tree,
		.bytes = bytes + mark,
		.length = length - mark,
		.content_line = UINT32_MAX,
	};
	yaml_parser_t parser;
	int r;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)rd.bytes, rd.length);
	r = events_read(&rd, &parser);
	yaml_parser_delete(&parser);
	return r;
}
