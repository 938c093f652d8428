/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a policy would do to the flows that are there: it is compiled (maker.h) and given to the data plane to be rehearsed, which
 * changes nothing there or here. One at a time.
 */
#pragma once

#include "apply.h"

struct ost_planner;

struct ost_plan_result {
	enum ost_apply_kind kind;
	char text[320]; /* what went wrong */
	char hint[256]; /* what to do */
	struct ost_diag diag;
	const struct ost_msg_rehearsed *rehearsed; /* when DONE: its devices are those of the generation in force */
};

/* result is lent for the call. */
typedef void (*ost_plan_done_fn)(void *user, struct ost_plan_result *result);

int ost_planner_new(struct ost_daemon *daemon, struct ost_planner **ret_planner) OST_MUST_CHECK;
void ost_planner_free(struct ost_planner **planner);

/* sources are kept by the caller until done, or ost_planner_forget(). done is called exactly once: before this returns, or later
 * in the loop. */
void ost_plan(struct ost_planner *p, const struct ost_policy_source *sources, uint32_t count, ost_plan_done_fn done, void *user);

/* Nobody waits any more, and the sources go. */
void ost_planner_forget(struct ost_planner *p, void *user);

/* From the link's handlers. */
void ost_planner_rehearsed(struct ost_planner *p, const struct ost_msg_rehearsed *m);
void ost_planner_down(struct ost_planner *p, const char *why);
