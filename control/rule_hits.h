/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When rules were used: flows that each opened, and when the last of them was told, since the rule came in force. A rule is the
 * same in another generation when its role and its text are; so is one that was away for a while.
 *
 * On disk in var/lib/ostiary/rule-hits, written once a minute and less often with very many rules: what a crash loses is one minute. Bounds: one
 * entry per rule in force and 65536 of those that are not any more, the least recently used of which go first. Single thread.
 */
#pragma once

#include "image.h"
#include "messages.h"
#include "paths.h"

struct ost_rule_hits;

struct ost_rule_hit {
	uint64_t flows;	       /* opened since */
	uint64_t since_wall_s; /* seconds since 1970 UTC */
	uint64_t last_wall_s;  /* 0: never */
};

/* What the disk has, or nothing: a file that is not sound is as good as none, and *ret_lost says so. */
int ost_rule_hits_new(const struct ost_paths *paths, struct ost_rule_hits **ret_hits, bool *ret_lost) OST_MUST_CHECK;
void ost_rule_hits_free(struct ost_rule_hits **hits);

/* This image came in force. -ENOMEM: nothing is known of its rules. */
int ost_rule_hits_policy(struct ost_rule_hits *h, const struct ost_image *image, uint64_t wall_s) OST_MUST_CHECK;

/* The data plane's process: another one begins to count anew. */
void ost_rule_hits_dataplane(struct ost_rule_hits *h, uint32_t pid);

/* Counts of rules of the image in force, as the data plane told them: all since that came in force there. */
void ost_rule_hits_count(struct ost_rule_hits *h, const struct ost_msg_rule_stats *m, uint64_t wall_s);

struct ost_rule_hit ost_rule_hits_get(const struct ost_rule_hits *h, uint32_t rule);

/* Once a second; force: now, if anything changed. */
int ost_rule_hits_save(struct ost_rule_hits *h, uint64_t mono_ns, bool force);
