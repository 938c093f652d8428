/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy image: one flat, versioned, position-independent, checksummed piece of memory that the data
 * plane maps and reads in place. Written by compile.c, opened (and distrusted) by image.c, read by the
 * classifier and by every tool.
 *
 * Layout: struct ost_image_header, then sections. Each section starts on a 64-byte boundary and is an
 * array of fixed-size records; all references are indices into sections or byte offsets into the strings.
 * Host byte order (an image never leaves the machine that compiled it; the magic tells a foreign order).
 *
 * Distrust: ost_image_open() checks the checksum, each section's bounds and each index in each record,
 * so that a reader needs no further check. An image of another version is refused, never guessed at.
 *
 * Conditions of rules (device, tags, schedule, guard) are no part of lanes: they are asked when a lane has matched.
 *
 * Allow-list of a role: lanes, laid out as structure of arrays so that one compare judges 16 (IPv4) or 8
 * (IPv6) of them. A lane is one (direction, protocol, prefix, value range); a rule of the file becomes one or
 * more lanes. All rules allow, so the order of lanes has no meaning but one: the first infra_lanes lanes
 * are those of infrastructure rules, which hold in states with infrastructure rights only. Unused lanes
 * of the last chunk never match: selector OST_LANE_NEVER, and for IPv4 an address that its mask 0 cannot give, so
 * that addresses alone tell that no lane matches.
 */
#pragma once

#include "addr.h"
#include "common.h"
#include "diag.h"
#include "model.h"

#define OST_IMAGE_MAGIC	  0x31474d4954534fu /* "OSTIMG1" */
#define OST_IMAGE_VERSION 4u
#define OST_IMAGE_MAX	  ((size_t)2 << 30) /* bytes */

#define OST_LANES4 16u
#define OST_LANES6 8u

/* selector of a lane: protocol | direction << 8; protocol 0 matches any. */
#define OST_LANE_FROM  0x100u
#define OST_LANE_NEVER 0xffffu

enum ost_image_section {
	OST_SECTION_STRINGS,   /* bytes; offset 0 is the empty string; every string NUL-terminated */
	OST_SECTION_PORTS,     /* struct ost_image_port */
	OST_SECTION_ROLES,     /* struct ost_image_role */
	OST_SECTION_RULES,     /* struct ost_image_rule */
	OST_SECTION_CHUNKS4,   /* struct ost_image_chunk4 */
	OST_SECTION_CHUNKS6,   /* struct ost_image_chunk6 */
	OST_SECTION_PEERS,     /* struct ost_image_peer */
	OST_SECTION_DEVICES,   /* struct ost_image_device */
	OST_SECTION_ADDRESSES, /* struct ost_image_address */
	OST_SECTION_HOSTS,     /* struct ost_image_host */
	OST_SECTION_SCHEDULES, /* struct ost_image_schedule */
	OST_SECTION_WINDOWS,   /* struct ost_image_window */
	OST_SECTION_RESOLVERS, /* struct ost_image_prefix */
	OST_SECTION_TAGS,      /* struct ost_image_tag: bit 0 first */
	OST_SECTION_EXCEPTIONS, /* struct ost_image_exception */
	OST_SECTION_INSIDE, /* struct ost_image_prefix, in order, none within another */
	OST_SECTION_DOMAINS, /* struct ost_image_domain */
	OST_SECTION_COUNT,
};

struct ost_image_extent {
	uint64_t offset_bytes; /* from the start of the image, multiple of 64 */
	uint64_t count;	       /* records (bytes for the strings) */
};

struct ost_image_header {
	uint64_t magic;
	uint32_t version;
	uint32_t crc; /* CRC-32 (zlib) of the whole image with this field zero */
	uint64_t length_bytes;
	uint64_t generation;
	struct ost_image_extent sections[OST_SECTION_COUNT];
};

struct ost_image_port {
	uint32_t name; /* string */
};

#define OST_ROLE_CONDITIONS 1u /* flag: some rule asks for more than its role: assurance, schedule, device, tags, guard */

