/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of a Redis stream. The id of an entry is made of the record's number (number + 1, part), so that Redis itself refuses what it has
 * already; and the newest entry tells how far it is, also when it lost its memory. hiredis writes the commands and reads the replies; its
 * connections are not used, for version 0.14 knows no TLS.
 */
#include <inttypes.h>
#include <stdio.h>

#include <hiredis/hiredis.h>

#include "carrier.h"
#include "clock.h"
#include "conn.h"
#include "exportd.h"
#include "file.h"
#include "text.h"

#define SECRET_MAX 4096u
#define REPLY_MAX  ((size_t)4 << 20)
#define BEATS	   1000u /* ids of checkpoints are (number + 1, this and more) */
#define ID_MAX	   48

enum phase { AWAY, GREETING, NEWEST, INFO, READY, WAITING };

struct carrier {
	struct ost_destination *d;
	const struct ost_site_export *config;
	struct ost_conn *conn;
	redisReader *reader;
	size_t unread;	/* bytes of a reply that is not whole */
	char *user, *password; /* NULL: not needed; both lie in secret */
	char *secret;
	char stream[OST_EXPORT_STREAM + OST_EXPORT_ORIGIN];
	enum phase phase;
	bool beating;
	uint32_t entries, answered;
	uint64_t batch_next, beat;
};

/* ---- commands ---- */

static void command_add(struct ost_buffer *out, int count, const char **words, const size_t *lengths)
{
	char *text = NULL;
	int n = redisFormatCommandArgv(&text, count, words, lengths);

	if (n < 0)
		out->failed = true;
	else
		ost_buffer_add(out, text, (size_t)n);
	redisFreeCommand(text);
}

static void command_send(struct carrier *c, int count, const char **words)
{
	struct ost_buffer out = {0};

	command_add(&out, count, words, NULL);
	if (out.failed)
		ost_destination_failed(c->d, "out of memory");
	else
		ost_conn_send(c->conn, out.bytes, out.length);
	ost_buffer_free(&out);
}

static void greet(struct carrier *c)
{
	const char *both[] = {"AUTH", c->user, c->password}, *one[] = {"AUTH", c->password};

	c->phase = GREETING;
	if (c->user != NULL)
		command_send(c, 3, both);
	else
		command_send(c, 2, one);
}

static void newest_ask(struct carrier *c)
{
	const char *words[] = {"XREVRANGE", c->stream, "+", "-", "COUNT", "1"};

	c->phase = NEWEST;
	command_send(c, 6, words);
}

static void info_ask(struct carrier *c)
{
	const char *words[] = {"XINFO", "STREAM", c->stream};

	c->phase = INFO;
	command_send(c, 3, words);
}

/* ---- where it is ---- */

static bool is_text(const redisReply *r)
{
	return r != NULL && (r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS) && r->str != NULL;
}

static bool id_read(const redisReply *r, uint64_t *ret_major, uint64_t *ret_minor)
{
	const char *dash = is_text(r) ? strchr(r->str, '-') : NULL;

	return dash != NULL && ost_number_parse(r->str, (size_t)(dash - r->str), ret_major) == 0 && ost_number_parse(dash + 1, strlen(dash + 1), ret_minor) == 0;
}

/* Value of a name in a list of names and values. */
static const redisReply *value_of(const redisReply *list, const char *name)
{
	if (list == NULL || list->type != REDIS_REPLY_ARRAY)
		return NULL;
	for (size_t i = 0; i + 1 < list->elements; i += 2) {
		if (is_text(list->element[i]) && strcmp(list->element[i]->str, name) == 0)
			return list->element[i + 1];
	}
	return NULL;
}

static void is_ready(struct carrier *c)
{
	c->phase = READY;
	ost_destination_up(c->d);
}

static void foreign(struct carrier *c)
{
	ost_destination_failed(c->d, "the stream '%.100s' holds what is not of this journal: write another stream:", c->stream);
}

/* It holds every record of ours up to that of its newest entry. That one is sent again: of several lines of a record some may be missing. */
static void newest_judge(struct carrier *c, const redisReply *reply)
{
	const redisReply *entry, *origin;
	uint64_t major, minor;

	if (reply->elements == 0) {
		info_ask(c);
		return;
	}
	entry = reply->element[0];
	origin = entry->type == REDIS_REPLY_ARRAY && entry->elements == 2 ? value_of(entry->element[1], "origin") : NULL;
	if (!is_text(origin) || strcmp(origin->str, ost_destination_origin(c->d)) != 0 || !id_read(entry->element[0], &major, &minor) || major >> 53 != 0) {
		foreign(c);
		return;
	}
	c->beat = OST_MAX(c->beat, minor + 1);
	/* A checkpoint may come before any record. */
	ost_destination_place_set(c->d, major > 0 ? major - 1 : 0);
	is_ready(c);
}

