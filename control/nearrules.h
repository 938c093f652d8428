/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules of a role came nearest to a flow that was denied, and which part of each did not
 * match. For people only: the decision is the classifier's (judge.h); this reads the model to find
 * words for it. */
#pragma once

#include "model.h"

#define OST_NEAR_WORDS 256

struct ost_near_rule {
	const struct ost_rule *rule;
	bool direction_ok, peer_ok, protocol_ok, value_ok, assurance_ok;
	char words[OST_NEAR_WORDS]; /* what did not match, as a person would say it */
};

/* The flow as the device of this role sees it. */
struct ost_near_question {
	const struct ost_policy *policy;
	uint32_t role;
	enum ost_direction direction;
	uint8_t protocol;
	uint16_t value;
	int64_t peer_device;	      /* place in the model, or -1 */
	const struct ost_ip *peer;    /* its address, or NULL when it is not known */
	const char *host; /* the peer is an address that the device was given for it; NULL: it is not */
	enum ost_assurance assurance; /* that the device is judged with */
};

/* The n nearest, nearest first; rules that have nothing in common with the flow are left out.
 * Returns how many. */
uint32_t ost_near_rules(
	const struct ost_near_question *question, struct ost_near_rule *ret_rules, uint32_t n);
