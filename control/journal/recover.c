/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recover.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "notes.h"
#include "prune.h"
#include "retain.h"
#include "segment.h"
#include "signing.h"
#include "text.h"
#include "torn.h"

#define ALARM(c, ...) (void)snprintf((c)->why, sizeof((c)->why), __VA_ARGS__)

struct recovery {
	struct ost_commit *c;
	struct ost_checkpoint checkpoint;
	bool have_checkpoint;
	bool both; /* it is signed by the next key too */
	uint64_t *numbers;
	uint32_t count;
	uint32_t end_at;      /* the segment where the covered lines end: an index */
	uint64_t end_offset;
	uint64_t logged;      /* size of the newest checkpoint in checkpoints.log */
};

static int read_only(struct ost_commit *c)
{
	c->read_only = true;
	return 1;
}

/* ---- keys and checkpoint ---- */

/* 1: read-only. */
static int keys_load(struct recovery *v, bool *ret_fresh)
{
	struct ost_commit *c = v->c;
	int r = ost_signing_load(c->io, false, &c->signer);

	*ret_fresh = r == -ENOENT;
	if (r == 0) {
		memcpy(c->origin, c->signer.vkey.name, sizeof(c->origin));
		r = ost_signing_load(c->io, true, &c->next);
		c->rotating = r == 0;
		if (r == -EINVAL) /* half of it: its rotation never was */
			r = ost_signing_next_drop(c->io);
		return r == -ENOENT ? 0 : r;
	}
	if (r == -EINVAL) {
		ALARM(c, "keys/signing-key is damaged: nothing can be signed");
		return read_only(c);
	}
	return r == -ENOENT ? 0 : r;
}

static int checkpoint_read(struct recovery *v)
{
	struct ost_commit *c = v->c;
	char *text = NULL;
	size_t n = 0;
	struct ost_note note;
	int r = ost_journal_io_get(c->io, "checkpoint", sizeof(c->note) - 1, &text, &n);

	if (r == -ENOENT)
		return 0;
	if (r < 0 && r != -EFBIG)
		return r;
	if (r == 0) {
		memcpy(c->note, text, n + 1);
		c->note_length = n;
	}
	free(text);
	if (r < 0 || ost_note_parse(c->note, c->note_length, &note) < 0 || ost_checkpoint_parse(&note, &v->checkpoint) < 0) {
		ALARM(c, "the checkpoint is no checkpoint");
		return read_only(c);
	}
	v->have_checkpoint = true;
	v->both = c->rotating && ost_note_verify(&note, &c->next.vkey) == 0;
	if (strcmp(v->checkpoint.origin, c->origin) != 0 || ost_note_verify(&note, &c->signer.vkey) < 0) {
		ALARM(c, "the checkpoint is not signed by this journal's key");
		return read_only(c);
	}
	return 0;
}

/* Notes behind the checkpoint: it is written before the log, so the log cannot know of more. What a crash made of the log's end is cut:
 * all from the first place on where no checkpoint stands, or an older one. */
static int log_check(struct recovery *v)
{
	struct ost_commit *c = v->c;
	struct ost_notes notes;
	struct ost_note note;
	struct ost_checkpoint k;
	int r = ost_notes_begin(&notes, c->io);

	while (r == 0 && (r = ost_notes_next(&notes, &note, &k)) > 0) {
		r = 0;
		if (k.size < v->logged)
			break;
		if (k.size > v->checkpoint.size && ost_note_verify(&note, &c->signer.vkey) == 0) {
			ALARM(c, "the checkpoint says %" PRIu64 " records, but one of %" PRIu64 " was signed before", v->checkpoint.size, k.size);
			r = read_only(c);
			break;
		}
		v->logged = k.size;
		c->log_bytes = ost_notes_at(&notes);
	}
	ost_notes_end(&notes);
	return r == -EBADMSG ? 0 : r;
}

/* ---- lines ---- */

static void leaf_take(void *user, uint64_t seq, const struct ost_merkle_hash *leaf)
{
	struct ost_commit *c = user;

	(void)seq;
	ost_merkle_push(&c->range, leaf);
	c->last = *leaf;
}

