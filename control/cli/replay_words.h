/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces that both forms of a replay's report need. */
#pragma once

#include "replay_report.h"

#define OST_ENDPOINT_TEXT 64
#define OST_KIND_TEXT	  24

struct ost_reason_count {
	uint8_t reason;
	uint64_t pkts;
};

/* The reasons that occurred, most frequent first. Returns how many. */
uint32_t ost_reason_counts(const uint64_t refused_pkts[OST_REASON_SLOTS],
	struct ost_reason_count ret_rows[static OST_REASON_SLOTS]);

/* "10.0.0.5", "[2001:db8::1]:443" or a MAC; and "tcp", "arp", "icmp 8/0", "ethertype 0x88cc". */
void ost_refusal_words(const struct ost_refusal *refusal, char from[static OST_ENDPOINT_TEXT],
	char to[static OST_ENDPOINT_TEXT], char kind[static OST_KIND_TEXT]);

/* By role: did any device of it send or receive something? Owned by the caller; NULL without
 * memory. */
bool *ost_replay_roles_seen(const struct ost_replay_report *report);

/* By how much the counts of these flows may be too high, at most. */
uint64_t ost_replay_top_error(const struct ost_topflow *flows, uint32_t count);
