/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: what happened, in an order and in words that nobody can change unnoticed.
 *
 * It is a folder of text. Each record is one line of JSON in a segment file; `seq` counts lines from 0, `prev` is the hash of the
 * line before, and the hashes of all lines are the leaves of a Merkle tree (RFC 6962 section 2.1). After each group of records the
 * tree's size and root are signed: the checkpoint (C2SP tlog-checkpoint, a signed note). A hash covers the bytes of the line as they
 * lie on disk, never JSON that was written anew. Who holds any former checkpoint sees whether records were changed, dropped,
 * inserted or cut off since; that is why checkpoints leave the machine with the records. ostiary-journal(5) has the format.
 *
 * A record is acknowledged when it can be lost no more: lines written, segment synced, checkpoint signed, written aside, synced,
 * renamed, folder synced. One thread of its own does that, for up to 64 records or 50 ms together, so that no event loop
 * waits for a disk. What comes while the queue is full is dropped and counted, and `journal.overflow` says so once there is room
 * again. A disk that fails degrades the journal: nothing is acknowledged, a new segment is begun, the first record in it is
 * `journal.io_error`. Whoever writes here never waits and goes on enforcing.
 *
 * After a crash, whole lines behind the last checkpoint were acknowledged to nobody and signed by nobody: they are cut, kept in
 * torn-N.bin, and the first new record is `journal.recovery`. Fewer records than the checkpoint says cannot come from a crash:
 * the journal is read-only until a person accepts the loss, which begins another journal and keeps what is left of this one.
 *
 * The library knows no incident. It takes finished JSON members and gives back a number. Files, one concept each:
 *
 *   merkle    hashes, the tree as compact range, proofs         record   the envelope of a line, made and distrusted
 *   note      signed notes, keys as text, checkpoints           segment  segment files, and walking their lines
 *   io        the few file operations, behind a table           recover  from what lies on disk to a journal that can go on
 *   commit    the order of steps until a record is safe         signing  the signing key, its rotation and its chain
 *   journal   the thread, the queue and what is told            retain   old segments, and the hashes that are kept of them
 *   verify    is it whole? which record is not?                 proof    one record and its proof in a file
 *   follow    lines in order, while they are written
 *   retention what is too old or too much                       lasting  lines that outlive their segment
 *   reserve   room for when the disk is full
 *   vault     personal data beside the chain: a library of its own, for it needs SQLite
 */
#pragma once

#include "common.h"

#define OST_JOURNAL_LINE_MAX	65536u /* bytes of a line with its LF */
#define OST_JOURNAL_MEMBERS_MAX 64512u /* bytes that a caller may add to the envelope */
#define OST_JOURNAL_KIND_MAX	47u
#define OST_JOURNAL_ORIGIN_MAX	127u
#define OST_JOURNAL_VKEY_MAX	256u  /* bytes of a public key as text, with its NUL */
#define OST_JOURNAL_NOTE_MAX	8192u /* bytes of a checkpoint file */
#define OST_JOURNAL_SEQ_MAX	((1ull << 53) - 1) /* a JSON number that every reader reads exactly */
#define OST_JOURNAL_PROOF_MAX	(256u * 1024) /* bytes of a proof file */

/* Defaults of struct ost_journal_config; a field that is 0 stands for its default. */
#define OST_JOURNAL_BATCH	  64u
#define OST_JOURNAL_BATCH_MS	  50u
#define OST_JOURNAL_QUEUE	  4096u
#define OST_JOURNAL_QUEUE_BYTES	  (8u << 20)
#define OST_JOURNAL_SEGMENT_BYTES (64ull << 20)
#define OST_JOURNAL_RETRY_MS	  1000u
#define OST_JOURNAL_UPKEEP_MS	  3600000u

struct ost_journal;
struct ost_journal_io; /* io.h: the real file system when NULL */

enum ost_journal_mode {
	OST_JOURNAL_STARTING,  /* what lies on disk is being read */
	OST_JOURNAL_SOUND,
	OST_JOURNAL_DEGRADED,  /* the disk failed: nothing is acknowledged until it takes records again; or it is full, and takes vital ones only */
	OST_JOURNAL_READ_ONLY, /* records are missing or changed, or there is no key: a person must look */
};

const char *ost_journal_mode_name(enum ost_journal_mode mode); /* "sound", "degraded", ... */

struct ost_journal_ack {
	uint64_t cookie; /* as appended */
	uint64_t seq;	 /* when result is 0 */
	int result;	 /* 0: the record is on disk under a signed checkpoint; -ECANCELED: closed before; -EROFS */
};

