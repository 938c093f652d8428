/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Old segments go, their hashes stay. */
#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "commit.h"
#include "lasting.h"
#include "prune.h"
#include "retain.h"
#include "segment.h"

#define TOGETHER_MOST (1u << 22) /* hashes that are gathered at once: 128 MiB */

/* How many segments from the first hold nothing but lines before this record, and their hashes. */
struct gathered {
	struct ost_merkle_hash *leaves;
	uint64_t count, capacity;
	uint64_t whole; /* of the count, those of segments that end */
	uint32_t segments;
};

static int gather_line(struct gathered *g, const struct ost_line *line)
{
	if (g->count == g->capacity) {
		uint64_t more = g->capacity != 0 ? g->capacity * 2 : 1024;
		struct ost_merkle_hash *leaves = more > TOGETHER_MOST ? NULL : reallocarray(g->leaves, more, sizeof(*leaves));

		if (leaves == NULL)
			return -ENOMEM;
		g->leaves = leaves;
		g->capacity = more;
	}
	ost_merkle_leaf(line->text, line->length, &g->leaves[g->count++]);
	return 0;
}

static int gather(struct ost_journal_io *io, const uint64_t *numbers, uint32_t count, uint64_t minimum, uint64_t before, struct gathered *g)
{
	struct ost_walk walk;
	struct ost_line line;
	uint32_t at = 0;
	int r = ost_walk_begin(&walk, io, numbers, count);

	if (r < 0)
		return r;
	while ((r = ost_walk_next(&walk, &line)) > 0) {
		while (line.segment != numbers[at]) { /* the one before has ended, all of it before `before` */
			g->whole = g->count;
			g->segments = ++at;
		}
		if (minimum + g->count >= before || !line.ended)
			break;
		r = gather_line(g, &line);
		if (r < 0)
			break;
	}
	ost_walk_end(&walk);
	return r < 0 ? r : 0;
}

int ost_prune_finish(struct ost_journal_io *io, uint64_t minimum)
{
	uint64_t *numbers = NULL;
	uint32_t count = 0;
	int r = ost_segments_list(io, &numbers, &count);

	/* The last segment is never pruned; one whose successor begins at the minimum or before is. */
	for (uint32_t i = 0; i + 1 < count && r == 0; i++) {
		char name[OST_SEGMENT_NAME];
		struct ost_envelope e;
		struct ost_walk walk;
		struct ost_line line = {0};

		r = ost_walk_begin(&walk, io, &numbers[i + 1], 1);
		if (r == 0)
			r = ost_walk_next(&walk, &line);
		if (r > 0)
			r = ost_envelope_parse(line.text, line.length, &e) == 0 && e.seq <= minimum ? 1 : 0;
		ost_walk_end(&walk);
		if (r <= 0)
			break;
		ost_segment_name(numbers[i], name);
		r = io->ops->unlink(io, name);
		if (r == 0) /* one by one: a crash leaves no gap */
			r = io->ops->sync_dir(io, "");
	}
	free(numbers);
	return r;
}

static int record_make(uint64_t minimum, uint64_t count, const char *by, struct ost_pending **ret_pending)
{
	struct ost_jsonw w = {0};
	int r;

	ost_jsonw_string(&w, "message", "old segments are pruned: their hashes stay");
	ost_jsonw_object(&w, "ostiary");
	ost_jsonw_object(&w, "journal");
	ost_jsonw_u64(&w, "minimum_index", minimum);
	ost_jsonw_u64(&w, "pruned", count);
	ost_journal_string(&w, "by", by, strlen(by), 256);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	r = w.failed ? -ENOMEM : ost_pending_new("journal.prune", w.text, 0, ret_pending);
	ost_jsonw_free(&w);
	return r;
}

/* Decisions and submissions of the last five years stay (incidents.md section 11). */
static int keep(struct ost_commit *c, const uint64_t *numbers, const struct gathered *g)
{
	const uint64_t five_years_ns = 5 * 366 * (uint64_t)86400 * OST_NS_PER_S, now_ns = ost_clock_wall_ns();
	char oldest[OST_TIME_TEXT];

	ost_clock_format(now_ns - OST_MIN(now_ns, five_years_ns), oldest);
	return ost_lasting_add(c->io, numbers, g->segments, oldest);
}

/* First the record, so that nothing goes that is not told; then what outlives it and the hashes; then the segments. */
int ost_commit_prune(struct ost_commit *c, uint64_t before_seq, const char *by)
{
	struct ost_pending *p = NULL;
	struct gathered g = {0};
	uint64_t *numbers = NULL;
	uint32_t count = 0;
	bool written;
	int r = ost_commit_group(c, NULL, 0, &written);

	if (r == 0)
		r = ost_segments_list(c->io, &numbers, &count);
	if (r == 0)
		r = gather(c->io, numbers, count, c->minimum, OST_MIN(before_seq, c->covered), &g);
	if (r == 0 && g.whole > 0)
		r = record_make(c->minimum + g.whole, g.whole, by, &p);
	if (r == 0 && g.whole > 0) {
		r = ost_commit_group(c, &p, 1, &written);
		if (r == 0)
			r = keep(c, numbers, &g);
		if (r == 0)
			r = ost_retained_add(c->io, c->minimum, g.leaves, g.whole);
		if (r == 0) {
			c->minimum += g.whole;
			r = ost_prune_finish(c->io, c->minimum);
		}
	}
	ost_pending_free(p);
	free(g.leaves);
	free(numbers);
	return r;
}
