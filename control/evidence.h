/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence of incidents: the headers of frames before and after one was opened, as the data plane copied them, in a pcapng file whose
 * SHA-256 is in the journal. ostiary-journal(5) says where, and what is in the record.
 *
 * An incident opens -> the data plane is asked for what it remembers of the device and for what comes in the next seconds -> a file ->
 * synced, hashed, and only then a record `evidence`. What could not be had is said in the record too: there is one for each time that
 * evidence was wanted.
 * Bounds: OST_EVIDENCE_TAKINGS incidents at once; a file of OST_EVIDENCE_FILE_MAX bytes and OST_EVIDENCE_EACH_MAX of an incident; of all, so
 * many bytes, files and days as evidence_index.h says, after which the oldest go, each with a record `evidence.expire`.
 * Single thread; the disk has one of its own (evidence_disk.h).
 */
#pragma once

#include "daemon.h"
#include "jsonw.h"

#define OST_EVIDENCE_TAKINGS 64u
#define OST_EVIDENCE_BEFORE  64u /* frames that are asked for */
#define OST_EVIDENCE_AFTER   64u
#define OST_EVIDENCE_AFTER_S 10u /* seconds, at most, of frames that come */

struct ost_evidence;
struct ost_incident;

int ost_evidence_start(struct ost_daemon *d) OST_MUST_CHECK;
/* Writes what is under way. */
void ost_evidence_stop(struct ost_daemon *d);
void ost_evidence_tick(struct ost_daemon *d); /* once a second */

/* An incident was opened, or opened again. It is borrowed for the call. Those of the gateway itself have no frames: nothing happens. */
void ost_evidence_wanted(struct ost_daemon *d, const struct ost_incident *incident);

/* The data plane sends some, or is gone. */
void ost_evidence_copies(struct ost_daemon *d, const struct ost_msg_copies *m);
void ost_evidence_down(struct ost_daemon *d);

/* What the journal's records of the kind "evidence" said before this start: the members of "ostiary" of one of them. */
struct json_t;
void ost_evidence_restore(struct ost_daemon *d, const struct json_t *ostiary);

/* The member "evidence": an array of kind, sha256, bytes, path, packets and snaplen, of an incident's files that are there. */
void ost_evidence_json(const struct ost_daemon *d, const uint8_t incident[static 16], struct ost_jsonw *w);

struct ost_evidence_counts {
	uint64_t written, failed; /* times that there is a file; that there was nothing, or no room for it */
	uint64_t expired;
	uint64_t bytes;
	uint32_t files;
};
void ost_evidence_counts(const struct ost_daemon *d, struct ost_evidence_counts *ret_counts);
