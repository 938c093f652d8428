/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lasting.h"

#include "record.h"
#include "segment.h"

#define LASTING "lasting.ndjson"

bool ost_lasting_kind(const char *kind)
{
	static const char *const kinds[] = {"decision", "submission", "entity.change", "key.rotate", "key.compromise", "journal.begin", "journal.accept_loss"};

	for (size_t i = 0; i < OST_ARRAY_SIZE(kinds); i++) {
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

/* ---- reading ---- */

static int by_seq(const void *a, const void *b)
{
	const struct ost_lasting_line *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static size_t lines_count(const char *bytes, size_t n)
{
	size_t lines = 0;

	for (const char *at = bytes, *lf; (lf = memchr(at, '\n', n - (size_t)(at - bytes))) != NULL; at = lf + 1)
		lines++;
	return lines;
}

/* A last line without its LF is what a crash left: it is in its segment still. */
static int lines_index(struct ost_lasting *k, size_t n)
{
	const char *at = k->bytes, *end = k->bytes + n;
	size_t lines = lines_count(k->bytes, n);

	k->lines = calloc(lines + 1, sizeof(*k->lines));
	if (k->lines == NULL)
		return -ENOMEM;
	for (; k->count < lines; k->count++) {
		struct ost_lasting_line *l = &k->lines[k->count];
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		struct ost_envelope e;

		*l = (struct ost_lasting_line){.text = at, .length = (size_t)(lf - at)};
		if (ost_envelope_parse(l->text, l->length, &e) < 0)
			return -EINVAL;
		l->seq = e.seq;
		at = lf + 1;
	}
	qsort(k->lines, k->count, sizeof(*k->lines), by_seq);
	return 0;
}

int ost_lasting_read(struct ost_journal_io *io, struct ost_lasting *ret_kept)
{
	struct ost_lasting k = {0};
	size_t n = 0;
	int r = ost_journal_io_get(io, LASTING, OST_LASTING_MAX, &k.bytes, &n);

	if (r == -ENOENT) {
		*ret_kept = k;
		return 0;
	}
	if (r < 0)
		return r;
	r = lines_index(&k, n);
	if (r < 0)
		ost_lasting_free(&k);
	else
		*ret_kept = k;
	return r;
}

void ost_lasting_free(struct ost_lasting *kept)
{
	free(kept->bytes);
	free(kept->lines);
	*kept = (struct ost_lasting){0};
}

size_t ost_lasting_find(const struct ost_lasting *kept, uint64_t seq)
{
	size_t low = 0, high = kept->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kept->lines[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- writing ---- */

struct text {
	char *bytes;
	size_t length, capacity;
};

static int text_add(struct text *t, const char *line, size_t length)
{
	if (t->length + length + 1 > OST_LASTING_MAX)
		return -EFBIG;
	if (t->length + length + 1 > t->capacity) {
		size_t more = OST_MAX(t->capacity * 2, t->length + length + 4096);
		char *bytes = realloc(t->bytes, more);

		if (bytes == NULL)
			return -ENOMEM;
		t->bytes = bytes;
		t->capacity = more;
	}
	memcpy(t->bytes + t->length, line, length);
	t->bytes[t->length + length] = '\n';
	t->length += length + 1;
	return 0;
}

/* What is there and young enough, each once. */
static int former_take(struct ost_journal_io *io, const char *oldest, struct text *t)
{
	struct ost_lasting k;
	int r = ost_lasting_read(io, &k);

	for (size_t i = 0; r == 0 && i < k.count; i++) {
		if ((i > 0 && k.lines[i].seq == k.lines[i - 1].seq) || (oldest != NULL && ost_record_is_before(k.lines[i].text, k.lines[i].length, oldest)))
			continue;
		r = text_add(t, k.lines[i].text, k.lines[i].length);
	}
	if (r == 0 || k.bytes != NULL)
		ost_lasting_free(&k);
	return r;
}

static int segments_take(struct ost_journal_io *io, const uint64_t *segments, uint32_t count, struct text *t)
{
	struct ost_walk walk;
	struct ost_line line;
	struct ost_envelope e;
	int r = ost_walk_begin(&walk, io, segments, count);

	if (r < 0)
		return r;
	while ((r = ost_walk_next(&walk, &line)) > 0) {
		r = ost_envelope_parse(line.text, line.length, &e);
		if (r == 0 && ost_lasting_kind(e.kind))
			r = text_add(t, line.text, line.length);
		if (r < 0)
			break;
	}
	ost_walk_end(&walk);
	return r;
}

int ost_lasting_add(struct ost_journal_io *io, const uint64_t *segments, uint32_t count, const char *oldest)
{
	struct text t = {0};
	int r = former_take(io, oldest, &t);

	if (r == 0)
		r = segments_take(io, segments, count, &t);
	if (r == 0 && t.length > 0)
		r = ost_journal_io_put(io, LASTING, t.bytes, t.length, false);
	free(t.bytes);
	return r;
}
