/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incidents: one per (device, cause, scope), however often its cause happens. Pure: events and clocks come in, what a person or
 * the journal must know goes out by a callback; no I/O, no allocation after the start. Single thread.
 *
 * When something goes out: OPEN at the first event; UPDATE when the count passes a power of ten or the meaning changes (it
 *   succeeded, it is worse than thought, it has a new kind of peer), but one in OST_INCIDENT_UPDATE_NS at most: what became due
 *   meanwhile goes out as one; CLOSE when the cause's quiet time is over; REOPEN, under the same id, when the same happens
 *   within OST_INCIDENT_REOPEN_NS of the close.
 * Bounds: `open_max` open ones in all, OST_INCIDENT_WHO_MAX of one device (or of one place, when it is nobody's), `hour_max` new ones in an
 *   hour, of which one device or place has OST_INCIDENT_WHO_HOUR and those of low risk three quarters: whoever invents addresses by the million
 *   does not keep a real incident from being opened. Half of the open ones of a device, and a quarter of its hour, are for causes of which it has
 *   none open: many of one kind hide no other kind. What has no room is counted by cause in one incident of the cause
 *   overflow. Closed ones are remembered for a reopening; the one closed for the longest gives way.
 * Nothing is lost in silence: every event is in the count of an incident, or of the overflow; what was held back since the last
 *   record of an incident is in its `suppressed`.
 * Source: incidents.md section 11; shape of the record: section 4.
 */
#pragma once

#include "cause.h"
#include "clock.h"
#include "hash.h"

#define OST_INCIDENT_WHO	96u /* bytes of a name of a device or place, NUL included */
#define OST_INCIDENT_SCOPE	96u
#define OST_INCIDENT_WHO_MAX	16u
#define OST_INCIDENT_WHO_HOUR	64u
#define OST_INCIDENT_RELATED	8u
#define OST_INCIDENT_PEER_BITS	1024u
#define OST_INCIDENT_UPDATE_NS	(60 * OST_NS_PER_S)
#define OST_INCIDENT_REOPEN_NS	(86400 * OST_NS_PER_S)
#define OST_INCIDENT_RELATED_NS (600 * OST_NS_PER_S)
#define OST_INCIDENT_ID_TEXT	37u

enum ost_answer {
	OST_ANSWER_UNKNOWN,
	OST_ANSWER_NO,
	OST_ANSWER_YES,
};

enum ost_incident_state {
	OST_INCIDENT_FREE,
	OST_INCIDENT_OPEN,
	OST_INCIDENT_CLOSED,
};

/* What the gateway did. */
enum ost_disposition {
	OST_DISPOSITION_ALERTED, /* nothing was in its way, it is told */
	OST_DISPOSITION_REFUSED, /* packets or admission refused */
	OST_DISPOSITION_LIMITED, /* above a rate */
	OST_DISPOSITION_QUARANTINED,
	OST_DISPOSITION_COUNT,
};

/* Where packets of it came from and went to, as far as it is known: of the latest event. */
struct ost_incident_wire {
	uint8_t mac[6], peer_mac[6];
	uint8_t ip[16], peer_ip[16];
	uint16_t port_l4, peer_port_l4;
	uint16_t ethertype;
	uint8_t family; /* 0, 4, 6 */
	uint8_t protocol;
	uint8_t ingress; /* port of the gateway, place in the configuration */
	uint8_t reason;	 /* enum ost_reason, NONE: no packet was refused */
	uint32_t vlan;
};

struct ost_incident_event {
	enum ost_cause cause;
	const char *who;   /* device, or "" */
	const char *place; /* when it is nobody's: where it was seen; else it may be "" */
	const char *scope; /* what makes it another incident of the same cause: never a source port or a flow */
	const char *rule;  /* which rule or threshold, for people; NULL none */
	uint64_t count;	   /* events in this one, at least 1 */
	uint64_t first_wall_ns, last_wall_ns;
	uint64_t peer; /* hash of the peer, 0 none: for the number of distinct ones */
	enum ost_answer succeeded, malicious;
	enum ost_disposition disposition;
	bool essential; /* the device bears such a tag */
	bool unsynced;	/* the wall clock is not known to be right */
	struct ost_incident_wire wire;
};

struct ost_incident {
	uint8_t id[16]; /* UUID version 7 (RFC 9562): stays the same over a reopening */
	enum ost_incident_state state;
	enum ost_cause cause;
	char who[OST_INCIDENT_WHO], place[OST_INCIDENT_WHO], scope[OST_INCIDENT_SCOPE], rule[OST_INCIDENT_SCOPE];
	uint64_t count, suppressed; /* all events; those since the last record */
	uint64_t first_wall_ns, last_wall_ns, detected_wall_ns, closed_wall_ns;
	uint32_t records, reopened;
	uint8_t risk; /* product of likelihood and impact */
	enum ost_answer succeeded, malicious;
	enum ost_disposition disposition;
	bool essential, unsynced;
	uint8_t related_count;
	uint8_t related[OST_INCIDENT_RELATED][16]; /* others of the same device, opened shortly before; the first one is the parent */
	uint64_t peers[OST_INCIDENT_PEER_BITS / 64];
	struct ost_incident_wire wire;
};

enum ost_incident_record {
	OST_INCIDENT_RECORD_OPEN,
	OST_INCIDENT_RECORD_UPDATE,
	OST_INCIDENT_RECORD_CLOSE,
	OST_INCIDENT_RECORD_REOPEN,
	OST_INCIDENT_RECORD_COUNT,
};

struct ost_incidents;

struct ost_incidents_config {
	struct ost_hash_key key;
	uint32_t open_max; /* 0: 4096 */
	uint32_t hour_max; /* 0: 1000 */
	/* Fills bytes with what nobody can guess. */
	void (*random)(void *user, void *bytes, size_t length);
	/* What must be known. why: one word, "count", "succeeded", "risk", "quiet", ... The incident is borrowed for the call. */
	void (*record)(void *user, enum ost_incident_record record, const struct ost_incident *incident, const char *why);
	void *user;
};

struct ost_incidents_counts {
	uint64_t events, records, opened, overflowed;
	uint64_t overflow_by_cause[OST_CAUSE_COUNT];
	uint32_t open, remembered, max;
};

/* -ENOMEM. */
int ost_incidents_new(const struct ost_incidents_config *config, struct ost_incidents **ret_incidents) OST_MUST_CHECK;
void ost_incidents_free(struct ost_incidents **incidents);

/* Takes one in. Returns its incident, borrowed until the next call; NULL: it went to the overflow. Long texts are cut. */
const struct ost_incident *ost_incidents_event(struct ost_incidents *s, const struct ost_incident_event *event, struct ost_moment now);

/* About once a second: updates that were held back, quiet ones closed. */
void ost_incidents_tick(struct ost_incidents *s, struct ost_moment now);

/* A person closes an open one; why: one word. -ENOENT: it is not open. What happens again within OST_INCIDENT_REOPEN_NS reopens it. */
int ost_incidents_close(struct ost_incidents *s, const uint8_t id[static 16], const char *why, struct ost_moment now) OST_MUST_CHECK;

/* Tells one, open or closed, as an update: a person said something of it. -ENOENT: it is not known (any more). */
int ost_incidents_tell(struct ost_incidents *s, const uint8_t id[static 16], const char *why, struct ost_moment now) OST_MUST_CHECK;

/* One that the journal knows, after a restart: open or closed. Its clocks count from now on. -ENOSPC: no room. */
int ost_incidents_restore(struct ost_incidents *s, const struct ost_incident *incident, struct ost_moment now) OST_MUST_CHECK;

/* NULL: not known (any more). */
const struct ost_incident *ost_incidents_by_id(const struct ost_incidents *s, const uint8_t id[static 16]);
/* In no order; fn returns false to stop. */
void ost_incidents_each(const struct ost_incidents *s, bool (*fn)(void *user, const struct ost_incident *incident), void *user);
const struct ost_incidents_counts *ost_incidents_counts(const struct ost_incidents *s);

/* A hash as an event's peer, which 0 is not. */
static inline uint64_t ost_incident_peer(uint64_t hash)
{
	return hash != 0 ? hash : 1;
}

/* How many distinct peers, estimated by linear counting (Whang 1990) in 1024 bits: exact to about 5 percent up to 3000, then 7000 and more. */
uint32_t ost_incident_peers(const struct ost_incident *incident);
/* "0190a6e2-...": lower case. */
const char *ost_incident_id_text(const uint8_t id[static 16], char buf[static OST_INCIDENT_ID_TEXT]);
int ost_incident_id_parse(const char *text, uint8_t ret_id[static 16]) OST_MUST_CHECK; /* -EINVAL */
const char *ost_incident_record_name(enum ost_incident_record record); /* "incident.open" */
const char *ost_answer_name(enum ost_answer answer);
const char *ost_disposition_name(enum ost_disposition disposition);
