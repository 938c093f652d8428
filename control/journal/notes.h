/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checkpoints.log: every checkpoint, one note behind the other. It is appended and not synced each time, for nothing rests on it but the
 * answer to "where did it go wrong": after a crash its end may be anything. */
#pragma once

#include "io.h"
#include "note.h"

struct ost_notes {
	struct ost_journal_io *io;
	int fd; /* -1: there is none, and nothing comes */
	char *buffer;
	size_t have, used;
	uint64_t read;
};

int ost_notes_begin(struct ost_notes *notes, struct ost_journal_io *io) OST_MUST_CHECK;
/* 1: a checkpoint, its note borrowed until the next step; 0: the end; -EBADMSG: what follows is no checkpoint. */
int ost_notes_next(struct ost_notes *notes, struct ost_note *ret_note, struct ost_checkpoint *ret_checkpoint) OST_MUST_CHECK;
/* Bytes of whole checkpoints so far. */
uint64_t ost_notes_at(const struct ost_notes *notes);
void ost_notes_end(struct ost_notes *notes);
