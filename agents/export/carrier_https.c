/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Batches by POST. To a path that ends in /_bulk as Elasticsearch and OpenSearch take them, each record under its own id, so that what is sent
 * twice is there once; elsewhere as NDJSON. */
#include <stdio.h>

#include <jansson.h>

#include "carrier.h"
#include "conn.h"
#include "exportd.h"
#include "file.h"
#include "reply.h"

#define SECRET_MAX 4096u
#define REPLY_MAX  ((size_t)4 << 20)

enum phase { IDLE, CONNECTING, ASKED };

struct carrier {
	struct ost_destination *d;
	const struct ost_site_export *config;
	struct ost_conn *conn;
	struct ost_reply reply;
	struct ost_buffer request;
	char *authorization; /* NULL: none */
	enum phase phase;
	bool bulk, beating;
	bool used;	 /* an answer came over this connection before */
	bool answering;	 /* some of the answer has come */
	uint32_t count, documents;
	uint64_t batch_next;
};

/* ---- the answer ---- */

/* 0: all are there, but those that are rejected for good; -EAGAIN: some are not, now; -EPROTO. */
static int items_judge(const json_t *items, uint32_t documents, uint32_t *ret_rejected, char *why, size_t size)
{
	const json_t *item;
	uint32_t rejected = 0;
	size_t i;
	int r = 0;

	if (!json_is_array(items) || json_array_size(items) != documents)
		return -EPROTO;
	json_array_foreach(items, i, item) {
		const json_t *one = json_object_iter_value(json_object_iter((json_t *)(uintptr_t)item));
		json_int_t status = json_integer_value(json_object_get(one, "status"));

		if ((status >= 200 && status < 300) || status == 409)
			continue; /* 409: it was there already */
		if (status == 0)
			return -EPROTO;
		(void)snprintf(why, size, "status %d: %s", (int)status, json_string_value(json_object_get(json_object_get(one, "error"), "type")) ?: "?");
		if (status == 429 || status >= 500 || status == 401 || status == 403 || status == 404)
			r = -EAGAIN;
		else
			rejected++;
	}
	*ret_rejected = rejected;
	return r;
}

static int bulk_judge(struct carrier *c, uint32_t *ret_rejected, char *why, size_t size)
{
	json_t *root = json_loadb((const char *)c->reply.body, c->reply.length, 0, NULL);
	const json_t *errors = json_object_get(root, "errors");
	int r = -EPROTO;

	*ret_rejected = 0;
	if (json_is_false(errors))
		r = 0;
	else if (json_is_true(errors))
		r = items_judge(json_object_get(root, "items"), c->documents, ret_rejected, why, size);
	json_decref(root);
	return r;
}

static void batch_done(struct carrier *c)
{
	c->phase = IDLE;
	if (!c->beating)
		ost_destination_arrived(c->d, c->batch_next);
	ost_destination_done(c->d);
}

static void answer_judge(struct carrier *c)
{
	const unsigned status = c->reply.status;
	char why[128] = "";
	uint32_t rejected = 0;
	int r = 0;

	if (status == 413 && !c->beating && !ost_destination_shrink(c->d)) {
		ost_destination_rejected(c->d, 1, "it is too large for the receiver (413)");
		batch_done(c);
		return;
	}
	if (status < 200 || status > 299) {
		ost_destination_failed(c->d, "%.100s:%u: it answers %u%s", c->config->host, c->config->port, status,
			status == 401 || status == 403 ? ": look at the file of secret" : status == 404 ? ": look at the path of the url" : "");
		return;
	}
	if (c->bulk && status == 200)
		r = bulk_judge(c, &rejected, why, sizeof(why));
	else if (c->bulk)
		r = -EPROTO;
	if (r < 0) {
		ost_destination_failed(c->d, "%.100s:%u: %s", c->config->host, c->config->port, r == -EPROTO ? "its answer is none of a _bulk request" : why);
		return;
	}
	if (rejected > 0)
		ost_destination_rejected(c->d, rejected, why);
	batch_done(c);
}

/* ---- the connection ---- */

