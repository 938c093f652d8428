/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Syslog over TLS (RFC 5425), messages with their length before them. The protocol has no acknowledgement: when a connection breaks, nobody
 * knows which of the last messages were read. What is known is what the other machine's TCP has acknowledged, and that the connection held
 * for a while after that. So far the place moves; from there on everything is sent again over the next connection.
 */
#include <stdio.h>

#include "carrier.h"
#include "clock.h"
#include "conn.h"
#include "exportd.h"
#include "syslog.h"

#define SETTLE_NS	(10 * OST_NS_PER_S)
#define BATCHES_AT_ONCE 16u /* then TCP's acknowledgement is waited for: the place moves under a constant load too */

struct carrier {
	struct ost_destination *d;
	const struct ost_site_export *config;
	struct ost_conn *conn;
	bool under_way;	     /* a batch or a heartbeat */
	bool beating;	     /* that is a heartbeat */
	bool held;	     /* it left, and waits for TCP's acknowledgement */
	uint32_t unacked;    /* batches since the last one */
	uint64_t batch_next; /* of the batch that is under way */
	uint64_t sent;	     /* all before it left this process, on this connection */
	uint64_t acked, acked_ns; /* all before it was acknowledged by TCP then; acked_ns 0: nothing was */
};

static void on_up(void *user)
{
	struct carrier *c = user;

	c->sent = c->acked = ost_destination_place(c->d);
	c->acked_ns = 0;
	c->unacked = 0;
	c->held = false;
	ost_destination_up(c->d);
}

static void on_input(void *user, const char *bytes, size_t length)
{
	(void)user, (void)bytes, (void)length; /* nothing is expected */
}

static void on_drained(void *user)
{
	struct carrier *c = user;

	if (!c->under_way)
		return;
	c->under_way = false;
	if (!c->beating)
		c->sent = c->batch_next;
	c->held = ++c->unacked >= BATCHES_AT_ONCE;
	if (!c->held)
		ost_destination_done(c->d);
}

static void on_down(void *user, const char *why, bool ended)
{
	struct carrier *c = user;

	(void)ended;
	c->under_way = c->held = false;
	ost_destination_failed(c->d, "%s", why);
}

static int make(struct ost_destination *d, void **ret_carrier, char why[static OST_CARRIER_WHY])
{
	struct carrier *c = calloc(1, sizeof(*c));
	int r;

	(void)snprintf(why, OST_CARRIER_WHY, "out of memory");
	if (c == NULL)
		return -ENOMEM;
	c->d = d;
	c->config = ost_destination_config(d);
	const struct ost_conn_handlers handlers = {.up = on_up, .input = on_input, .drained = on_drained, .down = on_down, .user = c};

	r = ost_conn_new(ost_destination_exportd(d)->base, c->config, &handlers, why, &c->conn);
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

	c->under_way = c->held = false;
	ost_conn_close(c->conn);
}

static void message_add(struct carrier *c, struct ost_buffer *out, const struct ost_format_about *about, const char *text, size_t length,
	const struct ost_msg_export_checkpoint *checkpoint)
{
	struct ost_buffer message = {0};

	ost_syslog_message(&message, ost_destination_exportd(c->d)->gateway, about, text, length, checkpoint);
	ost_buffer_print(out, "%zu ", message.length);
	ost_buffer_add(out, message.bytes, message.length);
	out->failed |= message.failed;
	ost_buffer_free(&message);
}

static void encode(void *carrier, struct ost_buffer *out, const struct ost_carried *line)
{
	struct carrier *c = carrier;

	/* It covers the whole batch: ostiaryd told it before the lines. */
	message_add(c, out, line->about, line->text, line->length, line->first ? &ost_destination_exportd(c->d)->checkpoint : NULL);
}

static void send_it(void *carrier, const struct ost_buffer *out, uint32_t count, uint64_t next_seq)
{
	struct carrier *c = carrier;

	(void)count;
	c->under_way = true;
	c->beating = false;
	c->batch_next = next_seq;
	ost_conn_send(c->conn, out->bytes, out->length);
}

static void heartbeat(void *carrier, const char *line, size_t length, const struct ost_msg_export_checkpoint *checkpoint)
{
	struct carrier *c = carrier;
	struct ost_buffer out = {0};

	message_add(c, &out, NULL, line, length, checkpoint);
	c->under_way = c->beating = true;
	ost_conn_send(c->conn, out.bytes, out.length);
	ost_buffer_free(&out);
}

/* What TCP has acknowledged counts when the connection has held for a while after; and more than so many lines are never repeated. */
static void settle(struct carrier *c, uint64_t now)
{
	uint64_t place = ost_destination_place(c->d);

	if (!ost_conn_is_up(c->conn))
		return;
	if (c->acked_ns != 0 && now - c->acked_ns >= SETTLE_NS) {
		ost_destination_arrived(c->d, c->acked);
		c->acked_ns = 0;
	}
	if (ost_conn_outstanding(c->conn) == 0) {
		c->unacked = 0;
		if (c->acked_ns == 0 && c->sent > c->acked) {
			c->acked = c->sent;
			c->acked_ns = now;
		}
		if (c->sent > place && c->sent - place > c->config->resend)
			ost_destination_arrived(c->d, c->sent - c->config->resend);
	}
}

static void tick(void *carrier, uint64_t now)
{
	struct carrier *c = carrier;

	ost_conn_tick(c->conn, now, c->held);
	settle(c, now);
	if (c->held && c->unacked == 0) {
		c->held = false;
		ost_destination_done(c->d);
	}
}

const struct ost_carrier_ops ost_carrier_syslog = {
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
