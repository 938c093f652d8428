/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What takes long of an apply, in a thread of its own: a policy of 100,000 devices is parsed, compiled, tested and written
 * in a second or more, and the event loop must not stand still that long.
 *
 * One at a time. The thread has nothing but what stands in struct ost_making, and the disk; its end is an event of the loop.
 */
#pragma once

#include "candidate.h"
#include "paths.h"
#include "registry.h"

struct event_base;
struct ost_maker;

struct ost_making {
	/* What to make: kept by the caller until done, and touched by nobody else meanwhile. */
	const struct ost_paths *paths;
	const struct ost_policy_source *sources;
	uint32_t count;
	bool rehearsal; /* it is compiled, and no more: no tests, nothing on disk */
	struct ost_generation generation; /* number, by whom, why, when; the maker adds what the image says of itself */
	/* What became of it; both are the caller's to free, diag first. */
	struct ost_diag diag;
	struct ost_candidate candidate;
	int made;   /* of ost_candidate_make() */
	uint32_t keep; /* generations on disk, as the site file says */
	int stored; /* of ost_generations_store(), when made is 0 */
};

/* done runs in the event loop. */
int ost_maker_new(struct event_base *base, void (*done)(void *user), void *user, struct ost_maker **ret_maker)
	OST_MUST_CHECK;
/* Stops too. */
void ost_maker_free(struct ost_maker **maker);

/* -EBUSY: one is under way; -EAGAIN: the system gives no thread. */
int ost_maker_start(struct ost_maker *m, struct ost_making *making) OST_MUST_CHECK;

/* Waits until the thread has ended, which it does behind the step that it is at; done is not called. The making is as far as
 * it came: -ECANCELED where it was left. Does nothing when there is none. */
void ost_maker_stop(struct ost_maker *m);