static void on_up(void *user)
{
	struct carrier *c = user;

	c->used = c->answering = false;
	if (c->phase != CONNECTING)
		return;
	c->phase = ASKED;
	ost_conn_send(c->conn, c->request.bytes, c->request.length);
}

static void on_input(void *user, const char *bytes, size_t length)
{
	struct carrier *c = user;
	int r;

	if (c->phase != ASKED) {
		ost_conn_close(c->conn); /* it says what nobody asked for */
		return;
	}
	c->answering = true;
	r = ost_reply_take(&c->reply, (const uint8_t *)bytes, length);
	if (r == 0)
		return;
	if (r < 0) {
		ost_destination_failed(c->d, "%.100s:%u: %s", c->config->host, c->config->port,
			r == -ENOMEM ? "out of memory" : c->reply.flaw != NULL ? c->reply.flaw : "its answer is none of a web server");
		return;
	}
	if (c->reply.status == 200)
		c->used = true;
	else
		ost_conn_close(c->conn); /* its body was not read */
	answer_judge(c);
}

static void request_again(struct carrier *c)
{
	c->phase = CONNECTING;
	c->answering = c->used = false;
	ost_reply_close(&c->reply);
	ost_reply_open(&c->reply, REPLY_MAX);
	ost_conn_open(c->conn);
}

static void on_down(void *user, const char *why, bool ended)
{
	struct carrier *c = user;

	(void)ended;
	if (c->phase == IDLE)
		return; /* it may: the next request connects anew */
	if (c->phase == ASKED && c->used && !c->answering) {
		request_again(c); /* it closed what it kept open for us, just as we asked */
		return;
	}
	c->phase = IDLE;
	ost_destination_failed(c->d, "%s", why);
}

static void disconnect(void *carrier)
{
	struct carrier *c = carrier;

	c->phase = IDLE;
	c->used = false;
	ost_conn_close(c->conn);
}

/* The first request connects. */
static void connect_it(void *carrier)
{
	struct carrier *c = carrier;

	disconnect(c);
	ost_destination_up(c->d);
}

/* ---- requests ---- */

static void encode(void *carrier, struct ost_buffer *out, const struct ost_carried *line)
{
	struct carrier *c = carrier;

	if (line->first)
		c->documents = 0;
	c->documents++;
	if (c->bulk && line->part == 0)
		ost_buffer_print(out, "{\"create\":{\"_id\":\"%s\"}}\n", line->about->id);
	else if (c->bulk)
		ost_buffer_print(out, "{\"create\":{\"_id\":\"%s.%u\"}}\n", line->about->id, line->part);
	ost_buffer_add(out, line->text, line->length);
	ost_buffer_add(out, "\n", 1);
}

static void post(struct carrier *c, const struct ost_buffer *body)
{
	const struct ost_site_export *config = c->config;
	const bool ipv6 = strchr(config->host, ':') != NULL;
	struct ost_buffer *q = &c->request;

	ost_buffer_reset(q);
	ost_buffer_text(q, "POST ");
	ost_buffer_text(q, config->target);
	ost_buffer_print(q, " HTTP/1.1\r\nHost: %s%s%s", ipv6 ? "[" : "", config->host, ipv6 ? "]" : "");
	if (config->port != 443)
		ost_buffer_print(q, ":%u", config->port);
	ost_buffer_print(q, "\r\nUser-Agent: ostiary/%s\r\nAccept: application/json\r\nContent-Type: application/x-ndjson\r\nContent-Length: %zu\r\n",
		OSTIARY_VERSION, body->length);
	if (c->authorization != NULL) {
		ost_buffer_text(q, "Authorization: ");
		ost_buffer_text(q, c->authorization);
		ost_buffer_text(q, "\r\n");
	}
	ost_buffer_text(q, "\r\n");
	ost_buffer_add(q, body->bytes, body->length);
	if (q->failed) {
		ost_destination_failed(c->d, "out of memory");
		return;
	}
	if (!ost_conn_is_up(c->conn)) {
		request_again(c);
		return;
	}
	c->phase = ASKED;
	c->answering = false;
	ost_reply_close(&c->reply);
	ost_reply_open(&c->reply, REPLY_MAX);
	ost_conn_send(c->conn, q->bytes, q->length);
}

