/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of what a policy opens for a while: one line of JSON when a generation comes in force, for each exception that it has, and
 * when an exception begins, ends before its time or expires, when a schedule opens or closes. docs/ostiary-policy-events.5 has
 * the format. By this machine's wall clock, within a second; the data plane goes by the same clock.
 *
 * What was told is kept in a small file (`exceptions` in the state folder), with the generation that brought each exception: so a restart
 * tells what happened meanwhile, and nothing twice.
 *
 * Bounds: OST_POLICY_EVENTS_SECOND lines a second, what is over that is counted and told in one line. Single thread.
 */
#pragma once

#include "admission.h"
#include "exceptions.h"
#include "paths.h"
#include "registry.h"

#define OST_POLICY_EVENTS_SECOND 1000u

enum ost_policy_event {
	OST_POLICY_EVENT_GENERATION,	     /* a generation came in force */
	OST_POLICY_EVENT_EXCEPTION_HELD,     /* it has this exception */
	OST_POLICY_EVENT_EXCEPTION_BEGAN,    /* what it allows passes from now on */
	OST_POLICY_EVENT_EXCEPTION_ENDED,    /* before its time: the policy in force does not have it any more, or the clock was set back */
	OST_POLICY_EVENT_EXCEPTION_EXPIRED,  /* its time is over */
	OST_POLICY_EVENT_SCHEDULE_OPENED,
	OST_POLICY_EVENT_SCHEDULE_CLOSED,
	OST_POLICY_EVENT_OVERFLOW,
	OST_POLICY_EVENT_COUNT,
};

const char *ost_policy_event_name(unsigned event);

struct ost_policy_events;

struct ost_policy_events_config {
	const char *gateway; /* host name; borrowed */
	const struct ost_paths *paths; /* borrowed */
	/* Gets each line, newline included. */
	void (*write)(void *user, const char *line, size_t length);
	void *user;
};

/* Reads what a former process told; what cannot be read counts as nothing told. */
int ost_policy_events_new(const struct ost_policy_events_config *config, struct ost_policy_events **ret_events) OST_MUST_CHECK;
void ost_policy_events_free(struct ost_policy_events **events);

/* This image is in force, as generation g. The same as before: only what changed since it was told. -ENOMEM: nothing is told. */
int ost_policy_events_policy(struct ost_policy_events *ev, const struct ost_image *image, const struct ost_generation *g,
	struct ost_moment now) OST_MUST_CHECK;

/* Call once a second with the image in force, NULL: none. */
void ost_policy_events_tick(struct ost_policy_events *ev, const struct ost_image *image, struct ost_moment now);

/* Writes what was told, when there is something new; tried again at the next call when it fails. */
int ost_policy_events_keep(struct ost_policy_events *ev) OST_MUST_CHECK;

/* Of the policy in force. */
const struct ost_exceptions *ost_policy_events_exceptions(const struct ost_policy_events *ev);

struct ost_policy_events_counts {
	uint64_t suppressed_lines;
};

const struct ost_policy_events_counts *ost_policy_events_counts(const struct ost_policy_events *ev);