struct ost_journal_config {
	const char *path;   /* the folder, made 0750 when absent; its parent exists */
	const char *origin; /* name of this journal for ever, such as "gw-1/ostiary/journal": no spaces, no '+'. An existing one keeps its own */
	uint32_t batch, batch_ms, queue, queue_bytes, retry_ms;
	uint64_t segment_bytes;
	size_t reserve_bytes; /* kept free for vital records when the disk is full; 0: none */
	uint32_t retain_days; /* older segments are pruned, unless somebody is still to read them; 0: for ever */
	uint64_t retain_bytes; /* more than so many are not kept, whoever is to read them; 0: any */
	uint32_t upkeep_ms;
	struct ost_journal_io *io; /* borrowed; path is not used then */
	/* From ost_journal_drain(), in its thread. */
	void (*acknowledged)(void *user, const struct ost_journal_ack *ack);
	/* What exporters send along: the note of the newest checkpoint, once a drain. */
	void (*covered)(void *user, uint64_t size, const char *note);
	void *user;
};

/* One record to come. All is copied. */
struct ost_journal_record {
	const char *kind;     /* such as "policy.change": letters, digits, '.', '_'. "journal.*", "key.*" and "clock.*" are the journal's own */
	const char *members;  /* finished JSON members without the outer braces, such as "\"a\":1,\"b\":{}"; "" none */
	uint64_t wall_ns;     /* when it happened; 0: now */
	bool at_once;	      /* severity high or more: committed at once */
	bool vital;	      /* has a share of the queue of its own: decisions, ends of incidents */
	uint64_t cookie;      /* 0: no acknowledgement wanted */
};

struct ost_journal_status {
	enum ost_journal_mode mode;
	bool spare;		/* degraded, for the disk is full: what is vital is taken all the same */
	char trouble[320];	/* one sentence when it is not sound; "" else */
	char origin[OST_JOURNAL_ORIGIN_MAX + 1];
	char vkey[OST_JOURNAL_VKEY_MAX];   /* of the key that signs now */
	uint64_t size;		/* records covered by the newest checkpoint */
	uint64_t minimum;	/* first record that is still there */
	uint64_t segment;	/* number of the segment that is written */
	uint64_t waiting;	/* records in the queue, or written but not covered */
	uint64_t commits, acknowledged, dropped, refused, io_errors, recoveries, clock_steps;
	uint64_t commit_ns, commit_most_ns; /* how long the last commit took, and the longest */
	uint64_t covered_wall_ns; /* time of the newest checkpoint of this process; 0: none yet */
	uint64_t orders, orders_done; /* given to the thread; of them, ended */
	int order_result;	      /* of the last one that ended */
};

/* Opens or begins the journal. Returns at once: reading what is there is the writer thread's first work (-ENOMEM, -EAGAIN: no
 * thread; -EINVAL: no origin). Everything that the disk may say comes by ost_journal_status(). */
int ost_journal_open(const struct ost_journal_config *config, struct ost_journal **ret_journal) OST_MUST_CHECK;

/* Commits what is in the queue if the disk takes it, waits for the thread, tells the last acknowledgements, frees. Null-safe. */
void ost_journal_close(struct ost_journal **journal);

/* Puts a record in the queue; never waits for the disk. Any thread. -EINVAL: kind or members are not as they must be; -EMSGSIZE:
 * too long; -ENOBUFS: the queue is full, it is dropped and counted; -EROFS: the journal is read-only, likewise. */
int ost_journal_append(struct ost_journal *journal, const struct ost_journal_record *record) OST_MUST_CHECK;

/* Readable when there is something to drain. Owned by the journal. */
int ost_journal_fd(const struct ost_journal *journal);
/* Tells what was acknowledged since. One thread, the one that owns the journal. */
void ost_journal_drain(struct ost_journal *journal);
/* Any thread. */
void ost_journal_status(struct ost_journal *journal, struct ost_journal_status *ret_status);

/* Orders to the writer thread; their end is seen in the records that they write (key.rotate, key.compromise, journal.prune,
 * journal.accept_loss). -EBUSY: one is under way; -EROFS. by and reason go into the record.
 *
 * A new signing key. Its first checkpoint is signed by both. With compromised, nothing that the former key signed behind
 * trusted_size is believed any more. */
int ost_journal_rotate_key(struct ost_journal *journal, const char *by, const char *reason, bool compromised, uint64_t trusted_size)
	OST_MUST_CHECK;
