/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "text.h"

static int read_all(int fd, char *buf, size_t want, size_t *ret_got)
{
	size_t got = 0;

	while (got < want) {
		ssize_t n = read(fd, buf + got, want - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*ret_got = got;
	return 0;
}

/* Whoever owns the folder can replace the file: it may as well be his. */
static int own_check(const char *path, const struct stat *file)
{
	char copy[PATH_MAX];
	struct stat folder;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	if (stat(dirname(copy), &folder) < 0)
		return -errno;
	if ((file->st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
		(file->st_uid != 0 && file->st_uid != geteuid() && file->st_uid != folder.st_uid))
		return -EPERM;
	return 0;
}

static int file_read(const char *path, size_t max_bytes, bool own, char **ret_bytes, size_t *ret_length)
{
	OST_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	OST_AUTO_FREE char *buf = NULL;
	struct stat st;
	size_t got = 0;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = own ? own_check(path, &st) : 0;
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size < 0 || (uint64_t)st.st_size > max_bytes)
		return -EFBIG;
	buf = malloc((size_t)st.st_size + 1);
	if (buf == NULL)
		return -ENOMEM;
	r = read_all(fd, buf, (size_t)st.st_size, &got);
	if (r < 0)
		return r;
	buf[got] = '\0';
	*ret_length = got;
	*ret_bytes = buf;
	buf = NULL;
	return 0;
}

int ost_file_read(const char *path, size_t max_bytes, char **ret_bytes, size_t *ret_length)
{
	return file_read(path, max_bytes, false, ret_bytes, ret_length);
}

int ost_file_read_own(const char *path, size_t max_bytes, char **ret_bytes, size_t *ret_length)
{
	return file_read(path, max_bytes, true, ret_bytes, ret_length);
}

static int write_all(int fd, const char *bytes, size_t length)
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

int ost_folder_sync(const char *path)
{
	OST_AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int folder_sync(const char *path)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	return ost_folder_sync(dirname(copy));
}

static int temporary_write(const char *temporary, const void *bytes, size_t length, unsigned mode)
{
	OST_AUTO_CLOSE int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, bytes, length);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

int ost_file_write(const char *path, const void *bytes, size_t length, unsigned mode)
{
	char temporary[PATH_MAX];
	int r;

	if (snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path, (int)getpid()) >=
		(int)sizeof(temporary))
		return -ENAMETOOLONG;
	r = temporary_write(temporary, bytes, length, mode);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(temporary);
		return r;
	}
	return folder_sync(path);
}

/* "NAME.PID.tmp", of a process that is no more: this one is too young to have made it, if it has that number. */
static bool is_left_over(const char *name)
{
	size_t n = strlen(name), digits = 0;
	uint64_t pid;

	if (n < 5 || strcmp(name + n - 4, ".tmp") != 0)
		return false;
	for (n -= 4; digits < n && name[n - digits - 1] >= '0' && name[n - digits - 1] <= '9'; digits++)
		;
	if (digits == n || name[n - digits - 1] != '.' || ost_number_parse(name + n - digits, digits, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		return false;
	return (pid_t)pid == getpid() || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}

void ost_file_leftovers_remove(const char *folder)
{
	DIR *d = opendir(folder);

	for (const struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
		if (is_left_over(e->d_name))
			(void)unlinkat(dirfd(d), e->d_name, 0); /* no folder */
	}
	if (d != NULL)
		(void)closedir(d);
}

int ost_file_begin(const char *path, const void *bytes, size_t length, unsigned mode, int *ret_fd)
{
	OST_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, bytes, length);
	if (r < 0) {
		(void)unlink(path);
		return r;
	}
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint: not every file system takes it */
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int ost_memfd_sealed(const char *name, const void *bytes, size_t length, int *ret_fd)
{
	OST_AUTO_CLOSE int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, bytes, length);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int ost_memfd_map(int fd, size_t max_bytes, const void **ret_bytes, size_t *ret_length)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *p;

	if (seals < 0 || (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) != (F_SEAL_WRITE | F_SEAL_SHRINK))
		return -EPERM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || (uint64_t)st.st_size > max_bytes)
		return -EFBIG;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*ret_bytes = p;
	*ret_length = (size_t)st.st_size;
	return 0;
}

int ost_dir_make(const char *path, unsigned mode)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	for (char *p = copy + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(copy, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int ost_stream_end(FILE *stream)
{
	errno = 0;
	if (fflush(stream) == 0 && ferror(stream) == 0)
		return 0;
	return errno != 0 ? -errno : -EIO;
}