/* 1: read-only; 0: it is the line that is expected, and is taken. */
static int line_take(struct recovery *v, const struct ost_line *line)
{
	struct ost_commit *c = v->c;
	struct ost_merkle_proof path;
	struct ost_envelope e;

	if (ost_envelope_parse(line->text, line->length, &e) < 0 || e.seq != c->range.size ||
		!ost_merkle_same(&e.prev, &c->last)) {
		ALARM(c, "record %" PRIu64 " is not what the checkpoint of %" PRIu64 " records covers", c->range.size, v->checkpoint.size);
		return read_only(c);
	}
	if (v->both && e.seq + 1 == v->checkpoint.size) {
		ost_merkle_next_proof(&c->range, &path);
		if (ost_commit_newest_keep(c, line->text, line->length, &path) < 0)
			return -ENOMEM;
	}
	ost_merkle_leaf(line->text, line->length, &c->last);
	ost_merkle_push(&c->range, &c->last);
	return 0;
}

static uint32_t index_of(const struct recovery *v, uint64_t segment)
{
	uint32_t i = 0;

	while (i + 1 < v->count && v->numbers[i] != segment)
		i++;
	return i;
}

static int lines_read(struct recovery *v)
{
	struct ost_commit *c = v->c;
	struct ost_walk walk;
	struct ost_line line;
	int r = ost_walk_begin(&walk, c->io, v->numbers, v->count);

	if (r < 0)
		return r;
	while (c->range.size < v->checkpoint.size) {
		r = ost_walk_next(&walk, &line);
		if (r <= 0)
			break;
		if (!line.ended) { /* cut off: it is no record */
			r = 0;
			break;
		}
		v->end_at = index_of(v, line.segment);
		v->end_offset = line.offset + line.length + 1;
		r = line_take(v, &line);
		if (r != 0)
			break;
	}
	ost_walk_end(&walk);
	return r;
}

static int lines_check(struct recovery *v)
{
	struct ost_commit *c = v->c;
	int r;

	r = c->minimum > v->checkpoint.size ? -ENODATA : ost_retained_each(c->io, c->minimum, leaf_take, c);
	if (r == -ENODATA) {
		ALARM(c, "hashes of pruned records are missing");
		return read_only(c);
	}
	if (r == 0)
		r = lines_read(v);
	c->records_found = c->range.size;
	if (r != 0)
		return r < 0 ? r : c->read_only ? 1 : 0;
	if (c->range.size < v->checkpoint.size) {
		ALARM(c, "rollback: there are %" PRIu64 " records, the checkpoint says %" PRIu64, c->range.size, v->checkpoint.size);
		return read_only(c);
	}
	return 0;
}

static int root_check(struct recovery *v)
{
	struct ost_merkle_hash root;
	struct ost_commit *c = v->c;

	if (!v->have_checkpoint)
		return 0;
	ost_merkle_root(&c->range, &root);
	if (ost_merkle_same(&root, &v->checkpoint.root))
		return 0;
	ALARM(c, "the records are not those that the checkpoint of %" PRIu64 " covers", v->checkpoint.size);
	return read_only(c);
}

/* ---- what a crash left ---- */

static int cut(struct recovery *v)
{
	struct ost_commit *c = v->c;
	int r = 0;

	if (v->count > 0) {
		c->segment = v->numbers[v->end_at];
		c->segment_bytes = v->end_offset;
		r = ost_torn_cut(c->io, &v->numbers[v->end_at], v->count - v->end_at, v->end_offset);
	}
	return r == 0 ? ost_torn_tell(c) : r;
}

/* The next key signed the newest checkpoint: its record is the newest line. Else its record never was. */
static int rotation_settle(struct recovery *v)
{
	struct ost_commit *c = v->c;

	if (!c->rotating)
		return 0;
	if (v->both && c->newest.line != NULL)
		return ost_commit_rotation_finish(c);
	c->rotating = false;
	ost_signer_wipe(&c->next);
	return ost_signing_next_drop(c->io);
}

static int begin(struct ost_commit *c)
{
	struct ost_pending *p = NULL;
	char vkey[OST_JOURNAL_VKEY_MAX];
	struct ost_jsonw w = {0};
	int r;

	ost_vkey_format(&c->signer.vkey, vkey);
	ost_jsonw_string(&w, "message", "a journal begins");
	ost_jsonw_object(&w, "ostiary");
	ost_jsonw_object(&w, "journal");
	ost_jsonw_string(&w, "origin", c->origin);
	ost_jsonw_string(&w, "vkey", vkey);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	r = w.failed ? -ENOMEM : ost_pending_new("journal.begin", w.text, 0, &p);
	ost_jsonw_free(&w);
	if (r == 0)
		ost_commit_own(c, p);
	return r;
}

static int checkpoint_settle(struct recovery *v)
{
	struct ost_commit *c = v->c;

	c->covered = v->checkpoint.size;
	return v->have_checkpoint ? ost_commit_log_settle(c, v->logged < v->checkpoint.size) : begin(c);
}

