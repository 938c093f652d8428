/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_bind.h"

#include <stdarg.h>
#include <stdio.h>

#include "nearest.h"
#include "text.h"

struct ost_pos ost_yaml_pos(const struct ost_yaml_reader *y, const struct ost_yaml_node *node)
{
	return (struct ost_pos){y->file, node->line, node->column};
}

void *ost_yaml_alloc(struct ost_yaml_reader *y, size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);

	if (p == NULL)
		y->no_memory = true;
	return p;
}

char *ost_yaml_strdup(struct ost_yaml_reader *y, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		y->no_memory = true;
	return copy;
}

const char *ost_hint(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(buf, size, fmt, ap) < 0)
		buf[0] = '\0';
	va_end(ap);
	return buf;
}

static void unknown_key(struct ost_yaml_reader *y, const struct ost_yaml_node *key,
	const char *what, const struct ost_yaml_field *fields, uint32_t field_count)
{
	struct ost_nearest near = ost_nearest_of(key->text, &y->nearest_budget);
	char hint[OST_HINT_MAX], list[OST_HINT_MAX / 2];
	size_t used = 0;

	list[0] = '\0';
	for (uint32_t i = 0; i < field_count; i++) {
		ost_nearest_offer(&near, fields[i].name);
		ost_hint(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", fields[i].name);
		used = strlen(list);
	}
	if (near.best != NULL)
		ost_hint(hint, sizeof(hint), "did you mean '%s'? Its keys are %s", near.best, list);
	else
		ost_hint(hint, sizeof(hint), "its keys are %s", list);
	ost_yaml_error(y, key, hint, "%s has no key '%.63s'", what, key->text);
}

void ost_yaml_fields(struct ost_yaml_reader *y, const struct ost_yaml_node *map, const char *what,
	const struct ost_yaml_field *fields, uint32_t field_count, void *context, void *target)
{
	if (!ost_yaml_is_mapping(y, map, what))
		return;
	OST_YAML_EACH(map, key)
	{
		uint32_t i = 0;

		while (i < field_count && strcmp(fields[i].name, key->text) != 0)
			i++;
		if (i == field_count)
			unknown_key(y, key, what, fields, field_count);
		else
			fields[i].read(context, key->next, target);
	}
}

static const char *kind_name(const struct ost_yaml_node *node)
{
	switch (node->kind) {
	case OST_YAML_SEQUENCE:
		return "a list";
	case OST_YAML_MAPPING:
		return "a mapping";
	default:
		return node->count == 0 ? "empty" : "a single value";
	}
}

bool ost_yaml_is_mapping(
	struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what)
{
	if (node->kind == OST_YAML_MAPPING)
		return true;
	if (node->kind != OST_YAML_BROKEN)
		ost_yaml_error(y, node, "write keys and values, or leave it out",
			"%s is %s, and must be a mapping", what, kind_name(node));
	return false;
}

bool ost_yaml_is_scalar(
	struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what)
{
	if (node->kind == OST_YAML_SCALAR && node->count > 0)
		return true;
	if (node->kind != OST_YAML_BROKEN)
		ost_yaml_error(y, node, "write one value, or leave it out",
			"%s is %s, and must be a single value", what, kind_name(node));
	return false;
}

bool ost_yaml_is_list(struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what)
{
	if (node->kind == OST_YAML_SCALAR && node->count > 0)
		return true;
	if (node->kind == OST_YAML_SEQUENCE && node->count > 0)
		return true;
	if (node->kind == OST_YAML_SEQUENCE)
		ost_yaml_error(y, node, "write at least one item, or leave it out",
			"%s is an empty list", what);
	else if (node->kind != OST_YAML_BROKEN)
		ost_yaml_error(y, node, "write [one, two], or one value alone",
			"%s is %s, and must be a list", what, kind_name(node));
	return false;
}

static bool name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool ost_yaml_is_name(struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what)
{
	const char *p;

	if (!ost_yaml_is_scalar(y, node, what))
		return false;
	if (node->count > OST_NAME_MAX) {
		ost_yaml_error(y, node, "shorten it to 63 characters", "%s '%.20s...' is too long",
			what, node->text);
		return false;
	}
	p = node->text;
	while (name_character(*p) || (p != node->text && (*p == '.' || *p == '_' || *p == '-')))
		p++;
	if (*p == '\0')
		return true;
	ost_yaml_error(y, node,
		"use letters, digits, '.', '_' and '-', and begin with a letter or a digit",
		"%s '%s' is no name", what, node->text);
	return false;
}

bool ost_yaml_number(struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what,
	uint64_t least, uint64_t most, uint64_t *ret_value)
{
	char hint[OST_HINT_MAX];
	uint64_t v = 0;

	if (!ost_yaml_is_scalar(y, node, what))
		return false;
	if (ost_number_parse(node->text, node->count, &v) == 0 && v >= least && v <= most) {
		*ret_value = v;
		return true;
	}
	ost_hint(hint, sizeof(hint), "write a whole number from %llu to %llu",
		(unsigned long long)least, (unsigned long long)most);
	ost_yaml_error(y, node, hint, "%s cannot be '%.63s'", what, node->text);
	return false;
}

bool ost_yaml_word(struct ost_yaml_reader *y, const struct ost_yaml_node *node, const char *what,
	const char *const *words, uint32_t count, uint32_t *ret_index)
{
	char hint[OST_HINT_MAX], list[OST_HINT_MAX / 2];
	struct ost_nearest near;
	size_t used = 0;

	if (!ost_yaml_is_scalar(y, node, what))
		return false;
	near = ost_nearest_of(node->text, &y->nearest_budget);
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(words[i], node->text) == 0) {
			*ret_index = i;
			return true;
		}
		ost_nearest_offer(&near, words[i]);
		ost_hint(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", words[i]);
		used = strlen(list);
	}
	if (near.best != NULL)
		ost_hint(hint, sizeof(hint), "did you mean '%s'? Write one of %s", near.best, list);
	else
		ost_hint(hint, sizeof(hint), "write one of %s", list);
	ost_yaml_error(y, node, hint, "%s cannot be '%.63s'", what, node->text);
	return false;
}

void ost_yaml_version_check(struct ost_yaml_reader *y, const struct ost_yaml_node *present)
{
	if (present == NULL) {
		ost_diag_error(y->diag, ((struct ost_pos){y->file, 1, 1}),
			"write this line at the top: ostiary: 1",
			"the file does not say 'ostiary: 1'");
		return;
	}
	if (!ost_yaml_is_scalar(y, present, "ostiary") || strcmp(present->text, "1") == 0)
		return;
	ost_yaml_error(y, present, "write: ostiary: 1",
		"this version reads files of format 1, not '%.63s'", present->text);
}
