/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The largest refused flows of a stream that may hold any number of them, in bounded memory: the
 * space-saving summary (Metwally, Agrawal, El Abbadi, 2005). While no more than OST_TOPFLOWS_MAX
 * different flows were seen, counts are exact; beyond that each count may be too high by its
 * over_pkts, never too low, and a flow with more than total / OST_TOPFLOWS_MAX packets is always
 * there. Not thread-safe. */
#pragma once

#include "messages.h"

#ifndef OST_TOPFLOWS_MAX /* the fuzzer's are fewer: tests/fuzz/clang.ini */
#define OST_TOPFLOWS_MAX 4096u
#endif

struct ost_topflows;

struct ost_topflow {
	struct ost_refusal refusal; /* first packet's; count_pkts and count_bytes are sums */
	uint64_t over_pkts;	    /* count_pkts may be too high by this */
};

int ost_topflows_new(struct ost_topflows **ret_topflows) OST_MUST_CHECK;
void ost_topflows_free(struct ost_topflows **topflows);

/* Adds equal refusals. Two are one flow when device, reason, VLAN, addresses, protocol and
 * destination port are equal; of frames that are no IP: MAC addresses and EtherType. */
void ost_topflows_add(struct ost_topflows *topflows, const struct ost_refusal *refusal);

/* The n largest (or all), largest first, into ret_flows; returns how many. */
uint32_t ost_topflows_list(
	const struct ost_topflows *topflows, struct ost_topflow *ret_flows, uint32_t n);

/* Different flows kept, and whether that is all of them (counts are exact). */
uint32_t ost_topflows_count(const struct ost_topflows *topflows, bool *ret_exact);
