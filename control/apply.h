/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Applying a policy, in an order that leaves the policy in force untouched whatever fails:
 *   1. parse, check, compile, run the tests (candidate.h)
 *   2. write the generation to disk, prepare the switch (generations.h): a full disk shows here
 *      (1 and 2 run in a thread of their own (maker.h): the event loop goes on)
 *   3. send the image to the data plane and wait for its answer: it may refuse
 *   4. rename over current.image, take the image into the roster, note it in the registry
 * One at a time. When step 4's rename fails, the former image is sent back to the data plane. A generation on trial (trial.h) has a
 * record in place of the rename, and while one waits for its confirmation no other is applied.
 */
#pragma once

#include "daemon.h"
#include "diag.h"
#include "policy_yaml.h"

enum ost_apply_kind {
	OST_APPLY_DONE,
	OST_APPLY_INPUT,       /* the policy is wrong: findings */
	OST_APPLY_TESTS,       /* a test of the policy fails: findings */
	OST_APPLY_UNREACHABLE, /* no data plane, or it went away */
	OST_APPLY_BUSY,	       /* another apply is under way */
	OST_APPLY_STORAGE,     /* could not be written */
	OST_APPLY_REFUSED,     /* the data plane does not take it */
	OST_APPLY_WAITS,       /* one in force waits to be confirmed, or none does */
	OST_APPLY_MISSING,     /* there is no such generation */
	OST_APPLY_KIND_COUNT,
};

const char *ost_apply_kind_name(unsigned kind);

struct ost_apply_request {
	const struct ost_policy_source *sources; /* kept by the caller until done, or ost_applier_forget() */
	uint32_t count;
	const char *message;
	uint32_t uid; /* of the peer, from the kernel */
	uint32_t confirm_s; /* it is on trial so long; 0: it is not */
};

struct ost_apply_result {
	enum ost_apply_kind kind;
	char text[320]; /* what went wrong */
	char hint[256]; /* what to do */
	struct ost_diag diag;
	struct ost_generation generation; /* when DONE */
	struct ost_confirm trial; /* when DONE and on trial */
};

/* result is lent for the call. */
typedef void (*ost_apply_done_fn)(void *user, struct ost_apply_result *result);

int ost_applier_new(struct ost_daemon *daemon, struct ost_applier **ret_applier) OST_MUST_CHECK;
void ost_applier_free(struct ost_applier **applier);

/* done is called exactly once: before this returns, or later in the loop. */
void ost_apply(struct ost_applier *a, const struct ost_apply_request *request, ost_apply_done_fn done, void *user);

/* A generation waits to be confirmed, so no other is applied: result says it. */
bool ost_apply_waits(const struct ost_applier *a, struct ost_apply_result *result);

/* Confirms the generation on trial; generation 0: whichever it is. Fills result, whose diag stays empty. */
void ost_apply_confirm(struct ost_applier *a, uint64_t generation, uint32_t uid, struct ost_apply_result *result);

/* Ends the trial at once and puts the generation before back in force; done as with ost_apply(), when the data plane has taken it or
 * is not there. */
void ost_apply_back(struct ost_applier *a, uint32_t uid, ost_apply_done_fn done, void *user);

/* Once a second: a trial may be over. */
void ost_applier_tick(struct ost_applier *a);

/* From the link's handlers. */
void ost_applier_up(struct ost_applier *a, const struct ost_msg_hello *hello);
void ost_applier_down(struct ost_applier *a, const char *why);
void ost_applier_result(struct ost_applier *a, const struct ost_msg_image_result *m);

/* Nobody waits any more, and the sources go: an apply that was sent goes on, and its outcome is only logged; one that is
 * still being made is left. */
void ost_applier_forget(struct ost_applier *a, void *user);

/* The generation that is on its way, 0: none; and what is being done to it: "compile", or "data plane" is to answer. */
uint64_t ost_applier_under_way(const struct ost_applier *a, const char **ret_step);
