/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checkpoints against the tree. */
#include <inttypes.h>
#include <stdio.h>

#include "verify_private.h"

static int signature_fault(struct ost_verifier *v, int r, const char *which, uint64_t size)
{
	const char *why = r == -ENOKEY	     ? "is signed by no key of this journal" :
			  r == -EKEYEXPIRED ? "is signed by a key that was retired before" :
			  r == -EKEYREVOKED ? "is signed by a compromised key, behind the size up to which it is trusted" :
					      "has a false signature";

	return ost_verify_fault(v, OST_JOURNAL_BAD_CHECKPOINT, "%s of %" PRIu64 " records %s", which, size, why);
}

/* Of the journal's origin, signed by who might. 1 with a fault. */
static int signature_check(struct ost_verifier *v, const struct ost_note *note, const struct ost_checkpoint *k, const char *which,
	const struct ost_key_link **ret_link)
{
	int r;

	if (strcmp(k->origin, v->chain.links[0].vkey.name) != 0)
		return ost_verify_fault(v, OST_JOURNAL_BAD_CHECKPOINT, "%s is of %s, this journal is %s", which, k->origin,
			v->chain.links[0].vkey.name);
	r = ost_key_chain_verify(&v->chain, note, k->size, ret_link);
	return r == 0 ? 0 : signature_fault(v, r, which, k->size);
}

int ost_verify_target(struct ost_verifier *v, bool *ret_newer)
{
	const struct ost_key_link *link = NULL;
	struct ost_checkpoint k;
	struct ost_note note;
	char *text = NULL;
	size_t n = 0;
	int r = ost_journal_io_get(v->io, "checkpoint", OST_JOURNAL_NOTE_MAX - 1, &text, &n);

	*ret_newer = false;
	if (r < 0)
		return ost_verify_fault(v, OST_JOURNAL_BAD_CHECKPOINT, "the checkpoint cannot be read: %s", strerror(-r));
	if (ost_note_parse(text, n, &note) < 0 || ost_checkpoint_parse(&note, &k) < 0)
		r = ost_verify_fault(v, OST_JOURNAL_BAD_CHECKPOINT, "the checkpoint is no checkpoint");
	else
		r = signature_check(v, &note, &k, "the checkpoint", &link);
	free(text);
	if (r != 0)
		return r;
	*ret_newer = k.size > v->target.size;
	if (k.size >= v->target.size) {
		v->target = k;
		v->out->size = k.size;
		memcpy(v->out->root, k.root.b, sizeof(v->out->root));
		memcpy(v->out->origin, k.origin, sizeof(v->out->origin));
		ost_vkey_format(&link->vkey, v->out->signer);
	}
	return 0;
}

/* ---- roots ---- */

static int logged_next(struct ost_verifier *v)
{
	uint64_t former = v->logged.size;
	int r = ost_notes_next(&v->notes, &v->note, &v->logged);

	v->have_logged = r > 0;
	if (r == -EBADMSG)
		return v->in->every_signature ?
			       ost_verify_fault(v, OST_JOURNAL_BAD_CHECKPOINT, "checkpoints.log holds something else at byte %" PRIu64,
				       ost_notes_at(&v->notes)) :
			       0;
	if (r <= 0)
		return r;
	v->out->checkpoints++;
	if (v->logged.size < former)
		return ost_verify_fault(v, OST_JOURNAL_BAD_CHECKPOINT,
			"checkpoints.log goes back from %" PRIu64 " to %" PRIu64 " records", former, v->logged.size);
	return 0;
}

static int root_fault(struct ost_verifier *v, uint64_t size)
{
	v->out->first_bad = v->good;
	v->out->last_bad = size - 1;
	if (v->good + 1 >= size)
		return ost_verify_fault(v, OST_JOURNAL_BAD_RECORD, "record %" PRIu64 " is not the one that was signed", size - 1);
	return ost_verify_fault(v, OST_JOURNAL_BAD_RECORD, "one of the records %" PRIu64 " to %" PRIu64 " is not the one that was signed",
		v->good, size - 1);
}

static int logged_check(struct ost_verifier *v, const struct ost_merkle_hash *root)
{
	const struct ost_key_link *link;
	bool same = ost_merkle_same(root, &v->logged.root);
	int r = 0;

	if (!same || v->in->every_signature)
		r = signature_check(v, &v->note, &v->logged, "a checkpoint in checkpoints.log", &link);
	if (r == 0 && !same)
		r = root_fault(v, v->logged.size);
	return r;
}

static bool wanted(const struct ost_verifier *v)
{
	uint64_t size = v->range.size;

	return (v->have_logged && v->logged.size <= size) || size == v->target.size || (v->have_from && size == v->from.size);
}

int ost_verify_roots(struct ost_verifier *v)
{
	struct ost_merkle_hash root;
	int r = 0;

	if (!wanted(v))
		return 0;
	ost_merkle_root(&v->range, &root);
	while (r == 0 && v->have_logged && v->logged.size <= v->range.size) {
		r = v->logged.size == v->range.size ? logged_check(v, &root) : 0;
		if (r == 0)
			r = logged_next(v);
	}
	if (r == 0 && v->range.size == v->target.size && !ost_merkle_same(&root, &v->target.root))
		r = root_fault(v, v->target.size);
	if (r == 0 && v->have_from && v->range.size == v->from.size && !ost_merkle_same(&root, &v->from.root))
		r = ost_verify_fault(v, OST_JOURNAL_INCONSISTENT,
			"the first %" PRIu64 " records are not those of the checkpoint that was held: the journal was written anew", v->from.size);
	if (r == 0)
		v->good = v->range.size;
	return r;
}

int ost_verify_roots_end(struct ost_verifier *v)
{
	const struct ost_key_link *link;
	int r = 0;

	/* Read in the midst of a commit, the log may be further than the checkpoint was. */
	while (r == 0 && v->have_logged && v->logged.size <= v->target.size)
		r = logged_next(v);
	if (r == 0 && v->have_logged && ost_key_chain_verify(&v->chain, &v->note, v->logged.size, &link) == 0) {
		bool newer;

		r = ost_verify_target(v, &newer);
		if (r == 0 && v->logged.size > v->target.size)
			r = ost_verify_fault(v, OST_JOURNAL_MISSING,
				"the checkpoint says %" PRIu64 " records, but one of %" PRIu64 " was signed: somebody put an older one back",
				v->target.size, v->logged.size);
	}
	return r;
}
