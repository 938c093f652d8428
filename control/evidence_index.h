/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files of evidence are there, the oldest first. What bytes say is theirs; what the journal says of them is kept beside. Pure, but
 * for the scan of the folder. Single thread. */
#pragma once

#include "digest.h"

#define OST_EVIDENCE_FILES     4096u
#define OST_EVIDENCE_BYTES     (128ull << 20)
#define OST_EVIDENCE_FILE_MAX  65536u /* bytes of one */
#define OST_EVIDENCE_EACH_MAX  5u     /* files of one incident */
#define OST_EVIDENCE_DAYS      30u

struct ost_evidence_file {
	uint8_t incident[16];
	uint32_t number; /* of its incident's: 1 .. */
	uint32_t bytes, packets, snaplen;
	uint64_t wall_ns; /* when it was written */
	uint8_t sha256[OST_DIGEST_BYTES]; /* as the journal says */
	bool hashed; /* the journal said it */
};

struct ost_evidence_index {
	struct ost_evidence_file *files;
	uint32_t count, capacity;
	uint64_t bytes;
};

void ost_evidence_index_free(struct ost_evidence_index *x);

/* "ID-N.pcapng". size: at least OST_EVIDENCE_NAME. */
void ost_evidence_name(const uint8_t incident[static 16], uint32_t number, char *buf, size_t size);
/* Likewise back; -EINVAL. */
int ost_evidence_name_parse(const char *name, uint8_t ret_incident[static 16], uint32_t *ret_number) OST_MUST_CHECK;

/* What lies in the folder. What has no such name is left alone. -ENOENT: no folder, nothing there. */
int ost_evidence_index_scan(struct ost_evidence_index *x, const char *folder) OST_MUST_CHECK;

/* Behind the others. -ENOMEM. */
int ost_evidence_index_add(struct ost_evidence_index *x, const struct ost_evidence_file *file) OST_MUST_CHECK;
void ost_evidence_index_remove(struct ost_evidence_index *x, uint32_t place);
/* NULL: it is not there (any more). */
struct ost_evidence_file *ost_evidence_index_find(const struct ost_evidence_index *x, const uint8_t incident[static 16], uint32_t number);
/* The highest number of an incident; 0: it has none. */
uint32_t ost_evidence_index_last(const struct ost_evidence_index *x, const uint8_t incident[static 16]);

/* Whether the oldest must go: too old, or no room for so many more bytes. False when there is none. */
bool ost_evidence_index_must_go(const struct ost_evidence_index *x, uint64_t more_bytes, uint64_t now_wall_ns);
