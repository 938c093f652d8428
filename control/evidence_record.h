/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's records of evidence: `evidence`, for each time that some was wanted, and `evidence.expire`. ostiary-journal(5). */
#pragma once

#include "evidence_index.h"
#include "jsonw.h"

struct json_t;
struct ost_journal;

/* What became of one time that evidence was wanted. */
struct ost_evidence_told {
	uint8_t incident[16];
	uint32_t number; /* of the file */
	uint64_t wanted_wall_ns;
	uint32_t packets, bytes; /* of the file; packets 0: there is none */
	uint32_t snaplen;
	uint32_t before, after; /* frames of before it was wanted, and behind */
	uint32_t left_out; /* for want of room in the file */
	uint64_t uncopied; /* frames, of anybody, that found no room in the data plane meanwhile */
	bool hashed;
	uint8_t sha256[OST_DIGEST_BYTES];
	char missing[160]; /* why there is nothing, or not all; "" it is whole */
};

int ost_evidence_record(struct ost_journal *journal, const char *gateway, const struct ost_evidence_told *told) OST_MUST_CHECK;
int ost_evidence_record_expired(struct ost_journal *journal, const char *gateway, const struct ost_evidence_told *told) OST_MUST_CHECK;

/* One file, as records and the API have it, in an open array. And back; -EINVAL. */
void ost_evidence_file_json(struct ost_jsonw *w, const struct ost_evidence_file *f);
int ost_evidence_record_parse(const struct json_t *entry, struct ost_evidence_file *ret_file) OST_MUST_CHECK;
