/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first payload of TCP connections to services where passwords travel in clear text, for ostiary-observed. Such a connection bears
 * a flag from its first packet on, if an observer is there; its packets leave the fast path of established flows until enough of them
 * were copied, then the flag goes. How many are left is in a small table by the flow's hash: a connection whose place there another one
 * took is observed no more. All others are tested for the flag together with what is tested anyway. */
#pragma once

#include "classify.h"

#define OST_SEGMENT_CELLS 1024u
#define OST_SEGMENT_SHARE 32u /* of one device in one filling */

struct ost_flow;
struct ost_packet;

struct ost_segment_cell {
	uint64_t hash; /* of the flow's key; 0: free */
	uint16_t left; /* packets with payload, of both directions */
	uint16_t ordinal;
};

struct ost_segment_entry {
	struct ost_segment segment;
	uint32_t slot;
};

struct ost_segments {
	struct ost_segment_entry *entries;
	uint8_t *spent; /* by slot */
	uint32_t capacity, used;
	uint64_t lost;
};

int ost_segments_make(const struct ost_site *site, struct ost_segments *t, uint32_t capacity) OST_MUST_CHECK;
void ost_segments_free(const struct ost_site *site, struct ost_segments *t);

/* OST_FLOW_OBSERVED when a flow that p opens is to be observed, else 0. */
uint8_t ost_segment_wanted(struct ost_classifier *c, const struct ost_packet *p);

/* A packet of a flow that bears the flag. from: 0 from the flow's device. */
void ost_segment_take(struct ost_classifier *c, const struct ost_packet *p, struct ost_flow *flow, bool v4, unsigned from);
