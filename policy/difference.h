/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference in meaning of two policies: which flows of which devices one allows and the other does not, or under other
 * conditions. It is exact: a flow is in one of the changes, or its verdict is the same under both (model.h), where
 *   - a device is the one of that name, in the same state and with the same proof under both;
 *   - a device without address: in the policy has addresses that no network of the policies holds, but any;
 *   - a name is bound as it is now (an address that is allowed by a network as well is told as an address), to an address that it may
 *     have: what is inside, and which names may lead there, is told of the policy, not flow by flow;
 *   - between two devices, two schedules are taken to be open at one time now and then;
 *   - audit is off: who enters or leaves it is told of the role (ost_role.mode), not flow by flow.
 *
 * How: devices with the same roles, tags and meaning of their addresses under both are one class. For a class, a direction, a family
 * and a protocol, the ends of all services and prefixes cut the space of (value, address) into boxes in which the same rules
 * match everywhere; a box in which the conditions of the rules that match differ is a change. Names are compared by the patterns of
 * both policies, devices pair by pair of classes, as both have to agree.
 *
 * Pure, no I/O; any thread. Time: n log n in prefixes times services of a role, and pairs of classes of which one changed.
 */
#pragma once

#include "model.h"

enum ost_change_kind {
	OST_CHANGE_GAIN, /* not allowed before, allowed after */
	OST_CHANGE_LOSS, /* the other way round */
	OST_CHANGE_CONDITION, /* allowed before and after, under other conditions: assurance, schedule, state */
};

enum ost_change_peer {
	OST_CHANGE_ADDRESSES, /* from first to last, unless a device has the address */
	OST_CHANGE_NAME,
	OST_CHANGE_DEVICES, /* the class opens, the devices of peer_class are asked for */
};

struct ost_change {
	uint32_t device_class; /* whose flows */
	enum ost_change_kind kind;
	enum ost_direction direction;
	uint8_t protocol; /* 0: every one that is not in except */
	uint64_t except[4]; /* bits */
	uint8_t family;	  /* 4, 6 */
	uint16_t lo, hi;  /* as struct ost_service */
	enum ost_change_peer peer;
	struct ost_ip first, last;
	struct ost_host host; /* borrowed from a policy */
	uint32_t peer_class;
	uint32_t own_address, peer_address; /* of devices: 1 + the place among the addresses that the policy gives each, as rules may name
					       them; 0: it has none of this family there */
	const struct ost_rule *before, *after; /* one that allows it, NULL: none does; borrowed */
};

/* A device as both policies have it. */
struct ost_device_pair {
	uint32_t before, after; /* places among their devices; OST_PAIR_NONE: it has none of that name */
};

#define OST_PAIR_NONE UINT32_MAX

struct ost_device_class {
	uint32_t first, count; /* into pairs: the devices of a class stand together, d2 before d10 */
};

struct ost_difference {
	struct ost_device_pair *pairs;
	uint32_t pair_count;
	struct ost_device_class *classes;
	uint32_t class_count;
	struct ost_change *changes; /* by class */
	uint32_t change_count;
};

#define OST_CHANGES_MAX (1u << 20)

/* Compares. The policies must outlive the difference. -ENOMEM; -E2BIG: more than OST_CHANGES_MAX changes. before NULL: every flow that is allowed is gained. */
int ost_difference_make(const struct ost_policy *before, const struct ost_policy *after, struct ost_difference *ret_difference)
	OST_MUST_CHECK;
void ost_difference_free(struct ost_difference *difference);
