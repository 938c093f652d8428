/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy files and folders from disk. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "mud_index.h"
#include "policy_reader.h"
#include "yaml_text.h"

#define BYTES_MAX ((size_t)256 << 20) /* of all files together */

struct loading {
	struct ost_diag *diag;
	struct ost_policy_names *names;
	struct ost_policy_source *sources; /* bytes owned, names in names */
	uint32_t source_count, given_count;
	size_t bytes;
	bool no_memory;
};

static const char *advice(int error)
{
	switch (error) {
	case -ENOENT:
		return "check the path";
	case -EACCES:
	case -EPERM:
		return "run as a user who may read it, or change its mode";
	case -EFBIG:
		return "split it into several files of one folder";
	case -EINVAL:
		return "name a regular file, or a folder of *.yaml files";
	default:
		return "look at the file system";
	}
}

static void load_error(struct loading *l, const char *path, int error)
{
	struct ost_pos pos = {path, 0, 0};

	if (error == -EFBIG)
		ost_diag_error(l->diag, pos, advice(error), "the file has more than %u MiB",
			OST_POLICY_FILE_MAX >> 20);
	else
		ost_diag_error(l->diag, pos, advice(error), "cannot read it: %s",
			error == -EINVAL ? "not a regular file" : strerror(-error));
}

/* A path that findings may borrow. NULL: no memory, or too many. */
static const char *name_keep(struct loading *l, const char *folder, const char *file)
{
	struct ost_policy_names *n = l->names;
	char **grown, *name;

	if (n->count == POLICY_FILES_MAX) {
		ost_diag_error(l->diag, ((struct ost_pos){n->names[0], 0, 0}), "join some of them",
			"there are more than %u policy files", POLICY_FILES_MAX);
		return NULL;
	}
	grown = reallocarray(n->names, n->count + 1, sizeof(*grown));
	if (grown == NULL) {
		l->no_memory = true;
		return NULL;
	}
	n->names = grown;
	if (asprintf(&name, "%s%s%s", folder ? folder : "", folder ? "/" : "", file) < 0) {
		l->no_memory = true;
		return NULL;
	}
	n->names[n->count++] = name;
	return name;
}

static void file_add(struct loading *l, const char *name)
{
	struct ost_policy_source *source = &l->sources[l->source_count];
	size_t length;
	char *bytes;
	int r = ost_file_read(name, OST_POLICY_FILE_MAX, &bytes, &length);

	if (r == -ENOMEM) {
		l->no_memory = true;
		return;
	}
	if (r < 0) {
		load_error(l, name, r);
		return;
	}
	l->bytes += length;
	if (l->bytes > BYTES_MAX) {
		ost_diag_error(l->diag, ((struct ost_pos){name, 0, 0}), "let networks and roles stand for what is said often",
			"with this file the policy has more than %zu MiB", BYTES_MAX >> 20);
		free(bytes);
		return;
	}
	*source = (struct ost_policy_source){name, bytes, length};
	l->source_count++;
}

static bool has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && strcmp(name + n - m, ending) == 0;
}

static int is_policy(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (has_ending(entry->d_name, ".yaml") || has_ending(entry->d_name, ".yml"));
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Whether what is at a path lies, with all links followed, in a folder or below. */
static bool lies_in(const char *real, const char *folder)
{
	char *root = realpath(folder, NULL);
	size_t n = root != NULL ? strlen(root) : 0;
	bool inside = n > 0 && strncmp(real, root, n) == 0 && (real[n] == '/' || n == 1);

	free(root);
	return inside;
}

/* A link within the folder is fine (container platforms make such), one out of it is told, as include: tells it. */
static bool entry_is_inside(struct loading *l, const char *folder, const struct dirent *entry, const char *name)
{
	char *real = entry->d_type != DT_REG ? realpath(name, NULL) : NULL;
	bool inside = real == NULL || lies_in(real, folder); /* what is not there is told by whoever opens it */

	free(real);
	if (!inside)
		ost_diag_error(l->diag, ((struct ost_pos){name, 0, 0}), "put the file itself there, or name both",
			"it is a link out of the folder of the policy");
	return inside;
}

static void folder_add(struct loading *l, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_policy, by_bytes);
	uint32_t before = l->source_count, errors = l->diag->errors;

	if (n < 0) {
		load_error(l, folder, -errno);
		return;
	}
	for (int i = 0; i < n; i++) {
		const char *name = name_keep(l, folder, entries[i]->d_name);

		if (name != NULL && has_ending(name, ".yml"))
			ost_diag_warning(l->diag, ((struct ost_pos){name, 0, 0}),
				"rename it to .yaml", "not read: only *.yaml is");
		else if (name != NULL && entry_is_inside(l, folder, entries[i], name))
			file_add(l, name);
		free(entries[i]);
	}
	free(entries);
	if (l->source_count == before && l->diag->errors == errors && !l->no_memory)
		ost_diag_error(l->diag, ((struct ost_pos){folder, 0, 0}),
			"put a policy file there, or name one", "the folder has no *.yaml file");
}

