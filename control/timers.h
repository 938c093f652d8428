/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One timer for each of a fixed number of things, by their number, in a binary heap: setting and taking cost the
 * logarithm of those that run. The clock is the caller's. Single thread. */
#pragma once

#include "common.h"

struct ost_timers;

int ost_timers_new(uint32_t things, struct ost_timers **ret_timers) OST_MUST_CHECK;
void ost_timers_free(struct ost_timers **timers);

/* Replaces the thing's timer. */
void ost_timers_set(struct ost_timers *t, uint32_t thing, uint64_t due_ns);
void ost_timers_clear(struct ost_timers *t, uint32_t thing);

/* Takes the earliest that is due at now_ns; false: none is. */
bool ost_timers_take(struct ost_timers *t, uint64_t now_ns, uint32_t *ret_thing);
uint32_t ost_timers_running(const struct ost_timers *t);
