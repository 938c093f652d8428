/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signing key, and the chain of keys from the first one.
 *
 *   keys/signing-key          the secret, 0400
 *   keys/next-key             the one that follows it, while a rotation is under way
 *   keys/first-vkey           the public key that the journal began with: what is pinned at install
 *   keys/rotate-SEQ.tlog-proof  one for each key.rotate or key.compromise: the record, and its proof under the first checkpoint that
 *                             covers it, which both keys signed
 */
#pragma once

#include "io.h"
#include "note.h"

#define OST_SIGNING_KEYS_MAX 1024u /* rotations of one journal */

/* Makes keys/, the first key and first-vkey. Nothing that exists is overwritten: -EEXIST. */
int ost_signing_begin(struct ost_journal_io *io, const char *origin, struct ost_signer *ret_signer) OST_MUST_CHECK;
/* next: keys/next-key. -ENOENT, -EINVAL: it is damaged. */
int ost_signing_load(struct ost_journal_io *io, bool next, struct ost_signer *ret_signer) OST_MUST_CHECK;
int ost_signing_next_make(struct ost_journal_io *io, const char *origin, struct ost_signer *ret_signer) OST_MUST_CHECK;
/* A rotation that came to nothing: 0 also when there is none. */
int ost_signing_next_drop(struct ost_journal_io *io) OST_MUST_CHECK;
/* The record is covered by a note of both: its proof is kept, the former secret is overwritten by the next one. */
int ost_signing_next_take(struct ost_journal_io *io, uint64_t seq, const char *proof, size_t length) OST_MUST_CHECK;

/* The chain of keys, verified. */
struct ost_key_chain {
	uint32_t count;
	struct ost_key_link {
		struct ost_vkey vkey;
		uint64_t from_size; /* checkpoints of this size and more may be its own */
		uint64_t to_size;   /* ... up to this one, which both signed */
		uint64_t trusted_size; /* of a compromised key: what it signed behind that is not believed, but to_size */
	} *links; /* oldest first */
};

/* Reads keys/ and verifies each step. first NULL: from first-vkey. A pinned key that is a later one of the chain is found too: the
 * chain is then trusted from there on, as each step back is signed by the key before it. why is a sentence. -EKEYREJECTED: it does not
 * hold. */
int ost_key_chain_load(struct ost_journal_io *io, const struct ost_vkey *pinned, struct ost_key_chain *ret_chain,
	char why[static 200]) OST_MUST_CHECK;
void ost_key_chain_free(struct ost_key_chain *chain);
/* Whether a checkpoint of this size is signed by a key that might: 0, -ENOKEY: by none of the chain, -EKEYEXPIRED: by one that was
 * retired before, -EKEYREVOKED: by a compromised one, -EBADMSG. ret_link is borrowed. */
int ost_key_chain_verify(const struct ost_key_chain *chain, const struct ost_note *note, uint64_t size,
	const struct ost_key_link **ret_link) OST_MUST_CHECK;
/* Whether the chain has a step at this record. */
bool ost_key_chain_has(const struct ost_key_chain *chain, uint64_t seq);
