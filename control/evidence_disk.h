/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence on its way to the disk and off it, in a thread of its own: a slow disk must not hold up the event loop. A file is written
 * aside, synced and renamed, and hashed. Jobs are done in their order, and told in the loop. */
#pragma once

#include "digest.h"

struct event_base;
struct ost_evidence_disk;

#define OST_EVIDENCE_NAME 64u /* bytes of a file's name, NUL included */

struct ost_evidence_job {
	struct ost_evidence_job *next;
	char name[OST_EVIDENCE_NAME]; /* in the folder */
	uint8_t *bytes; /* owned; NULL: the file is to be removed */
	size_t length;
	int result;	/* 0, or a negative errno */
	uint8_t sha256[OST_DIGEST_BYTES]; /* of what was written */
	void *user;	/* the caller's */
};

/* done runs in the loop; the job is then the caller's again. folder is borrowed, and made when it is needed. */
int ost_evidence_disk_new(struct event_base *base, const char *folder, void (*done)(void *user, struct ost_evidence_job *job), void *user,
	struct ost_evidence_disk **ret_disk) OST_MUST_CHECK;

/* Does what is waiting, tells it, frees. */
void ost_evidence_disk_free(struct ost_evidence_disk **disk);

/* Takes the job over. -EAGAIN: no thread. */
int ost_evidence_disk_put(struct ost_evidence_disk *disk, struct ost_evidence_job *job) OST_MUST_CHECK;

void ost_evidence_job_free(struct ost_evidence_job *job);
