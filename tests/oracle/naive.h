/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The naive interpreter: the meaning of a policy, written from the text of policy/model.h and from
 * nothing else. Straight loops over the model; it knows neither the compiler nor the classifier. */
#pragma once

#include "model.h"
#include "reason.h"
#include "state.h"

#define NAIVE_NONE UINT32_MAX

struct naive_binding {
	struct ost_ip ip;
	uint32_t vlan;
	uint32_t device;
};

#define NAIVE_NAME  64u /* bytes of a host name as text, its end included */
#define NAIVE_CHAIN 9u	/* a question's name, and eight aliases */

/* An address that a device was given by a name server: for the first name, by the aliases behind it. */
struct naive_given {
	uint32_t device;
	struct ost_ip ip;
	uint64_t until_ns;
	uint32_t name_count;
	char names[NAIVE_CHAIN][NAIVE_NAME];
};

struct naive_givens {
	struct naive_given *items;
	uint32_t count, capacity;
	uint64_t now_ns;
};

/* What is so at the moment of the packet. */
struct naive_world {
	const struct ost_policy *policy;
	enum ost_state *states;		/* by device */
	enum ost_assurance *assurances; /* by device: what it has proved */
	struct naive_binding *bindings;
	uint32_t binding_count;
	int64_t wall_s; /* seconds since 1970 */
	struct naive_givens given;
};

/* The first packet of a flow, seen from a device; or the question whether an open flow may go on.
 */
struct naive_flow {
	uint32_t device;
	enum ost_direction direction; /* OST_TO: the device opens */
	bool established;	      /* it is open already */
	uint32_t vlan;
	uint8_t protocol;
	uint16_t value;	   /* as struct ost_service has it */
	struct ost_ip own; /* the device's address in this flow */
	struct ost_ip remote;
	const struct naive_givens *given; /* NULL: nothing was given to anybody */
};

struct naive_answer {
	bool allow;
	uint64_t reasons;   /* when not: the reasons that the text permits, as bits 1 << enum
			       ost_reason */
	uint64_t audit;	    /* when allowed, and by audit alone on some side: what would have been the reasons; 0 */
	uint32_t rule;	    /* when allowed: the first rule of the device's role that matches */
	uint32_t peer_rule; /* and of the peer's, or NAIVE_NONE */
};

/* Device that an address is bound to, NAIVE_NONE when to none. */
uint32_t naive_bound(const struct naive_world *w, uint32_t vlan, const struct ost_ip *ip);

/* Does this rule match? remote_device: that the remote address is bound to, or NAIVE_NONE. */
bool naive_rule_matches(const struct ost_policy *policy, const struct ost_rule *rule,
	const struct naive_flow *flow, uint32_t remote_device);

/* Whether a name, in lower case, is the one of a rule. */
bool naive_host_is(const struct ost_host *host, const char *name);

/* Does it match, and do its conditions hold for this device now, but for its state? */
bool naive_rule_holds(const struct naive_world *w, const struct ost_rule *rule, const struct naive_flow *flow, uint32_t remote_device);

/* May the flow be opened? */
struct naive_answer naive_judge(const struct naive_world *w, const struct naive_flow *flow);
