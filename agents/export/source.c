/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include "destination.h"
#include "peer.h"

struct ost_source {
	struct ost_exportd *e;
	struct ost_peer *peer;
	struct ost_peer_handlers handlers;
};

static void on_up(void *user)
{
	struct ost_source *s = user;

	for (uint32_t i = 0; i < s->e->count; i++)
		ost_destination_source_up(s->e->destinations[i]);
	ost_source_status(s);
}

static void on_down(void *user)
{
	(void)user; /* what is on its way is sent on; the rest is asked for again */
}

static void checkpoint_take(struct ost_exportd *e, const void *payload, size_t length)
{
	memset(&e->checkpoint, 0, sizeof(e->checkpoint));
	memcpy(&e->checkpoint, payload, length);
}

static bool on_message(void *user, const struct ost_msg_header *header, const void *payload)
{
	struct ost_exportd *e = ((struct ost_source *)user)->e;
	const struct ost_msg_export_line *line = payload;
	const struct ost_msg_export_gap *gap = payload;

	switch (header->type) {
	case OST_MSG_EXPORT_CHECKPOINT:
		checkpoint_take(e, payload, header->length);
		return true;
	case OST_MSG_EXPORT_LINE:
		return line->stream < e->count && ost_destination_line(e->destinations[line->stream], line);
	case OST_MSG_EXPORT_GAP:
		return gap->stream < e->count && ost_destination_gap(e->destinations[gap->stream], gap);
	default:
		return false;
	}
}

int ost_source_new(struct ost_exportd *e, struct ost_source **ret_source)
{
	struct ost_source *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->e = e;
	s->handlers = (struct ost_peer_handlers){.self = OST_PROGRAM_EXPORTD, .name = "ostiaryd", .program = OST_PROGRAM_OSTIARYD, .up = on_up,
		.down = on_down, .message = on_message, .user = s};
	r = ost_peer_new(e->base, e->paths.export_socket, &s->handlers, &s->peer);
	if (r < 0)
		free(s);
	else
		*ret_source = s;
	return r;
}

void ost_source_free(struct ost_source **source)
{
	if (*source == NULL)
		return;
	ost_peer_free(&(*source)->peer);
	free(*source);
	*source = NULL;
}

int ost_source_send(struct ost_source *s, enum ost_msg_type type, const void *payload, size_t length)
{
	return s != NULL ? ost_peer_send(s->peer, (uint16_t)type, payload, length) : -ENOTCONN;
}

void ost_source_status(struct ost_source *s)
{
	struct ost_msg_export_status m;

	for (uint32_t i = 0; i < s->e->count; i++) {
		ost_destination_status(s->e->destinations[i], &m);
		(void)!ost_peer_send(s->peer, OST_MSG_EXPORT_STATUS, &m, sizeof(m));
	}
}
