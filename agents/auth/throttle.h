/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often somebody may begin: EAPOL-Starts and first answers, per (port, MAC) 10 a second and 20 at once, per port
 * 100 a second, 1000 a second in all. The answers within a conversation are bounded by its rounds. The table of MACs has a fixed
 * size: two that share a place share its allowance, keyed so that nobody can aim at another's. One thread. */
#pragma once

#include "hash.h"
#include "messages.h"

struct ost_throttle;

int ost_throttle_new(const struct ost_hash_key *hash, struct ost_throttle **ret_throttle) OST_MUST_CHECK;
void ost_throttle_free(struct ost_throttle **throttle);

/* Takes one; false: not now. */
bool ost_throttle_take(struct ost_throttle *throttle, const struct ost_place *place, uint64_t now_ns);

/* Shuts a place out for some seconds: its frames are not looked at. Bounded: when too many are shut out at once, the
 * ones that would be free first are. */
void ost_throttle_shut(struct ost_throttle *throttle, const struct ost_place *place, uint32_t seconds, uint64_t now_ns);
bool ost_throttle_is_shut(const struct ost_throttle *throttle, const struct ost_place *place, uint64_t now_ns);
