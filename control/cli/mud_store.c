/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_store.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "file.h"
#include "mud_index.h"
#include "mud_piece.h"

#define NAMES_MAX 100u /* that are tried */

struct store {
	char folder[PATH_MAX], index[PATH_MAX];
	char *bytes; /* of the index, or NULL */
	size_t length;
};

static int paths_make(struct store *s, const char *dir)
{
	int n = snprintf(s->folder, sizeof(s->folder), "%s/" OST_MUD_FOLDER, dir);

	if (n < 0 || (size_t)n >= sizeof(s->folder))
		return -ENAMETOOLONG;
	n = snprintf(s->index, sizeof(s->index), "%s/" OST_MUD_FOLDER "/" OST_MUD_INDEX_NAME, dir);
	return n < 0 || (size_t)n >= sizeof(s->index) ? -ENAMETOOLONG : 0;
}

static int index_read(struct store *s)
{
	int r = ost_file_read(s->index, OST_MUD_INDEX_MAX, &s->bytes, &s->length);

	return r == -ENOENT ? 0 : r;
}

/* The first name that is free or that URL's own. */
static int name_choose(const struct store *s, const struct ost_mud *mud, char **ret_name, char **ret_index)
{
	char stem[OST_MUD_FILE_NAME], name[OST_MUD_FILE_NAME + 16];
	char *known = NULL;
	int r = s->length > 0 ? ost_mud_index_find(s->bytes, s->length, mud->url, &known) : -ENOENT;

	if (r == 0) {
		*ret_name = known;
		return ost_mud_index_put(s->bytes, s->length, mud->url, known, ret_index);
	}
	(void)ost_mud_file_name(mud, stem);
	stem[strlen(stem) - strlen(".json")] = '\0';
	for (unsigned i = 1; r == -ENOENT && i <= NAMES_MAX; i++) {
		if (i == 1)
			(void)snprintf(name, sizeof(name), "%s.json", stem);
		else
			(void)snprintf(name, sizeof(name), "%s-%u.json", stem, i);
		r = ost_mud_index_put(s->bytes, s->length, mud->url, name, ret_index);
		r = r == -EEXIST ? -ENOENT : r;
	}
	if (r < 0)
		return r;
	*ret_name = strdup(name);
	return *ret_name != NULL ? 0 : -ENOMEM;
}

static int files_write(const struct store *s, const struct ost_mud_input *input, const char *name, const char *index)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	int r = n < 0 || (size_t)n >= sizeof(path) ? -ENAMETOOLONG : ost_dir_make(s->folder, 0755);

	if (r == 0)
		r = ost_file_write(path, input->bytes, input->length, 0644);
	if (r == 0)
		r = ost_file_write(s->index, index, strlen(index), 0644);
	return r;
}

int ost_mud_store_put(const char *dir, const struct ost_mud *mud, const struct ost_mud_input *input, char **ret_name)
{
	char *name = NULL, *index = NULL;
	struct store s = {0};
	int r = paths_make(&s, dir);

	if (r == 0)
		r = index_read(&s);
	if (r == 0)
		r = name_choose(&s, mud, &name, &index);
	if (r == 0)
		r = files_write(&s, input, name, index);
	free(index);
	free(s.bytes);
	if (r == 0) {
		*ret_name = name;
		return OST_EXIT_OK;
	}
	free(name);
	if (r == -EINVAL)
		return ost_cli_fail("%s is no sound index; mend it, or move it away", s.index);
	return ost_cli_fail("%s cannot be written: %s", s.folder[0] != '\0' ? s.folder : dir, strerror(-r));
}

int ost_mud_store_fetched(const char *dir, const char *url)
{
	struct store s = {0};
	char *index = NULL;
	int r = paths_make(&s, dir);

	if (r == 0)
		r = index_read(&s);
	if (r == 0)
		r = ost_mud_index_fetched(s.bytes, s.length, url, (int64_t)time(NULL), &index);
	if (r == 0)
		r = ost_file_write(s.index, index, strlen(index), 0644);
	free(index);
	free(s.bytes);
	return r == 0 ? OST_EXIT_OK : ost_cli_fail("%s cannot be written: %s", s.index, strerror(-r));
}
