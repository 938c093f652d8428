/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of a place - (port, VLAN, MAC) - whoever stands there: that it knocked and was asked, that it
 * failed, that it is locked out. Five failures within ten minutes lock a place out for a minute, then for twice as long
 * each time, up to fifteen minutes; a success or an hour of quiet makes it a minute again.
 *
 * Bounds: a fixed number of places; the one untouched for the longest gives way, one that is locked out only when
 * the oldest ones all are. Knocks cost a sender nothing and failures cost it a conversation: so they have a table each,
 * and a flood of new MACs lifts no lock-out. The clock is the caller's. Single thread.
 */
#pragma once

#include "hash.h"
#include "messages.h"

#define OST_PLACES_FAILURES 5u

struct ost_place_entry {
	struct ost_place place;
	uint64_t failed_ns[OST_PLACES_FAILURES]; /* the latest, a ring; 0: none */
	uint64_t locked_until_ns;		 /* 0: not locked out */
	uint64_t ask_ns;			 /* when it may be asked again */
	uint32_t failed_at;			 /* in the ring */
	uint32_t locks;				 /* lock-outs in a row */
	uint32_t asks;				 /* of the round under way */
	uint32_t chain, newer, older;		 /* of the table */
};

struct ost_places;

int ost_places_new(uint32_t most, const struct ost_hash_key *key, struct ost_places **ret_places) OST_MUST_CHECK;
void ost_places_free(struct ost_places **places);

/* Somebody can be locked out there: it is a place on a port of ours, or a RADIUS client has told where its station is. What fails without
 * either says nothing about anybody, and could lock out everybody. */
bool ost_place_is_somewhere(const struct ost_place *place);
bool ost_place_equal(const struct ost_place *a, const struct ost_place *b);

/* NULL: nothing is remembered of it. */
struct ost_place_entry *ost_places_find(struct ost_places *p, const struct ost_place *place);
/* Makes it the newest. Never NULL. */
struct ost_place_entry *ost_places_get(struct ost_places *p, const struct ost_place *place, uint64_t now_ns);

/* A failure. Seconds of the lock-out that it begins, 0: none. */
uint32_t ost_places_fail(struct ost_places *p, const struct ost_place *place, uint64_t now_ns);
/* A success, or an order: failures and lock-out are forgotten. */
void ost_places_clear(struct ost_places *p, const struct ost_place *place);
/* Seconds that it is still locked out, rounded up; 0: it is not. */
uint32_t ost_places_locked_s(struct ost_places *p, const struct ost_place *place, uint64_t now_ns);

/* A lock-out that a former process began. */
void ost_places_restore(struct ost_places *p, const struct ost_place *place, uint64_t until_ns, uint32_t locks, uint64_t now_ns);

/* Oldest first; fn must not change the table. */
void ost_places_each(const struct ost_places *p, void (*fn)(void *user, const struct ost_place_entry *e), void *user);

/* Counts changes of lock-outs: whoever keeps them on disk compares. */
uint64_t ost_places_changes(const struct ost_places *p);
uint64_t ost_places_evicted(const struct ost_places *p);
