/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "destination.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

#include "carrier.h"
#include "clock.h"
#include "file.h"
#include "log.h"
#include "mark.h"
#include "queue.h"
#include "source.h"
#include "text.h"

#define RETRY_FIRST_MS 250u
#define SAVE_NS	       (250 * OST_NS_PER_MS)

static const struct ost_carrier_ops *const carriers[OST_EXPORT_TYPE_COUNT] = {
	[OST_EXPORT_FILE] = &ost_carrier_file,
	[OST_EXPORT_SYSLOG] = &ost_carrier_syslog,
	[OST_EXPORT_RELP] = &ost_carrier_relp,
	[OST_EXPORT_HTTPS] = &ost_carrier_https,
	[OST_EXPORT_REDIS] = &ost_carrier_redis,
};

enum under_way { NOTHING, BATCH, HEARTBEAT };

struct ost_destination {
	struct ost_exportd *e;
	const struct ost_site_export *config;
	const struct ost_carrier_ops *ops;
	void *carrier;
	uint32_t stream;
	enum ost_format format;
	struct ost_format_config format_config;
	struct ost_pseudonyms *pseudonyms;
	struct event *pump;

	/* how far it is */
	struct ost_mark mark; /* all before it has arrived */
	bool dirty;	      /* that is not on disk */
	bool unsaved;	      /* and could not be written: that is in the log */
	uint64_t save_ns;
	uint64_t sent_seq; /* all before it was sent, and is arriving */
	uint64_t expect;   /* the line that ostiaryd tells next */

	/* lines that wait, and what was asked for */
	struct ost_queue queue;
	uint32_t turn, want_lines, want_bytes;
	bool wanted;

	/* what is under way */
	enum under_way under_way;
	struct ost_buffer out;
	struct ost_format_text text;
	uint32_t records, records_max;
	uint64_t batch_next, batch_time_ns;

	enum ost_export_state state;
	bool asleep; /* WAITING, until again_ns */
	uint64_t again_ns, retry_ms, beat_ns;
	struct ost_msg_export_status status; /* its counts and its error */
	char told[OST_MSG_TEXT];	     /* the error that is in the log */
};

/* ---- asking ---- */

static void lines_want(struct ost_destination *d)
{
	struct ost_msg_export_want m = {.from_seq = d->expect, .stream = d->stream, .turn = d->turn + 1};

	if (d->wanted || d->queue.count > OST_QUEUE_LINES / 2 || d->queue.bytes > OST_QUEUE_BYTES / 2)
		return;
	m.lines = OST_QUEUE_LINES - 1 - d->queue.count; /* one stays free for the record of a gap */
	m.bytes = (uint32_t)(OST_QUEUE_BYTES - d->queue.bytes);
	memcpy(m.origin, d->mark.origin, sizeof(m.origin));
	if (ost_source_send(d->e->source, OST_MSG_EXPORT_WANT, &m, sizeof(m)) < 0)
		return; /* asked again when it is there, or with the next tick */
	d->turn = m.turn;
	d->wanted = true;
	d->want_lines = m.lines;
	d->want_bytes = m.bytes;
}

/* Everything from a place on is asked for again. */
static void lines_again(struct ost_destination *d, uint64_t seq)
{
	const struct ost_queued *head = ost_queue_head(&d->queue);

	d->sent_seq = seq;
	if (head != NULL && head->seq == seq)
		return; /* it is still there */
	ost_queue_clear(&d->queue);
	d->expect = seq;
	d->turn++; /* what is on its way is not wanted any more */
	d->wanted = false;
	lines_want(d);
}

void ost_destination_source_up(struct ost_destination *d)
{
	free(d->queue.piece);
	d->queue.piece = NULL;
	d->wanted = false;
	lines_want(d);
}

static void pump_soon(struct ost_destination *d)
{
	const struct timeval now = {0};

	(void)evtimer_add(d->pump, &now);
}

