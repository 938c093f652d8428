/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Syslog messages by RELP over TLS: each is acknowledged by the receiver. */
#include <stdio.h>

#include "carrier.h"
#include "conn.h"
#include "exportd.h"
#include "relp.h"
#include "syslog.h"

#define OPEN  "relp_version=0\nrelp_software=ostiary\ncommands=syslog"
#define FRAMES (4 * OST_BATCH_RECORDS) /* of a batch: a record becomes two lines at most */

enum phase { AWAY, OPENING, READY, WAITING };

struct carrier {
	struct ost_destination *d;
	struct ost_conn *conn;
	struct ost_buffer in;
	enum phase phase;
	bool beating;
	uint32_t first, frames, acked; /* of the batch: its first number, how many, how many of them were acknowledged */
	uint32_t next;		       /* number of the next frame */
	uint8_t seen[FRAMES];
	uint64_t batch_next;
};

static uint32_t number_take(struct carrier *c)
{
	uint32_t n = c->next;

	c->next = n == OST_RELP_TXNR_MAX ? 1 : n + 1;
	return n;
}

static void on_up(void *user)
{
	struct carrier *c = user;
	struct ost_buffer out = {0};

	c->phase = OPENING;
	c->next = 1;
	ost_buffer_reset(&c->in);
	ost_relp_frame_write(&out, number_take(c), "open", OPEN, sizeof(OPEN) - 1);
	ost_conn_send(c->conn, out.bytes, out.length);
	ost_buffer_free(&out);
}

static void on_down(void *user, const char *why, bool ended)
{
	struct carrier *c = user;

	(void)ended;
	c->phase = AWAY;
	ost_destination_failed(c->d, "%s", why);
}

static void refused(struct carrier *c, const struct ost_relp_frame *f)
{
	ost_destination_failed(c->d, "it answers '%.*s'", (int)OST_MIN(f->length, (size_t)100), f->length > 0 ? f->data : "");
}

static void acknowledged(struct carrier *c, const struct ost_relp_frame *f)
{
	/* Numbers go round. */
	uint32_t place = f->txnr >= c->first ? f->txnr - c->first : OST_RELP_TXNR_MAX - c->first + f->txnr;

	if (place >= c->frames || c->seen[place]) {
		ost_destination_failed(c->d, "it acknowledges what was not sent");
		return;
	}
	c->seen[place] = 1;
	if (++c->acked < c->frames)
		return;
	c->phase = READY;
	if (!c->beating)
		ost_destination_arrived(c->d, c->batch_next);
	ost_destination_done(c->d);
}

static void frame_take(struct carrier *c, const struct ost_relp_frame *f)
{
	if (strcmp(f->command, "serverclose") == 0) {
		ost_destination_failed(c->d, "it ended the session");
	} else if (strcmp(f->command, "rsp") != 0 || (c->phase != OPENING && c->phase != WAITING)) {
		ost_destination_failed(c->d, "it does not speak RELP as a server does");
	} else if (ost_relp_code(f) != 200) {
		refused(c, f);
	} else if (c->phase == OPENING) {
		c->phase = READY;
		ost_destination_up(c->d);
	} else {
		acknowledged(c, f);
	}
}

static void on_input(void *user, const char *bytes, size_t length)
{
	struct carrier *c = user;
	size_t at = 0;
	int n = 1;

	ost_buffer_add(&c->in, bytes, length);
	while (n > 0 && ost_conn_is_up(c->conn)) {
		struct ost_relp_frame f;

		n = c->in.failed ? -ENOMEM : ost_relp_frame_read(c->in.bytes + at, c->in.length - at, &f);
		if (n < 0)
			ost_destination_failed(c->d, "%s", n == -ENOMEM ? "out of memory" : "it does not speak RELP");
		if (n > 0) {
			frame_take(c, &f);
			at += (size_t)n;
		}
	}
	if (ost_conn_is_up(c->conn))
		ost_buffer_drop(&c->in, at);
}

static int make(struct ost_destination *d, void **ret_carrier, char why[static OST_CARRIER_WHY])
{
	struct carrier *c = calloc(1, sizeof(*c));
	const struct ost_conn_handlers handlers = {.up = on_up, .input = on_input, .down = on_down, .user = c};
	int r;

	(void)snprintf(why, OST_CARRIER_WHY, "out of memory");
	if (c == NULL)
		return -ENOMEM;
	c->d = d;
	r = ost_conn_new(ost_destination_exportd(d)->base, ost_destination_config(d), &handlers, why, &c->conn);
	if (r < 0)
		free(c);
	else
		*ret_carrier = c;
	return r;
}

static void free_it(void *carrier)
{
	struct carrier *c = carrier;

	ost_conn_free(&c->conn);
	ost_buffer_free(&c->in);
	free(c);
}

static int reload(void *carrier, char why[static OST_CARRIER_WHY])
{
	return ost_conn_reload(((struct carrier *)carrier)->conn, why);
}

static void connect_it(void *carrier)
{
	ost_conn_open(((struct carrier *)carrier)->conn);
}

static void disconnect(void *carrier)
{
	struct carrier *c = carrier;

	c->phase = AWAY;
	c->frames = 0;
	ost_conn_close(c->conn);
}

static void frame_add(struct carrier *c, struct ost_buffer *out, const struct ost_format_about *about, const char *text, size_t length,
	const struct ost_msg_export_checkpoint *checkpoint)
{
	struct ost_buffer message = {0};
	uint32_t n = number_take(c);

	if (c->frames == 0)
		c->first = n;
	c->frames++;
	ost_syslog_message(&message, ost_destination_exportd(c->d)->gateway, about, text, length, checkpoint);
	ost_relp_frame_write(out, n, "syslog", message.bytes, message.length);
	out->failed |= message.failed || c->frames > FRAMES;
	ost_buffer_free(&message);
}

static void encode(void *carrier, struct ost_buffer *out, const struct ost_carried *line)
{
	struct carrier *c = carrier;

	if (line->first)
		c->frames = 0;
	frame_add(c, out, line->about, line->text, line->length, line->first ? &ost_destination_exportd(c->d)->checkpoint : NULL);
}

static void send_out(struct carrier *c, const struct ost_buffer *out, bool beating)
{
	c->phase = WAITING;
	c->beating = beating;
	c->acked = 0;
	memset(c->seen, 0, sizeof(c->seen));
	ost_conn_send(c->conn, out->bytes, out->length);
}

static void send_it(void *carrier, const struct ost_buffer *out, uint32_t count, uint64_t next_seq)
{
	struct carrier *c = carrier;

	(void)count;
	c->batch_next = next_seq;
	send_out(c, out, false);
}

static void heartbeat(void *carrier, const char *line, size_t length, const struct ost_msg_export_checkpoint *checkpoint)
{
	struct carrier *c = carrier;
	struct ost_buffer out = {0};

	c->frames = 0;
	frame_add(c, &out, NULL, line, length, checkpoint);
	send_out(c, &out, true);
	ost_buffer_free(&out);
}

static void tick(void *carrier, uint64_t now)
{
	struct carrier *c = carrier;

	ost_conn_tick(c->conn, now, c->phase == WAITING || c->phase == OPENING);
}

const struct ost_carrier_ops ost_carrier_relp = {
	.make = make,
	.free = free_it,
	.reload = reload,
	.connect = connect_it,
	.disconnect = disconnect,
	.encode = encode,
	.send = send_it,
	.heartbeat = heartbeat,
	.tick = tick,
};
