/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the verifier share. */
#pragma once

#include "notes.h"
#include "segment.h"
#include "signing.h"

struct ost_verifier {
	const struct ost_journal_verify *in;
	struct ost_journal_verdict *out;
	struct ost_journal_io *io;
	struct ost_key_chain chain;
	struct ost_checkpoint target; /* the newest checkpoint */
	struct ost_checkpoint from;   /* the one that was held; size 0 without a root: none */
	bool have_from;
	struct ost_merkle_range range, before; /* of the lines so far; without the newest one */
	struct ost_merkle_hash last;
	struct ost_notes notes;
	struct ost_note note;	      /* the next one of checkpoints.log, and what it says */
	struct ost_checkpoint logged;
	bool have_logged;
	uint64_t good;		      /* size of the last checkpoint whose root was right */
	char *former;		      /* the newest line, for telling which of two is bad */
	size_t former_length;
	uint64_t total_bytes, told_bytes;
};

/* Notes the fault; returns 1, which ends the verification. */
int ost_verify_fault(struct ost_verifier *v, enum ost_journal_fault fault, const char *fmt, ...) OST_PRINTF(3, 4);

/* The checkpoint that is there now: 1 with a fault. */
int ost_verify_target(struct ost_verifier *v, bool *ret_newer) OST_MUST_CHECK;
/* Every checkpoint of the size that the tree has now. 1 with a fault. */
int ost_verify_roots(struct ost_verifier *v) OST_MUST_CHECK;
/* checkpoints.log at its end: nothing may have been signed behind the newest checkpoint. */
int ost_verify_roots_end(struct ost_verifier *v) OST_MUST_CHECK;

/* A line that is not as expected: notes which record is the bad one. next is the line behind it, or NULL. Returns 1. */
int ost_verify_bad(struct ost_verifier *v, const struct ost_line *line, const struct ost_line *next);
