/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "retention.h"

#include "record.h"
#include "segment.h"

/* The first line of a segment: 1, with what it begins with. */
static int first_of(struct ost_journal_io *io, uint64_t segment, const char *before, uint64_t *ret_seq, bool *ret_old)
{
	struct ost_walk walk;
	struct ost_line line;
	struct ost_envelope e;
	int r = ost_walk_begin(&walk, io, &segment, 1);

	if (r < 0)
		return r;
	r = ost_walk_next(&walk, &line);
	if (r > 0 && ost_envelope_parse(line.text, line.length, &e) < 0)
		r = -EBADMSG;
	if (r > 0) {
		*ret_seq = e.seq;
		*ret_old = before != NULL && ost_record_is_before(line.text, line.length, before);
	}
	ost_walk_end(&walk);
	return r;
}

static int size_of(struct ost_journal_io *io, uint64_t segment, uint64_t *ret_bytes)
{
	char name[OST_SEGMENT_NAME];
	int fd, r;

	ost_segment_name(segment, name);
	r = io->ops->open(io, name, OST_JOURNAL_OPEN_READ, &fd);
	if (r < 0)
		return r;
	r = io->ops->size(io, fd, ret_bytes);
	io->ops->close(io, fd);
	return r;
}

static int sizes_sum(struct ost_journal_io *io, const uint64_t *segments, uint32_t count, uint64_t *ret_bytes)
{
	int r = 0;

	*ret_bytes = 0;
	for (uint32_t i = 0; i < count && r == 0; i++) {
		uint64_t bytes = 0;

		r = size_of(io, segments[i], &bytes);
		*ret_bytes += bytes;
	}
	return r;
}

int ost_retention_seq(struct ost_journal_io *io, const struct ost_retention *retention, uint64_t *ret_seq)
{
	uint64_t *segments = NULL, all = 0, stays = 0;
	uint32_t count = 0;
	int r = ost_segments_list(io, &segments, &count);

	if (r == 0 && retention->bytes_most != 0)
		r = sizes_sum(io, segments, count, &all);
	for (uint32_t i = 0; i + 1 < count && r == 0; i++) {
		uint64_t next = 0, bytes = 0;
		bool old = false;

		r = first_of(io, segments[i + 1], retention->before, &next, &old);
		if (r <= 0)
			break;
		r = size_of(io, segments[i], &bytes);
		if (r < 0 || !((old && next <= retention->held) || (retention->bytes_most != 0 && all > retention->bytes_most)))
			break;
		all -= OST_MIN(bytes, all);
		stays = next;
	}
	free(segments);
	if (r >= 0)
		*ret_seq = stays;
	return r < 0 ? r : 0;
}
