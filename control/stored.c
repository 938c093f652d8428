/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stored.h"

#include <jansson.h>

#include "generations.h"

/* Names of the sources stand in meta.json: our own file, and still read with care. */
static int names_read(struct ost_stored *s, const char *meta)
{
	const json_t *list, *source;
	size_t i;

	s->root = json_loads(meta, JSON_REJECT_DUPLICATES, NULL);
	list = json_object_get(s->root, "sources");
	if (json_array_size(list) == 0 || json_array_size(list) > UINT16_MAX)
		return -EINVAL;
	s->sources = calloc(json_array_size(list), sizeof(*s->sources));
	if (s->sources == NULL)
		return -ENOMEM;
	json_array_foreach(list, i, source) {
		s->sources[i].name = json_string_value(json_object_get(source, "name"));
		if (s->sources[i].name == NULL)
			return -EINVAL;
		s->count++;
	}
	return 0;
}

static int texts_read(struct ost_stored *s, const struct ost_paths *paths, uint64_t number)
{
	for (uint32_t i = 0; i < s->count; i++) {
		char *text = NULL;
		int r = ost_generations_source(paths, number, i, &text, &s->sources[i].length);

		if (r < 0)
			return r;
		s->sources[i].bytes = text;
	}
	return 0;
}

int ost_stored_open(const struct ost_paths *paths, uint64_t number, bool texts, struct ost_stored **ret_stored)
{
	OST_AUTO_FREE char *meta = NULL;
	struct ost_stored *s;
	int r = ost_generations_meta(paths, number, &meta);

	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	r = names_read(s, meta);
	if (r == 0 && texts)
		r = texts_read(s, paths, number);
	if (r < 0)
		ost_stored_free(&s);
	else
		*ret_stored = s;
	return r;
}

void ost_stored_free(struct ost_stored **stored)
{
	struct ost_stored *s = *stored;

	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->count; i++)
		free((char *)(uintptr_t)s->sources[i].bytes);
	free(s->sources);
	json_decref(s->root);
	free(s);
	*stored = NULL;
}
