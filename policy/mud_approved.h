/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mud/approved.json beside a policy: which MUD files may make rules, by the hash of their bytes, and why. Made to be kept under
 * version control. Pure: bytes in, bytes out.
 *
 * Whether a file may come in (RFC 8520 sections 13 and 16, and the rule that a signer is kept to what it signed first):
 *  - what was approved once comes in;
 *  - a verified file comes in when its signer is the one known for URLs that are the same up to the last slash, and, when it
 *    takes the place of another one, allows nothing that that one did not;
 *  - so does the first file of a signer that nothing is known of: it is pinned;
 *  - what is unsigned, of another signer, or of a known signer at another place waits for somebody's approval;
 *  - a signature that is wrong is never approved.
 */
#pragma once

#include "mud_wire.h"

#define OST_MUD_APPROVED_NAME "approved.json"
#define OST_MUD_APPROVED_MAX  (4u << 20) /* bytes */
#define OST_MUD_HASH_TEXT     65	 /* SHA-256 in hex, with its NUL */

struct ost_mud_approval {
	const char *sha256, *url;
	const char *signer, *spki_sha256; /* NULL: unsigned */
	const char *override; /* what was not asked for: "unsigned", "expired-signer"; NULL: nothing */
	const char *at;	      /* the time that a signer was believed as of; NULL: then */
	const char *by, *when, *reason; /* reason NULL: it came in by the rule */
};

enum ost_mud_entry {
	OST_MUD_COMES_IN,
	OST_MUD_APPROVED_BEFORE,
	OST_MUD_FIRST_OF_SIGNER, /* comes in, and is pinned */
	OST_MUD_WAITS_UNSIGNED,
	OST_MUD_WAITS_CHANGED_SIGNER,
	OST_MUD_WAITS_CHANGED_PREFIX,
	OST_MUD_WAITS_WIDENS, /* said by who compares */
	OST_MUD_WAITS_OTHER_URL, /* said by who fetches: it is not of where it came from */
	OST_MUD_NEVER, /* its signature is wrong */
	OST_MUD_ENTRY_COUNT,
};
const char *ost_mud_entry_name(enum ost_mud_entry entry); /* "changed-signer" */
static inline bool ost_mud_entry_waits(enum ost_mud_entry entry)
{
	return entry >= OST_MUD_WAITS_UNSIGNED && entry <= OST_MUD_WAITS_OTHER_URL;
}

/* SHA-256 in lower-case hex. */
int ost_mud_hash(const void *bytes, size_t length, char hex[static OST_MUD_HASH_TEXT]) OST_MUST_CHECK;

/* 0: a file of this hash is approved; -ENOENT: it is not; -EINVAL: the approvals are not sound; -ENOMEM. bytes may be empty. */
int ost_mud_approved_has(const char *bytes, size_t length, const char *sha256) OST_MUST_CHECK;

/* The rules above, but for widening. -EINVAL, -ENOMEM. */
int ost_mud_approved_judge(const char *bytes, size_t length, const char *sha256, const char *url, enum ost_mud_verdict verdict,
	const char *spki_sha256, enum ost_mud_entry *ret_entry) OST_MUST_CHECK;

/* The approvals with this one besides, in the place of one of the same hash. *ret_bytes is NUL-terminated, owned by the caller. */
int ost_mud_approved_put(const char *bytes, size_t length, const struct ost_mud_approval *approval, char **ret_bytes) OST_MUST_CHECK;
