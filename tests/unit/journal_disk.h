/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk in memory that knows what was synced: it can fail at any call, and become any state that a crash may leave. */
#pragma once

#include "io.h"

#define DISK_FILES 256u
#define DISK_OPS   64u

/* One change of a file that is not synced: bytes behind the end, or another size. */
struct disk_change {
	char *bytes; /* NULL: truncate to at */
	size_t length;
	uint64_t at;
	bool lost; /* a sync failed over it: it never reaches the disk, whatever a later sync says */
};

struct disk_file {
	char *now, *durable;
	size_t now_length, durable_length;
	struct disk_change changes[DISK_OPS];
	unsigned change_count;
	unsigned opened;
};

struct disk_name {
	char name[96];
	int file; /* index, -1 none */
};

/* One change of a folder that is not synced; a rename is one, too. */
struct disk_move {
	char folder[64];
	struct disk_name set[2];
	unsigned count;
};

struct disk {
	struct ost_journal_io io;
	struct disk_file *files[DISK_FILES];
	unsigned file_count;
	struct disk_name now[DISK_FILES], durable[DISK_FILES];
	unsigned now_count, durable_count;
	struct disk_move moves[DISK_OPS];
	unsigned move_count;
	uint64_t calls;	  /* that change something, so far */
	uint64_t fail_at; /* the call with this number fails; 0: none */
	uint64_t fail_calls; /* and so many behind it */
	int fail_with;
	void (*changed)(void *user, struct disk *disk); /* before each call that changes something */
	void *user;
};

struct disk *disk_new(void);
void disk_free(struct disk *disk);

/* Another disk as a crash at this moment may leave this one; pick gives random numbers below n. style 0: nothing that was not synced; 1:
 * everything; others: each change by chance, in part, in sectors of 512 bytes. */
struct disk *disk_crash(const struct disk *disk, unsigned style, uint32_t (*pick)(void *user, uint32_t n), void *user);

/* Bytes of a file as it is now, or NULL; borrowed. */
char *disk_bytes(struct disk *disk, const char *name, size_t *ret_length);
/* Puts bytes there, durable. */
void disk_put(struct disk *disk, const char *name, const void *bytes, size_t length);
void disk_remove(struct disk *disk, const char *name);
/* How many names begin with this. */
unsigned disk_count(const struct disk *disk, const char *prefix);