bool ost_destination_line(struct ost_destination *d, const struct ost_msg_export_line *m)
{
	int r;

	if (m->turn != d->turn || !d->wanted)
		return m->turn != d->turn;
	r = m->seq == d->expect ? ost_queue_piece(&d->queue, m) : -EPROTO;
	if (r < 0) {
		ost_log_error("%s: record %" PRIu64 " cannot be taken: %s", d->config->name, m->seq, strerror(-r));
		return false;
	}
	if (r == 0)
		return true;
	d->expect++;
	d->want_lines--;
	d->want_bytes -= OST_MIN(d->want_bytes, m->line_bytes);
	if (d->want_lines == 0 || d->want_bytes == 0) {
		d->wanted = false;
		lines_want(d);
	}
	pump_soon(d);
	return true;
}

/* ---- gaps ---- */

/* A record in the manner of the journal's own, in the place of those that are gone. */
static void gap_queue(struct ost_destination *d, const struct ost_msg_export_gap *m)
{
	char now[OST_TIME_TEXT], *text = NULL;
	int n;

	ost_clock_format(ost_clock_wall_ns(), now);
	n = asprintf(&text,
		"{\"v\":1,\"seq\":%" PRIu64 ",\"prev\":\"%064d\",\"kind\":\"export.gap\",\"@timestamp\":\"%s\",\"message\":\"%" PRIu64
		" records were pruned from the journal before they could be sent here\",\"event\":{\"kind\":\"event\",\"category\":[\"configuration\"],"
		"\"type\":[\"info\"],\"action\":\"export-gap\"},\"observer\":{\"hostname\":\"%s\"},\"ostiary\":{\"export\":{\"destination\":\"%s\","
		"\"from_seq\":%" PRIu64 ",\"next_seq\":%" PRIu64 "}}}",
		m->wanted_seq, 0, now, m->next_seq - m->wanted_seq, d->e->gateway, d->config->name, m->wanted_seq, m->next_seq);
	if (n > 0 && ost_queue_push(&d->queue, m->wanted_seq, m->next_seq, text, (size_t)n) < 0)
		free(text);
}

bool ost_destination_gap(struct ost_destination *d, const struct ost_msg_export_gap *m)
{
	const char *name = d->config->name;

	if (m->turn != d->turn || !d->wanted)
		return m->turn != d->turn;
	d->wanted = false;
	if (m->why == OST_EXPORT_GAP_PRUNED) {
		if (m->wanted_seq != d->expect || m->next_seq <= m->wanted_seq)
			return false;
		d->status.lost_records += m->next_seq - m->wanted_seq;
		ost_log_error("%s: records %" PRIu64 " to %" PRIu64 " were pruned from the journal before they could be sent", name, m->wanted_seq,
			m->next_seq - 1);
		gap_queue(d, m);
		d->expect = m->next_seq;
		lines_want(d);
		pump_soon(d);
		return true;
	}
	if (m->why == OST_EXPORT_GAP_JOURNAL)
		ost_log_warning("%s: another journal began, %s: its records follow, from %" PRIu64 " on", name, m->origin, m->next_seq);
	else if (m->why == OST_EXPORT_GAP_AHEAD)
		ost_log_error("%s: the journal %s has fewer records than were sent, it was put back to an older state: all of it is sent again", name,
			m->origin);
	/* What is under way is of no use, and the carrier may have to look where it is. */
	d->ops->disconnect(d->carrier);
	d->under_way = NOTHING;
	d->state = OST_EXPORT_CONNECTING;
	d->asleep = true;
	d->again_ns = 0;
	ost_queue_clear(&d->queue);
	memcpy(d->mark.origin, m->origin, sizeof(d->mark.origin));
	d->mark.seq = d->sent_seq = d->expect = m->next_seq;
	d->dirty = true;
	lines_want(d);
	return true;
}

/* ---- sending ---- */

