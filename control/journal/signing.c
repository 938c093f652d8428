/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signing.h"

#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "array.h"
#include "proof.h"
#include "record.h"
#include "text.h"

#define KEY_NOW	   "keys/signing-key"
#define KEY_NEXT   "keys/next-key"
#define FIRST_VKEY "keys/first-vkey"
#define ROTATION_NAME 64

/* ---- the secret ---- */

static int key_write(struct ost_journal_io *io, const char *name, const struct ost_signer *s)
{
	char text[OST_JOURNAL_VKEY_MAX + 1];
	size_t n;
	int r;

	ost_signer_format(s, text);
	n = strlen(text);
	text[n++] = '\n';
	r = ost_journal_io_put(io, name, text, n, true);
	explicit_bzero(text, sizeof(text));
	return r;
}

static bool is_there(struct ost_journal_io *io, const char *name)
{
	int fd;

	if (io->ops->open(io, name, OST_JOURNAL_OPEN_READ, &fd) < 0)
		return false;
	io->ops->close(io, fd);
	return true;
}

int ost_signing_begin(struct ost_journal_io *io, const char *origin, struct ost_signer *ret_signer)
{
	char vkey[OST_JOURNAL_VKEY_MAX + 1];
	struct ost_signer s;
	size_t n;
	int r = io->ops->mkdir(io, "keys");

	if (r == 0)
		r = io->ops->sync_dir(io, "");
	if (r == 0 && is_there(io, KEY_NOW))
		r = -EEXIST;
	if (r == 0)
		r = ost_signer_make(origin, &s);
	if (r < 0)
		return r;
	ost_vkey_format(&s.vkey, vkey);
	n = strlen(vkey);
	vkey[n++] = '\n';
	/* The key last: a crash in between leaves none, and the start is made again. */
	r = ost_journal_io_put(io, FIRST_VKEY, vkey, n, false);
	if (r == 0)
		r = key_write(io, KEY_NOW, &s);
	if (r == 0)
		*ret_signer = s;
	ost_signer_wipe(&s);
	return r;
}

int ost_signing_load(struct ost_journal_io *io, bool next, struct ost_signer *ret_signer)
{
	char *text = NULL;
	size_t length = 0;
	int r = ost_journal_io_get(io, next ? KEY_NEXT : KEY_NOW, OST_JOURNAL_VKEY_MAX, &text, &length);

	if (r < 0)
		return r;
	r = ost_signer_parse(text, length, ret_signer);
	explicit_bzero(text, length);
	free(text);
	return r;
}

int ost_signing_next_make(struct ost_journal_io *io, const char *origin, struct ost_signer *ret_signer)
{
	struct ost_signer s;
	int r = ost_signer_make(origin, &s);

	if (r < 0)
		return r;
	r = key_write(io, KEY_NEXT, &s);
	if (r == 0)
		*ret_signer = s;
	ost_signer_wipe(&s);
	return r;
}

int ost_signing_next_drop(struct ost_journal_io *io)
{
	int r = io->ops->unlink(io, KEY_NEXT);

	return r == 0 ? io->ops->sync_dir(io, "keys") : r == -ENOENT ? 0 : r;
}

int ost_signing_next_take(struct ost_journal_io *io, uint64_t seq, const char *proof, size_t length)
{
	char name[ROTATION_NAME];
	int r;

	(void)snprintf(name, sizeof(name), "keys/rotate-%016" PRIu64 ".tlog-proof", seq);
	r = ost_journal_io_put(io, name, proof, length, false);
	if (r == 0)
		r = io->ops->rename(io, KEY_NEXT, KEY_NOW);
	return r == 0 ? io->ops->sync_dir(io, "keys") : r;
}

/* ---- the chain ---- */

struct rotations {
	uint64_t *seqs;
	uint32_t count, capacity;
	int r;
};

