/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From refusals and failed admissions to causes: what is worth an incident, and what is one packet too many. Pure: records and
 * clocks in, events of incidents out by a callback. Single thread.
 *
 * Each device (or place, for what is nobody's) has a watch of its own: windows, and what it asked for in them. Nothing is counted
 *   across devices: eight devices that fail once each are no brute force. Until a threshold is reached its packets are kept
 *   as a number; the event that reaches it brings them all, and while a cause is going on each further one is brought at once. So
 *   the count of an incident is exact.
 * A packet belongs to one cause: a scan takes what would be denied flows, lateral movement or the Internet's, for it is looked at
 *   first, and the others when a window has gone by (OST_DETECT_LOOK_NS).
 * What is merely wrong (malformed, of no flow) says little about its sender, until there is much of it: then it is a flood. What is not the sender's
 *   doing (a full port, a policy that changed) is no cause, and only counted by its reason as ever.
 * Bound: `watches` devices and places; the one that was quiet for the longest gives way, and what it had not told yet goes out as denied flows.
 * Source: incidents.md sections 7 and 11.
 */
#pragma once

#include "addr.h"
#include "incident.h"
#include "messages.h"

#define OST_DETECT_LOOK_NS (10 * OST_NS_PER_S)

/* A threshold: so many within so many seconds. */
struct ost_detect_limit {
	uint32_t count, seconds;
};

/* All zero: the defaults that are said here. */
struct ost_detect_limits {
	struct ost_detect_limit scan;	  /* 20 distinct (address, port) in 60 s: no device of an allow-list tries that many by accident */
	struct ost_detect_limit denied;	  /* 50 packets to one (/24, port) in 600 s: a retrying client sends 7 SYNs in two minutes, and gives up */
	struct ost_detect_limit internet; /* 10 to one (/24, port) outside the site's networks in 600 s: two connections that were tried in vain */
	struct ost_detect_limit lateral;  /* 3 other devices in 600 s, fewer targets than a scan */
	struct ost_detect_limit flood;	  /* 1,000 packets above a limit, malformed or of no flow in 10 s: a burst at start is shorter */
	struct ost_detect_limit spoof;	  /* 3 frames in 60 s: one may be the last of an address that was just given up */
	struct ost_detect_limit source;	  /* 30 packets, or questions by ARP, of an address that is not bound in 300 s: a device that waits for its lease sends fewer */
	struct ost_detect_limit failures; /* 3 failed admissions in 600 s */
	struct ost_detect_limit brute;	  /* 10 in 60 s: the lock-out of the place lets no supplicant come that often by itself */
	struct ost_detect_limit unknown;  /* 10 frames of unknown MACs at a port in 60 s: somebody stays, and does not merely pass by */
	struct ost_detect_limit beacon;	  /* 6 even intervals (10 percent) of at least so many seconds: 10 */
};

struct ost_detect_refusal {
	const struct ost_refusal *record;
	const char *device; /* whose packet it is, "" nobody's */
	const char *port;   /* name of the ingress port */
	const char *peer;   /* the device it was for, "" none */
	bool network;	    /* ingress is of the network side */
	bool foreign;	    /* the peer's address is in no network of the policy and no private one */
	bool essential;	    /* the device bears an essential or safety tag */
};

struct ost_detect_failure {
	const char *device; /* whom it was taken for, "" nobody */
	const char *place;  /* "dev1": all that is nobody's there is one, for an attacker has as many MACs as it likes */
	uint8_t mac[6];	    /* zero: not known */
	uint8_t port;	    /* of the gateway; OST_PORTS_MAX: none of its own */
	const char *way;    /* "eapol", "radius", "portal" */
	uint8_t reason;	    /* enum ost_auth_reason, not NONE */
	bool retired;	    /* the device that its certificate names was retired */
	bool essential;
};

struct ost_detect;

struct ost_detect_config {
	struct ost_hash_key key;
	struct ost_detect_limits limits;
	uint32_t watches; /* 0: 4096 */
	void (*event)(void *user, const struct ost_incident_event *event, struct ost_moment now);
	void *user;
};

struct ost_detect_counts {
	uint64_t packets, causeless; /* taken in; of these, what is no cause */
	uint64_t pending; /* below a threshold now */
	uint64_t lapsed;  /* below a threshold when their window was over: no incident, by intention */
	uint64_t evicted;
	uint32_t watches, watches_max;
};

int ost_detect_new(const struct ost_detect_config *config, struct ost_detect **ret_detect) OST_MUST_CHECK;
void ost_detect_free(struct ost_detect **detect);

void ost_detect_refused(struct ost_detect *d, const struct ost_detect_refusal *refusal, struct ost_moment now);
void ost_detect_failed(struct ost_detect *d, const struct ost_detect_failure *failure, struct ost_moment now);
/* About once a second: looks at the windows that are due. */
void ost_detect_tick(struct ost_detect *d, struct ost_moment now);

const struct ost_detect_counts *ost_detect_counts(const struct ost_detect *d);
/* The limits in force: the defaults where the configuration says nothing. */
const struct ost_detect_limits *ost_detect_limits(const struct ost_detect *d);
/* Which cause a refusal's reason points to when nothing else is known; COUNT: none. For the manual, and a test that no reason is forgotten. */
enum ost_cause ost_detect_cause_of(unsigned reason);
