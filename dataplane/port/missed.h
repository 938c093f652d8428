/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that an interface received and nobody here saw, told by two counts that are not read at the same moment: the kernel's,
 * and ours of frames judged. A frame between the two (in the driver's ring, from worker to worker) is not missed, and what was
 * told is never taken back: alarms look at its rate. So the difference of one reading counts less what was judged until the
 * next one, behind which nothing is on its way any more of what was then. While frames come without a pause the count may lag by as many as
 * are on their way at most; when the port was quiet between two readings it is exact. Pure: the callers read counts and clocks. */
#pragma once

#include "common.h"

struct ost_missed {
	uint64_t base_pkts; /* received by the interface before we were there; UINT64_MAX: it does not tell */
	uint64_t pkts;	    /* missed: only grows */
	/* the reading before */
	uint64_t at_ns, rounds;
	uint64_t beyond_pkts; /* received by the interface, not by us */
	uint64_t judged_pkts;
};

/* What the two counts are now: interface_pkts was read first. rounds: how often each worker looked at its ports, at least;
 * under_way_max: room for frames between the interface and us. Returns the frames missed so far. */
uint64_t ost_missed_read(struct ost_missed *m, uint64_t interface_pkts, uint64_t judged_pkts, uint64_t rounds, uint64_t under_way_max,
	uint64_t now_ns);
