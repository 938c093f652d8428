/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commit.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "reserve.h"
#include "segment.h"
#include "torn.h"

#define STEP_NS	      OST_NS_PER_S	/* a clock that jumps less is being steered */
#define DRIFT_PER_S   (OST_NS_PER_S / 2000) /* 500 ppm: most that adjtime(3) steers */

/* ---- what waits ---- */

int ost_pending_new(const char *kind, const char *members, uint64_t wall_ns, struct ost_pending **ret_pending)
{
	struct ost_pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->members = strdup(members);
	if (p->members == NULL) {
		free(p);
		return -ENOMEM;
	}
	(void)snprintf(p->kind, sizeof(p->kind), "%s", kind);
	p->wall_ns = wall_ns;
	*ret_pending = p;
	return 0;
}

void ost_pending_free(struct ost_pending *pending)
{
	if (pending == NULL)
		return;
	free(pending->members);
	free(pending);
}

static void own_drop(struct ost_commit *c)
{
	while (c->own != NULL) {
		struct ost_pending *p = c->own;

		c->own = p->next;
		ost_pending_free(p);
	}
}

void ost_commit_own(struct ost_commit *c, struct ost_pending *p)
{
	struct ost_pending **at = &c->own;

	while (*at != NULL)
		at = &(*at)->next;
	p->next = NULL;
	*at = p;
}

void ost_commit_free(struct ost_commit *c)
{
	if (c->log_fd >= 0) {
		(void)c->io->ops->sync(c->io, c->log_fd); /* nothing rests on it */
		c->io->ops->close(c->io, c->log_fd);
	}
	if (c->fd >= 0)
		c->io->ops->close(c->io, c->fd);
	c->fd = c->log_fd = -1;
	ost_signer_wipe(&c->signer);
	ost_signer_wipe(&c->next);
	ost_jsonw_free(&c->text);
	free(c->newest.line);
	c->newest.line = NULL;
	own_drop(c);
}

bool ost_commit_waits(const struct ost_commit *c)
{
	return !c->read_only && (c->own != NULL || c->io_error.pending || c->covered < c->range.size);
}

/* ---- when something fails ---- */

void ost_commit_reserve(struct ost_commit *c)
{
	if (c->config.reserve_bytes > 0 && !c->read_only)
		c->spare = ost_reserve_make(c->io, c->config.reserve_bytes) < 0;
}

/* The segment is closed whatever failed; the first record of the next one says so. */
static int failed(struct ost_commit *c, const char *step, int error)
{
	c->io_errors++;
	c->io_error.pending = true;
	c->io_error.segment = c->segment;
	c->io_error.kept_bytes = c->segment_bytes;
	c->io_error.error = -error;
	c->io_error.step = step;
	if ((error == -ENOSPC || error == -EDQUOT) && c->config.reserve_bytes > 0) {
		(void)ost_reserve_give(c->io);
		c->spare = true;
	}
	if (c->fd >= 0) {
		/* If it works there is less to explain; that it may not is what the record is for. */
		(void)c->io->ops->truncate(c->io, c->fd, c->segment_bytes);
		c->io->ops->close(c->io, c->fd);
		c->fd = -1;
	}
	return error;
}

/* ---- lines ---- */

/* A group on its way: what the journal's state becomes if it succeeds. */
struct group {
	struct ost_merkle_range range;
	struct ost_merkle_hash last;
	struct ost_merkle_proof path; /* of the last line, in the tree that it completes */
	size_t last_at;		      /* where it begins in the text */
	struct ost_record_clock clock;
};

static int line_render(struct ost_commit *c, struct group *g, const char *kind, const char *members, uint64_t wall_ns)
{
	size_t before = c->text.length;
	struct ost_record_head head = {.envelope = {.seq = g->range.size, .prev = g->last},
		.wall_ns = wall_ns != 0 ? wall_ns : g->clock.wall_ns,
		.boot_id = c->boot_id,
		.clock = &g->clock};
	int r;

	if (g->range.size >= OST_JOURNAL_SEQ_MAX)
		return -EOVERFLOW;
	(void)snprintf(head.envelope.kind, sizeof(head.envelope.kind), "%s", kind);
	r = ost_record_render(&c->text, &head, members);
	if (r < 0)
		return r;
	ost_merkle_leaf(c->text.text + before, c->text.length - before - 1, &g->last);
	ost_merkle_next_proof(&g->range, &g->path);
	ost_merkle_push(&g->range, &g->last);
	g->last_at = before;
	return 0;
}