/* Forgets whole segments whose records are all before this one, or before this time when it is not 0; their hashes stay, so that later
 * proofs verify, and so do the lines of decisions, submissions and keys (lasting.h). */
int ost_journal_prune(struct ost_journal *journal, uint64_t before_seq, uint64_t before_wall_ns, const char *by) OST_MUST_CHECK;
/* Of a read-only journal: a person takes note of the loss. What is left moves to lost-N/, and another journal begins. -EINVAL: it
 * is not read-only. */
int ost_journal_accept_loss(struct ost_journal *journal, const char *by, const char *reason) OST_MUST_CHECK;

/* How long records stay; any thread. As in the configuration. */
void ost_journal_retain(struct ost_journal *journal, uint32_t days, uint64_t bytes);
/* Age takes nothing from this record on: an exporter is still to read it. UINT64_MAX: nobody is. */
void ost_journal_hold(struct ost_journal *journal, uint64_t seq);

/* A JSON string member `"key":"..."` of hostile bytes, for members: whatever is no UTF-8, and NUL, becomes U+FFFD; controls and the
 * marks that turn the direction of text (U+202E and the like) are escaped; what is longer than max_bytes in JSON is cut and ends
 * in U+2026. */
struct ost_jsonw;
void ost_journal_string(struct ost_jsonw *w, const char *key, const void *bytes, size_t length, size_t max_bytes);

/* ---- reading, by anybody who may read the folder: no thread, no state ---- */

/* The newest checkpoint as it lies on disk, distrusted: strictly a note, its signature not verified. note is NUL-terminated. */
struct ost_journal_checkpoint {
	char origin[OST_JOURNAL_ORIGIN_MAX + 1];
	uint64_t size;
	uint8_t root[32];
	char note[OST_JOURNAL_NOTE_MAX];
	char vkey[OST_JOURNAL_VKEY_MAX];  /* of the key that signs now, as the folder says */
	char first_vkey[OST_JOURNAL_VKEY_MAX]; /* of the journal's first key, likewise: what was pinned at install */
};
int ost_journal_checkpoint_read(const char *path, struct ost_journal_checkpoint *ret_checkpoint) OST_MUST_CHECK;

enum ost_journal_fault {
	OST_JOURNAL_WHOLE,
	OST_JOURNAL_UNCOVERED,	/* whole as far as the checkpoint goes, further lines behind it */
	OST_JOURNAL_BAD_RECORD, /* first_bad says which */
	OST_JOURNAL_MISSING,	/* fewer records than a checkpoint says */
	OST_JOURNAL_BAD_CHECKPOINT,
	OST_JOURNAL_BAD_KEYS,	/* the chain of keys does not lead from the trusted one to the one that signed */
	OST_JOURNAL_INCONSISTENT, /* the checkpoint that was held says otherwise */
	OST_JOURNAL_UNREADABLE,
};
const char *ost_journal_fault_name(enum ost_journal_fault fault); /* "whole", "bad-record", ... */

struct ost_journal_verify {
	const char *path;
	struct ost_journal_io *io; /* NULL: the real one, at path */
	const char *vkey;	   /* the key that is trusted: the journal's first, or a later one; NULL: the folder's own, which proves less */
	const char *from;	   /* a checkpoint held from before, as a NUL-terminated note; NULL: none */
	bool every_signature;	   /* also those of all checkpoints of checkpoints.log */
	void (*progress)(void *user, uint64_t bytes, uint64_t bytes_in_all); /* now and then; may be NULL */
	void *user;
};

struct ost_journal_verdict {
	enum ost_journal_fault fault;
	uint64_t first_bad, last_bad; /* with BAD_RECORD: the first bad record is one of these; mostly they are the same */
	char segment[32];	/* the file it is in, and where its line begins there; "" when that is not known */
	uint64_t offset_bytes;
	uint64_t records;	/* lines read */
	uint64_t minimum;	/* first record that is still there */
	uint64_t covered, uncovered; /* records that the checkpoint covers; lines behind them */
	uint64_t size;		/* as the checkpoint says */
	uint64_t bytes, checkpoints, keys;
	uint8_t root[32];
	char origin[OST_JOURNAL_ORIGIN_MAX + 1];
	char signer[OST_JOURNAL_VKEY_MAX]; /* of the newest checkpoint */
	bool pinned;		/* the trusted key was given, not found beside the journal */
	char why[384];		/* a sentence for people */
};
/* 0: verified or not, as ret_verdict says; -errno: the folder cannot be read at all. */
int ost_journal_verify(const struct ost_journal_verify *v, struct ost_journal_verdict *ret_verdict) OST_MUST_CHECK;

