/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "clock.h"
#include "lasting.h"
#include "retain.h"
#include "verify_private.h"

#define TRIES	   25u /* of a checkpoint that may come for lines that were just written ... */
#define TRY_NS	   (20 * OST_NS_PER_MS)
#define TELL_BYTES (16ull << 20)

int ost_verify_fault(struct ost_verifier *v, enum ost_journal_fault fault, const char *fmt, ...)
{
	va_list list;

	v->out->fault = fault;
	va_start(list, fmt);
	(void)vsnprintf(v->out->why, sizeof(v->out->why), fmt, list);
	va_end(list);
	return 1;
}

const char *ost_journal_fault_name(enum ost_journal_fault fault)
{
	static const char *const names[] = {"whole", "uncovered", "bad-record", "missing", "bad-checkpoint", "bad-keys", "inconsistent", "unreadable"};

	return names[fault];
}

/* ---- before the lines ---- */

static int keys_take(struct ost_verifier *v)
{
	struct ost_vkey pinned;
	char why[200];
	int r = 0;

	if (v->in->vkey != NULL && ost_vkey_parse(v->in->vkey, strlen(v->in->vkey), &pinned) < 0)
		return -EINVAL;
	r = ost_key_chain_load(v->io, v->in->vkey != NULL ? &pinned : NULL, &v->chain, why);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return ost_verify_fault(v, OST_JOURNAL_BAD_KEYS, "%s", why);
	v->out->keys = v->chain.count;
	v->out->pinned = v->in->vkey != NULL;
	return 0;
}

static int from_take(struct ost_verifier *v)
{
	const struct ost_key_link *link;
	struct ost_note note;
	int r;

	if (v->in->from == NULL)
		return 0;
	if (ost_note_parse(v->in->from, strlen(v->in->from), &note) < 0 || ost_checkpoint_parse(&note, &v->from) < 0)
		return ost_verify_fault(v, OST_JOURNAL_INCONSISTENT, "the checkpoint that was held is no checkpoint");
	v->have_from = true;
	if (strcmp(v->from.origin, v->chain.links[0].vkey.name) != 0)
		return ost_verify_fault(v, OST_JOURNAL_INCONSISTENT, "the checkpoint that was held is of %s, this journal is %s", v->from.origin,
			v->chain.links[0].vkey.name);
	r = ost_key_chain_verify(&v->chain, &note, v->from.size, &link);
	if (r < 0)
		return ost_verify_fault(v, OST_JOURNAL_INCONSISTENT, "the checkpoint that was held is %s",
			r == -EKEYEXPIRED ? "signed by a key that was retired before" :
			r == -EKEYREVOKED ? "signed by a compromised key, behind the size up to which it is trusted" :
					    "not signed by this journal");
	return 0;
}

struct retained {
	struct ost_verifier *v;
	struct ost_lasting kept;
	size_t next; /* of the kept lines */
	int r;
};

/* A line that outlived its segment is what its hash says, or it is the first bad record. */
static int kept_check(struct retained *t, uint64_t seq, const struct ost_merkle_hash *leaf)
{
	for (; t->next < t->kept.count && t->kept.lines[t->next].seq <= seq; t->next++) {
		const struct ost_lasting_line *l = &t->kept.lines[t->next];
		struct ost_merkle_hash h;

		ost_merkle_leaf(l->text, l->length, &h);
		if (l->seq == seq && ost_merkle_same(&h, leaf))
			continue;
		t->v->out->first_bad = t->v->out->last_bad = seq;
		return ost_verify_fault(t->v, OST_JOURNAL_BAD_RECORD, "record %" PRIu64 " in lasting.ndjson is not the one that its hash says", seq);
	}
	return 0;
}

static void leaf_take(void *user, uint64_t seq, const struct ost_merkle_hash *leaf)
{
	struct retained *t = user;

	if (t->r == 0)
		t->r = kept_check(t, seq, leaf);
	if (t->r != 0)
		return;
	ost_merkle_push(&t->v->range, leaf);
	t->v->last = *leaf;
	t->r = ost_verify_roots(t->v);
}