static int io_error_render(struct ost_commit *c, struct group *g)
{
	char members[384];

	(void)snprintf(members, sizeof(members),
		"\"message\":\"the disk failed: a new segment is begun\",\"ostiary\":{\"journal\":{\"io_error\":{\"segment\":%" PRIu64
		",\"kept_bytes\":%" PRIu64 ",\"step\":\"%s\",\"errno\":%d,\"failures\":%" PRIu64 "}}}",
		c->io_error.segment, c->io_error.kept_bytes, c->io_error.step, c->io_error.error, c->io_errors);
	return line_render(c, g, "journal.io_error", members, 0);
}

/* ISO 27001 and NIST AU-8 ask whether the times of records can be believed: a step is told before the first record behind it. */
static int clock_render(struct ost_commit *c, struct group *g)
{
	int64_t base = (int64_t)(g->clock.wall_ns - g->clock.mono_ns), by = base - c->clock_base_ns;
	uint64_t since_s = (g->clock.mono_ns - c->clock_mono_ns) / OST_NS_PER_S;
	uint64_t bound = STEP_NS + since_s * DRIFT_PER_S;
	char members[256], from[OST_TIME_TEXT];
	uint64_t size = by < 0 ? (uint64_t)-by : (uint64_t)by;

	if (c->clock_mono_ns == 0 || size <= bound)
		return 0;
	c->clock_steps++;
	ost_clock_format(g->clock.mono_ns + (uint64_t)c->clock_base_ns, from);
	(void)snprintf(members, sizeof(members),
		"\"message\":\"the system's clock jumped\",\"ostiary\":{\"clock\":{\"step_us\":%" PRId64 ",\"expected\":\"%s\"}}", by / 1000, from);
	return line_render(c, g, "clock.step", members, 0);
}

static int render(struct ost_commit *c, struct group *g, struct ost_pending *const *group, uint32_t count)
{
	int r = 0;

	ost_jsonw_reset(&c->text);
	if (c->io_error.pending)
		r = io_error_render(c, g);
	for (struct ost_pending *p = c->own; p != NULL && r == 0; p = p->next)
		r = line_render(c, g, p->kind, p->members, p->wall_ns);
	if (r == 0)
		r = clock_render(c, g);
	for (uint32_t i = 0; i < count && r == 0; i++) {
		group[i]->seq = g->range.size;
		r = line_render(c, g, group[i]->kind, group[i]->members, group[i]->wall_ns);
	}
	return r;
}

/* ---- the segment ---- */

static int segment_begin(struct ost_commit *c)
{
	bool fresh = c->segment != 0 && c->segment_bytes == 0; /* nothing of it counts: the same number again */
	char name[OST_SEGMENT_NAME];
	int r;

	if (!fresh) {
		c->segment++;
		c->segment_bytes = 0;
	}
	ost_segment_name(c->segment, name);
	r = c->segment > OST_SEGMENT_MOST ? -EOVERFLOW : c->io->ops->unlink(c->io, name);
	if (r == -ENOENT)
		r = 0;
	if (r == 0)
		r = c->io->ops->open(c->io, name, OST_JOURNAL_OPEN_NEW, &c->fd);
	if (r < 0) {
		c->fd = -1;
		return r;
	}
	return c->io->ops->sync_dir(c->io, "");
}

static int lines_write(struct ost_commit *c)
{
	/* failed() must name the segment whose end matters, not the one that did not come into being. */
	uint64_t former = c->segment, former_bytes = c->segment_bytes;
	bool fresh = c->fd < 0;
	int r = fresh ? segment_begin(c) : 0;
	const char *step = "open";

	if (r == 0) {
		step = "write";
		r = c->io->ops->write(c->io, c->fd, c->text.text, c->text.length);
	}
	if (r == 0) {
		step = "fdatasync";
		r = c->io->ops->sync(c->io, c->fd);
	}
	if (r == 0)
		return 0;
	if (!fresh)
		return failed(c, step, r);
	if (c->io_error.pending) {
		former = c->io_error.segment; /* that one is still to be told of */
		former_bytes = c->io_error.kept_bytes;
	}
	(void)failed(c, step, r);
	c->io_error.segment = former;
	c->io_error.kept_bytes = former_bytes;
	return r;
}

static int write_step(struct ost_commit *c, struct ost_pending *const *group, uint32_t count)
{
	struct group g = {.range = c->range, .last = c->last};
	int r;

	if (c->config.clock != NULL)
		c->config.clock(c->config.clock_user, &g.clock);
	else
		ost_record_clock_now(&g.clock);
	r = render(c, &g, group, count);
	if (r < 0 || c->text.length == 0)
		return r;
	r = lines_write(c);
	if (r < 0)
		return r;
	c->segment_bytes += c->text.length;
	c->range = g.range;
	c->last = g.last;
	c->clock_base_ns = (int64_t)(g.clock.wall_ns - g.clock.mono_ns);
	c->clock_mono_ns = g.clock.mono_ns;
	c->io_error.pending = false;
	own_drop(c);
	return c->rotating ? ost_commit_newest_keep(c, c->text.text + g.last_at, c->text.length - g.last_at - 1, &g.path) : 0;
}

