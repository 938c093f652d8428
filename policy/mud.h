/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MUD files (RFC 8520): a manufacturer's description of what its device needs, read and understood. Pure: bytes in, meaning
 * out; whether they are to be trusted (signature, approval) was decided before.
 *
 * A rule of the model allows a flow and its replies. An ACE allows packets of one direction. So ACEs are understood in pairs:
 *
 *  - One ACE of a pair opens flows, the other one stands for their replies and makes no rule of its own.
 *  - TCP: the leaf direction-initiated says who opens. A to-device ACE without it never opens, unless its mirror says to-device:
 *    else what a manufacturer meant as the reply of port 443 lets anybody in from port 443. A from-device ACE without it opens,
 *    unless its mirror says to-device.
 *  - UDP: an ACE that names the far end's port, and not the device's, is about a service there: the device opens. One that
 *    names the device's port alone is about a service of the device: the far end opens.
 *  - ICMP: who may send the request opens.
 *  - An ACE whose flows could not be told from others without the source port of who opens is refused: a rule does not ask for
 *    that port, so it would allow every port. Where the other port is named too, the source port alone is left out, and told.
 *  - Peers without addresses of their own (controller, my-controller, manufacturer, ...) stay symbols here; what they stand for
 *    is the policy's to say (struct ost_mud_site).
 *  - What the gateway checks itself (ARP, ND, DHCP, IGMP, MLD) becomes an include of the role.
 *  - DNS and NTP (RFC 8520 section 4) are allowed behind all ACEs, unless one before drops them.
 *  - ACEs are ordered and may drop; rules only allow. A drop is taken out of what stands behind it where that is exact, else
 *    the file is refused.
 *
 * Each ACE has a fate and a sentence that says why; nothing is passed over without one.
 */
#pragma once

#include "diag.h"
#include "model.h"

#define OST_MUD_FILE_MAX   (2u << 20) /* bytes */
#define OST_MUD_ACES_MAX   4096u
#define OST_MUD_DROPS_MAX  64u
#define OST_MUD_URL_MAX	   255u /* bytes: it has to fit in a DHCP option, RFC 8520 section 10 */
#define OST_MUD_GATEWAY	   "urn:ietf:params:mud:gateway" /* not of the RFC: the field's name for the local router */
#define OST_MUD_DNS	   "urn:ietf:params:mud:dns"
#define OST_MUD_NTP	   "urn:ietf:params:mud:ntp"

enum ost_mud_fate {
	OST_MUD_TAKEN,	 /* as written */
	OST_MUD_CHANGED, /* understood otherwise than written: why says how */
	OST_MUD_REFUSED, /* makes no rule */
};

enum ost_mud_peer {
	OST_MUD_ANY,
	OST_MUD_NETWORK,   /* prefix */
	OST_MUD_NAME,	   /* peer_text */
	OST_MUD_LOCAL,	   /* local-networks, and prefix when has_prefix */
	OST_MUD_BROADCAST, /* the broadcast addresses of the local networks */
	OST_MUD_CONTROLLER, /* peer_text: the class */
	OST_MUD_MY_CONTROLLER,
	OST_MUD_MANUFACTURER, /* peer_text: the authority; same-manufacturer too */
	OST_MUD_MODEL,	      /* peer_text: the MUD URL */
};

enum ost_mud_initiated {
	OST_MUD_UNSAID,
	OST_MUD_FROM_DEVICE,
	OST_MUD_TO_DEVICE,
};

struct ost_mud_range {
	uint16_t lo, hi;
};

/* Ports of one end. count 0: every port. */
struct ost_mud_ports {
	uint8_t count;
	struct ost_mud_range ranges[2];
};

struct ost_mud_ace {
	struct ost_pos pos; /* file borrowed */
	const char *acl, *name;
	char *pointer; /* RFC 6901 */
	bool to_device; /* of the to-device-policy */
	bool drop;
	enum ost_mud_fate fate;
	char *why; /* one or more sentences joined by "; ", NULL: nothing to say */
	bool wide; /* allows much: every port or protocol, many ports, or very many addresses */

	enum ost_mud_peer peer;
	char *peer_text; /* NULL unless the peer has a name */
	bool has_prefix;
	struct ost_prefix prefix;
	uint8_t family;	    /* 0: both */
	int32_t protocol;   /* -1: any */
	int32_t icmp_type, icmp_code; /* -1: any */
	int32_t ethertype; /* -1: any */
	bool broadcast;	   /* to the MAC broadcast */
	struct ost_mud_ports device, remote;
	enum ost_mud_initiated initiated;

