/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines at the end of a file. When somebody else has renamed or removed it (a rotation), the next batch begins another one. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "carrier.h"
#include "exportd.h"

#define MODE 0640

struct carrier {
	struct ost_destination *d;
	const char *path;
	int fd; /* -1: not open */
};

static int make(struct ost_destination *d, void **ret_carrier, char why[static OST_CARRIER_WHY])
{
	struct carrier *c = calloc(1, sizeof(*c));

	(void)snprintf(why, OST_CARRIER_WHY, "out of memory");
	if (c == NULL)
		return -ENOMEM;
	c->d = d;
	c->path = ost_destination_config(d)->path;
	c->fd = -1;
	*ret_carrier = c;
	return 0;
}

static void disconnect(void *carrier)
{
	struct carrier *c = carrier;

	ost_cleanup_close(&c->fd);
	c->fd = -1;
}

static void free_it(void *carrier)
{
	disconnect(carrier);
	free(carrier);
}

/* A line that a crash of the machine left without its end must not swallow the next one. */
static int last_line_end(int fd)
{
	struct stat st;
	char last = '\n';

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size == 0)
		return 0;
	if (lseek(fd, -1, SEEK_END) < 0 || read(fd, &last, 1) != 1)
		return -EIO;
	return last == '\n' || write(fd, "\n", 1) == 1 ? 0 : -EIO;
}

static int open_it(struct carrier *c)
{
	int r;

	disconnect(c);
	c->fd = open(c->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, MODE);
	if (c->fd < 0)
		return -errno;
	r = last_line_end(c->fd);
	if (r < 0)
		disconnect(c);
	return r;
}

static void connect_it(void *carrier)
{
	struct carrier *c = carrier;
	int r = open_it(c);

	if (r < 0)
		ost_destination_failed(c->d, "%s: %s", c->path, r == -EINVAL ? "it is no regular file" : strerror(-r));
	else
		ost_destination_up(c->d);
}

static int reload(void *carrier, char why[static OST_CARRIER_WHY])
{
	struct carrier *c = carrier;

	(void)why;
	disconnect(c); /* the next batch opens it anew */
	return 0;
}

static void encode(void *carrier, struct ost_buffer *out, const struct ost_carried *line)
{
	(void)carrier;
	ost_buffer_add(out, line->text, line->length);
	ost_buffer_add(out, "\n", 1);
}

static bool is_still_there(const struct carrier *c)
{
	struct stat open_one, named;

	return c->fd >= 0 && stat(c->path, &named) == 0 && fstat(c->fd, &open_one) == 0 && named.st_ino == open_one.st_ino &&
	       named.st_dev == open_one.st_dev;
}

/* All of it, on disk, or none of it. */
static int append(struct carrier *c, const char *bytes, size_t length)
{
	off_t before = lseek(c->fd, 0, SEEK_END);
	size_t done = 0;
	int r = before < 0 ? -errno : 0;

	while (r == 0 && done < length) {
		ssize_t n = write(c->fd, bytes + done, length - done);

		if (n < 0 && errno != EINTR)
			r = -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	if (r == 0 && fdatasync(c->fd) < 0)
		r = -errno;
	if (r < 0 && before >= 0 && ftruncate(c->fd, before) < 0)
		return r; /* a line may be without its end: opening it sees to that */
	return r;
}

static bool write_it(struct carrier *c, const char *bytes, size_t length)
{
	int r = is_still_there(c) ? 0 : open_it(c);

	if (r == 0)
		r = append(c, bytes, length);
	if (r < 0)
		ost_destination_failed(c->d, "%s: %s", c->path, r == -EINVAL ? "it is no regular file" : strerror(-r));
	return r == 0;
}

static void send_it(void *carrier, const struct ost_buffer *out, uint32_t count, uint64_t next_seq)
{
	struct carrier *c = carrier;

	(void)count;
	if (!write_it(c, out->bytes, out->length))
		return;
	ost_destination_arrived(c->d, next_seq);
	ost_destination_done(c->d);
}

static void heartbeat(void *carrier, const char *line, size_t length, const struct ost_msg_export_checkpoint *checkpoint)
{
	struct carrier *c = carrier;
	struct ost_buffer out = {0};

	(void)checkpoint;
	ost_buffer_add(&out, line, length);
	ost_buffer_add(&out, "\n", 1);
	if (out.failed)
		ost_destination_failed(c->d, "out of memory");
	else if (write_it(c, out.bytes, out.length))
		ost_destination_done(c->d);
	ost_buffer_free(&out);
}

const struct ost_carrier_ops ost_carrier_file = {
	.make = make,
	.free = free_it,
	.reload = reload,
	.connect = connect_it,
	.disconnect = disconnect,
	.encode = encode,
	.send = send_it,
	.heartbeat = heartbeat,
};
