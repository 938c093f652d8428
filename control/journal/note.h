/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed notes (C2SP signed-note v1.0.0), with Ed25519 keys (type 0x01) alone, and checkpoints (tlog-checkpoint v1.0.0), which are
 * notes of three lines. base64 is read strictly: what does not come out the same when it is encoded again is refused, or the spare
 * bits of the last character could be changed unnoticed. Pure but for making keys; any thread. */
#pragma once

#include "journal.h"
#include "merkle.h"

#define OST_NOTE_SIGNATURES 16u /* a note may have; more are refused */
#define OST_NOTE_TEXT_MAX   512u /* bytes of a checkpoint's text */

struct ost_vkey {
	char name[OST_JOURNAL_ORIGIN_MAX + 1];
	uint32_t id;
	uint8_t key[32];
};

struct ost_signer {
	struct ost_vkey vkey;
	uint8_t seed[32]; /* secret: wipe it with ost_signer_wipe() */
};

struct ost_note {
	const char *text; /* borrowed from the note's bytes; with its last LF */
	size_t text_length;
	uint32_t count;
	struct ost_note_signature {
		const char *name; /* borrowed */
		size_t name_length;
		uint32_t id;
		uint8_t bytes[64];
		bool ed25519_size; /* bytes holds a signature of 64 bytes; else it is of a kind that we do not know */
	} signatures[OST_NOTE_SIGNATURES];
};

struct ost_checkpoint {
	char origin[OST_JOURNAL_ORIGIN_MAX + 1];
	uint64_t size;
	struct ost_merkle_hash root;
};

/* Standard base64 with padding, without line breaks. -EINVAL: not strictly so; -EMSGSIZE: not of that size. */
int ost_base64_decode(const char *text, size_t length, void *bytes, size_t size, size_t *ret_length) OST_MUST_CHECK;
/* buf takes 4 * ((length + 2) / 3) + 1 bytes. */
void ost_base64_encode(const void *bytes, size_t length, char *buf);

bool ost_note_name_is_valid(const char *name, size_t length); /* a key's name, and an origin of ours */

/* "name+1234abcd+base64": -EINVAL, also when the id is not that of the key. */
int ost_vkey_parse(const char *text, size_t length, struct ost_vkey *ret_vkey) OST_MUST_CHECK;
void ost_vkey_format(const struct ost_vkey *vkey, char buf[static OST_JOURNAL_VKEY_MAX]);
bool ost_vkey_same(const struct ost_vkey *a, const struct ost_vkey *b);

int ost_signer_make(const char *name, struct ost_signer *ret_signer) OST_MUST_CHECK;
/* "PRIVATE+KEY+name+1234abcd+base64\n", as Go's note package writes it. */
int ost_signer_parse(const char *text, size_t length, struct ost_signer *ret_signer) OST_MUST_CHECK;
void ost_signer_format(const struct ost_signer *signer, char buf[static OST_JOURNAL_VKEY_MAX]);
void ost_signer_wipe(struct ost_signer *signer);

/* text ends with LF. -ENOSPC: buf is too small. */
int ost_note_sign(const char *text, size_t length, const struct ost_signer *const *signers, uint32_t count, char *buf, size_t size,
	size_t *ret_length) OST_MUST_CHECK;
/* Takes a note apart: all of the bytes, strictly. -EINVAL. */
int ost_note_parse(const char *bytes, size_t length, struct ost_note *ret_note) OST_MUST_CHECK;
/* The first note of bytes that go on behind it, as in checkpoints.log. -EINVAL: no whole note. */
int ost_note_parse_first(const char *bytes, size_t length, struct ost_note *ret_note, size_t *ret_used) OST_MUST_CHECK;
/* -ENOKEY: this key did not sign it; -EBADMSG: a signature that says it is of this key is not. */
int ost_note_verify(const struct ost_note *note, const struct ost_vkey *vkey) OST_MUST_CHECK;

int ost_checkpoint_parse(const struct ost_note *note, struct ost_checkpoint *ret_checkpoint) OST_MUST_CHECK; /* -EINVAL */
void ost_checkpoint_format(const struct ost_checkpoint *c, char buf[static OST_NOTE_TEXT_MAX]);
