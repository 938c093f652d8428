/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The YAML front end: policy files to the model. No implicit types, no aliases or anchors (a cyclic or
 * exploding document is impossible), bounded depth, size and counts. Every finding has its line and column;
 * all of them are reported, not the first only. */
#pragma once

#include "diag.h"
#include "model.h"

#define OST_POLICY_FILE_MAX (64u << 20) /* bytes of one file; 100,000 devices take about 10 MiB */

/* A YAML file, or, when its name ends in .json, a MUD file that mud: of a role may name. */
struct ost_policy_source {
	const char *name;  /* shown in findings; copied into the policy */
	const char *bytes; /* UTF-8, need not be NUL-terminated */
	size_t length;
};

/* Reads several sources as one policy (policy.d). 0 and a policy, or -EINVAL with at least one error in
 * diag, or -ENOMEM. Warnings can come with success. Positions in diag borrow source names: keep the
 * sources until the diag is freed. */
int ost_policy_parse(const struct ost_policy_source *sources, uint32_t count, struct ost_diag *diag,
	struct ost_policy **ret_policy) OST_MUST_CHECK;

/* Reads files, or a folder's *.yaml in the order of their names, from disk; findings name the path.
 * *ret_names gets the strings that diag borrows: free with ost_policy_names_free() after diag. */
struct ost_policy_names {
	char **names;
	uint32_t count;
};
int ost_policy_load(const char *const *paths, uint32_t count, struct ost_diag *diag,
	struct ost_policy_names *ret_names, struct ost_policy **ret_policy) OST_MUST_CHECK;
void ost_policy_names_free(struct ost_policy_names *names);

/* The bytes of policy files and folders, not looked into: for whoever hands them to somebody else. more: they may name further files
 * (include:, mud:), which only ost_policy_load() finds. -EINVAL with errors in diag, -ENOMEM. Free both in any case. */
struct ost_policy_sources {
	struct ost_policy_source *sources;
	uint32_t count;
	bool more;
};
int ost_policy_sources_read(const char *const *paths, uint32_t count, struct ost_diag *diag,
	struct ost_policy_names *ret_names, struct ost_policy_sources *ret_sources) OST_MUST_CHECK;
void ost_policy_sources_free(struct ost_policy_sources *sources);

/* "[in|out] PROTO[/VALUE] PEER[:PORT]", as in the tests: block and `policy explain`:
 *   tcp 10.0.0.5:443      udp [2001:db8::1]:53      icmp/echo-request 10.0.0.1      ip/47 10.0.0.9
 *   in tcp 10.20.0.9:80   (10.20.0.9 opens a connection to the device's port 80)
 *   udp recorder-1:554    (a device of the policy)
 *   tcp video.example.com:443   (a host that the device asked its name server for; a name without a dot gets one at its end)
 * On failure -EINVAL or -ENOMEM and one sentence in why (what is wrong and what to write). Free ret_question->peer_host.name
 * with free(3). */
int ost_flow_question_parse(const struct ost_policy *policy, const char *text,
	struct ost_flow_question *ret_question, char why[static 256]) OST_MUST_CHECK;

/* "tcp/443", "udp/5000-5010", "icmp/echo-request", "icmpv6", "ip/47", "any", or a well-known name
 * such as "https". At most 4 entries. -EINVAL and a sentence in why. */
int ost_service_parse(const char *text, struct ost_service ret_services[static 4], uint32_t *ret_count,
	char why[static 256]) OST_MUST_CHECK;

/* "2026-12-01T08:00Z", "2026-12-01T09:00:30+01:00": RFC 3339, seconds may be left out. Seconds since 1970 UTC. -EINVAL and a sentence in
 * why. */
int ost_time_parse(const char *text, int64_t *ret_utc_s, char why[static 256]) OST_MUST_CHECK;
/* "2026-12-01T08:00Z"; returns buf. */
#define OST_TIME_MINUTES 24
const char *ost_time_format(int64_t utc_s, char buf[static OST_TIME_MINUTES]);

/* What is a matter of time, for whoever shows or applies a policy: an audit that ends later than 31 days after now_s is an error; audits
 * and exceptions that have ended, and schedules that are never open again, are warnings. Positions borrow the policy's files. 0, or
 * -EINVAL with errors in diag. */
int ost_policy_times_check(const struct ost_policy *policy, int64_t now_s, struct ost_diag *diag) OST_MUST_CHECK;
