/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generations.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "array.h"
#include "file.h"
#include "jsonw.h"

#define DIR_MODE  0750u
#define FILE_MODE 0640u
#define LARGE_BYTES ((size_t)256 * 1024)

static OST_PRINTF(2, 3) int path_make(char buf[static PATH_MAX], const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, PATH_MAX, fmt, ap);
	va_end(ap);
	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int folder_path(const struct ost_paths *paths, uint64_t number, char buf[static PATH_MAX])
{
	return path_make(buf, "%s/%" PRIu64, paths->generations, number);
}

static int source_path(const char *folder, uint32_t index, char buf[static PATH_MAX])
{
	return path_make(buf, "%s/sources/%03u.yaml", folder, index);
}

static int meta_write(const char *folder, const struct ost_generation *g, const struct ost_policy_source *sources,
	uint32_t count)
{
	struct ost_jsonw w = {0};
	char path[PATH_MAX];
	int r = path_make(path, "%s/meta.json", folder);

	ost_jsonw_object(&w, NULL);
	ost_jsonw_u64(&w, "generation", g->number);
	ost_jsonw_time(&w, "time", g->applied_wall_ns);
	ost_jsonw_string(&w, "by", g->by);
	ost_jsonw_u64(&w, "uid", g->uid);
	ost_jsonw_string(&w, "message", g->message);
	ost_jsonw_u64(&w, "crc", g->crc);
	ost_jsonw_u64(&w, "devices", g->devices);
	ost_jsonw_u64(&w, "roles", g->roles);
	ost_jsonw_u64(&w, "rules", g->rules);
	ost_jsonw_u64(&w, "tests", g->tests);
	ost_jsonw_string(&w, "sources_sha256", g->sources_sha256);
	ost_jsonw_array(&w, "sources");
	for (uint32_t i = 0; i < count; i++) {
		ost_jsonw_object(&w, NULL);
		ost_jsonw_string(&w, "name", sources[i].name);
		ost_jsonw_u64(&w, "bytes", sources[i].length);
		ost_jsonw_end(&w, '}');
	}
	ost_jsonw_end(&w, ']');
	ost_jsonw_end(&w, '}');
	ost_jsonw_newline(&w);
	if (r == 0)
		r = w.failed ? -ENOMEM : ost_file_write(path, w.text, w.length, FILE_MODE);
	ost_jsonw_free(&w);
	return r;
}

static void draft_close(struct ost_generation_draft *draft)
{
	for (uint32_t i = 0; i < draft->count; i++)
		(void)close(draft->files[i]);
	draft->count = 0;
}

/* A large file is waited for later, as long as there is room to note it. */
static int draft_write(struct ost_generation_draft *draft, const char *path, const void *bytes, size_t length)
{
	OST_AUTO_CLOSE int fd = -1;
	int r = ost_file_begin(path, bytes, length, FILE_MODE, &fd);

	if (r < 0)
		return r;
	if (length < LARGE_BYTES || draft->count == OST_DRAFT_FILES)
		return fsync(fd) < 0 ? -errno : 0;
	draft->files[draft->count++] = fd;
	fd = -1;
	return 0;
}

static int sources_write(struct ost_generation_draft *draft, const struct ost_policy_source *sources, uint32_t count)
{
	char path[PATH_MAX];
	int r = path_make(path, "%s/sources", draft->folder);

	if (r == 0)
		r = ost_dir_make(path, DIR_MODE);
	for (uint32_t i = 0; i < count && r == 0; i++) {
		r = source_path(draft->folder, i, path);
		if (r == 0)
			r = draft_write(draft, path, sources[i].bytes, sources[i].length);
	}
	return r;
}

/* Until the disk has said that it has everything. */
static int draft_sync(struct ost_generation_draft *draft)
{
	char path[PATH_MAX];
	int r = path_make(path, "%s/sources", draft->folder);

	for (uint32_t i = 0; i < draft->count && r == 0; i++)
		r = fsync(draft->files[i]) < 0 ? -errno : 0;
	if (r == 0)
		r = ost_folder_sync(path);
	return r == 0 ? ost_folder_sync(draft->folder) : r;
}

