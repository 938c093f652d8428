/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proof files: C2SP tlog-proof@v1. Ours carry the record's line as `extra`. */
#pragma once

#include "note.h"

struct ost_proof {
	uint64_t index;
	char *extra; /* NUL-terminated, the struct's; NULL: none */
	size_t extra_length;
	struct ost_merkle_proof path;
	struct ost_note note; /* borrows from the bytes */
	struct ost_checkpoint checkpoint;
};

/* The caller's to free. -ENOMEM. */
int ost_proof_format(const char *line, size_t line_length, uint64_t index, const struct ost_merkle_proof *path, const char *note,
	char **ret_text) OST_MUST_CHECK;
/* Strictly: -EINVAL. */
int ost_proof_parse(const char *bytes, size_t length, struct ost_proof *ret_proof) OST_MUST_CHECK;
void ost_proof_free(struct ost_proof *proof);
/* Whether the leaf is where the proof says. The note's signature is not looked at. */
bool ost_proof_holds(const struct ost_proof *proof, const char *line, size_t length);
