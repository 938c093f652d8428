/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replay engine: packets of captures through the one classifier, without ports, privileges or
 * output.
 *
 * Which port a frame came from is not in a capture. The source MAC says: that of a device of the
 * policy puts it on that device's port, any other on the network port. A device whose port the
 * policy does not name gets a port of its own as long as there are any. So a stolen MAC on another
 * port cannot be seen in a capture; everything else can. The clock is the frames' own time, made
 * steady: it never goes backwards. A frame that is up to a minute older than the newest one
 * (several interfaces in one file) is judged at the newest one's time; one that is older still
 * begins a new stretch, which continues from where the clock stands. State: devices are judged as
 * identified, or as authenticated when their role asks for it. Memory does not grow with the
 * captures: tables of fixed size, one burst of frames, a bounded summary of refused flows. Threads:
 * one thread per engine.
 */
#pragma once

#include "capture.h"
#include "classify.h"
#include "clock.h"
#include "image.h"
#include "topflows.h"

struct ost_replay;

struct ost_replay_config {
	const struct ost_image *image; /* outlives the engine */
	uint32_t flows, flows6;	       /* tables, as in ostiary.yaml; 0: its defaults */
	uint32_t bindings;
	/* Called for each packet in order of the capture, after it was judged; may be NULL. A
	 * negative errno ends the replay with that result. */
	int (*judged)(void *user, const struct ost_capture_packet *packet,
		const struct ost_verdict *verdict);
	/* Both or none: what was refused, joined by equal keys as on the wire, each second of the
	 * capture's time; and that such a second is over. */
	void (*refused)(void *user, const struct ost_refusal *refusal, uint8_t ingress_side);
	void (*second)(void *user, struct ost_moment now);
	void *user;
};

struct ost_replay_counts {
	uint64_t pkts, bytes;
};

struct ost_replay_totals {
	struct ost_replay_counts received, forwarded, refused;
	struct ost_replay_counts audited; /* of the forwarded: opened a flow that only audit let pass */
	uint64_t refused_pkts[OST_REASON_SLOTS];      /* by reason, all devices and none */
	uint64_t unattributed_pkts[OST_REASON_SLOTS]; /* those of them that belong to no device of
							 the policy */
	uint64_t cut_pkts;	  /* frames that the capture had cut (snapshot length) */
	uint64_t unrecorded_pkts; /* refused and counted, but found no room on their way to the
				     summary of flows */
	uint64_t older_pkts;	  /* frames judged at a later time than their own */
	uint64_t first_wall_ns, last_wall_ns;
	uint32_t stretches; /* 1 and one for each jump back in time */
};

struct ost_replay_device {
	struct ost_replay_counts forwarded, refused;
	uint64_t refused_pkts[OST_REASON_SLOTS];
};

/* -E2BIG: the policy names more ports than a gateway has. */
int ost_replay_new(
	const struct ost_replay_config *config, struct ost_replay **ret_replay) OST_MUST_CHECK;
void ost_replay_free(struct ost_replay **replay);

/* Takes a packet (copies it) and judges when a burst is full. ost_replay_flush() judges what waits.
 */
int ost_replay_packet(
	struct ost_replay *replay, const struct ost_capture_packet *packet) OST_MUST_CHECK;
int ost_replay_flush(struct ost_replay *replay) OST_MUST_CHECK;

/* Results, complete after a flush. */
const struct ost_replay_totals *ost_replay_totals(const struct ost_replay *replay);
const struct ost_topflows *ost_replay_topflows(const struct ost_replay *replay);
uint64_t ost_replay_rule_hits(const struct ost_replay *replay, uint32_t rule);

/* A device of the image. True: the captures hold something that was accounted to it. */
bool ost_replay_device(
	const struct ost_replay *replay, uint32_t device, struct ost_replay_device *ret_device);

/* The device of the image that a verdict's slot stands for, or -ENOENT. */
int64_t ost_replay_device_at(const struct ost_replay *replay, uint32_t slot);

/* Flow table: entries now, and its size. */
void ost_replay_flows(const struct ost_replay *replay, uint64_t *ret_flows, uint64_t *ret_max);
