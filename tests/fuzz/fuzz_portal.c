/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a stranger sends to the portal. The first byte says what the rest is: bytes of a connection as they come off the wire, in
 * pieces of its size, or the lines inside it, in pieces too. What comes out must be whole and within its bounds. */
#include <sys/socket.h>

#include "portal_line.h"
#include "portal_wire.h"

#define LINES	0x80u
#define PIECE	0x7fu /* bytes at a time, less one */
#define AT_MOST 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;

static void nothing(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	(void)user;
}

/* A record that came whole is what was sent, with the length that its head says. */
static void record_take(struct ost_portal_wire *w, const uint8_t **at, const uint8_t *end)
{
	if (w->wanted > OST_PORTAL_RECORD_HEAD + OST_PORTAL_RECORD_MAX || w->wanted <= OST_PORTAL_RECORD_HEAD || w->have != w->wanted ||
		w->wanted > (size_t)(end - *at) || memcmp(w->record, *at, w->wanted) != 0 ||
		w->wanted != OST_PORTAL_RECORD_HEAD + ((size_t)w->record[3] << 8 | w->record[4]))
		abort();
	(void)ost_portal_wire_is_hello(w);
	*at += w->wanted;
	ost_portal_wire_taken(w);
}

static void wire(const uint8_t *data, size_t size, size_t piece)
{
	const uint8_t *at = data, *end = data + size;
	struct ost_portal_wire w;
	int fds[2], r = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0 ||
		ost_portal_wire_open(&w, base, fds[0], nothing, nothing, NULL) < 0)
		abort();
	for (size_t sent = 0; sent < size && r >= 0; sent += piece) {
		size_t n = OST_MIN(piece, size - sent);

		if (send(fds[1], data + sent, n, MSG_NOSIGNAL) != (ssize_t)n)
			abort();
		while ((r = ost_portal_wire_receive(&w)) == 1)
			record_take(&w, &at, end);
	}
	(void)close(fds[1]);
	if (r == 0 && ost_portal_wire_receive(&w) != -EPIPE)
		abort();
	ost_portal_wire_close(&w);
}

static void lines(const char *text, size_t size, size_t piece)
{
	struct ost_portal_lines l = {0};
	int r = 0;

	for (size_t at = 0; at < size && r >= 0; at += piece) {
		const char *from = text + at;
		size_t left = OST_MIN(piece, size - at);

		while (left > 0 && r >= 0) {
			struct ost_portal_line line, again;
			char written[OST_PORTAL_LINE + 1];
			size_t n;

			r = ost_portal_lines_take(&l, &from, &left, &line);
			if (r <= 0)
				continue;
			/* What is a line is written as it was read. */
			n = ost_portal_line_write(&line, written);
			if (n == 0 || n > OST_PORTAL_LINE || line.word >= OST_PORTAL_WORD_COUNT ||
				ost_portal_line_read(written, n - 1, &again) < 0 || again.word != line.word ||
				again.seconds != line.seconds || again.session_s != line.session_s || strcmp(again.device, line.device) != 0)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	size_t piece;

	if (base == NULL)
		base = event_base_new();
	if (base == NULL || size < 2 || size > AT_MOST)
		return 0;
	copy = malloc(size - 1); /* its own block: a read past it is seen */
	if (copy == NULL)
		return 0;
	memcpy(copy, data + 1, size - 1);
	piece = (size_t)(data[0] & PIECE) + 1;
	if (data[0] & LINES)
		lines((const char *)copy, size - 1, piece);
	else
		wire(copy, size - 1, piece);
	free(copy);
	return 0;
}