/* Removes a generation's folder: the files that we make and no others. */
static void folder_remove(const char *folder)
{
	char path[PATH_MAX];
	bool more = true;

	for (uint32_t i = 0; more && source_path(folder, i, path) == 0; i++)
		more = unlink(path) == 0;
	if (path_make(path, "%s/sources", folder) == 0)
		(void)rmdir(path);
	if (path_make(path, "%s/image", folder) == 0)
		(void)unlink(path);
	if (path_make(path, "%s/meta.json", folder) == 0)
		(void)unlink(path);
	(void)rmdir(folder);
}

static int next_path(const struct ost_paths *paths, char buf[static PATH_MAX])
{
	return path_make(buf, "%s.next", paths->last_image);
}

/* The second name of the image: a hard link costs no room that could be missing later. */
static int next_link(const struct ost_paths *paths, const char *folder)
{
	char image[PATH_MAX], next[PATH_MAX];
	int r = path_make(image, "%s/image", folder);

	if (r == 0)
		r = next_path(paths, next);
	if (r < 0)
		return r;
	if (unlink(next) < 0 && errno != ENOENT)
		return -errno;
	return link(image, next) < 0 ? -errno : 0;
}

int ost_generations_begin(const struct ost_paths *paths, uint64_t number, const struct ost_policy_source *sources, uint32_t count,
	struct ost_generation_draft *ret_draft)
{
	struct ost_generation_draft draft = {.count = 0};
	int r = path_make(draft.folder, "%s/%" PRIu64 ".tmp", paths->generations, number);

	if (r < 0)
		return r;
	folder_remove(draft.folder);
	r = ost_dir_make(draft.folder, DIR_MODE);
	if (r == 0)
		r = sources_write(&draft, sources, count);
	if (r < 0) {
		ost_generations_abandon(&draft);
		return r;
	}
	*ret_draft = draft;
	return 0;
}

int ost_generations_draft_image(struct ost_generation_draft *draft, const void *image, size_t length)
{
	char path[PATH_MAX];
	int r = path_make(path, "%s/image", draft->folder);

	return r == 0 ? draft_write(draft, path, image, length) : r;
}

void ost_generations_abandon(struct ost_generation_draft *draft)
{
	draft_close(draft);
	if (draft->folder[0] != '\0')
		folder_remove(draft->folder);
	draft->folder[0] = '\0';
}

int ost_generations_store(const struct ost_paths *paths, const struct ost_generation *g, const struct ost_policy_source *sources,
	uint32_t count, struct ost_generation_draft *draft)
{
	char folder[PATH_MAX];
	int r = folder_path(paths, g->number, folder);

	if (r == 0)
		r = meta_write(draft->folder, g, sources, count);
	if (r == 0)
		r = draft_sync(draft);
	if (r == 0 && rename(draft->folder, folder) < 0)
		r = -errno;
	if (r < 0) {
		ost_generations_abandon(draft);
		return r;
	}
	draft->folder[0] = '\0';
	draft_close(draft);
	r = next_link(paths, folder);
	if (r < 0)
		folder_remove(folder);
	return r;
}

