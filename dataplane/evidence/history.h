/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is remembered of frames that were copied (classify's copies): the last ones of each source, in a memory of fixed size. A
 * source is a device's slot, or a port for all that is nobody's there. Who sends more than others loses first: when there is no room,
 * the oldest copy of the source that has most gives way, so a flood does not push out what a quiet device did an hour ago.
 * One thread: the main one. */
#pragma once

#include "messages.h"

#define OST_HISTORY_SHARE 64u /* copies of one source */

struct ost_history;

/* Whose copies are wanted. */
struct ost_history_match {
	uint32_t source; /* or OST_DEVICE_NONE: by port and MAC, whoever it is accounted to */
	uint64_t owner;
	uint8_t port, any_mac;
	uint8_t mac[6]; /* source of the frame */
};

/* Memory of so many copies; sources are below sources. */
int ost_history_new(uint32_t copies, uint32_t sources, struct ost_history **ret_history) OST_MUST_CHECK;
void ost_history_free(struct ost_history **history);

/* owner: tells one device from the next one that has its slot, whose copies are forgotten. */
void ost_history_add(struct ost_history *h, uint32_t source, uint64_t owner, const struct ost_copy *copy);

/* Whether it is one of these. */
bool ost_history_matches(const struct ost_history_match *m, uint32_t source, uint64_t owner, const struct ost_copy *copy);

/* The newest of them, at most max, in the order of time. Returns how many. */
uint32_t ost_history_find(struct ost_history *h, const struct ost_history_match *m, struct ost_copy *ret_copies, uint32_t max);

uint32_t ost_history_used(const struct ost_history *h);
