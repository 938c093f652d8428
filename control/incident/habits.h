/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device does that it did not do before, among the flows that are allowed: a peer or port that it never had (new_behaviour), and then again and
 * again in even intervals (beaconing). Only of devices with a history, and only when the policy is as old as that: new rules make new flows. What a
 * rule names is expected; even intervals are looked at when the peer is foreign and has no name.
 *
 * Pure: flows and clocks in, events out. Bound: OST_HABITS flows that are new and looked at; the one that was quiet for the longest gives way.
 */
#pragma once

#include "addr.h"
#include "detect.h"

#define OST_HABITS	       256u
#define OST_HABIT_HISTORY_NS   (86400 * OST_NS_PER_S)

struct ost_habits;

struct ost_habit_flow {
	const char *device;
	const char *peer; /* a device or a name of the Internet, or NULL */
	struct ost_ip ip;
	uint16_t value; /* destination port, or ICMP type * 256 + code */
	uint8_t protocol;
	bool from_device; /* it opened the flow */
	bool novel;	  /* it has not been seen within the history */
	bool settled;	  /* device and policy are as old as the history */
	bool foreign;	  /* nobody's address that the policy knows */
	bool essential;
	uint64_t first_wall_ns, last_wall_ns;
	uint64_t count;
};

struct ost_habits_config {
	struct ost_hash_key key;
	struct ost_detect_limit beacon; /* intervals, and their least seconds; not zero */
	void (*event)(void *user, const struct ost_incident_event *event, struct ost_moment now);
	void *user;
};

int ost_habits_new(const struct ost_habits_config *config, struct ost_habits **ret_habits) OST_MUST_CHECK;
void ost_habits_free(struct ost_habits **habits);
void ost_habits_opened(struct ost_habits *h, const struct ost_habit_flow *f, struct ost_moment now);