static int retained_take(struct ost_verifier *v)
{
	struct retained t = {.v = v};
	int r = ost_retained_minimum(v->io, &v->out->minimum);

	if (r == 0)
		r = ost_lasting_read(v->io, &t.kept);
	if (r == -EINVAL)
		return ost_verify_fault(v, OST_JOURNAL_BAD_RECORD, "lasting.ndjson has a line that is no record");
	if (r == 0)
		r = ost_retained_each(v->io, v->out->minimum, leaf_take, &t);
	ost_lasting_free(&t.kept);
	if (r == -EINVAL || r == -ENODATA)
		return ost_verify_fault(v, OST_JOURNAL_MISSING, "hashes of records that were pruned are missing");
	return r < 0 ? r : t.r;
}

/* ---- lines ---- */

static void progress(struct ost_verifier *v, const struct ost_walk *walk)
{
	if (v->in->progress == NULL || walk->total - v->told_bytes < TELL_BYTES)
		return;
	v->told_bytes = walk->total;
	v->in->progress(v->in->user, walk->total, v->total_bytes);
}

static int former_keep(struct ost_verifier *v, const struct ost_line *line)
{
	memcpy(v->former, line->text, line->length);
	v->former_length = line->length;
	return 0;
}

static int bad(struct ost_verifier *v, struct ost_walk *walk, const struct ost_line *line)
{
	char *copy = malloc(line->length + 1);
	struct ost_line here = *line, next;
	int r;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, line->text, line->length);
	here.text = copy; /* the next step may move the buffer */
	r = ost_walk_next(walk, &next);
	if (r >= 0)
		r = ost_verify_bad(v, &here, r > 0 ? &next : NULL);
	free(copy);
	return r;
}

static int line_take(struct ost_verifier *v, struct ost_walk *walk, const struct ost_line *line)
{
	struct ost_envelope e;

	if (!line->ended || ost_envelope_parse(line->text, line->length, &e) < 0 || e.seq != v->range.size || !ost_merkle_same(&e.prev, &v->last))
		return bad(v, walk, line);
	if (strncmp(e.kind, "key.", 4) == 0 && (strcmp(e.kind, "key.rotate") == 0 || strcmp(e.kind, "key.compromise") == 0) &&
		!ost_key_chain_has(&v->chain, e.seq))
		return ost_verify_fault(v, OST_JOURNAL_BAD_KEYS, "record %" PRIu64 " changes the key, but keys/ does not prove it", e.seq);
	v->before = v->range;
	ost_merkle_leaf(line->text, line->length, &v->last);
	ost_merkle_push(&v->range, &v->last);
	v->out->records++;
	return former_keep(v, line);
}

/* All lines that there are have a checkpoint? Whoever writes is a moment ahead of it. */
static int covered_now(struct ost_verifier *v, bool line_waits, bool *ret_newer)
{
	const struct timespec pause = {.tv_nsec = TRY_NS};
	int r = ost_verify_target(v, ret_newer);

	for (unsigned i = 0; line_waits && i < TRIES && r == 0 && !*ret_newer && v->in->io == NULL; i++) {
		(void)nanosleep(&pause, NULL);
		r = ost_verify_target(v, ret_newer);
	}
	return r;
}

/* What waits is not what the checkpoint of its size says: of a copy or of a journal that nobody writes it is simply more. */
static int uncovered(struct ost_verifier *v, struct ost_walk *walk, const struct ost_line *line)
{
	struct ost_line next = *line;
	int r = 1;

	for (; r > 0; r = ost_walk_next(walk, &next))
		v->out->uncovered++;
	if (r < 0)
		return r;
	return ost_verify_fault(v, OST_JOURNAL_UNCOVERED, "covered up to %" PRIu64 " records, %" PRIu64 " lines uncovered behind them",
		v->target.size, v->out->uncovered);
}

static int missing(struct ost_verifier *v, const struct ost_line *torn)
{
	v->out->first_bad = v->out->last_bad = v->range.size;
	if (torn != NULL) {
		ost_segment_name(torn->segment, v->out->segment);
		v->out->offset_bytes = torn->offset;
	}
	return ost_verify_fault(v, OST_JOURNAL_MISSING, "have %" PRIu64 " records, the checkpoint says %" PRIu64, v->range.size, v->target.size);
}

