/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_json.h"

#include <stdio.h>

#include "cursor.h"
#include "text.h"
#include "yaml_text.h"

/* The walk over bytes that jansson has read: they are sound JSON, and members stand in the order in which jansson kept them. */
struct walk {
	struct mud_json *json;
	struct ost_cursor at;
	uint32_t line, column;
};

/* Values of the tree, or more than the bound when it is too large or too deep. */
static uint32_t values_count(const json_t *value, unsigned depth, bool *ret_deep)
{
	uint32_t n = 1;
	const char *key;
	json_t *child;
	size_t i;

	if (depth > MUD_JSON_DEPTH_MAX) {
		*ret_deep = true;
		return MUD_JSON_VALUES_MAX + 1;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, child) {
		if (n > MUD_JSON_VALUES_MAX)
			return n;
		n += values_count(child, depth + 1, ret_deep);
	}
	json_array_foreach(value, i, child) {
		if (n > MUD_JSON_VALUES_MAX)
			return n;
		n += values_count(child, depth + 1, ret_deep);
	}
	return n;
}

static uint8_t peek(const struct walk *w)
{
	return ost_cursor_left(&w->at) > 0 ? *w->at.at : 0;
}

/* One byte on; columns are counted in characters. */
static uint8_t step(struct walk *w)
{
	uint8_t byte = ost_cursor_u8(&w->at);

	if (byte == '\n') {
		w->line++;
		w->column = 1;
	} else if ((byte & 0xc0) != 0x80) {
		w->column++;
	}
	return byte;
}

/* Blanks, and the commas, colons and closing brackets between values. */
static void to_value(struct walk *w)
{
	while (peek(w) != 0 && strchr(" \t\r\n,:]}", peek(w)) != NULL)
		(void)step(w);
}

static void over_string(struct walk *w)
{
	(void)step(w);
	while (!w->at.failed && peek(w) != '"') {
		if (step(w) == '\\')
			(void)step(w);
	}
	(void)step(w);
}

static void over_scalar(struct walk *w)
{
	if (peek(w) == '"') {
		over_string(w);
		return;
	}
	while (peek(w) != 0 && strchr(" \t\r\n,:]}", peek(w)) == NULL)
		(void)step(w);
}

static struct mud_node *node_add(struct walk *w, json_t *value, const char *key, struct mud_node *parent)
{
	struct mud_node *node = &w->json->nodes[w->json->count++];

	to_value(w);
	*node = (struct mud_node){.value = value, .key = key, .parent = parent, .line = w->line, .column = w->column};
	return node;
}

static struct mud_node *value_walk(struct walk *w, json_t *value, const char *key, struct mud_node *parent);

static void child_walk(struct walk *w, json_t *child, const char *key, struct mud_node *node, struct mud_node **tail)
{
	struct mud_node *made;

	if (key != NULL) {
		to_value(w);
		over_string(w);
	}
	made = value_walk(w, child, key, node);
	if (*tail == NULL) {
		node->first = made;
	} else {
		(*tail)->next = made;
		made->place = (*tail)->place + 1;
	}
	*tail = made;
}

static struct mud_node *value_walk(struct walk *w, json_t *value, const char *key, struct mud_node *parent)
{
	struct mud_node *node = node_add(w, value, key, parent), *tail = NULL;
	const char *name;
	json_t *child;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value)) {
		over_scalar(w);
		return node;
	}
	(void)step(w);
	json_object_foreach(value, name, child) {
		child_walk(w, child, name, node, &tail);
	}
	json_array_foreach(value, i, child) {
		child_walk(w, child, NULL, node, &tail);
	}
	return node;
}

static void syntax_error(const char *name, const json_error_t *error, struct ost_diag *diag)
{
	struct ost_pos pos = {name, error->line > 0 ? (uint32_t)error->line : 0, error->column > 0 ? (uint32_t)error->column : 0};
	char text[JSON_ERROR_TEXT_LENGTH];

	(void)snprintf(text, sizeof(text), "%s", error->text);
	ost_text_make_plain(text);
	for (char *c = text; *c != '\0'; c++)
		*c = *c < 0 ? '?' : *c;
	ost_diag_error(diag, pos, "a MUD file is one JSON object, UTF-8 without a byte order mark", "no sound JSON: %s", text);
}