static void line_encode(struct ost_destination *d, const struct ost_format_about *about, bool first)
{
	const char *at = d->text.bytes, *lf;
	struct ost_carried line = {.about = about, .first = first};

	while ((lf = at != NULL ? strchr(at, '\n') : NULL) != NULL) {
		line.text = at;
		line.length = (size_t)(lf - at);
		d->ops->encode(d->carrier, &d->out, &line);
		line.part++;
		line.first = false;
		at = lf + 1;
	}
}

/* false: no memory. */
static bool record_encode(struct ost_destination *d, const struct ost_queued *q)
{
	struct ost_format_about about = {0};
	char why[OST_FORMAT_WHY] = "";
	int r;

	ost_format_text_reset(&d->text);
	r = ost_format_convert(d->format, &d->format_config, q->text, q->length, &d->text, &about, why);
	if (r == -ENOMEM)
		return false;
	if (r < 0) {
		d->status.rejected_records++;
		ost_log_error("%s: record %" PRIu64 " cannot be converted, it is left out: %s", d->config->name, q->seq, why[0] != '\0' ? why : strerror(-r));
		return true;
	}
	line_encode(d, &about, d->out.length == 0);
	if (d->batch_time_ns == 0)
		d->batch_time_ns = about.time_ns;
	d->records++;
	return true;
}

static void batch_send(struct ost_destination *d)
{
	const struct ost_queued *q;

	ost_buffer_reset(&d->out);
	d->records = 0;
	d->batch_time_ns = 0;
	d->batch_next = d->sent_seq;
	while ((q = ost_queue_head(&d->queue)) != NULL && d->records < d->records_max && d->out.length < OST_BATCH_BYTES) {
		if (!record_encode(d, q) || d->out.failed) {
			ost_destination_failed(d, "out of memory");
			return;
		}
		d->batch_next = q->next;
		ost_queue_pop(&d->queue);
	}
	lines_want(d);
	d->under_way = BATCH;
	if (d->records == 0) { /* none of them could be converted */
		ost_destination_arrived(d, d->batch_next);
		ost_destination_done(d);
		return;
	}
	d->ops->send(d->carrier, &d->out, d->records, d->batch_next);
}

static void heartbeat_send(struct ost_destination *d, uint64_t now)
{
	const struct ost_msg_export_checkpoint *c = &d->e->checkpoint;

	d->beat_ns = now + d->config->heartbeat_s * OST_NS_PER_S;
	ost_format_text_reset(&d->text);
	if (c->length == 0 ||
		ost_format_heartbeat(d->format, &d->format_config, c->note, c->length, ost_clock_wall_ns(), &d->text) < 0 || d->text.length == 0)
		return;
	d->under_way = HEARTBEAT;
	d->ops->heartbeat(d->carrier, d->text.bytes, d->text.length - 1, c);
}

static void pump(struct ost_destination *d)
{
	uint64_t now = ost_clock_mono_ns();

	if (d->state != OST_EXPORT_UP || d->under_way != NOTHING)
		return;
	if (now >= d->beat_ns)
		heartbeat_send(d, now);
	else if (d->queue.count > 0)
		batch_send(d);
}

static void on_pump(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	pump(user);
}

/* ---- what the carrier says ---- */

struct ost_exportd *ost_destination_exportd(const struct ost_destination *d)
{
	return d->e;
}

const struct ost_site_export *ost_destination_config(const struct ost_destination *d)
{
	return d->config;
}

const char *ost_destination_origin(const struct ost_destination *d)
{
	return d->mark.origin;
}

uint64_t ost_destination_place(const struct ost_destination *d)
{
	return d->mark.seq;
}

void ost_destination_up(struct ost_destination *d)
{
	d->state = OST_EXPORT_UP;
	d->asleep = false;
	if (d->told[0] != '\0')
		d->beat_ns = 0; /* whether it works now */
	pump_soon(d);
}

void ost_destination_place_set(struct ost_destination *d, uint64_t seq)
{
	if (d->mark.seq == seq)
		return;
	d->mark.seq = seq;
	d->dirty = true;
	lines_again(d, seq);
}

void ost_destination_arrived(struct ost_destination *d, uint64_t seq)
{
	if (seq <= d->mark.seq)
		return;
	d->mark.seq = seq;
	d->dirty = true;
}

