/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From JSON to values: what the readers of MUD files share. */
#include <stdarg.h>
#include <stdio.h>

#include "mud_reader.h"

const char *mud_local_name(const char *key)
{
	static const char *const modules[] = {"ietf-mud:", "ietf-acldns:", "ietf-access-control-list:"};

	for (uint32_t i = 0; i < OST_ARRAY_SIZE(modules); i++) {
		size_t n = strlen(modules[i]);

		if (strncmp(key, modules[i], n) == 0)
			return key + n;
	}
	return key;
}

static const struct mud_field *field_find(const struct mud_field *fields, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

void mud_fields(struct mud_reader *r, const struct mud_node *object, const char *what, const struct mud_field *fields, uint32_t count,
	void (*other)(struct mud_reader *r, const struct mud_node *value))
{
	uint64_t seen = 0;

	if (!mud_is_object(r, object, what))
		return;
	MUD_JSON_EACH(object, member)
	{
		const struct mud_field *field = field_find(fields, count, mud_local_name(member->key));

		if (field == NULL) {
			other(r, member);
		} else if (seen >> (field - fields) & 1) {
			mud_error(r, member, "remove one of the two", "'%s' stands twice, with and without its prefix", field->name);
		} else {
			seen |= UINT64_C(1) << (field - fields);
			field->read(r, member);
		}
	}
}

static const char *name_of(const struct mud_node *node)
{
	while (node->key == NULL && node->parent != NULL)
		node = node->parent;
	return node->key != NULL ? node->key : "the file";
}

bool mud_is_object(struct mud_reader *r, const struct mud_node *node, const char *what)
{
	if (json_is_object(node->value))
		return true;
	mud_error(r, node, NULL, "%.80s is %s where an object belongs", what, mud_json_kind(node));
	return false;
}

bool mud_is_array(struct mud_reader *r, const struct mud_node *node, const char *what)
{
	if (json_is_array(node->value))
		return true;
	mud_error(r, node, NULL, "%.80s is %s where an array belongs", what, mud_json_kind(node));
	return false;
}

bool mud_is_empty(struct mud_reader *r, const struct mud_node *node)
{
	if (json_array_size(node->value) == 1 && json_is_null(json_array_get(node->value, 0)))
		return true;
	mud_error(r, node, "write [null]", "%.80s is %s where [null] belongs", name_of(node), mud_json_kind(node));
	return false;
}

bool mud_string(struct mud_reader *r, const struct mud_node *node, uint32_t most, const char **ret_text)
{
	const char *text = json_string_value(node->value);
	size_t characters = 0;

	if (text == NULL) {
		mud_error(r, node, NULL, "%.80s is %s where a string belongs", name_of(node), mud_json_kind(node));
		return false;
	}
	for (const char *c = text; *c != '\0'; c++)
		characters += (*c & 0xc0) != 0x80;
	if (characters == 0 || characters > most) {
		mud_error(r, node, NULL, "%.80s has %zu characters, where it can have 1 to %u", name_of(node), characters, most);
		return false;
	}
	*ret_text = text;
	return true;
}

bool mud_number(struct mud_reader *r, const struct mud_node *node, uint32_t least, uint32_t most, uint32_t *ret_value)
{
	json_int_t v = json_integer_value(node->value);

	if (!json_is_integer(node->value)) {
		mud_error(r, node, NULL, "%.80s is %s where a number from %u to %u belongs", name_of(node), mud_json_kind(node), least, most);
		return false;
	}
	if (v < (json_int_t)least || v > (json_int_t)most) {
		mud_error(r, node, NULL, "%.80s is %lld, where it can be %u to %u", name_of(node), (long long)v, least, most);
		return false;
	}
	*ret_value = (uint32_t)v;
	return true;
}

/* RFC 8520 section 3.9: an extension has to be named. What its nodes are called is its own affair; the module's name is the best guess. */
static bool extension_is_declared(const struct mud_reader *r, const char *key)
{
	const char *colon = strchr(key, ':');
	size_t n = colon != NULL ? (size_t)(colon - key) : strlen(key);

	if (r->extensions == NULL)
		return false;
	MUD_JSON_EACH(r->extensions, item)
	{
		const char *name = json_string_value(item->value);

		if (name != NULL && ((strlen(name) == n && strncmp(name, key, n) == 0) || (colon != NULL && strcmp(name, colon + 1) == 0)))
			return true;
	}
	return false;
}

void mud_unknown(struct mud_reader *r, const struct mud_node *node)
{
	char pointer[256];

	(void)mud_json_pointer(node, pointer, sizeof(pointer));
	if (extension_is_declared(r, node->key))
		mud_warning(r, node, NULL, "%s is an extension that is not known here, and is ignored", pointer);
	else
		mud_warning(r, node, "its manufacturer should name it in \"extensions\"",
			"%s is not known here and not declared as an extension, and is ignored", pointer);
}

static const char *joined(struct mud_reader *r, struct ost_mud_ace *ace, char *sentence)
{
	char *both;

	if (ace->why == NULL || sentence == NULL) {
		ace->why = sentence;
		return sentence;
	}
	if (asprintf(&both, "%s; %s", ace->why, sentence) < 0) {
		r->no_memory = true;
		free(sentence);
		return ace->why;
	}
	free(ace->why);
	free(sentence);
	ace->why = both;
	return both;
}

void mud_ace_say(struct mud_reader *r, struct ost_mud_ace *ace, enum ost_mud_fate fate, const char *fmt, ...)
{
	char *sentence;
	va_list ap;

	if (ace->fate == OST_MUD_REFUSED)
		return;
	va_start(ap, fmt);
	if (vasprintf(&sentence, fmt, ap) < 0)
		sentence = NULL;
	va_end(ap);
	r->no_memory |= sentence == NULL;
	if (fate == OST_MUD_REFUSED && ace->drop)
		ost_diag_error(r->diag, ace->pos, "a drop that is left out would allow more than the file says",
			"ACE %s of ACL %s drops, and cannot be taken as written: %s", ace->name, ace->acl, sentence != NULL ? sentence : "");
	if (fate == OST_MUD_REFUSED) {
		free(ace->why);
		ace->why = NULL;
	}
	ace->fate = OST_MAX(ace->fate, fate);
	(void)joined(r, ace, sentence);
}
