/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reserve.h"

#define RESERVE "reserve"
#define TMP	"reserve.tmp"

static int zeros_write(struct ost_journal_io *io, int fd, size_t bytes)
{
	static const char zeros[65536];
	int r = 0;

	/* Written, not only promised: on some file systems fallocate(2) gives no room that a full disk keeps. */
	for (size_t n; bytes > 0 && r == 0; bytes -= n) {
		n = OST_MIN(bytes, sizeof(zeros));
		r = io->ops->write(io, fd, zeros, n);
	}
	return r == 0 ? io->ops->sync(io, fd) : r;
}

int ost_reserve_make(struct ost_journal_io *io, size_t bytes)
{
	int fd, r = io->ops->open(io, RESERVE, OST_JOURNAL_OPEN_READ, &fd);

	if (r == 0) {
		io->ops->close(io, fd);
		return 0;
	}
	if (r != -ENOENT)
		return r;
	r = io->ops->unlink(io, TMP);
	if (r < 0 && r != -ENOENT)
		return r;
	r = io->ops->open(io, TMP, OST_JOURNAL_OPEN_NEW, &fd);
	if (r < 0)
		return r;
	r = zeros_write(io, fd, bytes);
	io->ops->close(io, fd);
	if (r == 0)
		r = io->ops->rename(io, TMP, RESERVE);
	if (r < 0)
		(void)io->ops->unlink(io, TMP);
	return r;
}

bool ost_reserve_give(struct ost_journal_io *io)
{
	return io->ops->unlink(io, RESERVE) == 0;
}
