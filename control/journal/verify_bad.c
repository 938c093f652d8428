/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which record is the bad one. A line whose prev is not the hash of the line before it tells that one of the two was changed; the line
 * behind them, or the signed root, tells which. */
#include <inttypes.h>

#include "verify_private.h"

static int bad(struct ost_verifier *v, uint64_t seq, const struct ost_line *line, const char *what)
{
	v->out->first_bad = v->out->last_bad = seq;
	if (line != NULL && seq == v->range.size) {
		ost_segment_name(line->segment, v->out->segment);
		v->out->offset_bytes = line->offset;
		return ost_verify_fault(v, OST_JOURNAL_BAD_RECORD, "record %" PRIu64 " %s (%s, byte %" PRIu64 ")", seq, what, v->out->segment,
			line->offset);
	}
	return ost_verify_fault(v, OST_JOURNAL_BAD_RECORD, "record %" PRIu64 " %s", seq, what);
}

/* Would the tree be the signed one if the line before had the hash that this line says? */
static bool signed_with_prev(const struct ost_verifier *v, const struct ost_merkle_hash *prev, const struct ost_merkle_hash *leaf)
{
	struct ost_merkle_range range = v->before;
	struct ost_merkle_hash root;

	if (v->range.size == 0 || v->target.size != v->range.size + 1)
		return false;
	ost_merkle_push(&range, prev);
	ost_merkle_push(&range, leaf);
	ost_merkle_root(&range, &root);
	return ost_merkle_same(&root, &v->target.root);
}

int ost_verify_bad(struct ost_verifier *v, const struct ost_line *line, const struct ost_line *next)
{
	bool has_former = v->former_length > 0;
	struct ost_envelope e, after;
	struct ost_merkle_hash leaf;

	/* A line feed that was changed joins two lines, a byte that became one parts a line. */
	if (has_former && (!line->ended || ost_envelope_parse(line->text, line->length, &e) < 0 || e.seq != v->range.size) &&
		!ost_record_is_json(v->former, v->former_length))
		return bad(v, v->range.size - 1, NULL, "was changed: its line is no JSON object any more");
	if (ost_envelope_parse(line->text, line->length, &e) < 0)
		return bad(v, v->range.size, line, "is not the line of a record");
	if (e.seq != v->range.size)
		return bad(v, v->range.size, line, e.seq > v->range.size ? "is missing" : "is not there: an earlier one stands in its place");
	if (!line->ended)
		return bad(v, v->range.size, line, "does not end");
	if (v->range.size == 0)
		return bad(v, 0, line, "says that there is one before it");
	ost_merkle_leaf(line->text, line->length, &leaf);
	if (!has_former)
		return bad(v, v->range.size, line, "does not fit the hashes that were kept of the records before it");
	if (next != NULL && ost_envelope_parse(next->text, next->length, &after) == 0 ? ost_merkle_same(&after.prev, &leaf) :
											     signed_with_prev(v, &e.prev, &leaf))
		return bad(v, v->range.size - 1, NULL, "was changed: the record behind it holds another hash of it");
	return bad(v, v->range.size, line, "was changed: the hash in it is not that of the record before it");
}