/* It is empty: its readers remove what they have read, or it never was, or Redis lost it. */
static void info_judge(struct carrier *c, const redisReply *reply)
{
	const uint64_t place = ost_destination_place(c->d);
	uint64_t major = 0, minor = 0;

	if (reply->type == REDIS_REPLY_ERROR && strstr(reply->str, "no such key") != NULL) {
		ost_destination_place_set(c->d, place - OST_MIN(place, (uint64_t)c->config->resend));
		is_ready(c);
		return;
	}
	if (!id_read(value_of(reply, "last-generated-id"), &major, &minor)) {
		ost_destination_failed(c->d, "it answers '%.100s' to XINFO", reply->type == REDIS_REPLY_ERROR ? reply->str : "?");
		return;
	}
	if (major > ost_destination_exportd(c->d)->checkpoint.size) {
		foreign(c);
		return;
	}
	c->beat = OST_MAX(c->beat, minor + 1);
	is_ready(c);
}

/* ---- replies ---- */

static void entry_judge(struct carrier *c, const redisReply *reply)
{
	/* "equal or smaller": it is there already. */
	if (reply->type == REDIS_REPLY_ERROR && strstr(reply->str, "equal or smaller") == NULL) {
		ost_destination_failed(c->d, "it answers '%.150s'", reply->str);
		return;
	}
	if (++c->answered < c->entries)
		return;
	c->phase = READY;
	if (!c->beating)
		ost_destination_arrived(c->d, c->batch_next);
	ost_destination_done(c->d);
}

static void reply_take(struct carrier *c, const redisReply *reply)
{
	if (c->phase == WAITING) {
		entry_judge(c, reply);
	} else if (c->phase == INFO) {
		info_judge(c, reply);
	} else if (reply->type == REDIS_REPLY_ERROR) {
		ost_destination_failed(c->d, "it answers '%.150s'%s", reply->str, strncmp(reply->str, "NOAUTH", 6) == 0 ? "; write secret:" : "");
	} else if (c->phase == GREETING) {
		newest_ask(c);
	} else if (c->phase == NEWEST && reply->type == REDIS_REPLY_ARRAY) {
		newest_judge(c, reply);
	} else {
		ost_destination_failed(c->d, "it says what nobody asked for");
	}
}

static void on_input(void *user, const char *bytes, size_t length)
{
	struct carrier *c = user;
	redisReader *reader = c->reader;
	void *reply = NULL;

	c->unread += length;
	if (c->unread > REPLY_MAX || redisReaderFeed(reader, bytes, length) != REDIS_OK) {
		ost_destination_failed(c->d, "its answer is too large");
		return;
	}
	while (ost_conn_is_up(c->conn) && redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL) {
		c->unread = 0;
		reply_take(c, reply);
		freeReplyObject(reply);
		reply = NULL;
	}
	if (ost_conn_is_up(c->conn) && reader->err != 0)
		ost_destination_failed(c->d, "it does not speak as Redis does: %.100s", reader->errstr);
}

/* ---- the connection ---- */

static void on_up(void *user)
{
	struct carrier *c = user;

	redisReaderFree(c->reader);
	c->reader = redisReaderCreate();
	c->unread = 0;
	c->beat = BEATS;
	if (c->reader == NULL) {
		ost_destination_failed(c->d, "out of memory");
		return;
	}
	(void)snprintf(c->stream, sizeof(c->stream), "%s%s", c->config->stream[0] != '\0' ? c->config->stream : "ostiary:",
		c->config->stream[0] != '\0' ? "" : ost_destination_origin(c->d));
	if (c->password != NULL)
		greet(c);
	else
		newest_ask(c);
}

static void on_down(void *user, const char *why, bool ended)
{
	struct carrier *c = user;

	(void)ended;
	c->phase = AWAY;
	ost_destination_failed(c->d, "%s", why);
}

static void connect_it(void *carrier)
{
	ost_conn_open(((struct carrier *)carrier)->conn);
}