	int32_t mate;	   /* the ACE of the other direction that mirrors it, -1: none */
	bool opens;	   /* makes a rule */
	enum ost_direction direction; /* of that rule */
	unsigned includes; /* bits of enum ost_include */
	uint16_t *drops;   /* drops before it that are taken out of it, by index */
	uint32_t drop_count;
};

/* Bits of what a file asks the policy to say. */
#define OST_MUD_WANTS_LOCAL	    1u
#define OST_MUD_WANTS_DNS	    2u
#define OST_MUD_WANTS_NTP	    4u
#define OST_MUD_WANTS_GATEWAY	    8u
#define OST_MUD_WANTS_MY_CONTROLLER 16u
#define OST_MUD_WANTS_NAMES	    32u

struct ost_mud {
	const char *name;      /* of the file, borrowed */
	const char *url;       /* mud-url */
	char *authority;       /* its host, lower case, with a port other than 443 */
	const char *signature; /* mud-signature, NULL: none */
	const char *last_update;
	const char *systeminfo, *mfg_name, *model_name; /* NULL: none */
	uint32_t cache_validity_h;
	bool is_supported;
	bool draft; /* dialect: the root of an early draft */
	struct ost_pos url_pos;
	struct ost_mud_ace *aces;
	uint32_t ace_count, ace_capacity;
	uint32_t acl_count;
	uint32_t counts[3]; /* ACEs by enum ost_mud_fate */
	unsigned wants;
	bool default_dns, default_ntp; /* not dropped */
	uint16_t *default_drops; /* taken out of both */
	uint32_t default_drop_count;
	void *json; /* what the strings live in */
};

/* Reads a file. 0 and a file, with warnings perhaps; -EINVAL and errors in diag; -ENOMEM. name is borrowed by both, as findings
 * and positions point to it; nothing else of the input is. */
int ost_mud_read(const char *name, const char *bytes, size_t length, struct ost_diag *diag, struct ost_mud **ret_mud) OST_MUST_CHECK;
void ost_mud_free(struct ost_mud **mud);

/* NULL when a text is an https URL of at most OST_MUD_URL_MAX bytes with characters of RFC 3986 alone, an authority, no user and
 * no fragment; else a noun phrase that says what it is instead. */
const char *ost_mud_url_flaw(const char *text);

/* The authority of such a URL: lower case, without :443. NULL: no memory. free(3) it. */
char *ost_mud_url_authority(const char *url);

const char *ost_mud_fate_name(enum ost_mud_fate fate);
/* "to video.example.com, service tcp/443": what an ACE is about, as a rule says it. Returns buf. */
const char *ost_mud_ace_text(const struct ost_mud_ace *ace, char *buf, size_t size);

/* RFC 8520 section 16: it is about other devices, and asks for assurance software. */
bool ost_mud_ace_elevated(const struct ost_mud_ace *ace);

/* What the symbols of MUD files stand for at this site. All borrowed. */
struct ost_mud_class {
	const char *uri;
	const struct ost_prefix *prefixes;
	uint32_t prefix_count;
	const uint32_t *roles; /* indices into the policy's roles */
	uint32_t role_count;
};

struct ost_mud_site {
	const struct ost_policy *policy; /* its roles, with their mud_url and authenticate */
	uint32_t role;			 /* the one that the rules are for */
	const struct ost_prefix *local;
	uint32_t local_count;
	const struct ost_prefix *resolvers;
	uint32_t resolver_count;
	const struct ost_prefix *ntp;
	uint32_t ntp_count;
	const struct ost_mud_class *classes; /* controllers: */
	uint32_t class_count;
	const struct ost_mud_class *my_controller; /* NULL: none */
};

/* What came of a file at a site. */
struct ost_mud_rules {
	struct ost_rule *rules;
	uint32_t count, capacity;
	unsigned includes; /* bits that the role gets */
	uint32_t idle;	   /* ACEs that open flows and whose peer nobody is here */
	unsigned unmet;	   /* OST_MUD_WANTS_ bits of what the site does not say */
	const char *unmet_class; /* the first class that the site does not name, NULL: none */
	uint32_t elevated; /* rules that ask for assurance software: what is about other devices */
	uint32_t weak_peers; /* roles left out of a class because a MAC address is all that they prove */
};

/* The rules of a file for a role. file: for their positions, borrowed by the model. 0; -EFBIG: more than 65535 rules or
 * 4,194,304 prefixes; -ENOMEM. On failure *ret_rules holds nothing. */
int ost_mud_rules_make(
	const struct ost_mud *mud, const struct ost_mud_site *site, const char *file, struct ost_mud_rules *ret_rules) OST_MUST_CHECK;
void ost_mud_rules_close(struct ost_mud_rules *rules);
