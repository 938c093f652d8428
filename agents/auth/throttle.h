/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often somebody may begin. A (port, MAC): 10 a second and 20 at once, of all that begins something. Conversations: 600 a
 * second of a port, 800 in all, and 50 of each port beside that, whatever happens on the others; who only asks costs too
 * little to be kept waiting behind a flood. Answers
 * within a conversation are bounded by its rounds. The table of MACs has a fixed size: two that share a place in it share its
 * allowance, keyed so that nobody can aim at another's. One thread. */
#pragma once

#include "hash.h"
#include "messages.h"

struct ost_throttle;

int ost_throttle_new(const struct ost_hash_key *hash, struct ost_throttle **ret_throttle) OST_MUST_CHECK;
void ost_throttle_free(struct ost_throttle **throttle);

/* Takes one of what the place may begin; false: not now. */
bool ost_throttle_take(struct ost_throttle *throttle, const struct ost_place *place, uint64_t now_ns);

/* Then, for one that begins a conversation: takes one of its port's and of all. */
bool ost_throttle_open(struct ost_throttle *throttle, const struct ost_place *place, uint64_t now_ns);

/* Shuts a place out for some seconds: its frames are not looked at. Bounded: when too many are shut out at once, the
 * ones that would be free first are. */
void ost_throttle_shut(struct ost_throttle *throttle, const struct ost_place *place, uint32_t seconds, uint64_t now_ns);
bool ost_throttle_is_shut(const struct ost_throttle *throttle, const struct ost_place *place, uint64_t now_ns);
