/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain.h"

#include <inttypes.h>
#include <stdio.h>

#include "text.h"

#define LEAVES "tiles/leaves.bin"
#define CHUNK  4096u /* hashes read together */

int ost_retained_minimum(struct ost_journal_io *io, uint64_t *ret_minimum)
{
	char *text = NULL;
	size_t n = 0;
	uint64_t v = 0;
	int r = ost_journal_io_get(io, "minimum-index", 32, &text, &n);

	if (r == -ENOENT) {
		*ret_minimum = 0;
		return 0;
	}
	if (r == 0 && (n < 2 || text[n - 1] != '\n' || ost_number_parse(text, n - 1, &v) < 0 || v > OST_JOURNAL_SEQ_MAX))
		r = -EINVAL;
	free(text);
	if (r == 0)
		*ret_minimum = v;
	return r;
}

int ost_retained_each(struct ost_journal_io *io, uint64_t count, void (*fn)(void *user, uint64_t seq, const struct ost_merkle_hash *leaf),
	void *user)
{
	struct ost_merkle_hash *chunk OST_AUTO_FREE = NULL;
	int fd, r;

	if (count == 0)
		return 0;
	chunk = malloc(CHUNK * sizeof(*chunk));
	if (chunk == NULL)
		return -ENOMEM;
	r = io->ops->open(io, LEAVES, OST_JOURNAL_OPEN_READ, &fd);
	if (r < 0)
		/* cppcheck-suppress memleak ; it is freed when it leaves its scope */
		return r == -ENOENT ? -ENODATA : r;
	for (uint64_t at = 0; at < count && r == 0;) {
		size_t want = (size_t)OST_MIN(count - at, (uint64_t)CHUNK), n = 0;

		r = io->ops->read(io, fd, chunk, want * sizeof(*chunk), at * sizeof(*chunk), &n);
		if (r == 0 && n != want * sizeof(*chunk))
			r = -ENODATA;
		for (size_t i = 0; i < want && r == 0; i++)
			fn(user, at + i, &chunk[i]);
		at += want;
	}
	io->ops->close(io, fd);
	return r;
}

static int leaves_open(struct ost_journal_io *io, int *ret_fd)
{
	int r = io->ops->mkdir(io, "tiles");

	if (r == 0)
		r = io->ops->sync_dir(io, "");
	if (r < 0)
		return r;
	r = io->ops->open(io, LEAVES, OST_JOURNAL_OPEN_APPEND, ret_fd);
	if (r == -ENOENT) {
		r = io->ops->open(io, LEAVES, OST_JOURNAL_OPEN_NEW, ret_fd);
		if (r == 0)
			r = io->ops->sync_dir(io, "tiles");
	}
	return r;
}

int ost_retained_add(struct ost_journal_io *io, uint64_t minimum, const struct ost_merkle_hash *leaves, uint64_t count)
{
	char text[32];
	int n, fd, r = leaves_open(io, &fd);

	if (r < 0)
		return r;
	/* What a crash left behind the last minimum is of no use. */
	r = io->ops->truncate(io, fd, minimum * sizeof(*leaves));
	if (r == 0)
		r = io->ops->write(io, fd, leaves, (size_t)count * sizeof(*leaves));
	if (r == 0)
		r = io->ops->sync(io, fd);
	io->ops->close(io, fd);
	if (r < 0)
		return r;
	n = snprintf(text, sizeof(text), "%" PRIu64 "\n", minimum + count);
	return ost_journal_io_put(io, "minimum-index", text, (size_t)n, false);
}