static void entry(void *user, const char *name)
{
	struct rotations *l = user;
	uint64_t seq;
	uint64_t *seqs;

	if (strncmp(name, "rotate-", 7) != 0 || strlen(name) != 7 + 16 + 11 || strcmp(name + 23, ".tlog-proof") != 0 ||
		ost_number_parse(name + 7, 16, &seq) < 0)
		return;
	seqs = l->count < OST_SIGNING_KEYS_MAX ? ost_array_room(l->seqs, l->count, &l->capacity, sizeof(*l->seqs)) : NULL;
	if (seqs == NULL) {
		l->r = -ENOMEM;
		return;
	}
	l->seqs = seqs;
	l->seqs[l->count++] = seq;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int first_read(struct ost_journal_io *io, struct ost_vkey *v)
{
	char *text = NULL;
	size_t n = 0;
	int r = ost_journal_io_get(io, FIRST_VKEY, OST_JOURNAL_VKEY_MAX, &text, &n);

	if (r == 0 && (n < 2 || text[n - 1] != '\n'))
		r = -EINVAL;
	if (r == 0)
		r = ost_vkey_parse(text, n - 1, v);
	free(text);
	return r;
}

static int vkey_of(const json_t *o, const char *member, struct ost_vkey *v)
{
	const char *text = json_string_value(json_object_get(o, member));

	return text != NULL ? ost_vkey_parse(text, strlen(text), v) : -EINVAL;
}

/* What the record of a rotation says. */
static int record_read(const char *line, size_t length, struct ost_vkey *former, struct ost_vkey *next, uint64_t *trusted_size)
{
	json_t *o = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	const json_t *key = json_object_get(json_object_get(json_object_get(o, "ostiary"), "journal"), "key");
	const json_t *trusted = json_object_get(key, "trusted_size");
	struct ost_envelope e;
	int r = ost_envelope_parse(line, length, &e);

	if (r == 0 && strcmp(e.kind, "key.rotate") != 0 && strcmp(e.kind, "key.compromise") != 0)
		r = -EINVAL;
	if (r == 0)
		r = vkey_of(key, "former", former);
	if (r == 0)
		r = vkey_of(key, "vkey", next);
	if (r == 0 && strcmp(e.kind, "key.compromise") == 0) {
		if (!json_is_integer(trusted) || json_integer_value(trusted) < 0)
			r = -EINVAL;
		else
			*trusted_size = (uint64_t)json_integer_value(trusted);
	}
	json_decref(o);
	return r;
}

/* One step from the last key of the chain to the next. */
static int link_add(struct ost_key_chain *chain, const char *bytes, size_t length, uint64_t seq)
{
	struct ost_key_link *last = &chain->links[chain->count - 1], *links;
	uint64_t trusted_size = OST_JOURNAL_SEQ_MAX;
	struct ost_vkey former, next;
	struct ost_proof p;
	int r = ost_proof_parse(bytes, length, &p);

	if (r < 0)
		return r;
	if (p.index != seq || p.checkpoint.size != seq + 1 || p.extra == NULL || !ost_proof_holds(&p, p.extra, p.extra_length))
		r = -EINVAL;
	if (r == 0)
		r = record_read(p.extra, p.extra_length, &former, &next, &trusted_size);
	if (r == 0 && (!ost_vkey_same(&former, &last->vkey) || ost_note_verify(&p.note, &former) < 0 || ost_note_verify(&p.note, &next) < 0))
		r = -EINVAL;
	ost_proof_free(&p);
	if (r < 0)
		return r;
	links = reallocarray(chain->links, chain->count + 1, sizeof(*links));
	if (links == NULL)
		return -ENOMEM;
	chain->links = links;
	links[chain->count - 1].to_size = seq + 1;
	links[chain->count - 1].trusted_size = trusted_size;
	links[chain->count++] = (struct ost_key_link){next, seq + 1, OST_JOURNAL_SEQ_MAX, OST_JOURNAL_SEQ_MAX};
	return 0;
}

static int links_load(struct ost_journal_io *io, struct ost_key_chain *chain, const struct rotations *l, char why[static 200])
{
	for (uint32_t i = 0; i < l->count; i++) {
		char name[ROTATION_NAME], *text = NULL;
		size_t n = 0;
		int r;

		(void)snprintf(name, sizeof(name), "keys/rotate-%016" PRIu64 ".tlog-proof", l->seqs[i]);
		r = ost_journal_io_get(io, name, OST_JOURNAL_PROOF_MAX, &text, &n);
		if (r == 0)
			r = link_add(chain, text, n, l->seqs[i]);
		free(text);
		if (r < 0) {
			(void)snprintf(why, 200, "%s does not prove that the key before it handed over", name);
			return r == -ENOMEM ? r : -EKEYREJECTED;
		}
	}
	return 0;
}

static bool chain_knows(const struct ost_key_chain *chain, const struct ost_vkey *v)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		if (ost_vkey_same(&chain->links[i].vkey, v))
			return true;
	}
	return false;
}

