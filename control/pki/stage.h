/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several files that come into being together. Each is written whole under a name of its own
 * beside its place, and reaches the disk; then all are given their names. What fails in between
 * leaves nothing behind; a signal that would end the program waits until the stage is freed. Only
 * SIGKILL or a power failure can leave a part: then what is there is in nobody's use yet. */
#pragma once

#include <signal.h>

#include "common.h"

#define OST_STAGE_MAX 8u

struct ost_stage {
	struct ost_stage_row {
		char *path;
		char *temporary;
		bool replace;
		bool placed;
	} rows[OST_STAGE_MAX];
	uint32_t count;
	bool holds; /* signals */
	sigset_t before;
};

struct ost_stage_file {
	const void *bytes;
	size_t length;
	unsigned mode; /* whatever the umask: the file is 0600 until all of it is written */
	uid_t uid;     /* (uid_t)-1: ours */
	gid_t gid;
	bool replace; /* what stands there gives way */
};

/* Writes one. The system's errors; -ENOBUFS: more than OST_STAGE_MAX. */
int ost_stage_add(struct ost_stage *stage, const char *path,
	const struct ost_stage_file *file) OST_MUST_CHECK;

/* Gives all their names. On failure those that were given are taken back and *ret_path, borrowed
 * from the stage, is the one that failed: -EEXIST when something stands there. */
int ost_stage_commit(struct ost_stage *stage, const char **ret_path) OST_MUST_CHECK;

/* Frees the stage, and removes what was not committed. */
void ost_stage_free(struct ost_stage *stage);
