/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An incident as the members of a journal record: the names of ECS 9.4 where ECS has the field, all else under "ostiary"
 * (incidents.md section 4). ostiary-incidents(5) has the format. Texts may be hostile: they come out as valid UTF-8 on one line. */
#pragma once

#include "incident.h"
#include "jsonw.h"

/* What the record says besides; all borrowed, NULL or 0: not known. */
struct ost_incident_context {
	const char *gateway;	 /* host name */
	const char *ingress;	 /* name of the gateway's port */
	const char *role, *state, *assurance, *mode; /* of the device, in the policy's words */
	const char *model, *owner, *device_place;    /* of the policy file, when it says so */
	const char *const *tags;
	uint32_t tags_count;
	const char *peer_device, *peer_name; /* a device of the policy; a name of the Internet */
	const char *reason, *policy_rule;    /* why the last packet was refused; "camera.yaml:12:5: ..." what came nearest */
	uint64_t generation;
	uint64_t first_seen_wall_ns; /* of the device */
	uint64_t flows_opened;	     /* that were allowed: what it normally does */
	uint64_t policy_wall_ns;     /* when the policy in force was applied, and who did */
	const char *policy_author;
	/* Further members of "ostiary", such as what is proposed and what was decided. */
	void (*more)(void *user, struct ost_jsonw *w);
	void *user;
};

/* Into the open object at the writer's top: the record's kind is ost_incident_record_name(). */
void ost_incident_json(struct ost_jsonw *w, const struct ost_incident *i, enum ost_incident_record record, const char *why,
	const struct ost_incident_context *context);

/* One sentence: "ARP spoofing by cam-01 (dev1 VLAN 0): 120 events, refused". Returns buf. */
#define OST_INCIDENT_MESSAGE 320
const char *ost_incident_message(const struct ost_incident *i, char buf[static OST_INCIDENT_MESSAGE]);
