/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment.h"

#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "array.h"
#include "text.h"

#define BUFFER_BYTES (1u << 20)

void ost_segment_name(uint64_t number, char buf[static OST_SEGMENT_NAME])
{
	(void)snprintf(buf, OST_SEGMENT_NAME, "seg-%08" PRIu64 ".ndjson", number);
}

/* ---- which there are ---- */

struct lister {
	uint64_t *numbers;
	uint32_t count, capacity;
	int r;
};

static void entry(void *user, const char *name)
{
	struct lister *l = user;
	char same[OST_SEGMENT_NAME];
	uint64_t number;
	uint64_t *numbers;

	if (strncmp(name, "seg-", 4) != 0 || strlen(name) != 19 || ost_number_parse(name + 4, 8, &number) < 0 || number == 0)
		return;
	ost_segment_name(number, same);
	if (strcmp(name, same) != 0)
		return;
	numbers = ost_array_room(l->numbers, l->count, &l->capacity, sizeof(*l->numbers));
	if (numbers == NULL) {
		l->r = -ENOMEM;
		return;
	}
	l->numbers = numbers;
	l->numbers[l->count++] = number;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int ost_segments_list(struct ost_journal_io *io, uint64_t **ret_numbers, uint32_t *ret_count)
{
	struct lister l = {0};
	int r = io->ops->list(io, "", entry, &l);

	if (r == 0)
		r = l.r;
	if (l.count > 0)
		qsort(l.numbers, l.count, sizeof(*l.numbers), ascending);
	for (uint32_t i = 1; i < l.count && r == 0; i++) {
		if (l.numbers[i] != l.numbers[i - 1] + 1)
			r = -EINVAL;
	}
	if (r < 0) {
		free(l.numbers);
		return r;
	}
	*ret_numbers = l.numbers;
	*ret_count = l.count;
	return 0;
}

/* ---- a walk ---- */

int ost_walk_begin(struct ost_walk *walk, struct ost_journal_io *io, const uint64_t *numbers, uint32_t count)
{
	*walk = (struct ost_walk){.io = io, .numbers = numbers, .count = count, .fd = -1};
	walk->buffer = malloc(BUFFER_BYTES);
	return walk->buffer != NULL ? 0 : -ENOMEM;
}

void ost_walk_again(struct ost_walk *walk, const uint64_t *numbers, uint32_t count, uint64_t offset)
{
	if (walk->fd >= 0)
		walk->io->ops->close(walk->io, walk->fd);
	walk->fd = -1;
	walk->numbers = numbers;
	walk->count = count;
	walk->at = 0;
	walk->from = offset;
	walk->have = walk->used = 0;
}

void ost_walk_end(struct ost_walk *walk)
{
	if (walk->fd >= 0)
		walk->io->ops->close(walk->io, walk->fd);
	walk->fd = -1;
	free(walk->buffer);
	walk->buffer = NULL;
}

/* What the first line of a segment says of where the one before it ends; *ret_end stays when it says nothing. */
static void io_error_read(const char *line, size_t length, uint64_t former, uint64_t *ret_end)
{
	struct ost_envelope e;
	const json_t *error;
	json_t *o;
	json_int_t kept;

	if (ost_envelope_parse(line, length, &e) < 0 || strcmp(e.kind, "journal.io_error") != 0)
		return;
	o = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	error = json_object_get(json_object_get(json_object_get(o, "ostiary"), "journal"), "io_error");
	kept = json_integer_value(json_object_get(error, "kept_bytes"));
	if (json_is_integer(json_object_get(error, "kept_bytes")) && kept >= 0 && (uint64_t)kept < *ret_end &&
		(uint64_t)json_integer_value(json_object_get(error, "segment")) == former)
		*ret_end = (uint64_t)kept;
	json_decref(o);
}

static int end_find(struct ost_walk *w)
{
	char name[OST_SEGMENT_NAME];
	char *line OST_AUTO_FREE = NULL;
	const char *lf;
	size_t n = 0;
	int fd, r = w->io->ops->size(w->io, w->fd, &w->end);

	if (r < 0 || w->at + 1 >= w->count)
		return r;
	ost_segment_name(w->numbers[w->at + 1], name);
	r = w->io->ops->open(w->io, name, OST_JOURNAL_OPEN_READ, &fd);
	if (r < 0)
		return r;
	line = malloc(OST_JOURNAL_LINE_MAX);
	r = line == NULL ? -ENOMEM : w->io->ops->read(w->io, fd, line, OST_JOURNAL_LINE_MAX, 0, &n);
	w->io->ops->close(w->io, fd);
	lf = r == 0 ? memchr(line, '\n', n) : NULL;
	if (lf != NULL) {
		uint64_t size = w->end;

		io_error_read(line, (size_t)(lf - line), w->numbers[w->at], &w->end);
		w->abandoned += size - w->end;
	}
	return r;
}

static int segment_open(struct ost_walk *w)
{
	char name[OST_SEGMENT_NAME];
	int r;

	ost_segment_name(w->numbers[w->at], name);
	r = w->io->ops->open(w->io, name, OST_JOURNAL_OPEN_READ, &w->fd);
	if (r < 0) {
		w->fd = -1;
		return r;
	}
	w->have = w->used = 0;
	w->read = w->from;
	w->from = 0;
	r = end_find(w);
	return r == 0 && w->read > w->end ? -EBADMSG : r;
}

static int refill(struct ost_walk *w)
{
	size_t n = 0, room;
	int r;

	memmove(w->buffer, w->buffer + w->used, w->have - w->used);
	w->have -= w->used;
	w->used = 0;
	room = (size_t)OST_MIN((uint64_t)(BUFFER_BYTES - w->have), w->end - w->read);
	r = w->io->ops->read(w->io, w->fd, w->buffer + w->have, room, w->read, &n);
	if (r < 0)
		return r;
	if (n < room)
		w->end = w->read + n; /* it became shorter under us */
	w->have += n;
	w->read += n;
	return 0;
}

/* 1: a line or what is left without one; 0: the segment is at its end. */
static int line_take(struct ost_walk *w, struct ost_line *line)
{
	size_t most, step;
	const char *lf;

	if (w->have - w->used < OST_JOURNAL_LINE_MAX && w->read < w->end) {
		int r = refill(w);

		if (r < 0)
			return r;
	}
	most = OST_MIN(w->have - w->used, (size_t)OST_JOURNAL_LINE_MAX);
	if (most == 0)
		return 0;
	lf = memchr(w->buffer + w->used, '\n', most);
	line->text = w->buffer + w->used;
	line->ended = lf != NULL;
	line->length = lf != NULL ? (size_t)(lf - line->text) : most;
	line->segment = w->numbers[w->at];
	line->offset = w->read - (w->have - w->used);
	step = line->length + (lf != NULL ? 1 : 0);
	w->used += step;
	w->total += step;
	return 1;
}

int ost_walk_next(struct ost_walk *walk, struct ost_line *ret_line)
{
	while (walk->at < walk->count) {
		int r = walk->fd < 0 ? segment_open(walk) : 0;

		if (r == 0)
			r = line_take(walk, ret_line);
		if (r != 0)
			return r;
		walk->io->ops->close(walk->io, walk->fd);
		walk->fd = -1;
		walk->at++;
	}
	return 0;
}
