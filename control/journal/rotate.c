/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new signing key: its record, covered by both; then the old one goes. */
#include <inttypes.h>
#include <stdio.h>

#include "commit.h"
#include "proof.h"
#include "signing.h"

int ost_commit_rotation_finish(struct ost_commit *c)
{
	char *text OST_AUTO_FREE = NULL;
	struct ost_envelope e;
	int r = ost_envelope_parse(c->newest.line, c->newest.length, &e);

	if (r == 0)
		r = ost_proof_format(c->newest.line, c->newest.length, e.seq, &c->newest.path, c->note, &text);
	if (r == 0)
		r = ost_signing_next_take(c->io, e.seq, text, strlen(text));
	if (r < 0)
		return r;
	ost_signer_wipe(&c->signer);
	c->signer = c->next;
	ost_signer_wipe(&c->next);
	c->rotating = false;
	free(c->newest.line);
	c->newest.line = NULL;
	return 0;
}

static int record_make(const struct ost_commit *c, const char *by, const char *reason, bool compromised, uint64_t trusted_size,
	struct ost_pending **ret_pending)
{
	char former[OST_JOURNAL_VKEY_MAX], next[OST_JOURNAL_VKEY_MAX];
	struct ost_jsonw w = {0};
	int r;

	ost_vkey_format(&c->signer.vkey, former);
	ost_vkey_format(&c->next.vkey, next);
	/* Members alone: what the braces of the outermost object enclose. */
	ost_jsonw_string(&w, "message", compromised ? "the signing key is compromised: a new one signs" : "a new key signs the journal");
	ost_jsonw_object(&w, "ostiary");
	ost_jsonw_object(&w, "journal");
	ost_jsonw_object(&w, "key");
	ost_jsonw_string(&w, "former", former);
	ost_jsonw_string(&w, "vkey", next);
	if (compromised)
		ost_jsonw_u64(&w, "trusted_size", trusted_size);
	ost_journal_string(&w, "by", by, strlen(by), 256);
	ost_journal_string(&w, "reason", reason, strlen(reason), 2048);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	r = w.failed ? -ENOMEM : ost_pending_new(compromised ? "key.compromise" : "key.rotate", w.text, 0, ret_pending);
	ost_jsonw_free(&w);
	return r;
}

/* Everything that waits goes before it: the record is the newest line of the tree that both keys sign. */
int ost_commit_rotate_key(struct ost_commit *c, const char *by, const char *reason, bool compromised, uint64_t trusted_size)
{
	struct ost_pending *p = NULL;
	bool written;
	int r = ost_commit_group(c, NULL, 0, &written);

	if (r == 0 && c->rotating)
		r = -EBUSY;
	if (r == 0)
		r = ost_signing_next_make(c->io, c->origin, &c->next);
	if (r < 0)
		return r;
	r = record_make(c, by, reason, compromised, trusted_size, &p);
	if (r == 0) {
		c->rotating = true;
		r = ost_commit_group(c, &p, 1, &written);
		if (r < 0 && !written) { /* no line says so: it never was */
			c->rotating = false;
			ost_signer_wipe(&c->next);
			if (ost_signing_next_drop(c->io) < 0)
				c->next_stays = true; /* the next start drops it */
		}
	}
	ost_pending_free(p);
	return r == 0 ? ost_commit_rotation_finish(c) : r;
}
