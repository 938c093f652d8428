/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The roster: the image in force and what is known live of each of its devices. The data plane speaks of
 * devices by their place in a generation's table; here a place becomes a name, and what was counted before a
 * new generation is carried over to the same name. The image before is kept, so that messages that were
 * under way during a swap still find their names.
 *
 * Bounds: one entry per device and rule of the image (at most OST_DEVICES_MAX, OST_RULES_MAX). Single thread.
 */
#pragma once

#include "image.h"
#include "messages.h"

struct ost_live {
	uint64_t out_pkts, out_bytes; /* forwarded, from the device */
	uint64_t in_pkts, in_bytes;   /* forwarded, towards it */
	uint64_t refused_total_pkts;
	uint64_t *refused_pkts; /* OST_REASON_COUNT of them, or NULL: none */
	uint64_t first_seen_wall_ns, last_seen_wall_ns; /* 0: never */
	uint32_t flows, flows_opened;
	uint8_t state;	/* enum ost_state */
	uint8_t port;	/* OST_PORTS_MAX: not seen since the data plane started */
	bool changed;	/* state, port or first sight: to be written soon */
	bool seen;	/* last sight moved: to be written some time */
};

struct ost_roster;

int ost_roster_new(struct ost_roster **ret_roster) OST_MUST_CHECK;
void ost_roster_free(struct ost_roster **roster);

/* Takes over bytes (64-byte aligned, from aligned_alloc or ost_policy_compile) when it succeeds. -EINVAL: no sound image. */
int ost_roster_image_set(struct ost_roster *r, void *bytes, size_t length, char why[static 256]) OST_MUST_CHECK;

/* The image in force, NULL: none. Valid until the next _image_set. */
const struct ost_image *ost_roster_image(const struct ost_roster *r);

/* Place of a name in the image in force, or -ENOENT. */
int64_t ost_roster_find(const struct ost_roster *r, const char *name);
/* Places ordered by name. */
const uint32_t *ost_roster_sorted(const struct ost_roster *r);
struct ost_live *ost_roster_live(struct ost_roster *r, uint32_t device);

/* Name and role of a place in a generation's table; NULL for OST_DEVICE_NONE and for what is not known. */
const char *ost_roster_name(const struct ost_roster *r, uint64_t generation, uint32_t device, const char **ret_role);

/* Counters as the data plane sent them. -ESTALE: of a generation that is not known, or a device gone since. */
int ost_roster_stats(struct ost_roster *r, const struct ost_msg_device_stats *m) OST_MUST_CHECK;

/* Flows that rules of the image in force opened since it came in force. -ESTALE: of another generation, or of no rule. -ENOMEM. */
int ost_roster_rule_stats(struct ost_roster *r, const struct ost_msg_rule_stats *m) OST_MUST_CHECK;
uint64_t ost_roster_rule_flows(const struct ost_roster *r, uint32_t rule);
/* Rules that opened one. */
uint32_t ost_roster_rules_used(const struct ost_roster *r);

/* The data plane started anew: its counters begin at 0; what was seen stays. */
void ost_roster_counters_reset(struct ost_roster *r);
