/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that fail at the portal again and again. Before a device has proved itself its address is all that is known of
 * a connection, and TCP shows that the address is its own. Five failures within ten minutes lock an address out for a minute,
 * then for twice as long each time, up to 15 minutes; an hour without a failure, or a success, and it begins anew. Who is locked out opens no
 * connection; one that stands is not touched, nor is the same MAC at any port or address (ostiaryd locks places out).
 *
 * Bound: a fixed table by a keyed hash. Where it is full, the address untouched for the longest gives way, one that is locked out only
 * when there is no other there. The clock is the caller's. One thread.
 */
#pragma once

#include "addr.h"
#include "hash.h"
#include "messages.h"

#define OST_PORTAL_FAILURES 5u

struct ost_portal_locks;

int ost_portal_locks_new(const struct ost_hash_key *hash, struct ost_portal_locks **ret_locks) OST_MUST_CHECK;
void ost_portal_locks_free(struct ost_portal_locks **locks);

bool ost_portal_locks_is_locked(const struct ost_portal_locks *locks, const struct ost_ip *ip, uint64_t now_ns);

/* Somebody at this address did not get in. Reasons that are nobody's fault do not count. Returns for how many seconds it is
 * locked out from now on; 0: it is not, or it is already. */
uint32_t ost_portal_locks_fail(struct ost_portal_locks *locks, const struct ost_ip *ip, enum ost_auth_reason reason, uint64_t now_ns);

/* Somebody at this address got in. */
void ost_portal_locks_clear(struct ost_portal_locks *locks, const struct ost_ip *ip);
