/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stage.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

/* DIR/.NAME.PID.tmp */
static char *temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash != NULL ? (int)(slash + 1 - path) : 0;
	char *name = NULL;

	if (asprintf(&name, "%.*s.%s.%d.tmp", folder, path, path + folder, (int)getpid()) < 0)
		return NULL;
	return name;
}

static int bytes_write(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

static int file_write(const char *path, const struct ost_stage_file *file)
{
	OST_AUTO_CLOSE int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = bytes_write(fd, file->bytes, file->length);
	if (r == 0 && file->uid != (uid_t)-1 && fchown(fd, file->uid, file->gid) < 0)
		r = -errno;
	if (r == 0 && fchmod(fd, file->mode) < 0)
		r = -errno;
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(path);
	return r;
}

static void signals_hold(struct ost_stage *stage)
{
	sigset_t ends;

	if (stage->holds)
		return;
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGHUP);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGQUIT);
	(void)sigaddset(&ends, SIGTERM);
	stage->holds = sigprocmask(SIG_BLOCK, &ends, &stage->before) == 0;
}

int ost_stage_add(struct ost_stage *stage, const char *path, const struct ost_stage_file *file)
{
	struct ost_stage_row row = {
		.path = strdup(path), .temporary = temporary_name(path), .replace = file->replace};
	int r = -ENOMEM;

	signals_hold(stage);
	if (stage->count == OST_STAGE_MAX)
		r = -ENOBUFS;
	else if (row.path != NULL && row.temporary != NULL)
		r = file_write(row.temporary, file);
	if (r < 0) {
		free(row.path);
		free(row.temporary);
		return r;
	}
	stage->rows[stage->count++] = row;
	return 0;
}

static int folder_sync(const char *path)
{
	const char *slash = strrchr(path, '/');
	OST_AUTO_FREE char *folder =
		slash != NULL ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
	OST_AUTO_CLOSE int fd =
		folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int row_place(struct ost_stage_row *row)
{
	int r = row->replace ? rename(row->temporary, row->path)
			     : renameat2(AT_FDCWD, row->temporary, AT_FDCWD, row->path,
				       RENAME_NOREPLACE);

	if (r == 0)
		row->placed = true;
	return r == 0 ? 0 : -errno;
}

int ost_stage_commit(struct ost_stage *stage, const char **ret_path)
{
	uint32_t i, done = 0;
	int r = 0;

	for (i = 0; i < stage->count && r == 0; i++) {
		r = row_place(&stage->rows[i]);
		done = i;
	}
	for (i = 0; i < stage->count && r == 0; i++) {
		r = folder_sync(stage->rows[i].path);
		done = i;
	}
	if (r == 0)
		return 0;
	*ret_path = stage->rows[done].path;
	for (i = 0; i < stage->count; i++) /* what replaced an old file is whole, and stays */
		if (stage->rows[i].placed && !stage->rows[i].replace)
			(void)unlink(stage->rows[i].path);
	return r;
}

void ost_stage_free(struct ost_stage *stage)
{
	for (uint32_t i = 0; i < stage->count; i++) {
		if (!stage->rows[i].placed)
			(void)unlink(stage->rows[i].temporary);
		free(stage->rows[i].path);
		free(stage->rows[i].temporary);
	}
	stage->count = 0;
	if (stage->holds)
		(void)sigprocmask(SIG_SETMASK, &stage->before, NULL);
	stage->holds = false;
}
