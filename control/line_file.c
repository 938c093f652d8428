/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#define BUFFER_BYTES (256u * 1024)

struct ost_line_file {
	const char *path;
	uint64_t max_bytes;
	unsigned files;
	int fd;
	uint64_t size_bytes;
	size_t used;
	uint64_t used_lines;
	struct ost_line_file_counts counts;
	char buffer[BUFFER_BYTES];
};

int ost_line_file_new(const char *path, uint64_t max_bytes, unsigned files, struct ost_line_file **ret_file)
{
	struct ost_line_file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -ENOMEM;
	f->path = path;
	f->max_bytes = max_bytes;
	f->files = files;
	f->fd = -1;
	*ret_file = f;
	return 0;
}

void ost_line_file_free(struct ost_line_file **file)
{
	struct ost_line_file *f = *file;

	if (f == NULL)
		return;
	ost_line_file_flush(f);
	ost_cleanup_close(&f->fd);
	free(f);
	*file = NULL;
}

static void file_close(struct ost_line_file *f)
{
	ost_cleanup_close(&f->fd);
	f->fd = -1;
}

/* Opens, and reopens when somebody moved or deleted the file under us. */
static int file_open(struct ost_line_file *f)
{
	struct stat st;

	if (f->fd >= 0 && fstat(f->fd, &st) == 0 && st.st_nlink == 0)
		file_close(f);
	if (f->fd >= 0)
		return 0;
	f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &st) < 0)
		return -errno;
	f->size_bytes = (uint64_t)st.st_size;
	return 0;
}

static void rotate(struct ost_line_file *f)
{
	char from[PATH_MAX], to[PATH_MAX];

	for (unsigned i = f->files - 1; i > 0; i--) {
		int a = i == 1 ? snprintf(from, sizeof(from), "%s", f->path) :
				 snprintf(from, sizeof(from), "%s.%u", f->path, i - 1);
		int b = snprintf(to, sizeof(to), "%s.%u", f->path, i);

		/* A missing older file is usual; one that cannot be moved is overwritten next time. */
		if (a < (int)sizeof(from) && b < (int)sizeof(to))
			(void)rename(from, to);
	}
	file_close(f);
}

static int buffer_write(struct ost_line_file *f)
{
	size_t done = 0;
	int r = file_open(f);

	while (r == 0 && done < f->used) {
		ssize_t n = write(f->fd, f->buffer + done, f->used - done);

		if (n < 0 && errno != EINTR)
			r = -errno;
		else if (n > 0)
			done += (size_t)n;
	}
	if (r == 0) {
		f->size_bytes += f->used;
		return 0;
	}
	/* No half line stays behind for a reader to stumble over. */
	if (f->fd >= 0 && done > 0 && ftruncate(f->fd, (off_t)f->size_bytes) < 0)
		r = -errno;
	file_close(f);
	return r;
}

void ost_line_file_flush(struct ost_line_file *f)
{
	int r;

	if (f->used == 0)
		return;
	if (f->fd >= 0 && f->size_bytes + f->used > f->max_bytes)
		rotate(f);
	r = buffer_write(f);
	f->counts.trouble = r;
	if (r == 0)
		f->counts.lines += f->used_lines;
	else
		f->counts.lost_lines += f->used_lines;
	f->used = 0;
	f->used_lines = 0;
}

void ost_line_file_line(struct ost_line_file *f, const char *line, size_t length)
{
	if (f->used + length > sizeof(f->buffer))
		ost_line_file_flush(f);
	if (length > sizeof(f->buffer)) {
		f->counts.lost_lines++;
		return;
	}
	memcpy(f->buffer + f->used, line, length);
	f->used += length;
	f->used_lines++;
}

const struct ost_line_file_counts *ost_line_file_counts(const struct ost_line_file *f)
{
	return &f->counts;
}