struct ost_image_role {
	uint32_t name; /* string */
	uint32_t includes; /* bits of enum ost_include */
	uint32_t rule_first; /* its rules: index into RULES */
	uint32_t rule_count; /* at most 65535 */
	uint32_t chunk4_first;
	uint32_t chunk4_count;
	uint32_t chunk6_first;
	uint32_t chunk6_count;
	uint32_t infra_lanes4; /* the first lanes that are infrastructure */
	uint32_t infra_lanes6;
	uint32_t peer_first; /* its rules about peers by role: index into PEERS */
	uint32_t peer_count;
	uint32_t host_first; /* its rules about names: index into HOSTS */
	uint32_t host_count;
	uint64_t packets_per_s; /* limits; 0 none */
	uint64_t bytes_per_s;
	uint64_t new_flows_per_s;
	uint32_t flows;	    /* never 0 */
	uint32_t addresses; /* never 0 */
	uint32_t names;	    /* never 0 */
	uint8_t authenticate; /* enum ost_authenticate */
	uint8_t assurance;    /* enum ost_assurance */
	uint8_t flags;
	uint8_t mode; /* enum ost_mode */
	uint16_t audit; /* number of a schedule; 0 unless the mode is audit */
	uint8_t tls_max; /* enum ost_tls_max */
	uint8_t reserved[5];
};

struct ost_image_rule {
	uint32_t text; /* string */
	uint32_t file; /* string */
	uint32_t line;
	uint32_t column;
	uint32_t role;
	uint8_t direction; /* enum ost_direction */
	uint8_t assurance; /* effective minimum: the larger of the role's and the rule's; of infrastructure the rule's */
	uint8_t infrastructure;
	uint8_t flags; /* OST_RULE_... */
	uint32_t only_device; /* place in DEVICES with OST_RULE_ONE, else 0 */
	uint16_t schedule;    /* number: 1 is the first of SCHEDULES; 0 always */
	uint16_t reserved;
	uint64_t only_tags;   /* bits; 0: all */
};

/* 256 bytes: four cache lines. Addresses and masks in host order. A lane matches when
 * (remote & mask) == addr, (uint16_t)(value - lo) <= span, and the selector fits. */
struct ost_image_chunk4 {
	uint32_t addr[OST_LANES4];
	uint32_t mask[OST_LANES4];
	uint16_t lo[OST_LANES4];
	uint16_t span[OST_LANES4];
	uint16_t selector[OST_LANES4];
	uint16_t rule[OST_LANES4]; /* place within the role's rules */
};

/* 320 bytes. hi and lo halves of the address in host order. */
struct ost_image_chunk6 {
	uint64_t addr_hi[OST_LANES6];
	uint64_t addr_lo[OST_LANES6];
	uint64_t mask_hi[OST_LANES6];
	uint64_t mask_lo[OST_LANES6];
	uint16_t lo[OST_LANES6];
	uint16_t span[OST_LANES6];
	uint16_t selector[OST_LANES6];
	uint16_t rule[OST_LANES6];
};

/* A rule about a peer by its role or tag: one (direction, protocol, family, value range). */
struct ost_image_peer {
	uint32_t role;	   /* of the peer, or its tag, 0 to 63 */
	uint16_t selector; /* as in a lane */
	uint16_t rule;	   /* place within the role's rules */
	uint16_t lo;
	uint16_t span;
	uint8_t family; /* 0 both, 4, 6 */
	uint8_t by_tag; /* 0, 1 */
	uint8_t reserved[2];
};

/* A rule about a name: one (direction, protocol, family, value range). */
struct ost_image_host {
	uint32_t name;	   /* string: lower case, 1 to 253 bytes, no dot at either end */
	uint16_t selector; /* as in a lane */
	uint16_t rule;	   /* place within the role's rules */
	uint16_t lo;
	uint16_t span;
	uint8_t family; /* 0 both, 4, 6 */
	uint8_t suffix; /* 0, 1 */
	uint8_t reserved[2];
};

