/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "queue.h"

#include <time.h>

#include "clock.h"

#define STAMP "\"@timestamp\":\""
#define HEAD  512u /* bytes of a line that its envelope begins in */

void ost_queue_clear(struct ost_queue *q)
{
	while (q->count > 0)
		ost_queue_pop(q);
	free(q->piece);
	q->piece = NULL;
}

int ost_queue_push(struct ost_queue *q, uint64_t seq, uint64_t next, char *text, size_t length)
{
	if (q->count == OST_QUEUE_LINES)
		return -ENOBUFS;
	q->lines[(q->first + q->count++) % OST_QUEUE_LINES] = (struct ost_queued){.seq = seq, .next = next, .text = text, .length = length};
	q->bytes += length;
	return 0;
}

int ost_queue_piece(struct ost_queue *q, const struct ost_msg_export_line *m)
{
	int r;

	if (m->offset == 0) {
		if (q->piece != NULL)
			return -EPROTO;
		q->piece = malloc((size_t)m->line_bytes + 1);
		if (q->piece == NULL)
			return -ENOMEM;
		q->piece_length = 0;
		q->piece_seq = m->seq;
	}
	if (q->piece == NULL || m->seq != q->piece_seq || m->offset != q->piece_length)
		return -EPROTO;
	memcpy(q->piece + m->offset, m->text, m->length);
	q->piece_length += m->length;
	if (q->piece_length < m->line_bytes)
		return 0;
	q->piece[q->piece_length] = '\0';
	r = ost_queue_push(q, m->seq, m->seq + 1, q->piece, q->piece_length);
	if (r < 0)
		free(q->piece);
	q->piece = NULL;
	return r < 0 ? r : 1;
}

const struct ost_queued *ost_queue_head(const struct ost_queue *q)
{
	return q->count > 0 ? &q->lines[q->first] : NULL;
}

void ost_queue_pop(struct ost_queue *q)
{
	struct ost_queued *line = &q->lines[q->first];

	q->bytes -= line->length;
	free(line->text);
	line->text = NULL;
	q->first = (q->first + 1) % OST_QUEUE_LINES;
	q->count--;
}

uint64_t ost_queued_time(const struct ost_queued *line)
{
	const char *at = memmem(line->text, OST_MIN(line->length, (size_t)HEAD), STAMP, sizeof(STAMP) - 1);
	struct tm tm = {0};
	time_t s;

	if (at == NULL || strptime(at + sizeof(STAMP) - 1, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return 0;
	s = timegm(&tm);
	return s > 0 ? (uint64_t)s * OST_NS_PER_S : 0;
}