/* ---- the whole ---- */

/* Keys are on disk before the first line is: without a key there is nothing, or somebody took it away. */
static int key_begin(struct recovery *v)
{
	struct ost_commit *c = v->c;
	int r = ost_segments_list(c->io, &v->numbers, &v->count);
	bool any = v->count > 0 || v->have_checkpoint;

	free(v->numbers);
	v->numbers = NULL;
	v->count = 0;
	if (r == -EINVAL || any) {
		ALARM(c, "there are records, but keys/signing-key is missing: nothing can be signed");
		return read_only(c);
	}
	if (r == 0)
		r = ost_signing_begin(c->io, c->config.origin, &c->signer);
	if (r == 0)
		memcpy(c->origin, c->signer.vkey.name, sizeof(c->origin));
	return r;
}

static int heads_read(struct recovery *v)
{
	bool fresh = false;
	int r = keys_load(v, &fresh);

	if (r != 0)
		return r;
	if (!fresh)
		r = checkpoint_read(v);
	else
		r = key_begin(v);
	return r == 0 ? log_check(v) : r;
}

static int steps(struct recovery *v)
{
	struct ost_commit *c = v->c;
	int r = heads_read(v);

	if (r == 0)
		r = ost_retained_minimum(c->io, &c->minimum);
	if (r == 0 && c->minimum > 0)
		r = ost_prune_finish(c->io, c->minimum);
	if (r == 0)
		r = ost_segments_list(c->io, &v->numbers, &v->count);
	if (r == -EINVAL) {
		ALARM(c, "a segment is missing, or minimum-index is no number");
		return read_only(c);
	}
	if (r == 0)
		r = lines_check(v);
	if (r == 0)
		r = root_check(v);
	if (r == 0)
		r = rotation_settle(v);
	if (r == 0)
		r = cut(v);
	return r == 0 ? checkpoint_settle(v) : r;
}

/* The last segment goes on. */
static int segment_reopen(struct ost_commit *c)
{
	char name[OST_SEGMENT_NAME];

	if (c->segment == 0 || c->segment_bytes == 0 || c->segment_bytes >= c->config.segment_bytes)
		return 0;
	ost_segment_name(c->segment, name);
	return c->io->ops->open(c->io, name, OST_JOURNAL_OPEN_APPEND, &c->fd);
}

int ost_recover(const struct ost_commit_config *config, struct ost_commit *c)
{
	struct recovery v = {.c = c};
	bool written;
	int r;

	*c = (struct ost_commit){.config = *config, .io = config->io, .fd = -1, .log_fd = -1};
	if (c->config.segment_bytes == 0)
		c->config.segment_bytes = OST_JOURNAL_SEGMENT_BYTES;
	(void)snprintf(c->origin, sizeof(c->origin), "%s", config->origin);
	ost_record_boot_id(c->boot_id);
	r = steps(&v);
	free(v.numbers);
	c->config.origin = c->origin;
	if (r == 0) {
		r = segment_reopen(c);
		if (r < 0)
			c->fd = -1;
	}
	if (r < 0) {
		ost_commit_free(c);
		return r;
	}
	if (!c->read_only && ost_commit_group(c, NULL, 0, &written) < 0)
		return 0; /* it waits, and whoever drives it sees that */
	return 0;
}

/* ---- a loss that a person accepts ---- */

struct mover {
	struct ost_journal_io *io;
	const char *to;
	int r;
};

static bool moves(const char *name)
{
	static const char *const whole[] = {"checkpoint", "checkpoints.log", "minimum-index", "tiles", "lasting.ndjson", "keys"};

	for (size_t i = 0; i < OST_ARRAY_SIZE(whole); i++) {
		if (strcmp(name, whole[i]) == 0)
			return true;
	}
	return strncmp(name, "seg-", 4) == 0 || strncmp(name, "torn-", 5) == 0;
}

static void file_move(void *user, const char *name)
{
	struct mover *m = user;
	char to[NAME_MAX];

	/* The keys and then the checkpoint last: whatever a crash leaves here is read-only still. */
	if (m->r < 0 || !moves(name) || strcmp(name, "checkpoint") == 0 || strcmp(name, "keys") == 0)
		return;
	(void)snprintf(to, sizeof(to), "%s/%.200s", m->to, name);
	m->r = m->io->ops->rename(m->io, name, to);
}