struct ost_image_schedule {
	uint32_t name; /* string */
	uint32_t window_first;
	uint32_t window_count;
	uint32_t reserved;
};

/* struct ost_window */
struct ost_image_window {
	int64_t since_s, until_s;
	uint16_t from_min, until_min;
	uint8_t kind; /* enum ost_window_kind */
	uint8_t days;
	uint8_t local; /* 0, 1 */
	uint8_t reserved;
};

/* Public name servers that speak HTTPS; addresses inside. In order: IPv4 first, then by their bytes. */
struct ost_image_prefix {
	uint8_t ip[16]; /* bits behind the length are zero */
	uint8_t family; /* 4, 6 */
	uint8_t length;
	uint8_t reserved[2];
};

struct ost_image_tag {
	uint32_t name; /* string */
};

/* Names in it may have addresses inside. */
struct ost_image_domain {
	uint32_t name; /* string: as a host's */
};

/* What is told of a rule with OST_RULE_EXCEPTION: each has one, in their order. No packet asks for it. */
struct ost_image_exception {
	uint32_t rule;	 /* index into RULES */
	uint32_t reason; /* string */
};

#define OST_PORT_ANY 0xffffu

struct ost_image_device {
	uint32_t name;	      /* string */
	uint32_t certificate; /* string, 0 none */
	uint32_t role;
	uint32_t vlan;	 /* outer VID | inner VID << 12 */
	uint8_t mac[6];	 /* zero when has_mac is 0 */
	uint16_t port;	 /* index into PORTS, or OST_PORT_ANY */
	uint32_t address_first; /* static addresses */
	uint32_t address_count;
	uint8_t has_mac;
	uint8_t reserved[7];
	uint64_t tags; /* bits */
};

struct ost_image_address {
	uint8_t ip[16];
	uint8_t family; /* 4, 6 */
	uint8_t reserved[3];
};

/* An opened image: pointers into bytes that the opener keeps alive. */
struct ost_image {
	const struct ost_image_header *header;
	const char *strings;
	const struct ost_image_port *ports;
	const struct ost_image_role *roles;
	const struct ost_image_rule *rules;
	const struct ost_image_chunk4 *chunks4;
	const struct ost_image_chunk6 *chunks6;
	const struct ost_image_peer *peers;
	const struct ost_image_device *devices;
	const struct ost_image_address *addresses;
	const struct ost_image_host *hosts;
	const struct ost_image_schedule *schedules;
	const struct ost_image_window *windows;
	const struct ost_image_prefix *resolvers;
	const struct ost_image_tag *tags;
	const struct ost_image_exception *exceptions;
	const struct ost_image_prefix *inside;
	const struct ost_image_domain *domains;
	uint32_t port_count, role_count, rule_count, device_count, address_count;
	uint32_t chunk4_count, chunk6_count, peer_count;
	uint32_t host_count, schedule_count, window_count, resolver_count;
	uint32_t tag_count, exception_count, inside_count, domain_count;
	uint64_t generation;
};

/* Checks everything and fills ret_image with pointers into bytes (64-byte aligned, length as given).
 * -EINVAL, with one sentence in why, for anything that is not a sound image of this version. */
int ost_image_open(const void *bytes, size_t length, struct ost_image *ret_image, char why[static 256])
	OST_MUST_CHECK;

static inline const char *ost_image_string(const struct ost_image *image, uint32_t offset)
{
	return image->strings + offset;
}

/* Name of a device or a role. */
static inline const char *ost_image_device_name(const struct ost_image *image, uint32_t device)
{
	return ost_image_string(image, image->devices[device].name);
}

static inline const char *ost_image_role_name(const struct ost_image *image, uint32_t role)
{
	return ost_image_string(image, image->roles[role].name);
}

/* Index of a device by name, -ENOENT when there is none. Linear: for tools and state changes. */
int64_t ost_image_device_find(const struct ost_image *image, const char *name);
