/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What anybody may ask who may read the folder: the newest checkpoint, and the proof of one record. */
#include <inttypes.h>
#include <stdio.h>

#include "lasting.h"
#include "notes.h"
#include "proof.h"
#include "retain.h"
#include "segment.h"
#include "signing.h"

/* ---- the newest checkpoint ---- */

static void vkeys_read(struct ost_journal_io *io, struct ost_journal_checkpoint *c, const struct ost_note *note)
{
	const struct ost_key_link *link;
	struct ost_key_chain chain;
	char why[200];

	if (ost_key_chain_load(io, NULL, &chain, why) < 0)
		return;
	ost_vkey_format(&chain.links[0].vkey, c->first_vkey);
	if (ost_key_chain_verify(&chain, note, c->size, &link) == 0)
		ost_vkey_format(&link->vkey, c->vkey);
	ost_key_chain_free(&chain);
}

static int checkpoint_read(struct ost_journal_io *io, struct ost_journal_checkpoint *c)
{
	struct ost_checkpoint k;
	struct ost_note note;
	char *text = NULL;
	size_t n = 0;
	int r = ost_journal_io_get(io, "checkpoint", sizeof(c->note) - 1, &text, &n);

	if (r < 0)
		return r;
	memset(c, 0, sizeof(*c));
	memcpy(c->note, text, n);
	free(text);
	r = ost_note_parse(c->note, n, &note);
	if (r == 0)
		r = ost_checkpoint_parse(&note, &k);
	if (r < 0)
		return r;
	memcpy(c->origin, k.origin, sizeof(c->origin));
	c->size = k.size;
	memcpy(c->root, k.root.b, sizeof(c->root));
	vkeys_read(io, c, &note);
	return 0;
}

int ost_journal_checkpoint_read(const char *path, struct ost_journal_checkpoint *ret_checkpoint)
{
	struct ost_journal_io *io;
	int r = ost_journal_io_new(path, &io);

	if (r < 0)
		return r;
	r = checkpoint_read(io, ret_checkpoint);
	ost_journal_io_free(&io);
	return r;
}

/* ---- a proof ---- */

struct prover {
	struct ost_merkle_hash *leaves;
	uint64_t count, size;
	uint64_t seq;
	char *line;
	size_t line_length;
};

static void retained_take(void *user, uint64_t seq, const struct ost_merkle_hash *leaf)
{
	struct prover *p = user;

	p->leaves[seq] = *leaf;
	p->count = seq + 1;
}

static int leaf_get(void *user, uint64_t index, struct ost_merkle_hash *ret_hash)
{
	const struct prover *p = user;

	*ret_hash = p->leaves[index];
	return 0;
}

static int lines_read(struct ost_journal_io *io, struct prover *p)
{
	uint64_t *numbers = NULL;
	struct ost_walk walk;
	struct ost_line line;
	uint32_t count = 0;
	int r = ost_segments_list(io, &numbers, &count);

	if (r < 0)
		return r;
	r = ost_walk_begin(&walk, io, numbers, count);
	while (r == 0 && p->count < p->size && (r = ost_walk_next(&walk, &line)) > 0) {
		r = 0;
		if (p->count == p->seq) {
			p->line = strndup(line.text, line.length);
			p->line_length = line.length;
			r = p->line == NULL ? -ENOMEM : 0;
		}
		ost_merkle_leaf(line.text, line.length, &p->leaves[p->count++]);
	}
	ost_walk_end(&walk);
	free(numbers);
	if (r == 0 && p->count < p->size)
		r = -EBADMSG;
	return r == 0 && p->line == NULL ? -ENOENT : r;
}

/* Pruned, but of a kind that outlives its segment: it must be what its hash says. */
static int kept_take(struct ost_journal_io *io, struct prover *p)
{
	struct ost_lasting k;
	struct ost_merkle_hash h;
	int r = ost_lasting_read(io, &k);
	size_t at;

	if (r < 0)
		return r;
	at = ost_lasting_find(&k, p->seq);
	if (at < k.count && k.lines[at].seq == p->seq) {
		ost_merkle_leaf(k.lines[at].text, k.lines[at].length, &h);
		r = ost_merkle_same(&h, &p->leaves[p->seq]) ? 0 : -EBADMSG;
		if (r == 0) {
			p->line = strndup(k.lines[at].text, k.lines[at].length);
			p->line_length = k.lines[at].length;
			r = p->line == NULL ? -ENOMEM : 0;
		}
	}
	ost_lasting_free(&k);
	return r;
}

static int prove(struct ost_journal_io *io, struct prover *p, const char *note, const uint8_t root[static 32], char **ret_text)
{
	struct ost_merkle_proof path;
	struct ost_merkle_hash leaf, r32;
	uint64_t minimum = 0;
	int r = ost_retained_minimum(io, &minimum);

	if (r == 0 && minimum > p->size)
		r = -EBADMSG;
	if (r == 0)
		r = ost_retained_each(io, minimum, retained_take, p);
	if (r == 0 && p->seq < minimum)
		r = kept_take(io, p);
	if (r == 0)
		r = lines_read(io, p);
	if (r == 0)
		r = ost_merkle_prove_inclusion(leaf_get, p, p->seq, p->size, &path);
	if (r < 0)
		return r;
	memcpy(r32.b, root, sizeof(r32.b));
	ost_merkle_leaf(p->line, p->line_length, &leaf);
	if (!ost_merkle_check_inclusion(&leaf, p->seq, p->size, &path, &r32))
		return -EBADMSG;
	return ost_proof_format(p->line, p->line_length, p->seq, &path, note, ret_text);
}

int ost_journal_prove(const char *path, uint64_t seq, char **ret_text)
{
	struct ost_journal_checkpoint *c = malloc(sizeof(*c));
	struct prover p = {.seq = seq};
	struct ost_journal_io *io = NULL;
	int r = c == NULL ? -ENOMEM : ost_journal_io_new(path, &io);

	if (r == 0)
		r = checkpoint_read(io, c);
	if (r == 0 && seq >= c->size)
		r = -ENOENT;
	if (r == 0) {
		p.size = c->size;
		p.leaves = p.size <= SIZE_MAX / sizeof(*p.leaves) ? calloc((size_t)p.size, sizeof(*p.leaves)) : NULL;
		r = p.leaves == NULL ? -ENOMEM : prove(io, &p, c->note, c->root, ret_text);
	}
	free(p.leaves);
	free(p.line);
	free(c);
	ost_journal_io_free(&io);
	return r;
}
