/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_index.h"

#include <jansson.h>

#define SUFFIX ".json"

bool ost_mud_file_name_ok(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	size_t n = strlen(name), suffix = strlen(SUFFIX);

	return n > suffix && n <= 255 && name[0] != '.' && strspn(name, set) == n && strcmp(name + n - suffix, SUFFIX) == 0 &&
	       strcmp(name, OST_MUD_INDEX_NAME) != 0;
}

/* NULL with *ret_error when it is not sound. */
static json_t *index_read(const char *bytes, size_t length, int *ret_error)
{
	json_error_t error;
	json_t *index;

	if (length > OST_MUD_INDEX_MAX) {
		*ret_error = -EINVAL;
		return NULL;
	}
	index = length == 0 ? json_object() : json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
	if (index != NULL && json_is_object(index))
		return index;
	*ret_error = length == 0 || (index == NULL && json_error_code(&error) == json_error_out_of_memory) ? -ENOMEM : -EINVAL;
	json_decref(index);
	return NULL;
}

static const char *file_of(const json_t *entry)
{
	const char *file = json_string_value(json_object_get(entry, "file"));

	return file != NULL && ost_mud_file_name_ok(file) ? file : NULL;
}

int ost_mud_index_find(const char *bytes, size_t length, const char *url, char **ret_file)
{
	int r = 0;
	json_t *index = index_read(bytes, length, &r), *entry;
	char *file = NULL;

	if (index == NULL)
		return r;
	entry = json_object_get(index, url);
	if (entry == NULL)
		r = -ENOENT;
	else if (file_of(entry) == NULL)
		r = -EINVAL;
	else
		file = strdup(file_of(entry));
	if (r == 0 && file == NULL)
		r = -ENOMEM;
	if (r == 0)
		*ret_file = file;
	json_decref(index);
	return r;
}

static int entry_put(json_t *index, const char *url, const char *file)
{
	json_t *entry = json_object_get(index, url), *other;
	const char *key;

	json_object_foreach(index, key, other) {
		const char *name = file_of(other);

		if (name != NULL && strcmp(name, file) == 0 && strcmp(key, url) != 0)
			return -EEXIST;
	}
	if (!json_is_object(entry) && json_object_set_new(index, url, json_object()) < 0)
		return -ENOMEM;
	return json_object_set_new(json_object_get(index, url), "file", json_string(file)) < 0 ? -ENOMEM : 0;
}

/* Takes the index. */
static int index_write(json_t *index, char **ret_bytes)
{
	char *text = json_dumps(index, JSON_INDENT(2) | JSON_SORT_KEYS);
	char *line = text != NULL ? realloc(text, strlen(text) + 2) : NULL;

	json_decref(index);
	if (line == NULL) {
		free(text);
		return -ENOMEM;
	}
	memcpy(line + strlen(line), "\n", 2);
	*ret_bytes = line;
	return 0;
}

int ost_mud_index_put(const char *bytes, size_t length, const char *url, const char *file, char **ret_bytes)
{
	int r = 0;
	json_t *index = index_read(bytes, length, &r);

	if (index == NULL)
		return r;
	r = entry_put(index, url, file);
	if (r == 0)
		return index_write(index, ret_bytes);
	json_decref(index);
	return r;
}

int ost_mud_index_fetched(const char *bytes, size_t length, const char *url, int64_t at_s, char **ret_bytes)
{
	int r = 0;
	json_t *index = index_read(bytes, length, &r), *entry;

	if (index == NULL)
		return r;
	entry = json_object_get(index, url);
	if (!json_is_object(entry))
		r = -ENOENT;
	else if (json_object_set_new(entry, "fetched", json_integer(at_s)) < 0)
		r = -ENOMEM;
	if (r == 0)
		return index_write(index, ret_bytes);
	json_decref(index);
	return r;
}

int ost_mud_index_each(
	const char *bytes, size_t length, int (*visit)(void *user, const char *url, const char *file, int64_t fetched_s), void *user)
{
	int r = 0;
	json_t *index = index_read(bytes, length, &r), *entry;
	const char *url;

	if (index == NULL)
		return r;
	json_object_foreach(index, url, entry) {
		const json_t *fetched = json_object_get(entry, "fetched");

		if (r == 0 && file_of(entry) != NULL && json_is_integer(fetched))
			r = visit(user, url, file_of(entry), json_integer_value(fetched));
	}
	json_decref(index);
	return r;
}
