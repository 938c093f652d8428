/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random policies: small worlds in which everything overlaps. */
#pragma once

#include <stdio.h>

#include "model.h"
#include "rng.h"

#define RANDOM_WALL_S 1800000000 /* near it schedules open and close */
#define RANDOM_PORTS 3u /* "dev0".."dev2": the ports that devices are written to */

/* A policy from a seed: v4 and v6, nested prefixes, ranges, any, peers by role, includes, devices
 * with and without port, VLAN and static addresses. Aborts without memory. Free with
 * ost_policy_free(). */
struct ost_policy *random_policy(struct rng *rng);

/* An address near the policy's edges: in a prefix, at its ends, one beside them, or bound to a
 * device. */
struct ost_ip random_policy_address(
	struct rng *rng, const struct ost_policy *policy, uint8_t family);

/* Protocol and value near the policy's edges. family 4 or 6; never ICMP of the other family. */
void random_policy_service(struct rng *rng, const struct ost_policy *policy, uint8_t family,
	uint8_t *ret_protocol, uint16_t *ret_value);

/* The same for one rule, which may be NULL. False: the rule has no prefixes. */
bool random_rule_address(struct rng *rng, const struct ost_rule *rule, struct ost_ip *ret_ip);
void random_rule_service(struct rng *rng, const struct ost_rule *rule, uint8_t family,
	uint8_t *ret_protocol, uint16_t *ret_value);

/* A host name that rules like to name, or one beside it. */
const char *random_host(struct rng *rng);

/* The policy, for a person who has to find the difference. */
void random_policy_print(FILE *out, const struct ost_policy *policy);
