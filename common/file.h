/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files, and memory that is passed to another process. Blocking; any thread. */
#pragma once

#include "common.h"

#include <stdio.h>

/* Reads a whole regular file of at most max_bytes. ret_bytes is NUL-terminated behind its length and
 * owned by the caller (free). -EFBIG: larger than max_bytes; -EISDIR, -ENOENT, -EACCES as open(2);
 * -EINVAL: not a regular file. */
int ost_file_read(const char *path, size_t max_bytes, char **ret_bytes, size_t *ret_length) OST_MUST_CHECK;

/* The same for a file that is believed: -EPERM when others than its owner may write it, or when its owner is somebody else
 * than root, the caller, or the owner of the folder that it lies in. */
int ost_file_read_own(const char *path, size_t max_bytes, char **ret_bytes, size_t *ret_length) OST_MUST_CHECK;

/* Writes a file so that a reader sees the old bytes or the new, never a part: temporary file beside it,
 * fsync, rename, fsync of the folder. On failure (-ENOSPC, ...) the old file is untouched. */
int ost_file_write(const char *path, const void *bytes, size_t length, unsigned mode) OST_MUST_CHECK;

/* Removes the temporary files of ost_file_write() in a folder whose writers were killed. For the start of a program. */
void ost_file_leftovers_remove(const char *folder);

/* Writes a file that is not there yet, and lets the system begin to bring it to the disk; it is there when fsync(2) of *ret_fd and then of
 * its folder have said so. On failure nothing stays. */
int ost_file_begin(const char *path, const void *bytes, size_t length, unsigned mode, int *ret_fd) OST_MUST_CHECK;

/* fsync of a folder: the names in it. */
int ost_folder_sync(const char *path) OST_MUST_CHECK;

/* A sealed memfd (no write, grow, shrink, further seals) with these bytes; close it. */
int ost_memfd_sealed(const char *name, const void *bytes, size_t length, int *ret_fd) OST_MUST_CHECK;

/* Maps a memfd that another process sent, read-only. Refuses one that is not sealed against writing and
 * shrinking (-EPERM), empty or larger than max_bytes (-EFBIG). Unmap with munmap(2). */
int ost_memfd_map(int fd, size_t max_bytes, const void **ret_bytes, size_t *ret_length) OST_MUST_CHECK;

/* mkdir -p with this mode for what is made. */
int ost_dir_make(const char *path, unsigned mode) OST_MUST_CHECK;

/* Whether all that was printed has arrived: flushes. -ENOSPC, -EIO, ...; a write that failed before is told as -EIO when nothing
 * is known of its cause any more. */
int ost_stream_end(FILE *stream) OST_MUST_CHECK;
