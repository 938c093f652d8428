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
 *  - A rule holds when its conditions hold: its schedule is open; it is about this device (only_device, only_tags:
 *    the device has one of them); the device has shown the assurance that it asks for; and it is no rule that
 *    guards against foreign name servers (OST_RULE_DNS_GUARD) while the flow is encrypted DNS: TCP or UDP to
 *    port 853, or to port 443 of an address in policy->resolvers.
 *  - Peer: OST_PEER_ANY: every address. OST_PEER_NETWORK: the remote address lies in one of the
 *    prefixes. OST_PEER_ROLE: the remote address is bound to a device that has one of these roles. OST_PEER_TAG:
 *    to a device that has one of these tags. OST_PEER_NAME: the device itself was given the remote address
 *    in an answer to a query of its own for one of these names, or for one whose aliases (CNAME) lead through one,
 *    by a name server that a rule of its role with OST_RULE_DNS names, and the answer's time has not run out.
 *    A suffix is every name that ends in a dot and it: ".example.com" is www.example.com, but not example.com.
 *    An address inside is given by such a name only when that name, and each alias behind it up to the one that has the address,
 *    is in policy->private_domains: is one of them, or ends in a dot and one. Inside is what lies in one of policy->inside, and an
 *    IPv6 address that bears such an IPv4 address: in 64:ff9b::/96 as its last 32 bits, in 2002::/16 as the 32 behind those.
 *  - Service: protocol equal (or 0: any protocol), family equal (or 0: both), and lo <= value <= hi, where
 *    value is the destination port of the opening packet for TCP (6), UDP (17), UDP-Lite (136), SCTP (132) and
 *    DCCP (33); type * 256 + code for ICMP (1) and ICMPv6 (58); 0 for all others.
 *  - When the remote address is bound to a device, that device's role must agree with the flow as well,
 *    in its own direction: both allow-lists are asked, and the verdict is deny unless both say allow.
 *  - A role in audit whose schedule audit is open: what its rules do not allow, or not now, passes and is told. The device's
 *    state, place and addresses are asked all the same, the role's minimum of assurance, and the other device's role.
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
	OST_PEER_TAG,
	OST_PEER_NAME,
};