void ost_destination_rejected(struct ost_destination *d, uint64_t count, const char *why)
{
	d->status.rejected_records += count;
	ost_log_error("%s: refused and left out: %" PRIu64 " of the records, %s", d->config->name, count, why);
}

void ost_destination_done(struct ost_destination *d)
{
	if (d->under_way == BATCH) {
		d->sent_seq = OST_MAX(d->sent_seq, d->batch_next);
		d->status.sent_records += d->records;
		d->status.sent_bytes += d->out.length;
		d->records_max = OST_MIN(2 * d->records_max, OST_BATCH_RECORDS);
	} else if (d->under_way == HEARTBEAT) {
		d->status.heartbeats++;
	}
	ost_buffer_reset(&d->out);
	d->under_way = NOTHING;
	d->status.sent_wall_ns = ost_clock_wall_ns();
	d->retry_ms = RETRY_FIRST_MS;
	if (d->told[0] != '\0')
		ost_log_info("%s: it takes records again", d->config->name);
	d->told[0] = d->status.error[0] = '\0';
	pump_soon(d);
}

bool ost_destination_shrink(struct ost_destination *d)
{
	if (d->records <= 1)
		return false;
	d->records_max = d->records / 2;
	return true;
}

/* Between half of the time and all of it: many gateways that lost one receiver do not all come back at once. */
static uint64_t again_at(const struct ost_destination *d)
{
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	return ost_clock_mono_ns() + (d->retry_ms / 2 + random % (d->retry_ms / 2 + 1)) * OST_NS_PER_MS;
}

void ost_destination_failed(struct ost_destination *d, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(d->status.error, sizeof(d->status.error), fmt, args);
	va_end(args);
	ost_text_make_plain(d->status.error);
	d->status.failures++;
	d->state = OST_EXPORT_WAITING;
	d->asleep = true;
	d->again_ns = again_at(d);
	d->retry_ms = OST_MIN(2 * d->retry_ms, d->config->retry_s * 1000ull);
	d->under_way = NOTHING;
	ost_buffer_reset(&d->out);
	d->ops->disconnect(d->carrier);
	lines_again(d, d->mark.seq);
	if (strcmp(d->told, d->status.error) == 0)
		return;
	memcpy(d->told, d->status.error, sizeof(d->told));
	ost_log_warning("%s: %s; it is tried again, records wait in the journal", d->config->name, d->told);
}

/* ---- time ---- */

static void mark_save(struct ost_destination *d)
{
	int r;

	if (!d->dirty || d->mark.origin[0] == '\0')
		return;
	r = ost_mark_save(d->e->paths.export_dir, d->config->name, &d->mark);
	d->dirty = r < 0;
	if (r < 0 && !d->unsaved)
		ost_log_error("%s/%s.mark: %s: after a restart records will be sent again", d->e->paths.export_dir, d->config->name, strerror(-r));
	d->unsaved = r < 0;
}

void ost_destination_tick(struct ost_destination *d, uint64_t now)
{
	/* Not before it is known what there is to send. */
	if (d->asleep && now >= d->again_ns && d->mark.origin[0] != '\0') {
		d->asleep = false;
		d->state = OST_EXPORT_CONNECTING;
		d->ops->connect(d->carrier);
	}
	if (d->ops->tick != NULL)
		d->ops->tick(d->carrier, now);
	if (now >= d->save_ns) {
		d->save_ns = now + SAVE_NS;
		mark_save(d);
	}
	lines_want(d);
	pump(d);
}

void ost_destination_reload(struct ost_destination *d)
{
	char why[OST_CARRIER_WHY];

	if (d->ops->reload(d->carrier, why) < 0)
		ost_log_error("%s: %s; what was in force stays", d->config->name, why);
}