static int lines_walk(struct ost_verifier *v, struct ost_walk *walk)
{
	struct ost_line line;
	int r;

	for (;;) {
		bool newer = false;

		r = ost_verify_roots(v);
		if (r == 0 && v->range.size == v->target.size)
			r = covered_now(v, false, &newer);
		if (r != 0)
			return r;
		r = ost_walk_next(walk, &line);
		if (r <= 0)
			break;
		if (v->range.size >= v->target.size) {
			r = covered_now(v, true, &newer);
			if (r == 0 && !newer)
				r = uncovered(v, walk, &line);
			if (r != 0)
				return r;
		}
		/* Cut off in the midst of the last line. */
		if (!line.ended && walk->at + 1 >= walk->count && line.length < OST_JOURNAL_LINE_MAX)
			return v->former_length > 0 && !ost_record_is_json(v->former, v->former_length) ? bad(v, walk, &line) : missing(v, &line);
		r = line_take(v, walk, &line);
		if (r != 0)
			return r;
		progress(v, walk);
	}
	if (r == 0 && v->range.size < v->target.size)
		return missing(v, NULL);
	return r;
}

static int sizes_sum(struct ost_verifier *v, const uint64_t *numbers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		char name[OST_SEGMENT_NAME];
		uint64_t bytes = 0;
		int fd, r;

		ost_segment_name(numbers[i], name);
		r = v->io->ops->open(v->io, name, OST_JOURNAL_OPEN_READ, &fd);
		if (r == 0) {
			r = v->io->ops->size(v->io, fd, &bytes);
			v->io->ops->close(v->io, fd);
		}
		if (r < 0)
			return r;
		v->total_bytes += bytes;
	}
	v->out->bytes = v->total_bytes;
	return 0;
}

static int lines(struct ost_verifier *v)
{
	uint64_t *numbers = NULL;
	struct ost_walk walk;
	uint32_t count = 0;
	int r = ost_segments_list(v->io, &numbers, &count);

	if (r == -EINVAL)
		return ost_verify_fault(v, OST_JOURNAL_MISSING, "a segment between two others is missing");
	if (r == 0)
		r = sizes_sum(v, numbers, count);
	if (r == 0)
		r = ost_walk_begin(&walk, v->io, numbers, count);
	if (r == 0) {
		r = lines_walk(v, &walk);
		ost_walk_end(&walk);
	}
	free(numbers);
	v->out->covered = OST_MIN(v->good, v->target.size);
	return r == 0 ? ost_verify_roots_end(v) : r;
}

/* ---- the whole ---- */

static int steps(struct ost_verifier *v)
{
	bool newer;
	int r = keys_take(v);

	if (r == 0)
		r = from_take(v);
	if (r == 0)
		r = ost_verify_target(v, &newer);
	if (r == 0 && v->have_from && v->from.size > v->target.size)
		r = ost_verify_fault(v, OST_JOURNAL_MISSING, "have %" PRIu64 " records, the checkpoint that was held says %" PRIu64, v->target.size,
			v->from.size);
	if (r == 0)
		r = ost_notes_begin(&v->notes, v->io);
	if (r == 0) {
		r = ost_notes_next(&v->notes, &v->note, &v->logged);
		v->have_logged = r > 0;
		v->out->checkpoints = r > 0 ? 1 : 0;
		r = r == -EBADMSG || r > 0 ? 0 : r;
	}
	if (r == 0)
		r = retained_take(v);
	return r == 0 ? lines(v) : r;
}

static void conclude(struct ost_verifier *v)
{
	v->out->fault = OST_JOURNAL_WHOLE;
	(void)snprintf(v->out->why, sizeof(v->out->why), "all %" PRIu64 " records are those that the checkpoint of %" PRIu64 " covers", v->out->records,
		v->target.size);
}

int ost_journal_verify(const struct ost_journal_verify *in, struct ost_journal_verdict *ret_verdict)
{
	struct ost_journal_verdict out = {0};
	struct ost_verifier v = {.in = in, .out = &out, .io = in->io, .notes = {.fd = -1}};
	struct ost_journal_io *own = NULL;
	int r = 0;

	if (v.io == NULL) {
		r = ost_journal_io_new(in->path, &own);
		v.io = own;
	}
	v.former = malloc(OST_JOURNAL_LINE_MAX);
	if (r == 0 && v.former == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = steps(&v);
	if (r == 0)
		conclude(&v);
	if (v.io != NULL)
		ost_notes_end(&v.notes);
	ost_key_chain_free(&v.chain);
	free(v.former);
	ost_journal_io_free(&own);
	if (r < 0)
		return r;
	*ret_verdict = out;
	return 0;
}
