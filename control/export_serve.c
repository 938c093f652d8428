/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_serve.h"

#include <stdio.h>

#include "msg.h"
#include "text.h"

#define LINES_AT_ONCE 256u /* of all streams; then messages are read again */
#define LINES_A_TURN  16u  /* of one */

/* The first line is the origin, the second one the size (C2SP tlog-checkpoint). */
int ost_export_covered_read(struct ost_export_covered *covered, const char *note)
{
	const char *lf = strchr(note, '\n'), *end = lf != NULL ? strchr(lf + 1, '\n') : NULL;
	size_t length = strlen(note), origin = lf != NULL ? (size_t)(lf - note) : 0;
	uint64_t size;

	if (end == NULL || origin == 0 || origin >= OST_EXPORT_ORIGIN || length >= OST_EXPORT_NOTE || !ost_text_is_plain(note, origin) ||
		ost_number_parse(lf + 1, (size_t)(end - lf - 1), &size) < 0 || size > OST_JOURNAL_SEQ_MAX)
		return -EINVAL;
	memset(covered, 0, sizeof(*covered));
	covered->size = size;
	covered->length = (uint32_t)length;
	memcpy(covered->origin, note, origin);
	memcpy(covered->note, note, length + 1);
	return 0;
}

static void reader_drop(struct ost_export_stream *t)
{
	ost_journal_reader_close(&t->reader);
	t->line = NULL;
	t->sent = 0;
}

void ost_export_server_reset(struct ost_export_server *s)
{
	for (uint32_t i = 0; i < OST_EXPORTS_MAX; i++) {
		reader_drop(&s->streams[i]);
		s->streams[i] = (struct ost_export_stream){.wanted = false};
	}
	s->told_size = 0;
	s->told_origin[0] = '\0';
}

void ost_export_server_want(struct ost_export_server *s, const struct ost_msg_export_want *want)
{
	struct ost_export_stream *t = &s->streams[want->stream];

	t->want = *want;
	t->wanted = true;
	t->idle = false;
	t->lines_left = want->lines;
	t->bytes_left = want->bytes;
	/* A line that is on its way went to a former turn, and the reader stands behind it. */
	if (t->line != NULL || t->next != want->from_seq || strcmp(t->reader_origin, want->origin) != 0)
		reader_drop(t);
	t->next = want->from_seq;
}

void ost_export_server_wake(struct ost_export_server *s)
{
	for (uint32_t i = 0; i < OST_EXPORTS_MAX; i++)
		s->streams[i].idle = false;
}

/* ---- what cannot be served ---- */

static int gap_send(struct ost_export_server *s, int fd, struct ost_export_stream *t, enum ost_export_gap why, const struct ost_export_covered *covered)
{
	struct ost_msg_export_gap m = {.wanted_seq = t->next, .stream = t->want.stream, .turn = t->want.turn, .why = why};
	int r = ost_journal_minimum(s->journal_path, &m.next_seq);

	if (r == 0 && why == OST_EXPORT_GAP_PRUNED && m.next_seq <= t->next)
		r = -EBADMSG; /* it says that records are missing, and that none is */
	if (r < 0) {
		(void)snprintf(s->trouble, sizeof(s->trouble), "where the journal begins cannot be read: %s", strerror(-r));
		t->idle = true;
		return 0;
	}
	(void)snprintf(m.origin, sizeof(m.origin), "%s", covered->origin);
	r = ost_msg_send(fd, OST_MSG_EXPORT_GAP, 0, &m, sizeof(m), -1);
	if (r < 0)
		return r;
	reader_drop(t);
	t->wanted = false; /* it asks again */
	return 0;
}

/* 1: it is served; 0: it was told where to go on, or waits. */
static int place_check(struct ost_export_server *s, int fd, struct ost_export_stream *t, const struct ost_export_covered *covered)
{
	int r;

	if (t->want.origin[0] == '\0')
		return gap_send(s, fd, t, OST_EXPORT_GAP_NEW, covered);
	if (strcmp(t->want.origin, covered->origin) != 0)
		return gap_send(s, fd, t, OST_EXPORT_GAP_JOURNAL, covered);
	if (t->next > covered->size)
		return gap_send(s, fd, t, OST_EXPORT_GAP_AHEAD, covered);
	if (t->reader != NULL)
		return 1;
	r = ost_journal_reader_open(s->journal_path, t->next, &t->reader);
	if (r == -ERANGE)
		return gap_send(s, fd, t, OST_EXPORT_GAP_PRUNED, covered);
	if (r < 0) {
		(void)snprintf(s->trouble, sizeof(s->trouble), "the journal cannot be read: %s", strerror(-r));
		t->idle = true;
		return 0;
	}
	memcpy(t->reader_origin, t->want.origin, sizeof(t->reader_origin));
	return 1;
}

