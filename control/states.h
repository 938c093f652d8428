/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a device, as one table: in which state, upon which event, comes which state, and what is to be done.
 * Pure: no clock, no table of devices, no I/O. admission.h raises the events and does what the table says.
 *
 * A standing is a state of the vocabulary (state.h) or OST_STANDING_HELD: quarantined by order of the operator, which no
 * proof leads out of. OST_STANDING_HOME in a cell means where the policy puts a device that has proved nothing:
 * identified when its role is content with a MAC address, else unknown.
 *
 * What holds for every path through the table (tests/unit/test_states.c tries):
 *   - into authenticated leads claim-ok alone;
 *   - out of held, revoked and retired leads an order of the operator alone, out of retired nothing;
 *   - out of locked-out leads an order, or the end of the lock-out, never a proof.
 */
#pragma once

#include "state.h"

enum ost_standing {
	OST_STANDING_HELD = OST_STATE_COUNT,
	OST_STANDING_COUNT,
	OST_STANDING_HOME = OST_STANDING_COUNT, /* in cells only */
	OST_STANDING_SAME,			/* in cells only */
};

enum ost_event {
	OST_EVENT_SEEN,		/* a frame of it was refused for want of a proof */
	OST_EVENT_CLAIM_OK,	/* it proved itself, and the policy lets it in */
	OST_EVENT_CLAIM_FAILED, /* a conversation at its place failed */
	OST_EVENT_LOCK_OUT,	/* too many of them */
	OST_EVENT_LOCK_OVER,
	OST_EVENT_TIMEOUT, /* it has no supplicant, and its role does not ask for one */
	OST_EVENT_LEARNING_OVER,
	OST_EVENT_APPROVE, /* orders of the operator */
	OST_EVENT_QUARANTINE,
	OST_EVENT_RELEASE,
	OST_EVENT_REVOKE,
	OST_EVENT_RETIRE,
	OST_EVENT_SESSION_END, /* its time is over */
	OST_EVENT_REAUTH_DUE,
	OST_EVENT_REAUTH_FAILED, /* not answered, or answered wrongly */
	OST_EVENT_GRACE_OVER,	 /* of expired */
	OST_EVENT_LOGOFF,
	OST_EVENT_PORT_DOWN,
	OST_EVENT_POLICY_CHANGED, /* the policy asks something else of it */
	OST_EVENT_CERTIFICATE_EXPIRED,
	OST_EVENT_COUNT,
};

enum ost_act {
	OST_ACT_ASK = 1 << 0,	 /* ask it for an identity, at its place */
	OST_ACT_REAUTH = 1 << 1, /* ask until it answers or the time is over; its rights stay */
	OST_ACT_END = 1 << 2,	 /* the proof is void */
	OST_ACT_LEAVE = 1 << 3,	 /* and so is the place */
	OST_ACT_FORGET = 1 << 4, /* conversations at its place end without an answer */
	OST_ACT_UNLOCK = 1 << 5, /* the lock-out of its place is lifted */
	OST_ACT_TELL = 1 << 6,	 /* it should not be there: evidence */
	OST_ACT_REFUSE = 1 << 7, /* whoever raised the event is told no */
};

struct ost_cell {
	uint8_t decided; /* 0: a hole in the table */
	uint8_t next;	 /* enum ost_standing; HOME and SAME too */
	uint8_t acts;	 /* bits of enum ost_act */
};

struct ost_cell ost_states_cell(unsigned standing, unsigned event);

/* What the fast path and people are shown of a standing. */
enum ost_state ost_standing_state(unsigned standing);

/* For the registry: a state's word, or "held". -EINVAL: no such word. */
const char *ost_standing_name(unsigned standing);
int ost_standing_parse(const char *text, uint8_t *ret_standing) OST_MUST_CHECK;

const char *ost_event_name(unsigned event);