static void path_add(struct loading *l, const char *path)
{
	const char *name = name_keep(l, NULL, path);
	struct stat st;

	if (name == NULL)
		return;
	if (stat(name, &st) < 0)
		load_error(l, name, -errno);
	else if (S_ISDIR(st.st_mode))
		folder_add(l, name);
	else
		file_add(l, name);
}

/* Whether a file lies, with all links followed, in the folder of one that was given. */
static bool is_inside(const struct loading *l, const char *path)
{
	char *real = realpath(path, NULL), folder[PATH_MAX];
	bool inside = real == NULL; /* what is not there is told by whoever opens it */

	for (uint32_t i = 0; i < l->given_count && !inside; i++) {
		const char *name = l->sources[i].name, *slash = strrchr(name, '/');

		if (snprintf(folder, sizeof(folder), "%.*s.", slash != NULL ? (int)(slash - name) + 1 : 0, name) >= (int)sizeof(folder))
			continue;
		inside = lies_in(real, folder);
	}
	free(real);
	return inside;
}

/* The path of a URL's file: what mud/index.json beside the policy file says. */
static int url_path(struct loading *l, struct ost_pos pos, const char *url, char **ret_path)
{
	const char *slash = strrchr(pos.file, '/');
	int folder = slash != NULL ? (int)(slash - pos.file) + 1 : 0, r;
	char *index = NULL, *bytes = NULL, *file = NULL, *path = NULL;
	size_t length;

	if (asprintf(&index, "%.*s" OST_MUD_FOLDER "/" OST_MUD_INDEX_NAME, folder, pos.file) < 0)
		return -ENOMEM;
	r = ost_file_read(index, OST_MUD_INDEX_MAX, &bytes, &length);
	if (r == 0)
		r = ost_mud_index_find(bytes, length, url, &file);
	if (r == 0 && asprintf(&path, "%.*s" OST_MUD_FOLDER "/%s", folder, pos.file, file) < 0)
		r = -ENOMEM;
	if (r == -ENOENT)
		ost_diag_error(l->diag, pos, "import its file: ostiary policy import-mud FILE|URL --out FOLDER-OF-THE-POLICY",
			"%s does not name that MUD URL", index);
	else if (r < 0 && r != -ENOMEM)
		ost_diag_error(l->diag, pos, "mend it, or move it away and import anew", "%s is no sound index of MUD files: %s", index, strerror(-r));
	free(index);
	free(bytes);
	free(file);
	if (r == 0)
		*ret_path = path;
	return r;
}

/* A file that another one names, in the folder of the policy. */
static int path_find(struct loading *l, struct ost_pos pos, const char *path, const char *value, struct ost_policy_source *ret_source)
{
	uint32_t errors = l->diag->errors, before = l->source_count;
	const char *name;

	if (!is_inside(l, path)) {
		ost_diag_error(l->diag, pos, "put the file itself there", "'%.200s' is a link out of the folder of the policy", value != NULL ? value : path);
		return -EACCES;
	}
	if (access(path, F_OK) < 0 && value == NULL)
		return -ENOENT; /* need not be there */
	if (access(path, F_OK) < 0) {
		ost_diag_error(l->diag, pos, "write the path from the folder of this file on", "cannot read %.300s: %s", path, strerror(errno));
		return -ENOENT;
	}
	name = name_keep(l, NULL, path);
	if (name != NULL)
		file_add(l, name);
	if (l->source_count == before)
		return l->no_memory || l->diag->errors == errors ? -ENOMEM : -EIO;
	*ret_source = l->sources[before];
	return 0;
}

