/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "regime_set.h"

#include <dirent.h>
#include <stdio.h>

#include "file.h"

static int is_json(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".json") == 0;
}

static bool is_new(const struct ost_regime_set *set, const struct ost_regime *g, const char *path, struct ost_diag *diag)
{
	for (uint32_t i = 0; i < set->count; i++) {
		const struct ost_regime *other = set->regimes[i];

		if (strcmp(other->id, g->id) != 0 || other->version != g->version)
			continue;
		ost_diag_error(diag, ((struct ost_pos){path, 1, 1}), "give it another id, or the next version", "version %u of '%s' was read already",
			g->version, g->id);
		return false;
	}
	return true;
}

/* path is the set's. */
static int file_load(struct ost_regime_set *set, const char *path, struct ost_diag *diag)
{
	OST_AUTO_FREE char *bytes = NULL;
	struct ost_regime *g = NULL;
	size_t length;
	int r = ost_file_read_own(path, OST_REGIME_FILE_MAX, &bytes, &length);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		ost_diag_error(diag, ((struct ost_pos){path, 0, 0}), "it must be a regular file of at most 256 KiB that its owner alone may write",
			"cannot read it: %s", strerror(-r));
		return 0;
	}
	r = ost_regime_parse(path, bytes, length, diag, &g);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (is_new(set, g, path, diag))
		set->regimes[set->count++] = g;
	else
		ost_regime_free(&g);
	return 0;
}

static int entry_load(struct ost_regime_set *set, const char *folder, const char *name, struct ost_diag *diag)
{
	char *path;

	if (set->path_count == OST_REGIME_SET_MAX) {
		ost_diag_error(diag, ((struct ost_pos){set->paths[OST_REGIME_SET_MAX - 1], 0, 0}), "remove some",
			"there are more than %u regime files; those behind this one are not read", OST_REGIME_SET_MAX);
		return 0;
	}
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	set->paths[set->path_count++] = path;
	return file_load(set, path, diag);
}

static int folder_load(struct ost_regime_set *set, const char *folder, struct ost_diag *diag)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_json, alphasort), r = 0;

	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0) {
		r = errno == ENOMEM ? -ENOMEM : 0;
		ost_diag_error(diag, ((struct ost_pos){folder, 0, 0}), "check its mode", "cannot read the folder: %s", strerror(errno));
		return r;
	}
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = entry_load(set, folder, entries[i]->d_name, diag);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int ost_regime_set_load(const char *const *folders, uint32_t folder_count, struct ost_diag *diag, struct ost_regime_set **ret_set)
{
	struct ost_regime_set *set = calloc(1, sizeof(*set));
	int r = set == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; i < folder_count && r == 0; i++)
		r = folder_load(set, folders[i], diag);
	if (r < 0)
		ost_regime_set_free(&set);
	else
		*ret_set = set;
	return r;
}

void ost_regime_set_free(struct ost_regime_set **set)
{
	if (*set == NULL)
		return;
	for (uint32_t i = 0; i < (*set)->count; i++)
		ost_regime_free(&(*set)->regimes[i]);
	for (uint32_t i = 0; i < (*set)->path_count; i++)
		free((*set)->paths[i]);
	free(*set);
	*set = NULL;
}

const struct ost_regime *ost_regime_set_find(const struct ost_regime_set *set, const char *id, uint64_t wall_ns)
{
	const struct ost_regime *best = NULL;

	for (uint32_t i = 0; i < set->count; i++) {
		const struct ost_regime *g = set->regimes[i];

		if (strcmp(g->id, id) != 0 || g->valid_from_s > (int64_t)(wall_ns / OST_NS_PER_S))
			continue;
		if (best == NULL || g->valid_from_s > best->valid_from_s || (g->valid_from_s == best->valid_from_s && g->version > best->version))
			best = g;
	}
	return best;
}
