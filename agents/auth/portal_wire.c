/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "portal_wire.h"

#include <sys/socket.h>

#define RECORD_FIRST	 20 /* change_cipher_spec */
#define RECORD_LAST	 23 /* application_data */
#define RECORD_HANDSHAKE 22
#define CLIENT_HELLO	 1

int ost_portal_wire_open(struct ost_portal_wire *wire, struct event_base *base, int fd, event_callback_fn readable,
	event_callback_fn writable, void *user)
{
	*wire = (struct ost_portal_wire){.fd = fd, .wanted = OST_PORTAL_RECORD_HEAD};
	wire->readable = event_new(base, fd, EV_READ | EV_PERSIST, readable, user);
	wire->writable = event_new(base, fd, EV_WRITE, writable, user);
	if (wire->readable != NULL && wire->writable != NULL && event_add(wire->readable, NULL) == 0)
		return 0;
	ost_portal_wire_close(wire);
	return -ENOMEM;
}

void ost_portal_wire_close(struct ost_portal_wire *wire)
{
	if (wire->readable != NULL)
		event_free(wire->readable);
	if (wire->writable != NULL)
		event_free(wire->writable);
	ost_tls_free(&wire->tls);
	free(wire->record);
	ost_cleanup_close(&wire->fd);
	*wire = (struct ost_portal_wire){.fd = -1};
}

/* RFC 8446 5.1: what a record's head may say. */
static int head_take(struct ost_portal_wire *w)
{
	size_t length = (size_t)w->head[3] << 8 | w->head[4];

	if (w->head[0] < RECORD_FIRST || w->head[0] > RECORD_LAST || w->head[1] != 3 || length == 0 || length > OST_PORTAL_RECORD_MAX)
		return -EPROTO;
	w->record = malloc(OST_PORTAL_RECORD_HEAD + length);
	if (w->record == NULL)
		return -EPIPE;
	memcpy(w->record, w->head, OST_PORTAL_RECORD_HEAD);
	w->wanted = OST_PORTAL_RECORD_HEAD + length;
	return 0;
}

int ost_portal_wire_receive(struct ost_portal_wire *wire)
{
	while (wire->have < wire->wanted) {
		uint8_t *to = wire->record != NULL ? wire->record : wire->head;
		ssize_t n = recv(wire->fd, to + wire->have, wire->wanted - wire->have, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0)
			return -EPIPE;
		wire->have += (size_t)n;
		if (wire->record == NULL && wire->have == wire->wanted) {
			int r = head_take(wire);

			if (r < 0)
				return r;
		}
	}
	return 1;
}

void ost_portal_wire_taken(struct ost_portal_wire *wire)
{
	free(wire->record);
	wire->record = NULL;
	wire->have = 0;
	wire->wanted = OST_PORTAL_RECORD_HEAD;
}

bool ost_portal_wire_is_hello(const struct ost_portal_wire *wire)
{
	return wire->record[0] == RECORD_HANDSHAKE && wire->record[OST_PORTAL_RECORD_HEAD] == CLIENT_HELLO;
}

int ost_portal_wire_flush(struct ost_portal_wire *wire)
{
	size_t length;
	const uint8_t *out;

	if (wire->tls == NULL)
		return 0;
	out = ost_tls_output(wire->tls, &length);
	while (wire->sent < length) {
		ssize_t n = send(wire->fd, out + wire->sent, length - wire->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return event_add(wire->writable, NULL) == 0 ? 0 : -EPIPE;
		if (n <= 0)
			return -EPIPE;
		wire->sent += (size_t)n;
	}
	ost_tls_sent(wire->tls);
	wire->sent = 0;
	return 0;
}

bool ost_portal_wire_is_flushed(const struct ost_portal_wire *wire)
{
	size_t length = 0;

	if (wire->tls != NULL)
		(void)ost_tls_output(wire->tls, &length);
	return length == 0;
}