static void send_it(void *carrier, const struct ost_buffer *out, uint32_t count, uint64_t next_seq)
{
	struct carrier *c = carrier;

	c->beating = false;
	c->count = count;
	c->batch_next = next_seq;
	post(c, out);
}

/* Without an id: a repetition is no fault. */
static void heartbeat(void *carrier, const char *line, size_t length, const struct ost_msg_export_checkpoint *checkpoint)
{
	struct carrier *c = carrier;
	struct ost_buffer out = {0};

	(void)checkpoint;
	c->beating = true;
	c->documents = 1;
	if (c->bulk)
		ost_buffer_text(&out, "{\"create\":{}}\n");
	ost_buffer_add(&out, line, length);
	ost_buffer_add(&out, "\n", 1);
	post(c, &out);
	ost_buffer_free(&out);
}

static void tick(void *carrier, uint64_t now)
{
	struct carrier *c = carrier;

	ost_conn_tick(c->conn, now, c->phase == ASKED);
}

/* ---- made and ended ---- */

/* One line, which is the value of the header: "ApiKey ...", "Bearer ...", "Basic ...". */
static int secret_load(struct carrier *c, char why[static OST_CARRIER_WHY])
{
	char *text = NULL, *end;
	size_t length = 0;
	int r;

	if (c->config->secret[0] == '\0')
		return 0;
	r = ost_file_read_own(c->config->secret, SECRET_MAX, &text, &length);
	end = r == 0 ? text + strcspn(text, "\r\n") : NULL;
	if (r == 0 && (end == text || end[strspn(end, "\r\n")] != '\0' || strlen(text) != length))
		r = -EINVAL;
	for (const char *p = text; r == 0 && p < end; p++) {
		if (*p < ' ' || *p > '~')
			r = -EINVAL;
	}
	if (r < 0) {
		(void)snprintf(why, OST_CARRIER_WHY, "%.150s: %s", c->config->secret,
			r == -EINVAL ? "write one line in it, such as: ApiKey ...; or: Bearer ..." : strerror(-r));
		free(text);
		return r;
	}
	*end = '\0';
	if (c->authorization != NULL)
		explicit_bzero(c->authorization, strlen(c->authorization));
	free(c->authorization);
	c->authorization = text;
	return 0;
}

static void free_it(void *carrier)
{
	struct carrier *c = carrier;

	ost_conn_free(&c->conn);
	ost_reply_close(&c->reply);
	ost_buffer_free(&c->request);
	if (c->authorization != NULL)
		explicit_bzero(c->authorization, strlen(c->authorization));
	free(c->authorization);
	free(c);
}

static int make(struct ost_destination *d, void **ret_carrier, char why[static OST_CARRIER_WHY])
{
	static const char bulk[] = "/_bulk";
	struct carrier *c = calloc(1, sizeof(*c));
	const struct ost_conn_handlers handlers = {.up = on_up, .input = on_input, .down = on_down, .user = c};
	size_t path;
	int r;

	(void)snprintf(why, OST_CARRIER_WHY, "out of memory");
	if (c == NULL)
		return -ENOMEM;
	c->d = d;
	c->config = ost_destination_config(d);
	path = strcspn(c->config->target, "?");
	c->bulk = path >= sizeof(bulk) - 1 && memcmp(c->config->target + path - (sizeof(bulk) - 1), bulk, sizeof(bulk) - 1) == 0;
	ost_reply_open(&c->reply, REPLY_MAX);
	r = secret_load(c, why);
	if (r == 0)
		r = ost_conn_new(ost_destination_exportd(d)->base, c->config, &handlers, why, &c->conn);
	if (r < 0)
		free_it(c);
	else
		*ret_carrier = c;
	return r;
}

static int reload(void *carrier, char why[static OST_CARRIER_WHY])
{
	struct carrier *c = carrier;
	int r = secret_load(c, why);

	return r == 0 ? ost_conn_reload(c->conn, why) : r;
}

const struct ost_carrier_ops ost_carrier_https = {
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
