/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of steps until a record is safe, without thread or queue: the journal's thread drives it, and a test drives it through
 * every crash. Per group of records:
 *
 *   1 write whole lines to the segment   2 fdatasync it   3 sign size and root   4 checkpoint.tmp, fdatasync, rename, fsync of the folder,
 *   append to checkpoints.log            5 only now are they acknowledged
 *
 * When a step fails, its file is never trusted again: the segment is closed. Lines that were not synced are not part of the journal (they
 * are written anew, behind the record that says so); lines that were synced stay, and wait for their checkpoint. */
#pragma once

#include "io.h"
#include "note.h"
#include "record.h"

struct ost_pending {
	struct ost_pending *next;
	char kind[OST_JOURNAL_KIND_MAX + 1];
	char *members; /* owned */
	uint64_t wall_ns;
	uint64_t cookie;
	bool at_once, vital;
	uint64_t seq; /* once it is written */
};
/* -ENOMEM. members are copied. */
int ost_pending_new(const char *kind, const char *members, uint64_t wall_ns, struct ost_pending **ret_pending) OST_MUST_CHECK;
void ost_pending_free(struct ost_pending *pending);

struct ost_commit_config {
	struct ost_journal_io *io;
	const char *origin; /* of a journal that begins */
	uint64_t segment_bytes;
	size_t reserve_bytes; /* reserve.h; 0: none */
	void (*clock)(void *user, struct ost_record_clock *ret_clock); /* NULL: the machine's */
	void *clock_user;
};

struct ost_commit {
	struct ost_commit_config config;
	struct ost_journal_io *io;
	struct ost_signer signer, next;
	bool rotating;			/* next signs too, until the rotation is finished: nothing else is written meanwhile */
	bool next_stays;		/* keys/next-key of a rotation that came to nothing is still there */
	struct {
		char *line;		/* the newest line that is written; kept for a rotation and its proof */
		size_t length;
		struct ost_merkle_proof path; /* of it in the tree that it completes */
	} newest;
	char origin[OST_JOURNAL_ORIGIN_MAX + 1];
	struct ost_merkle_range range;	/* of all lines that are written and synced */
	struct ost_merkle_hash last;	/* the last one's hash */
	uint64_t covered;		/* size of the newest checkpoint */
	char note[OST_JOURNAL_NOTE_MAX]; /* it, NUL-terminated */
	size_t note_length;
	uint64_t minimum;
	uint64_t segment;		/* the one that is written, or was last */
	uint64_t segment_bytes;		/* of it that count */
	int fd;				/* of it; -1: a new one begins with the next record */
	int log_fd;			/* checkpoints.log */
	uint64_t log_bytes;
	struct {
		bool pending;		/* the next record is to tell it */
		uint64_t segment, kept_bytes;
		int error;
		const char *step;
	} io_error;
	struct ost_pending *own;	/* what the journal itself has to say, in order */
	int64_t clock_base_ns;		/* wall less monotonic, as of the last record; */
	uint64_t clock_mono_ns;		/* 0: none yet */
	char boot_id[OST_BOOT_ID];
	struct ost_jsonw text;
	bool read_only;
	char why[256];			/* with read_only: a sentence */
	bool spare;			/* the disk is full, the reserve is given free: only what is vital is to be written */
	bool torn;			/* torn-N.new are there whose records are under way */
	uint64_t records_found;		/* with read_only: how many whole ones there are */
	uint64_t commits, io_errors, recoveries, clock_steps;
};

/* recover.h opens it. */
void ost_commit_free(struct ost_commit *c);

/* Puts something in front of what comes next; owned by the commit from now on. */
void ost_commit_own(struct ost_commit *c, struct ost_pending *p);

/* Writes and covers a group, which may be empty: then only what the journal itself has to say, and what waits for its checkpoint. 0: all
 * covered, seq of each is set. -errno: nothing is acknowledged; *ret_written tells whether the group is written and waits for its
 * checkpoint (do not give it again), or not (give it again). -EROFS. */
int ost_commit_group(struct ost_commit *c, struct ost_pending *const *group, uint32_t count, bool *ret_written) OST_MUST_CHECK;

/* Whether a call with an empty group has something to do. */
bool ost_commit_waits(const struct ost_commit *c);

/* Sees to it that the reserve is there: spare is false then, and true while the disk does not take it. Nothing without reserve_bytes. */
void ost_commit_reserve(struct ost_commit *c);

/* A new key: the record, its checkpoint by both, the proof, the change. kind "key.rotate" or "key.compromise". -errno: it came to nothing, or
 * is finished at the next start. */
int ost_commit_rotate_key(struct ost_commit *c, const char *by, const char *reason, bool compromised, uint64_t trusted_size)
	OST_MUST_CHECK;
/* Forgets whole segments before this record. */
int ost_commit_prune(struct ost_commit *c, uint64_t before_seq, const char *by) OST_MUST_CHECK;

/* Private to the folder. The checkpoint of what is written; a rotation whose record is the newest line, which is covered by both keys. */
int ost_commit_cover(struct ost_commit *c) OST_MUST_CHECK;
int ost_commit_rotation_finish(struct ost_commit *c) OST_MUST_CHECK;
/* checkpoints.log is cut behind log_bytes; with add the checkpoint, which it lost in a crash, is put there. */
int ost_commit_log_settle(struct ost_commit *c, bool add) OST_MUST_CHECK;
int ost_commit_newest_keep(struct ost_commit *c, const char *line, size_t length, const struct ost_merkle_proof *path) OST_MUST_CHECK;
