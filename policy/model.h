/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: what a policy file means, with every reference resolved and every part's place in the file
 * kept. Front ends (policy_yaml.h) make it, the checks and the compiler (compile.h) read it, and the
 * oracle in tests/ interprets it naively. Nothing in it is packed or clever.
 *
 * Ownership: a struct ost_policy owns all it points to; ost_policy_free() frees it. Not thread-safe;
 * immutable once a front end returned it.
 *
 * Meaning, in full (the oracle is written from this text):
 *
 *  - Default deny. A device opens a flow to a remote address when a rule of its role with
 *    direction OST_TO matches; a remote opens a flow to a device when a rule with OST_FROM matches.
 *    Replies belong to the flow and need no rule.
 *  - A rule matches a flow when its peer and one of its services match.
 *  - Peer: OST_PEER_ANY: every address. OST_PEER_NETWORK: the remote address lies in one of the
 *    prefixes. OST_PEER_ROLE: the remote address is bound to a device that has this role.
 *  - Service: protocol equal (or 0: any protocol), family equal (or 0: both), and lo <= value <= hi, where
 *    value is the destination port of the opening packet for TCP (6), UDP (17), UDP-Lite (136), SCTP (132) and
 *    DCCP (33); type * 256 + code for ICMP (1) and ICMPv6 (58); 0 for all others.
 *  - When the remote address is bound to a device, that device's role must agree with the flow as well,
 *    in its own direction: both allow-lists are asked, and the verdict is deny unless both say allow.
 *  - include: dns, ntp and portal stand for rules (to the infrastructure: resolvers udp/53 and tcp/53, to
 *    the NTP servers udp/123, to the portal its TCP port) that also hold in states with infrastructure rights only; arp, nd, dhcp,
 *    dhcpv6, igmp switch on the checked path of these protocols.
 */
#pragma once

#include "addr.h"
#include "common.h"
#include "diag.h"
#include "state.h"

enum ost_direction {
	OST_TO,	  /* the device opens */
	OST_FROM, /* the peer opens */
};

enum ost_peer_kind {
	OST_PEER_ANY,
	OST_PEER_NETWORK,
	OST_PEER_ROLE,
};

enum ost_authenticate {
	OST_AUTH_MAC,
	OST_AUTH_EAP_TLS,
	OST_AUTH_TLS,
	OST_AUTH_COUNT,
};

enum ost_include {
	OST_INCLUDE_ARP = 1 << 0,
	OST_INCLUDE_ND = 1 << 1,
	OST_INCLUDE_DHCP = 1 << 2,
	OST_INCLUDE_DHCPV6 = 1 << 3,
	OST_INCLUDE_IGMP = 1 << 4, /* and MLD */
	OST_INCLUDE_DNS = 1 << 5,
	OST_INCLUDE_NTP = 1 << 6,
	OST_INCLUDE_PORTAL = 1 << 7,
};

/* One line of what a service stands for. */
struct ost_service {
	uint8_t protocol; /* 0: any */
	uint8_t family;	  /* 0: both, 4, 6. ICMP is 4 only, ICMPv6 is 6 only */
	uint16_t lo;
	uint16_t hi;
};

struct ost_rule {
	struct ost_pos pos;
	char *text; /* as a person would say it, one line: "to network scada, service tcp/80" */
	enum ost_direction direction;
	enum ost_peer_kind peer;
	uint32_t peer_role;	     /* index into roles, for OST_PEER_ROLE */
	struct ost_prefix *prefixes; /* for OST_PEER_NETWORK */
	uint32_t prefix_count;
	struct ost_service *services; /* at least one */
	uint32_t service_count;
	enum ost_assurance assurance; /* minimum; OST_ASSURANCE_NONE: the role's */
	bool infrastructure;	      /* made by include: dns, ntp or portal */
};

/* 0 means: no limit of the policy. */
struct ost_limits {
	uint64_t packets_per_s;
	uint64_t bytes_per_s;
	uint64_t new_flows_per_s;
	uint32_t flows;	    /* at one time; 0: OST_LIMIT_FLOWS_DEFAULT */
	uint32_t addresses; /* bound at one time; 0: OST_LIMIT_ADDRESSES_DEFAULT */
};

#define OST_LIMIT_FLOWS_DEFAULT	    4096u
#define OST_LIMIT_ADDRESSES_DEFAULT 8u

struct ost_role {
	char *name;
	struct ost_pos pos;
	enum ost_authenticate authenticate;
	enum ost_assurance assurance;
	unsigned includes; /* bits of enum ost_include */
	struct ost_rule *rules;
	uint32_t rule_count;
	struct ost_limits limits;
};

struct ost_device {
	char *name;
	struct ost_pos pos;
	uint32_t role; /* index into roles */
	bool has_mac;
	struct ost_mac mac;
	uint32_t vlan;	   /* outer VID | inner VID << 12; 0: untagged */
	char *port;	   /* name of its port, NULL: the first one it is seen on */
	char *certificate; /* name in its certificate, NULL: none */
	struct ost_ip *addresses; /* static ones */
	uint32_t address_count;
};

/* What a tests: line or `policy explain` asks about. */
struct ost_flow_question {
	enum ost_direction direction; /* OST_TO: the device opens the flow */
	uint8_t protocol;
	bool has_peer_device;
	uint32_t peer_device;	/* index into devices when has_peer_device */
	struct ost_ip peer;	/* else this address */
	uint16_t value;		/* port, or ICMP type * 256 + code, as in struct ost_service */
};

struct ost_test {
	struct ost_pos pos;
	char *text; /* as written */
	uint32_t device;
	bool allow; /* what the author expects */
	struct ost_flow_question flow;
};

struct ost_policy {
	struct ost_role *roles;
	uint32_t role_count;
	struct ost_device *devices;
	uint32_t device_count;
	struct ost_test *tests;
	uint32_t test_count;
	char **files; /* names that the positions point to */
	uint32_t file_count;
};

void ost_policy_free(struct ost_policy **policy);

/* Index of a role or device by name, -ENOENT when there is none. Linear: for tools, not for packets. */
int64_t ost_policy_role_find(const struct ost_policy *policy, const char *name);
int64_t ost_policy_device_find(const struct ost_policy *policy, const char *name);

const char *ost_authenticate_name(enum ost_authenticate a);