static int reader_failed(struct ost_export_server *s, int fd, struct ost_export_stream *t, int r, const struct ost_export_covered *covered)
{
	reader_drop(t);
	if (r == -ERANGE)
		return gap_send(s, fd, t, OST_EXPORT_GAP_PRUNED, covered);
	t->idle = true;
	if (r != -ESTALE) /* that one is another journal, which its first checkpoint tells */
		(void)snprintf(s->trouble, sizeof(s->trouble), "record %llu of the journal cannot be read: %s", (unsigned long long)t->next,
			r == -EBADMSG ? "it is damaged; ostiary journal verify" : strerror(-r));
	return 0;
}

/* ---- lines ---- */

static int checkpoint_send(struct ost_export_server *s, int fd, const struct ost_export_covered *covered)
{
	struct ost_msg_export_checkpoint m = {.size = covered->size, .length = covered->length};
	int r;

	if (covered->length == 0 || (covered->size == s->told_size && strcmp(covered->origin, s->told_origin) == 0))
		return 0;
	memcpy(m.origin, covered->origin, sizeof(m.origin));
	memcpy(m.note, covered->note, covered->length);
	r = ost_msg_send(fd, OST_MSG_EXPORT_CHECKPOINT, 0, &m, ost_msg_export_checkpoint_bytes(&m), -1);
	if (r < 0)
		return r;
	s->told_size = covered->size;
	memcpy(s->told_origin, covered->origin, sizeof(s->told_origin));
	return 0;
}

static int pieces_send(struct ost_export_server *s, int fd, struct ost_export_stream *t)
{
	struct ost_msg_export_line *m = &s->message;

	while (t->sent < t->length) {
		int r;

		m->seq = t->seq;
		m->stream = t->want.stream;
		m->turn = t->want.turn;
		m->line_bytes = (uint32_t)t->length;
		m->offset = (uint32_t)t->sent;
		m->length = (uint32_t)OST_MIN(t->length - t->sent, (size_t)OST_EXPORT_PIECE);
		memcpy(m->text, t->line + t->sent, m->length);
		r = ost_msg_send(fd, OST_MSG_EXPORT_LINE, 0, m, ost_msg_export_line_bytes(m), -1);
		if (r < 0)
			return r;
		t->sent += m->length;
	}
	s->served_records++;
	t->lines_left--;
	t->bytes_left -= (uint32_t)OST_MIN((size_t)t->bytes_left, t->length);
	if (t->lines_left == 0 || t->bytes_left == 0)
		t->wanted = false;
	t->line = NULL;
	return 0;
}

/* 1: a line went; 0: none now. */
static int line_send(struct ost_export_server *s, int fd, struct ost_export_stream *t, const struct ost_export_covered *covered)
{
	int r;

	if (t->line == NULL) {
		r = place_check(s, fd, t, covered);
		if (r <= 0)
			return r;
		ost_journal_reader_until(t->reader, covered->size);
		r = ost_journal_reader_next(t->reader, &t->seq, &t->line, &t->length);
		if (r < 0)
			return reader_failed(s, fd, t, r, covered);
		s->trouble[0] = '\0';
		if (r == 0) {
			t->line = NULL;
			t->idle = true;
			return 0;
		}
		t->sent = 0;
		t->next = t->seq + 1;
	}
	r = pieces_send(s, fd, t);
	return r < 0 ? r : 1;
}

int ost_export_server_run(struct ost_export_server *s, int fd, const struct ost_export_covered *covered)
{
	uint32_t quiet = 0, sent = 0;
	int r = checkpoint_send(s, fd, covered);

	if (r < 0 || covered->length == 0)
		return r;
	while (quiet < OST_EXPORTS_MAX && sent < LINES_AT_ONCE) {
		struct ost_export_stream *t = &s->streams[s->turn];
		uint32_t before = sent;

		r = 1;
		for (uint32_t i = 0; i < LINES_A_TURN && r > 0 && t->wanted && !t->idle; i++) {
			r = line_send(s, fd, t, covered);
			sent += r > 0 ? 1 : 0;
		}
		if (r < 0)
			return r;
		quiet = sent == before ? quiet + 1 : 0;
		s->turn = (s->turn + 1) % OST_EXPORTS_MAX;
	}
	return quiet < OST_EXPORTS_MAX ? 1 : 0;
}