static int last_move(struct ost_journal_io *io, const char *name, const char *folder)
{
	char to[NAME_MAX];
	int r;

	(void)snprintf(to, sizeof(to), "%s/%s", folder, name);
	r = io->ops->rename(io, name, to);
	return r == -ENOENT ? 0 : r;
}

/* Where it went before a crash, or a new place. */
static int folder_make(struct ost_journal_io *io, char folder[static 32], unsigned *ret_number)
{
	for (unsigned n = 1; n < 10000; n++) {
		char keys[48];
		int fd, r;

		*ret_number = n;
		(void)snprintf(folder, 32, "lost-%u", n);
		(void)snprintf(keys, sizeof(keys), "%s/keys/first-vkey", folder);
		r = io->ops->open(io, keys, OST_JOURNAL_OPEN_READ, &fd);
		if (r == -ENOENT || r == -ENOTDIR) {
			r = io->ops->mkdir(io, folder);
			return r == 0 ? io->ops->sync_dir(io, "") : r;
		}
		if (r < 0)
			return r;
		io->ops->close(io, fd);
	}
	return -ENOSPC;
}

static int move_all(struct ost_journal_io *io, char folder[static 32], unsigned *ret_number)
{
	struct mover m = {.io = io, .to = folder};
	int r = folder_make(io, folder, ret_number);

	if (r == 0)
		r = io->ops->list(io, "", file_move, &m);
	if (r == 0)
		r = m.r;
	if (r == 0)
		r = last_move(io, "keys", folder);
	if (r == 0)
		r = last_move(io, "checkpoint", folder);
	if (r == 0)
		r = io->ops->sync_dir(io, folder);
	return r == 0 ? io->ops->sync_dir(io, "") : r;
}

/* "name" becomes "name/2", that becomes "name/3": no origin ever comes again. */
static void origin_next(const char *origin, unsigned lost, char buf[static OST_JOURNAL_ORIGIN_MAX + 1])
{
	const char *slash = strrchr(origin, '/');
	size_t base = strlen(origin);
	uint64_t n;

	if (slash != NULL && ost_number_parse(slash + 1, strlen(slash + 1), &n) == 0)
		base = (size_t)(slash - origin);
	(void)snprintf(buf, OST_JOURNAL_ORIGIN_MAX + 1, "%.*s/%u", (int)OST_MIN(base, (size_t)100), origin, lost + 1);
}

static int loss_record(const struct ost_commit *c, const char *folder, const char *by, const char *reason, struct ost_pending **ret_pending)
{
	struct ost_jsonw w = {0};
	int r;

	ost_jsonw_string(&w, "message", "a person accepted the loss of records: another journal begins");
	ost_jsonw_object(&w, "ostiary");
	ost_jsonw_object(&w, "journal");
	ost_jsonw_object(&w, "accept_loss");
	ost_jsonw_string(&w, "origin", c->origin);
	ost_jsonw_string(&w, "checkpoint", c->note);
	ost_jsonw_u64(&w, "records_found", c->records_found);
	ost_jsonw_string(&w, "alarm", c->why);
	ost_jsonw_string(&w, "folder", folder);
	ost_journal_string(&w, "by", by, strlen(by), 256);
	ost_journal_string(&w, "reason", reason, strlen(reason), 2048);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	r = w.failed ? -ENOMEM : ost_pending_new("journal.accept_loss", w.text, 0, ret_pending);
	ost_jsonw_free(&w);
	return r;
}

int ost_recover_accept_loss(struct ost_commit *c, const char *by, const char *reason)
{
	struct ost_commit_config config = c->config;
	char origin[OST_JOURNAL_ORIGIN_MAX + 1], folder[32];
	struct ost_pending *p = NULL;
	unsigned lost = 0;
	bool written;
	int r;

	if (!c->read_only)
		return -EINVAL;
	r = move_all(c->io, folder, &lost);
	if (r == 0)
		r = loss_record(c, folder, by, reason, &p);
	if (r < 0)
		return r;
	origin_next(c->origin, lost, origin);
	config.origin = origin;
	ost_commit_free(c);
	r = ost_recover(&config, c);
	if (r < 0 || c->read_only) {
		ost_pending_free(p);
		if (r == 0)
			return -EROFS;
		*c = (struct ost_commit){.config = config, .io = config.io, .fd = -1, .log_fd = -1, .read_only = true};
		c->config.origin = c->origin;
		(void)snprintf(c->origin, sizeof(c->origin), "%s", origin);
		ALARM(c, "the loss was accepted, but another journal could not begin: %s", strerror(-r));
		return r;
	}
	ost_commit_own(c, p);
	return ost_commit_group(c, NULL, 0, &written);
}
