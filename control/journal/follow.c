/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines in order, while somebody else writes, rotates and prunes.
 *
 * What is covered is asked first, which segments there are afterwards: every covered line was synced before its checkpoint, so it
 * is in one of them. Where a segment ends that a disk abandoned is only known from the next one; that is why the walk is begun anew, at
 * the place where it was, whenever more is covered. */
#include "follow.h"

#include "note.h"
#include "retain.h"
#include "segment.h"

#define TRIES 8u /* of a folder that somebody prunes meanwhile */

struct ost_journal_reader {
	struct ost_journal_io *io;
	struct ost_journal_io *own;
	uint64_t next;	  /* the record that is told next */
	uint64_t covered; /* as of the checkpoint that was read last */
	uint64_t until;	  /* never as far as this one */
	uint64_t *numbers;
	uint32_t count;
	struct ost_walk walk;
	bool placed;	  /* the walk stands before the line of `next` ... */
	uint64_t segment; /* ... which is here, or at the beginning of the segment behind; 0: nobody knows where it is */
	uint64_t offset;
	bool have_last;
	struct ost_merkle_hash last; /* of the line before `next` */
	char *line;
};

/* ---- what is covered ---- */

static int covered_read(struct ost_journal_reader *f)
{
	struct ost_checkpoint k;
	struct ost_note note;
	char *text = NULL;
	size_t n = 0;
	int r = ost_journal_io_get(f->io, "checkpoint", OST_JOURNAL_NOTE_MAX - 1, &text, &n);

	if (r == -ENOENT && f->covered == 0)
		return 0; /* it begins just now */
	if (r == 0 && (ost_note_parse(text, n, &note) < 0 || ost_checkpoint_parse(&note, &k) < 0))
		r = -EBADMSG;
	free(text);
	if (r < 0)
		return r;
	if (k.size < f->covered)
		return -ESTALE;
	if (k.size > f->covered)
		f->placed = false;
	f->covered = k.size;
	return 0;
}

/* ---- where the next line is ---- */

/* 1: the number of the segment's first record; 0: it has no whole line. */
static int first_seq(struct ost_journal_io *io, uint64_t number, uint64_t *ret_seq)
{
	OST_AUTO_FREE char *line = malloc(OST_JOURNAL_LINE_MAX);
	char name[OST_SEGMENT_NAME];
	struct ost_envelope e;
	const char *lf;
	size_t n = 0;
	int fd, r;

	ost_segment_name(number, name);
	r = line == NULL ? -ENOMEM : io->ops->open(io, name, OST_JOURNAL_OPEN_READ, &fd);
	if (r < 0)
		return r;
	r = io->ops->read(io, fd, line, OST_JOURNAL_LINE_MAX, 0, &n);
	io->ops->close(io, fd);
	if (r < 0)
		return r;
	lf = memchr(line, '\n', n);
	if (lf == NULL)
		return n < OST_JOURNAL_LINE_MAX ? 0 : -EBADMSG;
	if (ost_envelope_parse(line, (size_t)(lf - line), &e) < 0)
		return -EBADMSG;
	*ret_seq = e.seq;
	return 1;
}

/* The last segment whose first record is not behind the one that is wanted. */
static int segment_find(struct ost_journal_reader *f, uint32_t *ret_index, uint64_t *ret_first)
{
	uint32_t low = 0, high = f->count;
	uint64_t first = 0, found = UINT64_MAX;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int r = first_seq(f->io, f->numbers[middle], &first);

		if (r < 0)
			return r;
		if (r > 0 && first <= f->next) {
			found = first;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == 0)
		return f->count == 0 ? -EBADMSG : -ERANGE;
	*ret_index = low - 1;
	*ret_first = found;
	return 0;
}

static int lines_skip(struct ost_journal_reader *f, uint64_t count)
{
	struct ost_line line;

	f->have_last = false;
	for (uint64_t i = 0; i < count; i++) {
		int r = ost_walk_next(&f->walk, &line);

		if (r <= 0 || !line.ended)
			return r < 0 ? r : -EBADMSG;
		if (i + 1 < count)
			continue;
		ost_merkle_leaf(line.text, line.length, &f->last);
		f->have_last = true;
	}
	return 0;
}

static int segments_list(struct ost_journal_reader *f)
{
	uint64_t *numbers = NULL;
	uint32_t count = 0;
	int r = ost_segments_list(f->io, &numbers, &count);

	if (r < 0)
		return r == -EINVAL ? -ENOENT : r; /* seen in the midst of pruning: again */
	free(f->numbers);
	f->numbers = numbers;
	f->count = count;
	return 0;
}