static void disconnect(void *carrier)
{
	struct carrier *c = carrier;

	c->phase = AWAY;
	ost_conn_close(c->conn);
}

/* ---- sending ---- */

static void entry_add(struct carrier *c, struct ost_buffer *out, const char *id, const char *const fields[], unsigned count, const char *text,
	size_t length)
{
	const char *words[24];
	size_t lengths[24];
	char keep[16];
	int n = 0;

	words[n++] = "XADD";
	words[n++] = c->stream;
	if (c->config->keep > 0) {
		(void)snprintf(keep, sizeof(keep), "%u", c->config->keep);
		words[n++] = "MAXLEN";
		words[n++] = "~";
		words[n++] = keep;
	}
	words[n++] = id;
	for (unsigned i = 0; i < count; i++)
		words[n++] = fields[i];
	for (int i = 0; i < n; i++)
		lengths[i] = strlen(words[i]);
	words[n] = text;
	lengths[n++] = length;
	command_add(out, n, words, lengths);
	c->entries++;
}

static void encode(void *carrier, struct ost_buffer *out, const struct ost_carried *line)
{
	struct carrier *c = carrier;
	char id[ID_MAX], seq[24];
	const char *const fields[] = {"id", line->about->id, "origin", ost_destination_origin(c->d), "seq", seq, "kind", line->about->kind, "format",
		c->config->format, "record"};

	if (line->first)
		c->entries = 0;
	(void)snprintf(id, sizeof(id), "%" PRIu64 "-%u", line->about->seq + 1, line->part);
	(void)snprintf(seq, sizeof(seq), "%" PRIu64, line->about->seq);
	entry_add(c, out, id, fields, OST_ARRAY_SIZE(fields), line->text, line->length);
}

static void send_out(struct carrier *c, const struct ost_buffer *out, bool beating)
{
	if (out->failed) {
		ost_destination_failed(c->d, "out of memory");
		return;
	}
	c->phase = WAITING;
	c->beating = beating;
	c->answered = 0;
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
	char id[ID_MAX], size[24];
	const char *const fields[] = {"origin", ost_destination_origin(c->d), "size", size, "kind", "heartbeat", "format", c->config->format, "record"};

	(void)snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, ost_destination_place(c->d), c->beat++);
	(void)snprintf(size, sizeof(size), "%" PRIu64, checkpoint->size);
	c->entries = 0;
	entry_add(c, &out, id, fields, OST_ARRAY_SIZE(fields), line, length);
	send_out(c, &out, true);
	ost_buffer_free(&out);
}

static void tick(void *carrier, uint64_t now)
{
	struct carrier *c = carrier;

	ost_conn_tick(c->conn, now, c->phase != READY && c->phase != AWAY);
}

/* ---- made and ended ---- */

/* One line: "password", or "user password". */
static int secret_load(struct carrier *c, char why[static OST_CARRIER_WHY])
{
	char *text = NULL, *end, *space;
	size_t length = 0;
	int r;

	if (c->config->secret[0] == '\0')
		return 0;
	r = ost_file_read_own(c->config->secret, SECRET_MAX, &text, &length);
	end = r == 0 ? text + strcspn(text, "\r\n") : NULL;
	if (r == 0 && (end == text || end[strspn(end, "\r\n")] != '\0' || strlen(text) != length))
		r = -EINVAL;
	if (r < 0) {
		(void)snprintf(why, OST_CARRIER_WHY, "%.150s: %s", c->config->secret,
			r == -EINVAL ? "write one line in it: the password, or the user's name and the password" : strerror(-r));
		free(text);
		return r;
	}
	*end = '\0';
	space = strchr(text, ' ');
	if (c->secret != NULL)
		explicit_bzero(c->secret, strlen(c->secret));
	free(c->secret);
	c->secret = text;
	c->user = space != NULL ? text : NULL;
	c->password = space != NULL ? space + 1 : text;
	if (space != NULL)
		*space = '\0';
	return 0;
}

static void free_it(void *carrier)
{
	struct carrier *c = carrier;

	ost_conn_free(&c->conn);
	redisReaderFree(c->reader);
	if (c->password != NULL)
		explicit_bzero(c->password, strlen(c->password));
	free(c->secret);
	free(c);
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
	c->config = ost_destination_config(d);
	c->reader = redisReaderCreate();
	r = c->reader != NULL ? secret_load(c, why) : -ENOMEM;
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

const struct ost_carrier_ops ost_carrier_redis = {
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