int ost_key_chain_load(struct ost_journal_io *io, const struct ost_vkey *pinned, struct ost_key_chain *ret_chain, char why[static 200])
{
	struct ost_key_chain chain = {.count = 1, .links = calloc(1, sizeof(*chain.links))};
	struct rotations l = {0};
	int r;

	if (chain.links == NULL)
		return -ENOMEM;
	chain.links[0].to_size = chain.links[0].trusted_size = OST_JOURNAL_SEQ_MAX;
	why[0] = '\0';
	r = first_read(io, &chain.links[0].vkey);
	/* Without the folder of keys a pinned one has to do: of a copy that is one file and a checkpoint. */
	if (r == -ENOENT && pinned != NULL) {
		chain.links[0].vkey = *pinned;
		r = 0;
	}
	if (r < 0) {
		(void)snprintf(why, 200, FIRST_VKEY ": %s", r == -EINVAL ? "is no public key" : strerror(-r));
		r = r == -EINVAL ? -EKEYREJECTED : r;
	}
	if (r == 0) {
		r = io->ops->list(io, "keys", entry, &l);
		r = r == -ENOENT ? 0 : r == 0 ? l.r : r;
	}
	if (r == 0 && l.count > 0) {
		qsort(l.seqs, l.count, sizeof(*l.seqs), ascending);
		r = links_load(io, &chain, &l, why);
	}
	free(l.seqs);
	if (r == 0 && pinned != NULL && !chain_knows(&chain, pinned)) {
		(void)snprintf(why, 200, "the key that you trust is none of this journal's");
		r = -EKEYREJECTED;
	}
	if (r < 0)
		ost_key_chain_free(&chain);
	else
		*ret_chain = chain;
	return r;
}

void ost_key_chain_free(struct ost_key_chain *chain)
{
	free(chain->links);
	*chain = (struct ost_key_chain){0};
}

int ost_key_chain_verify(const struct ost_key_chain *chain, const struct ost_note *note, uint64_t size, const struct ost_key_link **ret_link)
{
	int found = -ENOKEY;

	for (uint32_t i = chain->count; i-- > 0;) {
		const struct ost_key_link *k = &chain->links[i];
		int r = ost_note_verify(note, &k->vkey);

		if (r == -ENOKEY)
			continue;
		if (r < 0)
			return r;
		if (size > k->to_size)
			found = -EKEYEXPIRED;
		else if (size > k->trusted_size && size != k->to_size)
			found = -EKEYREVOKED;
		else if (size >= k->from_size) {
			*ret_link = k;
			return 0;
		}
	}
	return found;
}

bool ost_key_chain_has(const struct ost_key_chain *chain, uint64_t seq)
{
	for (uint32_t i = 1; i < chain->count; i++) {
		if (chain->links[i].from_size == seq + 1)
			return true;
	}
	return false;
}
