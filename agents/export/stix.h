/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of a STIX 2.1 bundle, each once, with ids that follow from what they stand for. */
#pragma once

#include "line.h"

#define OST_STIX_ID   96u /* "network-traffic--" and a UUID */
#define OST_STIX_TIME 25u /* "2026-11-22T10:11:12.123Z" */

struct ost_bundle {
	json_t *objects; /* by id, in the order in which they came */
	bool failed;	 /* no memory */
	bool full;	 /* OST_STIX_OBJECTS */
};

/* "incident--..." of what has this name among those of its type (UUID version 5). */
void ost_stix_id(const char *type, const char *name, char buf[static OST_STIX_ID]);
void ost_stix_time(uint64_t time_ns, char buf[static OST_STIX_TIME]);

/* An object with the members that all SDOs and SROs have. by: id of the identity, NULL none. */
struct ost_tree ost_stix_object(const char *type, const char *id, const char *by, uint64_t created_ns, uint64_t modified_ns);
/* Takes the tree over. One with the same id gives way. */
void ost_stix_put(struct ost_bundle *b, struct ost_tree *t);

/* The observables of a record: both ends and the traffic between them. Their ids into refs (an array), when there are any. */
void ost_stix_observables(struct ost_bundle *b, const struct ost_line *line, json_t *refs);
/* What it is worth to look for: the peer when it is of the Internet, else the sender. False: nothing. */
#define OST_STIX_PATTERN 512u
bool ost_stix_pattern(const struct ost_line *line, char buf[static OST_STIX_PATTERN]);
/* Attack-patterns of the record's techniques, and that the incident is related to them. */
void ost_stix_techniques(struct ost_bundle *b, const struct ost_line *line, const char *incident, const char *by);
