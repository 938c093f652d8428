/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a device and the rights that the fast path gives each. The table [state][event] that
 * moves a device between them lives in control/; the fast path only enforces rights. */
#pragma once

#include "common.h"

enum ost_state {
	OST_STATE_UNKNOWN,	 /* nothing but EAPOL */
	OST_STATE_LEARNING,	 /* infrastructure includes only */
	OST_STATE_IDENTIFIED,	 /* known by its MAC: rules that ask for no more than that */
	OST_STATE_QUARANTINED,	 /* infrastructure includes only */
	OST_STATE_AUTHENTICATED, /* its whole allow-list */
	OST_STATE_EXPIRED,	 /* established flows, no new ones */
	OST_STATE_LOCKED_OUT,	 /* nothing */
	OST_STATE_REVOKED,	 /* nothing */
	OST_STATE_RETIRED,	 /* nothing; a sighting is an incident */
	OST_STATE_COUNT,
};

enum ost_assurance {
	OST_ASSURANCE_NONE,
	OST_ASSURANCE_IDENTIFIED,
	OST_ASSURANCE_SOFTWARE,
	OST_ASSURANCE_TEE,
	OST_ASSURANCE_SECURE_ELEMENT,
	OST_ASSURANCE_COUNT,
};

/* The newest TLS that devices of a role are offered: some choose 1.3, and cannot do it. */
enum ost_tls_max {
	OST_TLS_MAX_1_3,
	OST_TLS_MAX_1_2,
	OST_TLS_MAX_COUNT,
};

/* What a state permits, as bits. */
enum ost_right {
	OST_RIGHT_INFRASTRUCTURE = 1 << 0, /* ARP, ND, DHCP, DNS, NTP as its role includes them */
	OST_RIGHT_ESTABLISHED = 1 << 1,	   /* packets of flows that exist */
	OST_RIGHT_NEW_FLOWS = 1 << 2,	   /* new flows that the allow-list permits */
};

/* Bits of enum ost_right; no right for a value that is no state. */
unsigned ost_state_rights(enum ost_state state);

/* The word of the vocabulary, "invalid" for a value outside the enumeration. */
const char *ost_state_name(enum ost_state state);
const char *ost_assurance_name(enum ost_assurance assurance);
const char *ost_tls_max_name(unsigned tls_max); /* "1.3" */

/* -EINVAL for any other word. */
int ost_state_parse(const char *text, enum ost_state *ret_state) OST_MUST_CHECK;