int ost_generations_switch(const struct ost_paths *paths)
{
	char next[PATH_MAX];
	OST_AUTO_CLOSE int fd = -1;
	int r = next_path(paths, next);

	if (r < 0)
		return r;
	if (rename(next, paths->last_image) < 0)
		return -errno;
	fd = open(paths->generations, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int ost_generations_choose(const struct ost_paths *paths, uint64_t number)
{
	char folder[PATH_MAX];
	int r = folder_path(paths, number, folder);

	if (r == 0)
		r = next_link(paths, folder);
	return r == 0 ? ost_generations_switch(paths) : r;
}

void ost_generations_leave(const struct ost_paths *paths)
{
	char path[PATH_MAX];

	if (next_path(paths, path) == 0)
		(void)unlink(path);
}

void ost_generations_drop(const struct ost_paths *paths, uint64_t number)
{
	char path[PATH_MAX];

	ost_generations_leave(paths);
	if (folder_path(paths, number, path) == 0)
		folder_remove(path);
}

static int image_read(const char *path, void **ret_bytes, size_t *ret_length)
{
	OST_AUTO_FREE char *bytes = NULL;
	void *aligned;
	size_t length;
	int r = ost_file_read_own(path, OST_IMAGE_MAX, &bytes, &length);

	if (r < 0)
		return r;
	aligned = aligned_alloc(64, (length + 64) & ~(size_t)63);
	if (aligned == NULL)
		return -ENOMEM;
	memcpy(aligned, bytes, length);
	*ret_bytes = aligned;
	*ret_length = length;
	return 0;
}

int ost_generations_current(const struct ost_paths *paths, void **ret_bytes, size_t *ret_length)
{
	return image_read(paths->last_image, ret_bytes, ret_length);
}

int ost_generations_image(const struct ost_paths *paths, uint64_t number, void **ret_bytes, size_t *ret_length)
{
	char folder[PATH_MAX], path[PATH_MAX];
	int r = folder_path(paths, number, folder);

	if (r == 0)
		r = path_make(path, "%s/image", folder);
	return r == 0 ? image_read(path, ret_bytes, ret_length) : r;
}

int ost_generations_meta(const struct ost_paths *paths, uint64_t number, char **ret_text)
{
	char folder[PATH_MAX], path[PATH_MAX];
	size_t length;
	int r = folder_path(paths, number, folder);

	if (r == 0)
		r = path_make(path, "%s/meta.json", folder);
	return r == 0 ? ost_file_read(path, 1u << 20, ret_text, &length) : r;
}

int ost_generations_source(const struct ost_paths *paths, uint64_t number, uint32_t index, char **ret_text,
	size_t *ret_length)
{
	char folder[PATH_MAX], path[PATH_MAX];
	int r = folder_path(paths, number, folder);

	if (r == 0)
		r = source_path(folder, index, path);
	return r == 0 ? ost_file_read(path, OST_POLICY_FILE_MAX, ret_text, ret_length) : r;
}

bool ost_generations_there(const struct ost_paths *paths, uint64_t number)
{
	char folder[PATH_MAX];

	return folder_path(paths, number, folder) == 0 && access(folder, F_OK) == 0;
}

/* A folder's name as a number; 0 for any other name. */
static uint64_t number_of(const char *name)
{
	uint64_t n = 0;

	for (const char *c = name; *c != '\0'; c++) {
		if (*c < '0' || *c > '9' || n > UINT64_MAX / 20)
			return 0;
		n = n * 10 + (uint64_t)(*c - '0');
	}
	return n;
}

int ost_generations_last(const struct ost_paths *paths, uint64_t *ret_number)
{
	DIR *d = opendir(paths->generations);
	uint64_t last = 0;

	if (d == NULL)
		return -errno;
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		last = OST_MAX(last, number_of(e->d_name));
	(void)closedir(d);
	*ret_number = last;
	return 0;
}

struct numbers {
	uint64_t *at;
	uint32_t count, capacity;
};

static int number_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

/* Latest first. Without memory fewer are found, and the next prune finds them. */
static void numbers_gather(const struct ost_paths *paths, struct numbers *n)
{
	DIR *d = opendir(paths->generations);

	for (const struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
		uint64_t number = number_of(e->d_name);
		uint64_t *at = number != 0 ? ost_array_room(n->at, n->count, &n->capacity, sizeof(*at)) : NULL;

		if (at == NULL)
			continue;
		n->at = at;
		n->at[n->count++] = number;
	}
	if (d != NULL)
		(void)closedir(d);
	if (n->count > 0)
		qsort(n->at, n->count, sizeof(*n->at), number_compare);
}

void ost_generations_prune(const struct ost_paths *paths, uint32_t keep, uint64_t spare, uint64_t spare_too)
{
	struct numbers n = {0};
	char folder[PATH_MAX];

	numbers_gather(paths, &n);
	for (uint32_t i = keep; i < n.count; i++) {
		if (n.at[i] != spare && n.at[i] != spare_too && folder_path(paths, n.at[i], folder) == 0)
			folder_remove(folder);
	}
	free(n.at);
}