static int place_once(struct ost_journal_reader *f)
{
	uint64_t first = f->next;
	uint32_t i = 0;
	int r = segments_list(f);

	if (r < 0)
		return r;
	while (i < f->count && f->numbers[i] != f->segment)
		i++;
	if (i < f->count) {
		ost_walk_again(&f->walk, &f->numbers[i], f->count - i, f->offset);
		return 0;
	}
	r = segment_find(f, &i, &first);
	if (r < 0)
		return r;
	ost_walk_again(&f->walk, &f->numbers[i], f->count - i, 0);
	return lines_skip(f, f->next - first);
}

static int place(struct ost_journal_reader *f)
{
	int r = -ENOENT;

	for (unsigned i = 0; i < TRIES && r == -ENOENT; i++)
		r = place_once(f);
	f->placed = r == 0;
	if (r < 0)
		f->segment = 0;
	return r == -ENOENT ? -EBADMSG : r;
}

/* ---- the next line ---- */

static int line_check(struct ost_journal_reader *f, const struct ost_line *line)
{
	struct ost_envelope e;

	if (!line->ended || memchr(line->text, '\0', line->length) != NULL || ost_envelope_parse(line->text, line->length, &e) < 0 ||
		e.seq != f->next || (f->have_last && !ost_merkle_same(&e.prev, &f->last)))
		return -EBADMSG;
	return 0;
}

static void line_take(struct ost_journal_reader *f, const struct ost_line *line)
{
	ost_merkle_leaf(line->text, line->length, &f->last);
	f->have_last = true;
	memcpy(f->line, line->text, line->length);
	f->line[line->length] = '\0';
	f->segment = line->segment;
	f->offset = line->offset + line->length + 1;
	f->next++;
}

int ost_journal_reader_next(struct ost_journal_reader *f, uint64_t *ret_seq, const char **ret_line, size_t *ret_length)
{
	struct ost_line line = {0};
	int r;

	if (f->next >= f->until)
		return 0;
	r = f->next >= f->covered ? covered_read(f) : 0;
	if (r < 0 || f->next >= f->covered)
		return r;
	if (!f->placed)
		r = place(f);
	if (r == 0)
		r = ost_walk_next(&f->walk, &line);
	if (r == -ENOENT) { /* the segment behind was pruned since the folder was read */
		f->segment = 0;
		r = place(f);
		if (r == 0)
			r = ost_walk_next(&f->walk, &line);
	}
	if (r >= 0)
		r = r == 0 ? -EBADMSG : line_check(f, &line);
	if (r < 0) {
		f->placed = false;
		return r;
	}
	line_take(f, &line);
	*ret_seq = f->next - 1;
	*ret_line = f->line;
	*ret_length = line.length;
	return 1;
}

/* ---- opened and closed ---- */

void ost_journal_reader_until(struct ost_journal_reader *f, uint64_t size)
{
	f->until = size;
}

static int start(struct ost_journal_reader *f)
{
	uint64_t minimum = 0;
	int r = ost_retained_minimum(f->io, &minimum);

	if (r == 0 && f->next < minimum)
		r = -ERANGE;
	if (r == 0)
		r = covered_read(f);
	return r == -EINVAL ? -EBADMSG : r;
}

int ost_journal_reader_new(struct ost_journal_io *io, uint64_t from_seq, struct ost_journal_reader **ret_reader)
{
	struct ost_journal_reader *f = calloc(1, sizeof(*f));
	int r;

	if (f == NULL)
		return -ENOMEM;
	f->io = io;
	f->next = from_seq;
	f->until = UINT64_MAX;
	f->line = malloc(OST_JOURNAL_LINE_MAX + 1);
	r = ost_walk_begin(&f->walk, io, NULL, 0);
	if (r == 0)
		r = f->line == NULL ? -ENOMEM : start(f);
	if (r < 0)
		ost_journal_reader_close(&f);
	else
		*ret_reader = f;
	return r;
}

int ost_journal_reader_open(const char *path, uint64_t from_seq, struct ost_journal_reader **ret_reader)
{
	struct ost_journal_io *io = NULL;
	int r = ost_journal_io_new(path, &io);

	if (r == 0)
		r = ost_journal_reader_new(io, from_seq, ret_reader);
	if (r < 0)
		ost_journal_io_free(&io);
	else
		(*ret_reader)->own = io;
	return r;
}

void ost_journal_reader_close(struct ost_journal_reader **reader)
{
	struct ost_journal_reader *f = *reader;

	*reader = NULL;
	if (f == NULL)
		return;
	ost_walk_end(&f->walk);
	ost_journal_io_free(&f->own);
	free(f->numbers);
	free(f->line);
	free(f);
}

int ost_journal_minimum(const char *path, uint64_t *ret_seq)
{
	struct ost_journal_io *io = NULL;
	int r = ost_journal_io_new(path, &io);

	if (r == 0)
		r = ost_retained_minimum(io, ret_seq);
	ost_journal_io_free(&io);
	return r == -EINVAL ? -EBADMSG : r;
}