/* A file that is not given and that a policy file includes, or names as a MUD file, by path or by URL. */
static int file_find(void *context, struct ost_pos pos, const char *path, const char *value, struct ost_policy_source *ret_source)
{
	struct loading *l = context;
	OST_AUTO_FREE char *from_url = NULL;
	int r = path != NULL ? 0 : url_path(l, pos, value, &from_url);

	return r < 0 ? r : path_find(l, pos, path != NULL ? path : from_url, value, ret_source);
}

int ost_policy_load(const char *const *paths, uint32_t count, struct ost_diag *diag,
	struct ost_policy_names *ret_names, struct ost_policy **ret_policy)
{
	struct loading l = {.diag = diag, .names = ret_names};
	const struct policy_finder finder = {file_find, &l};
	uint32_t errors_before = diag->errors;
	int r = -ENOMEM;

	*ret_names = (struct ost_policy_names){0};
	l.sources = calloc(POLICY_FILES_MAX + 1, sizeof(*l.sources));
	l.no_memory = l.sources == NULL;
	for (uint32_t i = 0; i < count && !l.no_memory; i++)
		path_add(&l, paths[i]);
	l.given_count = l.source_count;
	if (!l.no_memory)
		r = policy_parse(
			l.sources, l.source_count, diag->errors != errors_before, &finder, diag, ret_policy);
	for (uint32_t i = 0; i < l.source_count; i++)
		free((char *)(uintptr_t)l.sources[i].bytes);
	free(l.sources);
	return r;
}

/* ---- without reading them ---- */

/* Whether a line can be something else than one of a block mapping at the left edge that does not begin with include. */
static bool line_is_odd(const char *line, size_t length)
{
	static const char include[] = "include", usual[] = " #-]}\r\t";

	if (length == 0)
		return false;
	if (line[0] >= 'a' && line[0] <= 'z')
		return length >= sizeof(include) - 1 && memcmp(line, include, sizeof(include) - 1) == 0;
	return strchr(usual, line[0]) == NULL || (length >= 3 && memcmp(line, "---", 3) == 0);
}

/* Whether a file may name others: by include: at its top, or by mud: anywhere. In doubt it does. The first line that says something
 * must begin at the left edge, so that all top keys do; quotes there and escapes anywhere, which can spell a key otherwise, are
 * odd, and so is what is no proper text: reading it tells that. */
static bool names_others(const struct ost_policy_source *s)
{
	bool begun = false;
	size_t offset;

	if (ost_yaml_text_flaw(s->bytes, s->length, true, &offset) != NULL || memchr(s->bytes, '\\', s->length) != NULL ||
		memmem(s->bytes, s->length, "mud", 3) != NULL)
		return true;
	for (size_t at = 0; at < s->length;) {
		const char *line = s->bytes + at, *end = memchr(line, '\n', s->length - at);
		size_t length = end != NULL ? (size_t)(end - line) : s->length - at;
		bool says = length > 0 && line[0] != '#' && line[0] != '\r';

		if (line_is_odd(line, length) || (says && !begun && !(line[0] >= 'a' && line[0] <= 'z')))
			return true;
		begun |= says;
		at += length + 1;
	}
	return false;
}

int ost_policy_sources_read(const char *const *paths, uint32_t count, struct ost_diag *diag, struct ost_policy_names *ret_names,
	struct ost_policy_sources *ret_sources)
{
	struct loading l = {.diag = diag, .names = ret_names};
	uint32_t errors_before = diag->errors;

	*ret_names = (struct ost_policy_names){0};
	l.sources = calloc(POLICY_FILES_MAX + 1, sizeof(*l.sources));
	l.no_memory = l.sources == NULL;
	for (uint32_t i = 0; i < count && !l.no_memory; i++)
		path_add(&l, paths[i]);
	*ret_sources = (struct ost_policy_sources){.sources = l.sources, .count = l.source_count};
	for (uint32_t i = 0; i < l.source_count; i++)
		ret_sources->more |= names_others(&l.sources[i]);
	if (l.no_memory)
		return -ENOMEM;
	return diag->errors != errors_before ? -EINVAL : 0;
}

void ost_policy_sources_free(struct ost_policy_sources *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		free((char *)(uintptr_t)s->sources[i].bytes);
	free(s->sources);
	*s = (struct ost_policy_sources){0};
}

void ost_policy_names_free(struct ost_policy_names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct ost_policy_names){0};
}