/* Lines in order from a record on, while somebody writes, rotates and prunes: what the newest checkpoint covers, and never more. No thread, no
 * state in the folder; each reader is one thread's. Lines are told as they lie on disk, each the successor of the one before by number and
 * hash; whether they are the ones that were signed is ost_journal_verify()'s to say.
 *
 * -ERANGE: records from there on are pruned, ost_journal_minimum() says where the journal begins now. -ENOENT: no such folder. -EBADMSG: it is
 * not a journal's. From a number behind the end it waits until there is more. */
struct ost_journal_reader;
int ost_journal_reader_open(const char *path, uint64_t from_seq, struct ost_journal_reader **ret_reader) OST_MUST_CHECK;
/* 1: a line, borrowed until the next call, NUL-terminated, without its LF. 0: no more is covered now; ask again (when `covered` is told, if
 * you own the journal). -ERANGE: pruned meanwhile; -ESTALE: the checkpoint says fewer records than before, another journal is in its
 * place; -EBADMSG: what lies there is no line of a journal, or not the one that comes next; -errno of the disk. After a failure it may
 * be asked again: no line is skipped. */
int ost_journal_reader_next(struct ost_journal_reader *reader, uint64_t *ret_seq, const char **ret_line, size_t *ret_length) OST_MUST_CHECK;
/* Tells none from this number on, until it is set higher. A checkpoint is seen a moment before it is safe: if the machine's power fails just
 * then, its records are gone, and their numbers are given again. Who hands lines on to another machine sets what `covered` told
 * (struct ost_journal_config), or the size of ost_journal_status(): those are safe. */
void ost_journal_reader_until(struct ost_journal_reader *reader, uint64_t size);
void ost_journal_reader_close(struct ost_journal_reader **reader); /* null-safe */
/* The first record that was not pruned. */
int ost_journal_minimum(const char *path, uint64_t *ret_seq) OST_MUST_CHECK;

/* One record and all that is needed to verify it offline, as a C2SP tlog-proof: the record's line is its `extra`. Of a folder that
 * is being written it is of the checkpoint that was there at the beginning. *ret_text is the caller's. -ENOENT: no such record,
 * or it is pruned. */
int ost_journal_prove(const char *path, uint64_t seq, char **ret_text) OST_MUST_CHECK;
/* Verifies such a file against a trusted key; line NULL: the proof's own. ret_line is the caller's, NUL-terminated; ret_why a sentence. */
int ost_journal_proof_check(const char *proof, size_t length, const char *vkey, char **ret_line, uint64_t *ret_seq, uint64_t *ret_size,
	char ret_why[static 160]) OST_MUST_CHECK;

/* ---- the vault: personal data beside the chain (library ost-vault) ----
 *
 * A record holds a commitment, HMAC-SHA-256 of the value under 32 random bytes; value and salt lie in a database beside the
 * journal. Deleting the row leaves the journal as whole as before, and the commitment says nothing about the value any more. */
struct ost_vault;
#define OST_VAULT_VALUE_MAX 65536u
#define OST_VAULT_COMMITMENT 65 /* hexadecimal, with its NUL */

/* One thread. -EUCLEAN: it is damaged. */
int ost_vault_open(const char *file, struct ost_vault **ret_vault) OST_MUST_CHECK;
void ost_vault_close(struct ost_vault **vault);
/* Keeps a value until expires_wall_s (0: until erased); the commitment goes into the record. On disk when it returns. */
int ost_vault_put(struct ost_vault *vault, const void *value, size_t length, int64_t expires_wall_s,
	char ret_commitment[static OST_VAULT_COMMITMENT]) OST_MUST_CHECK;
/* -ENOENT: never there, or erased. -EBADMSG: it is not the value of this commitment. ret_value is the caller's, NUL behind it. */
int ost_vault_get(struct ost_vault *vault, const char *commitment, char **ret_value, size_t *ret_length) OST_MUST_CHECK;
/* Overwrites and deletes value and salt, in the database file and its log. -ENOENT. */
int ost_vault_erase(struct ost_vault *vault, const char *commitment) OST_MUST_CHECK;
/* Erases what is past its time; returns how many, or -errno. */
int ost_vault_expire(struct ost_vault *vault, int64_t now_wall_s) OST_MUST_CHECK;