int ost_commit_newest_keep(struct ost_commit *c, const char *line, size_t length, const struct ost_merkle_proof *path)
{
	char *copy = strndup(line, length);

	if (copy == NULL)
		return -ENOMEM;
	free(c->newest.line);
	c->newest.line = copy;
	c->newest.length = length;
	c->newest.path = *path;
	return 0;
}

/* ---- the checkpoint ---- */

/* Half a note of a write that failed, or what a crash left: it is gone before anything is written in its place. */
static int log_cut(struct ost_commit *c)
{
	uint64_t size = 0;
	int r = c->io->ops->size(c->io, c->log_fd, &size);

	if (r < 0 || size <= c->log_bytes)
		return r;
	r = c->io->ops->truncate(c->io, c->log_fd, c->log_bytes);
	return r == 0 ? c->io->ops->sync(c->io, c->log_fd) : r;
}

static int log_open(struct ost_commit *c)
{
	int r;

	if (c->log_fd >= 0)
		return 0;
	r = c->io->ops->open(c->io, "checkpoints.log", OST_JOURNAL_OPEN_APPEND, &c->log_fd);
	if (r != -ENOENT)
		return r == 0 ? log_cut(c) : r;
	c->log_bytes = 0;
	return c->io->ops->open(c->io, "checkpoints.log", OST_JOURNAL_OPEN_NEW, &c->log_fd);
}

int ost_commit_log_settle(struct ost_commit *c, bool add)
{
	int r = log_open(c);

	if (r == 0 && add)
		r = c->io->ops->write(c->io, c->log_fd, c->note, c->note_length);
	if (r == 0)
		c->log_bytes += add ? c->note_length : 0;
	else if (c->log_fd >= 0) {
		c->io->ops->close(c->io, c->log_fd);
		c->log_fd = -1;
	}
	return r;
}

int ost_commit_cover(struct ost_commit *c)
{
	const struct ost_signer *const signers[] = {&c->signer, &c->next};
	struct ost_checkpoint checkpoint = {.size = c->range.size};
	char text[OST_NOTE_TEXT_MAX], note[OST_JOURNAL_NOTE_MAX];
	const char *step = "sign";
	size_t length = 0;
	int r;

	memcpy(checkpoint.origin, c->origin, sizeof(checkpoint.origin));
	ost_merkle_root(&c->range, &checkpoint.root);
	ost_checkpoint_format(&checkpoint, text);
	r = ost_note_sign(text, strlen(text), signers, c->rotating ? 2 : 1, note, sizeof(note) - 1, &length);
	if (r == 0) {
		step = "checkpoint";
		r = ost_journal_io_put(c->io, "checkpoint", note, length, false);
	}
	if (r == 0) {
		memcpy(c->note, note, length);
		c->note[length] = '\0';
		c->note_length = length;
		step = "checkpoints.log";
		r = ost_commit_log_settle(c, true);
	}
	if (r < 0)
		return failed(c, step, r);
	c->covered = checkpoint.size;
	c->commits++;
	return 0;
}

static void segment_full(struct ost_commit *c)
{
	if (c->fd < 0 || c->segment_bytes < c->config.segment_bytes)
		return;
	c->io->ops->close(c->io, c->fd);
	c->fd = -1;
	if (c->log_fd >= 0)
		(void)c->io->ops->sync(c->io, c->log_fd); /* now and then; nothing rests on it */
}

/* One that a disk held up: its record is the newest line. */
static int rotation_goes_on(struct ost_commit *c)
{
	int r = 0;

	if (c->newest.line == NULL)
		return 0; /* its record is only now on its way */
	if (c->covered < c->range.size)
		r = ost_commit_cover(c);
	return r == 0 ? ost_commit_rotation_finish(c) : r;
}

int ost_commit_group(struct ost_commit *c, struct ost_pending *const *group, uint32_t count, bool *ret_written)
{
	int r;

	*ret_written = false;
	if (c->read_only)
		return -EROFS;
	r = c->rotating ? rotation_goes_on(c) : 0;
	if (r < 0)
		return r;
	if (count == 0 && !ost_commit_waits(c))
		return 0;
	r = write_step(c, group, count);
	if (r < 0)
		return r;
	*ret_written = true;
	r = ost_commit_cover(c);
	if (r < 0)
		return r;
	segment_full(c);
	if (c->torn && ost_torn_told(c->io) == 0)
		c->torn = false; /* else the next start tells it again */
	return 0;
}