void ost_destination_status(const struct ost_destination *d, struct ost_msg_export_status *ret_status)
{
	const struct ost_queued *head = ost_queue_head(&d->queue);

	*ret_status = d->status;
	ret_status->stream = d->stream;
	ret_status->state = (uint8_t)d->state;
	ret_status->cursor_seq = d->sent_seq;
	ret_status->arrived_seq = OST_MIN(d->mark.seq, d->sent_seq);
	ret_status->oldest_wall_ns = d->under_way == BATCH ? d->batch_time_ns : head != NULL ? ost_queued_time(head) : 0;
	(void)snprintf(ret_status->name, sizeof(ret_status->name), "%s", d->config->name);
	(void)snprintf(ret_status->type, sizeof(ret_status->type), "%s", ost_export_type_name(d->config->type));
	(void)snprintf(ret_status->format, sizeof(ret_status->format), "%s", d->config->format);
	memcpy(ret_status->origin, d->mark.origin, sizeof(ret_status->origin));
}

/* ---- made and ended ---- */

static int pseudonyms_load(struct ost_destination *d, char why[static 512])
{
	OST_AUTO_FREE char *text = NULL;
	char flaw[OST_FORMAT_WHY] = "";
	size_t length = 0;
	int r;

	if (d->config->pseudonyms[0] == '\0')
		return 0;
	r = ost_file_read_own(d->config->pseudonyms, OST_PSEUDONYMS_FILE_MAX, &text, &length);
	if (r == 0) {
		r = ost_pseudonyms_parse(text, length, &d->pseudonyms, flaw);
		explicit_bzero(text, length);
	}
	if (r < 0)
		(void)snprintf(why, 512, "%.300s: %.150s", d->config->pseudonyms, flaw[0] != '\0' ? flaw : strerror(-r));
	d->format_config.pseudonyms = d->pseudonyms;
	return r;
}

static void mark_restore(struct ost_destination *d)
{
	int r = ost_mark_load(d->e->paths.export_dir, d->config->name, &d->mark);

	if (r < 0 && r != -ENOENT)
		ost_log_error("%s/%s.mark: %s: the journal is sent from its beginning", d->e->paths.export_dir, d->config->name,
			r == -EINVAL ? "it is damaged" : strerror(-r));
	d->sent_seq = d->expect = d->mark.seq;
}

int ost_destination_new(struct ost_exportd *e, uint32_t stream, const struct ost_site_export *config, char why[static 512],
	struct ost_destination **ret_destination)
{
	struct ost_destination *d = calloc(1, sizeof(*d));
	int r;

	(void)snprintf(why, 512, "out of memory");
	if (d == NULL)
		return -ENOMEM;
	d->e = e;
	d->stream = stream;
	d->config = config;
	d->ops = carriers[config->type];
	d->state = OST_EXPORT_CONNECTING;
	d->asleep = true; /* connected by the first tick */
	d->retry_ms = RETRY_FIRST_MS;
	d->records_max = OST_BATCH_RECORDS;
	d->format_config = (struct ost_format_config){
		.gateway = e->gateway, .origin = d->mark.origin, .assignee_group = config->assignee[0] != '\0' ? config->assignee : NULL};
	d->pump = evtimer_new(e->base, on_pump, d);
	r = d->pump != NULL ? ost_format_by_name(config->format, &d->format) : -ENOMEM;
	if (r == 0)
		r = pseudonyms_load(d, why);
	if (r == 0)
		r = d->ops->make(d, &d->carrier, why);
	if (r < 0) {
		ost_destination_free(&d);
		return r;
	}
	mark_restore(d);
	*ret_destination = d;
	return 0;
}

void ost_destination_free(struct ost_destination **destination)
{
	struct ost_destination *d = *destination;

	*destination = NULL;
	if (d == NULL)
		return;
	if (d->carrier != NULL)
		d->ops->free(d->carrier); /* it may tell that something has arrived */
	mark_save(d);
	if (d->pump != NULL)
		event_free(d->pump);
	ost_queue_clear(&d->queue);
	ost_buffer_free(&d->out);
	ost_format_text_free(&d->text);
	ost_pseudonyms_free(&d->pseudonyms);
	free(d);
}
