/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the API shows, as JSON: docs/ostiaryd.8 describes the members. Readers only: nothing here changes
 * the daemon. Each appends one whole JSON value. */
#pragma once

#include "daemon.h"
#include "group.h"
#include "jsonw.h"

void ost_view_status(struct ost_daemon *d, struct ost_jsonw *w);

/* One element of the array "refused": a reason with its meaning, what to do, and how often. */
void ost_view_reason(struct ost_jsonw *w, unsigned reason, uint64_t pkts);

/* Up to limit devices of a group in the order of their names, those behind the name `after` ("": from the first). */
void ost_view_devices(struct ost_daemon *d, const struct ost_group *group, const char *after, uint32_t limit, struct ost_jsonw *w);
/* The tags of the policy in force, and how many devices have each. */
void ost_view_tags(struct ost_daemon *d, struct ost_jsonw *w);

/* -ENOENT: the policy in force has no such device; w is untouched. */
int ost_view_device(struct ost_daemon *d, const char *name, struct ost_jsonw *w) OST_MUST_CHECK;

/* sources: with the texts of the policy files. -ENOENT: none is in force; w is untouched. */
int ost_view_policy(struct ost_daemon *d, bool sources, struct ost_jsonw *w) OST_MUST_CHECK;
/* Up to limit rules of the image in force, from the one at place `from` on, with the flows that each opened and when; unused: those
 * that never opened any. -ENOENT: none is in
 * force; w is untouched. */
int ost_view_rules(struct ost_daemon *d, bool unused, uint32_t from, uint32_t limit, struct ost_jsonw *w) OST_MUST_CHECK;
int ost_view_generations(struct ost_daemon *d, uint32_t limit, struct ost_jsonw *w) OST_MUST_CHECK;

/* The member "confirmation" of an open object: what is on trial, null when nothing is. */
void ost_view_trial(const struct ost_confirm *trial, struct ost_jsonw *w);

/* The member "audit" of an open object: an array of the roles with mode: audit, at most 100 of them, whether it is still open, until
 * when, and how many devices they have. */
void ost_view_audits(struct ost_daemon *d, struct ost_jsonw *w);

/* The members "mode" and, when that is audit, "audit_open" and "audit_until" of an open object. */
void ost_view_mode(const struct ost_image *image, uint32_t role, struct ost_jsonw *w);

/* The exceptions of the policy in force, at most limit: in force, the first to end first; to come; over. -ENOENT: none is in force; w is
 * untouched. */
int ost_view_exceptions(struct ost_daemon *d, uint32_t limit, struct ost_jsonw *w) OST_MUST_CHECK;

/* One stored generation with the names of its files, and with their texts. -ENOENT: there is none; w is untouched. */
int ost_view_generation(struct ost_daemon *d, uint64_t number, bool sources, struct ost_jsonw *w) OST_MUST_CHECK;

/* device, reason and id NULL: all. id: the beginning of ids. */
void ost_view_refusals(struct ost_daemon *d, const char *device, const char *reason, const char *id, uint32_t limit,
	struct ost_jsonw *w);

/* Flows of the last 24 hours, of one device or of all (NULL), at most limit of them, and since when they are observed. */
void ost_view_flows(struct ost_daemon *d, const char *device, uint32_t limit, struct ost_jsonw *w);

/* Unknown devices that knocked, most recent first. */
void ost_view_unknown(struct ost_daemon *d, uint32_t limit, struct ost_jsonw *w);
