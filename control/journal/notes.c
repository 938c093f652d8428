/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notes.h"

#define BUFFER_BYTES (256u * 1024)

int ost_notes_begin(struct ost_notes *notes, struct ost_journal_io *io)
{
	int r;

	*notes = (struct ost_notes){.io = io, .fd = -1};
	r = io->ops->open(io, "checkpoints.log", OST_JOURNAL_OPEN_READ, &notes->fd);
	if (r < 0) {
		notes->fd = -1;
		return r == -ENOENT ? 0 : r;
	}
	notes->buffer = malloc(BUFFER_BYTES);
	return notes->buffer != NULL ? 0 : -ENOMEM;
}

void ost_notes_end(struct ost_notes *notes)
{
	if (notes->fd >= 0)
		notes->io->ops->close(notes->io, notes->fd);
	notes->fd = -1;
	free(notes->buffer);
	notes->buffer = NULL;
}

uint64_t ost_notes_at(const struct ost_notes *notes)
{
	return notes->read - (notes->have - notes->used);
}

/* The buffer holds a whole note whenever there is one. */
static int refill(struct ost_notes *n)
{
	size_t got = 0;
	int r;

	if (n->have - n->used >= OST_JOURNAL_NOTE_MAX)
		return 0;
	memmove(n->buffer, n->buffer + n->used, n->have - n->used);
	n->have -= n->used;
	n->used = 0;
	r = n->io->ops->read(n->io, n->fd, n->buffer + n->have, BUFFER_BYTES - n->have, n->read, &got);
	n->have += got;
	n->read += got;
	return r;
}

int ost_notes_next(struct ost_notes *notes, struct ost_note *ret_note, struct ost_checkpoint *ret_checkpoint)
{
	size_t used = 0;
	int r;

	if (notes->fd < 0)
		return 0;
	r = refill(notes);
	if (r < 0 || notes->have == notes->used)
		return r;
	if (ost_note_parse_first(notes->buffer + notes->used, OST_MIN(notes->have - notes->used, (size_t)OST_JOURNAL_NOTE_MAX), ret_note, &used) < 0 ||
		ost_checkpoint_parse(ret_note, ret_checkpoint) < 0)
		return -EBADMSG;
	notes->used += used;
	return 1;
}