static bool text_is_sound(struct mud_json *json, const struct mud_node *node, const char *text, size_t length, struct ost_diag *diag)
{
	size_t offset;
	const char *flaw = ost_yaml_text_flaw(text, length, false, &offset);

	if (flaw != NULL)
		ost_diag_error(diag, mud_json_pos(json, node), "ask its manufacturer for one in plain text", "a text holds %s", flaw);
	return flaw == NULL;
}

/* No text that does not show what it is. */
static bool texts_are_sound(struct mud_json *json, struct ost_diag *diag)
{
	for (uint32_t i = 0; i < json->count; i++) {
		const struct mud_node *n = &json->nodes[i];

		if (n->key != NULL && !text_is_sound(json, n, n->key, strlen(n->key), diag))
			return false;
		if (json_is_string(n->value) &&
			!text_is_sound(json, n, json_string_value(n->value), json_string_length(n->value), diag))
			return false;
	}
	return true;
}

static int tree_bound(const struct mud_json *json, struct ost_diag *diag, uint32_t *ret_count)
{
	struct ost_pos start = {json->name, 1, 1};
	bool deep = false;
	uint32_t n = values_count(json->root, 1, &deep);

	if (deep)
		ost_diag_error(diag, start, "a MUD file has about 12 levels", "values are nested deeper than %u levels", MUD_JSON_DEPTH_MAX);
	else if (n > MUD_JSON_VALUES_MAX)
		ost_diag_error(diag, start, "split what it allows over several models", "the file has more than %u values",
			MUD_JSON_VALUES_MAX);
	else
		*ret_count = n;
	return deep || n > MUD_JSON_VALUES_MAX ? -EINVAL : 0;
}

static int index_make(struct mud_json *json, const char *bytes, size_t length, struct ost_diag *diag)
{
	struct walk w = {.json = json, .at = ost_cursor_of(bytes, length), .line = 1, .column = 1};
	uint32_t count = 0;
	int r = tree_bound(json, diag, &count);

	if (r < 0)
		return r;
	json->nodes = calloc(count, sizeof(*json->nodes));
	if (json->nodes == NULL)
		return -ENOMEM;
	(void)value_walk(&w, json->root, NULL, NULL);
	return texts_are_sound(json, diag) ? 0 : -EINVAL;
}

int mud_json_read(const char *name, const char *bytes, size_t length, struct ost_diag *diag, struct mud_json *ret_json)
{
	struct mud_json json = {.name = name};
	json_error_t error;
	int r;

	json.root = json_loadb(length > 0 ? bytes : "", length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (json.root == NULL && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (json.root == NULL) {
		syntax_error(name, &error, diag);
		return -EINVAL;
	}
	r = index_make(&json, bytes, length, diag);
	if (r == 0)
		*ret_json = json;
	else
		mud_json_close(&json);
	return r;
}

void mud_json_close(struct mud_json *json)
{
	json_decref(json->root);
	free(json->nodes);
	*json = (struct mud_json){0};
}

const char *mud_json_pointer(const struct mud_node *node, char *buf, size_t size)
{
	size_t used;

	if (node->parent == NULL) {
		buf[0] = '\0';
		return buf;
	}
	(void)mud_json_pointer(node->parent, buf, size);
	used = strlen(buf);
	if (node->key == NULL) {
		(void)snprintf(buf + used, size - used, "/%u", node->place);
		return buf;
	}
	for (const char *c = node->key; used + 4 < size; c++) {
		if (c == node->key)
			buf[used++] = '/';
		if (*c == '\0')
			break;
		if (*c == '~' || *c == '/')
			buf[used++] = '~';
		buf[used++] = *c == '~' ? '0' : *c == '/' ? '1' : *c;
	}
	buf[used] = '\0';
	return buf;
}

const char *mud_json_kind(const struct mud_node *node)
{
	static const char *const kinds[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number with a fraction or an exponent",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	return kinds[json_typeof(node->value)];
}
