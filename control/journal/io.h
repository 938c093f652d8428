/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few file operations that the journal is made of, behind a table: the real one, and in tests one that fails where it is told
 * to, or remembers what was synced and shows every state that a crash can leave. Names are relative to the journal's folder and
 * never lead out of it. All return 0 or -errno. One thread, the journal's writer; a reader has one of its own. */
#pragma once

#include <sys/types.h>

#include "common.h"

enum ost_journal_open {
	OST_JOURNAL_OPEN_READ,
	OST_JOURNAL_OPEN_APPEND, /* of a file that exists */
	OST_JOURNAL_OPEN_NEW,	 /* of one that does not, 0640 */
	OST_JOURNAL_OPEN_SECRET, /* likewise, 0400 */
};

struct ost_journal_io;

struct ost_journal_io_ops {
	int (*open)(struct ost_journal_io *io, const char *name, enum ost_journal_open how, int *ret_fd);
	void (*close)(struct ost_journal_io *io, int fd);
	int (*size)(struct ost_journal_io *io, int fd, uint64_t *ret_bytes);
	/* At most n bytes from offset; *ret_n is less at the end only. */
	int (*read)(struct ost_journal_io *io, int fd, void *buf, size_t n, uint64_t offset, size_t *ret_n);
	/* Behind the end. All of them, or an error: then any part may be there. */
	int (*write)(struct ost_journal_io *io, int fd, const void *buf, size_t n);
	int (*sync)(struct ost_journal_io *io, int fd); /* data, and what is needed to find it: fdatasync(2) */
	int (*truncate)(struct ost_journal_io *io, int fd, uint64_t size);
	int (*rename)(struct ost_journal_io *io, const char *from, const char *to);
	int (*unlink)(struct ost_journal_io *io, const char *name);
	int (*mkdir)(struct ost_journal_io *io, const char *name); /* 0 also when it exists */
	int (*sync_dir)(struct ost_journal_io *io, const char *name); /* "": the journal's folder itself */
	/* Calls for every name in a folder but "." and ".."; -ENOENT: no such folder. */
	int (*list)(struct ost_journal_io *io, const char *name, void (*entry)(void *user, const char *name), void *user);
};

struct ost_journal_io {
	const struct ost_journal_io_ops *ops;
};

/* The real one; the folder exists. */
int ost_journal_io_new(const char *path, struct ost_journal_io **ret_io) OST_MUST_CHECK;
void ost_journal_io_free(struct ost_journal_io **io); /* of ost_journal_io_new() only */

/* A whole small file, NUL-terminated behind its length; the caller's. -EFBIG. */
int ost_journal_io_get(struct ost_journal_io *io, const char *name, size_t max_bytes, char **ret_bytes, size_t *ret_length)
	OST_MUST_CHECK;
/* A whole small file, so that a crash leaves the old one or the new: "NAME.tmp", synced, renamed, the folder synced. */
int ost_journal_io_put(struct ost_journal_io *io, const char *name, const void *bytes, size_t length, bool secret) OST_MUST_CHECK;
