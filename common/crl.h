/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a revocation list (RFC 5280 5.1.2.4, 5.1.2.5): when it is time for a new one, and what holds when none comes. */
#pragma once

#include "common.h"

/* Past its date nobody new is let in; who is in by 802.1X or RADIUS stays in for so long. */
#define OST_CRL_GRACE_S 86400u

enum ost_crl_life {
	OST_CRL_NONE, /* there is none, or nothing is known of it */
	OST_CRL_FINE,
	OST_CRL_OLD,   /* three quarters of its life are over: alarm */
	OST_CRL_GRACE, /* past its date */
	OST_CRL_OVER,  /* and the grace is over */
};

/* All in wall seconds. */
static inline enum ost_crl_life ost_crl_life(uint64_t this_update_s, uint64_t next_update_s, uint64_t now_s)
{
	if (next_update_s == 0)
		return OST_CRL_NONE;
	if (now_s >= next_update_s)
		return now_s - next_update_s < OST_CRL_GRACE_S ? OST_CRL_GRACE : OST_CRL_OVER;
	if (this_update_s < next_update_s && next_update_s - now_s > (next_update_s - this_update_s) / 4)
		return OST_CRL_FINE;
	return OST_CRL_OLD;
}