enum ost_mode {
	OST_MODE_ENFORCE,
	OST_MODE_AUDIT, /* what would be refused passes, and is told, as long as the role's audit is open */
	OST_MODE_COUNT,
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

/* A host name in a rule: lower case, A-labels (RFC 5890), no dot at the end, at most 253 bytes. */
struct ost_host {
	char *name;
	bool suffix; /* name stands for every name below it */
};

#define OST_RULE_DNS	   1u /* answers of these servers bind names: made by include: dns, or for port 53 alone and not for any address */
#define OST_RULE_DNS_GUARD 2u /* holds for no encrypted DNS */
#define OST_RULE_ONE	   4u /* about only_device alone */
#define OST_RULE_EXCEPTION 8u /* from exceptions: */

/* A schedule by its number: 1 is schedules[0]. */
#define OST_SCHEDULE_ALWAYS 0u
#define OST_SCHEDULES_MAX   1024u
#define OST_TAGS_MAX	    64u

struct ost_rule {
	struct ost_pos pos;
	char *text; /* as a person would say it, one line: "to network scada, service tcp/80" */
	char *reason; /* of an exception, else NULL */
	enum ost_direction direction;
	enum ost_peer_kind peer;
	uint32_t *peer_roles;	     /* indices into roles, for OST_PEER_ROLE; may be none: matches nobody */
	uint32_t peer_role_count;
	uint64_t peer_tags;	     /* bits, by index into tags, for OST_PEER_TAG */
	struct ost_host *hosts;	     /* for OST_PEER_NAME */
	uint32_t host_count;
	struct ost_prefix *prefixes; /* for OST_PEER_NETWORK */
	uint32_t prefix_count;
	struct ost_service *services; /* at least one */
	uint32_t service_count;
	enum ost_assurance assurance; /* minimum; OST_ASSURANCE_NONE: the role's */
	bool infrastructure;	      /* made by include: dns, ntp or portal */
	uint8_t flags;		      /* OST_RULE_... */
	uint16_t schedule;	      /* number, or OST_SCHEDULE_ALWAYS */
	uint32_t only_device;	      /* index into devices, with OST_RULE_ONE */
	uint64_t only_tags;	      /* bits; 0: whichever has the role */
};

/* 0 means: no limit of the policy. */
struct ost_limits {
	uint64_t packets_per_s;
	uint64_t bytes_per_s;
	uint64_t new_flows_per_s;
	uint32_t flows;	    /* at one time; 0: OST_LIMIT_FLOWS_DEFAULT */
	uint32_t addresses; /* bound at one time; 0: OST_LIMIT_ADDRESSES_DEFAULT */
	uint32_t names; /* addresses that it holds by name at one time; 0: OST_LIMIT_NAMES_DEFAULT */
};

#define OST_LIMIT_FLOWS_DEFAULT	    4096u
#define OST_LIMIT_ADDRESSES_DEFAULT 8u
#define OST_LIMIT_NAMES_DEFAULT	    256u

struct ost_role {
	char *name;
	struct ost_pos pos;
	enum ost_authenticate authenticate;
	enum ost_assurance assurance;
	enum ost_tls_max tls_max; /* of 802.1X and RADIUS, of devices with a MAC */
	unsigned includes; /* bits of enum ost_include */
	struct ost_rule *rules;
	uint32_t rule_count;
	struct ost_limits limits;
	enum ost_mode mode;
	uint16_t audit; /* number of a schedule, for OST_MODE_AUDIT: never OST_SCHEDULE_ALWAYS */
	struct ost_pos audit_pos; /* where it says until when */
	char *mud_url;	/* of the manufacturer's description that it is made from, NULL: none */
};

/* A span of time in which a schedule is open. */
enum ost_window_kind {
	OST_WINDOW_WEEKLY,   /* on these days from one time of the day until another, or until that on the next day */
	OST_WINDOW_ABSOLUTE, /* once */
};

struct ost_window {
	enum ost_window_kind kind;
	uint8_t days;		      /* bits, 0 Sunday; of the day on which it begins */
	bool local;		      /* the gateway's own zone, else UTC */
	uint16_t from_min, until_min; /* minutes of the day, [from, until); until <= from: on the next day */
	int64_t since_s, until_s;     /* seconds since 1970 UTC, [since, until); INT64_MIN, INT64_MAX: no end there */
};

struct ost_schedule {
	char *name; /* as defined, or made up for an exception or an audit */
	struct ost_pos pos;
	struct ost_window *windows;
	uint32_t window_count;
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
	uint64_t tags; /* bits, by index into tags */
};

/* What a tests: line or `policy explain` asks about. */
struct ost_flow_question {
	enum ost_direction direction; /* OST_TO: the device opens the flow */
	uint8_t protocol;
	bool has_peer_device;
	uint32_t peer_device;	/* index into devices when has_peer_device */
	struct ost_host peer_host; /* when its name is not NULL: an address that the device was given for it; owned by the asker */
	struct ost_ip peer;	/* else this address. The judge takes it beside the others, too, when it has a family: with a name it is the
				 * address that the device was given for it, with a device only its family counts */
	uint16_t value;		/* port, or ICMP type * 256 + code, as in struct ost_service */
};

struct ost_test {
	struct ost_pos pos;
	char *text; /* as written */
	uint32_t device;
	bool allow; /* what the author expects */
	int64_t at_s; /* as if it were then, seconds since 1970 UTC; 0: at no time: schedules are closed, no audit is open */
	struct ost_flow_question flow;
};

struct ost_policy {
	struct ost_role *roles;
	uint32_t role_count;
	struct ost_device *devices;
	uint32_t device_count;
	struct ost_test *tests;
	uint32_t test_count;
	struct ost_schedule *schedules;
	uint32_t schedule_count;
	char **tags; /* names */
	uint32_t tag_count;
	struct ost_prefix *resolvers; /* public name servers that speak HTTPS: see OST_RULE_DNS_GUARD */
	uint32_t resolver_count;
	struct ost_prefix *inside; /* may overlap; filled when some rule is about a name */
	uint32_t inside_count;
	char **private_domains; /* as the name of a struct ost_host; likewise */
	uint32_t private_domain_count;
	char **files; /* names that the positions point to */
	uint32_t file_count;
};

void ost_policy_free(struct ost_policy **policy);
/* Frees what a rule points to. */
void ost_rule_close(struct ost_rule *rule);

/* Index of a role or device by name, -ENOENT when there is none. Linear: for tools, not for packets. */
int64_t ost_policy_role_find(const struct ost_policy *policy, const char *name);
int64_t ost_policy_device_find(const struct ost_policy *policy, const char *name);

const char *ost_authenticate_name(enum ost_authenticate a);
