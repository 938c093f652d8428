/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

struct real_io {
	struct ost_journal_io io;
	int dir_fd;
};

static int dir_of(struct ost_journal_io *io)
{
	return ((struct real_io *)io)->dir_fd;
}

static int real_open(struct ost_journal_io *io, const char *name, enum ost_journal_open how, int *ret_fd)
{
	static const struct {
		int flags;
		mode_t mode;
	} hows[] = {
		[OST_JOURNAL_OPEN_READ] = {O_RDONLY, 0},
		[OST_JOURNAL_OPEN_APPEND] = {O_WRONLY | O_APPEND, 0},
		[OST_JOURNAL_OPEN_NEW] = {O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0640},
		[OST_JOURNAL_OPEN_SECRET] = {O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0400},
	};
	int fd = openat(dir_of(io), name, hows[how].flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, hows[how].mode);
	struct stat st;

	if (fd < 0)
		return -errno;
	/* The umask is of the whole process, and another thread may be about to change it. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (hows[how].mode != 0 && fchmod(fd, hows[how].mode) < 0)) {
		(void)close(fd);
		return -EINVAL;
	}
	*ret_fd = fd;
	return 0;
}

static void real_close(struct ost_journal_io *io, int fd)
{
	(void)io;
	(void)close(fd);
}

static int real_size(struct ost_journal_io *io, int fd, uint64_t *ret_bytes)
{
	struct stat st;

	(void)io;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_bytes = (uint64_t)st.st_size;
	return 0;
}

static int real_read(struct ost_journal_io *io, int fd, void *buf, size_t n, uint64_t offset, size_t *ret_n)
{
	size_t done = 0;

	(void)io;
	while (done < n) {
		ssize_t part = pread(fd, (char *)buf + done, n - done, (off_t)(offset + done));

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return -errno;
		if (part == 0)
			break;
		done += (size_t)part;
	}
	*ret_n = done;
	return 0;
}

static int real_write(struct ost_journal_io *io, int fd, const void *buf, size_t n)
{
	(void)io;
	for (size_t done = 0; done < n;) {
		ssize_t part = write(fd, (const char *)buf + done, n - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return -errno;
		done += (size_t)part;
	}
	return 0;
}

/* Not repeated when it fails: the kernel may have dropped the pages, and a second call would say that all is well. */
static int real_sync(struct ost_journal_io *io, int fd)
{
	(void)io;
	return fdatasync(fd) < 0 ? -errno : 0;
}

static int real_truncate(struct ost_journal_io *io, int fd, uint64_t size)
{
	(void)io;
	return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

static int real_rename(struct ost_journal_io *io, const char *from, const char *to)
{
	return renameat(dir_of(io), from, dir_of(io), to) < 0 ? -errno : 0;
}

static int real_unlink(struct ost_journal_io *io, const char *name)
{
	return unlinkat(dir_of(io), name, 0) < 0 ? -errno : 0;
}

static int real_mkdir(struct ost_journal_io *io, const char *name)
{
	if (mkdirat(dir_of(io), name, 0750) < 0)
		return errno == EEXIST ? 0 : -errno;
	return fchmodat(dir_of(io), name, 0750, 0) < 0 ? -errno : 0;
}

static int dir_open(struct ost_journal_io *io, const char *name)
{
	return openat(dir_of(io), *name != '\0' ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static int real_sync_dir(struct ost_journal_io *io, const char *name)
{
	int fd = dir_open(io, name), r;

	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

static int real_list(struct ost_journal_io *io, const char *name, void (*entry)(void *user, const char *name), void *user)
{
	int fd = dir_open(io, name);
	const struct dirent *e;
	DIR *dir;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		(void)close(fd);
		return -ENOMEM;
	}
	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			entry(user, e->d_name);
	}
	(void)closedir(dir);
	return 0;
}

static const struct ost_journal_io_ops real_ops = {
	.open = real_open,
	.close = real_close,
	.size = real_size,
	.read = real_read,
	.write = real_write,
	.sync = real_sync,
	.truncate = real_truncate,
	.rename = real_rename,
	.unlink = real_unlink,
	.mkdir = real_mkdir,
	.sync_dir = real_sync_dir,
	.list = real_list,
};

int ost_journal_io_new(const char *path, struct ost_journal_io **ret_io)
{
	struct real_io *r = malloc(sizeof(*r));
	int error;

	if (r == NULL)
		return -ENOMEM;
	r->io.ops = &real_ops;
	r->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0) {
		error = -errno;
		free(r);
		return error;
	}
	*ret_io = &r->io;
	return 0;
}

void ost_journal_io_free(struct ost_journal_io **io)
{
	struct real_io *r = (struct real_io *)*io;

	if (r == NULL)
		return;
	(void)close(r->dir_fd);
	free(r);
	*io = NULL;
}

/* ---- whole small files ---- */

int ost_journal_io_get(struct ost_journal_io *io, const char *name, size_t max_bytes, char **ret_bytes, size_t *ret_length)
{
	uint64_t size = 0;
	size_t n = 0;
	char *bytes;
	int fd, r;

	r = io->ops->open(io, name, OST_JOURNAL_OPEN_READ, &fd);
	if (r < 0)
		return r;
	r = io->ops->size(io, fd, &size);
	if (r == 0 && size > max_bytes)
		r = -EFBIG;
	bytes = r == 0 ? malloc((size_t)size + 1) : NULL;
	if (r == 0 && bytes == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = io->ops->read(io, fd, bytes, (size_t)size, 0, &n);
	io->ops->close(io, fd);
	if (r < 0) {
		free(bytes);
		return r;
	}
	bytes[n] = '\0';
	*ret_bytes = bytes;
	*ret_length = n;
	return 0;
}

static int tmp_write(struct ost_journal_io *io, const char *tmp, const void *bytes, size_t length, bool secret)
{
	int fd, r = io->ops->unlink(io, tmp); /* of a former try: a new file, for one that could not be synced is not to be trusted */

	if (r < 0 && r != -ENOENT)
		return r;
	r = io->ops->open(io, tmp, secret ? OST_JOURNAL_OPEN_SECRET : OST_JOURNAL_OPEN_NEW, &fd);
	if (r < 0)
		return r;
	r = io->ops->write(io, fd, bytes, length);
	if (r == 0)
		r = io->ops->sync(io, fd);
	io->ops->close(io, fd);
	return r;
}

int ost_journal_io_put(struct ost_journal_io *io, const char *name, const void *bytes, size_t length, bool secret)
{
	const char *slash = strrchr(name, '/');
	char tmp[NAME_MAX], dir[NAME_MAX] = "";
	int r;

	if (snprintf(tmp, sizeof(tmp), "%s.tmp", name) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	if (slash != NULL)
		memcpy(dir, name, (size_t)(slash - name));
	r = tmp_write(io, tmp, bytes, length, secret);
	if (r == 0)
		r = io->ops->rename(io, tmp, name);
	return r == 0 ? io->ops->sync_dir(io, dir) : r;
}
