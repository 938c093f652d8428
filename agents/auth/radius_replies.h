/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was answered to whom: a request that comes again gets the same answer again, and is not
 * looked at a second time (RFC 5080 2.2.2). The same is: client, source port, identifier and
 * authenticator.
 *
 * Bound: 1024 requests, 4 to a bucket; the oldest of a bucket gives way. What is forgotten early
 * costs a client that repeats it one round, no more. Kept for 30 s: no client repeats longer. One
 * thread; the clock is an argument.
 */
#pragma once

#include "addr.h"
#include "hash.h"

struct ost_radius_key {
	struct ost_ip ip;
	uint8_t identifier;
	uint16_t port;
	uint8_t authenticator[16];
};

enum ost_radius_seen {
	OST_RADIUS_NEW,	     /* it is remembered now as one that waits */
	OST_RADIUS_WAITING,  /* it came before and has no answer yet */
	OST_RADIUS_ANSWERED, /* here is what was answered */
};

struct ost_radius_replies;

int ost_radius_replies_new(
	const struct ost_hash_key *hash, struct ost_radius_replies **ret_replies) OST_MUST_CHECK;
void ost_radius_replies_free(struct ost_radius_replies **replies);

/* ret_bytes, of ANSWERED, is the cache's and good until the next call. */
enum ost_radius_seen ost_radius_replies_take(struct ost_radius_replies *r,
	const struct ost_radius_key *key, uint64_t now_ns, const uint8_t **ret_bytes,
	size_t *ret_length);

/* The answer to one that waits; nothing happens when it was forgotten meanwhile. */
void ost_radius_replies_put(struct ost_radius_replies *r, const struct ost_radius_key *key,
	const uint8_t *bytes, size_t length);

/* It shall be looked at anew when it comes again. */
void ost_radius_replies_forget(struct ost_radius_replies *r, const struct ost_radius_key *key);

/* Frees what is older than 30 s: keys do not lie about longer than they are of use. */
void ost_radius_replies_expire(struct ost_radius_replies *r, uint64_t now_ns);
