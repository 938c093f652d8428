/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ostiaryd: keeps what must outlive a packet. It holds the registry, the policy generations, the refusal log and
 * the API, and speaks to the data plane over one socket. It needs no privilege, decides about no packet, and may be
 * restarted at any time: the fast path goes on with what it has.
 *
 *   link.h        the data plane: counters in, images out
 *   roster.h      the image in force and what is known live of its devices; gauges.h: ports and totals
 *   apply.h       sources -> maker.h: candidate.h -> generations.h (disk) -> link -> in force; trial.h: until confirmed
 *   planner.h     sources -> maker.h -> link: what they would do to the flows that are there
 *   authority.h   authentication: admission.h decides by states.h; auth_link.h: ostiary-authd
 *   registry.h    SQLite; ledger.h batches what is written there; sightings.h: unknown devices
 *   traffic.h     flows of the last 24 hours; rule_hits.h: when rules were used
 *   refusal_log.h refusals joined to kinds; admission_log.h: the evidence of admissions; policy_events.h: what a policy opens for a
 *                 while; line_file.h: their NDJSON files
 *   journaling.h  the journal: what happened, signed; its library is control/journal
 *   watching.h    refusals, failures and observations -> causes; casebook.h: incidents, and what persons said of them
 *   evidence.h    frames before and after an incident began, in files beside the journal
 *   export_link.h the journal's lines for ostiary-exportd, in a thread of their own
 *   api.h         HTTP on a unix socket; views.h and metrics.h make its bodies
 *
 * One event loop (libevent), in one thread; what takes long of an apply has another one for itself (maker.h). This header
 * is the list of the parts, for those that show them.
 */
#pragma once

#include "admission.h"
#include "admission_log.h"
#include "auth_link.h"
#include "confirm.h"
#include "crl.h"
#include "gauges.h"
#include "given.h"
#include "journal.h"
#include "ledger.h"
#include "link.h"
#include "paths.h"
#include "policy_events.h"
#include "line_file.h"
#include "refusal_log.h"
#include "registry.h"
#include "roster.h"
#include "rule_hits.h"
#include "sightings.h"
#include "traffic.h"

struct event;
struct event_base;
struct ost_api;
struct ost_export_link;
struct ost_applier;
struct ost_casebook;
struct ost_evidence;
struct ost_planner;
struct ost_watching;

#define OST_DAEMON_WHY (PATH_MAX + 512) /* bytes of a sentence that says why it does not start */

struct ost_daemon {
	struct ost_paths paths;
	char gateway[64]; /* host name */
	uint64_t started_ns; /* monotonic */
	struct event_base *base;
	struct event *tick;
	struct event *more; /* the ledger has more to write */
	struct event *decided; /* decisions wait until their sessions are written */
	struct ost_registry *registry;
	struct ost_roster *roster;
	struct ost_rule_hits *rule_hits;
	struct ost_traffic *traffic;
	struct ost_sightings *sightings;
	struct ost_ledger *ledger;
	struct ost_given *given;
	struct ost_refusal_log *refusals;
	struct ost_line_file *refusal_file;
	struct ost_gauges gauges;
	struct ost_link *link;
	struct ost_applier *applier;
	struct ost_planner *planner;
	struct ost_api *api;
	struct ost_admission *admission;
	struct ost_auth_link *auth_link;
	struct ost_admission_log *admission_log;
	struct ost_line_file *admission_file;
	struct ost_policy_events *policy_events;
	struct ost_line_file *policy_file;
	bool record_trouble; /* what was told is not on disk, and that is in the log */
	struct ost_msg_auth_counts auth_counts; /* as the authenticator told last */
	struct ost_journal *journal;
	struct ost_watching *watching;
	struct ost_casebook *casebook;
	struct event *journal_ready; /* it has something to tell */
	enum ost_journal_mode journal_told; /* in the log */
	struct ost_evidence *evidence;
	struct ost_export_link *export_link;
	uint64_t denied_kept; /* changes of the list of denied devices that are on disk */
	uint64_t crl_this_s, crl_next_s; /* of the list that it had last, also when it is away; 0: none yet */
	enum ost_crl_life crl_told;	 /* in the log */
	uint64_t locks_kept; /* changes of lock-outs that are on disk */
	struct ost_generation in_force; /* number 0: none */
	struct ost_confirm trial; /* of the generation in force; generation 0: it is confirmed */
	uint32_t metrics_devices_max;	/* series of devices on /metrics */
	uint64_t stale_messages;	/* about generations or devices that are no more */
	struct ost_remember *remember;
	uint64_t forget_before_wall_ns;	/* addresses bound before it, and not since, are forgotten ... */
	uint64_t forget_at_ns;		/* ... at this monotonic time; 0: nothing to forget */
	bool uptime_known;		/* of the data plane that is connected */
	char trouble[256];		/* what hinders the policy in force from being in force; "": nothing */
};

/* Builds all parts on top of opened directories; why is one sentence when it fails. base is borrowed. */
int ost_daemon_new(struct event_base *base, const struct ost_paths *paths,
	uint32_t metrics_devices_max, char why[static OST_DAEMON_WHY],
	struct ost_daemon **ret_daemon) OST_MUST_CHECK;
/* The roster has another image: what is kept by rule follows. */
void ost_daemon_rules(struct ost_daemon *d);
/* The roster has the image of the generation in force: the record follows. */
void ost_daemon_record(struct ost_daemon *d);
/* Writes what is gathered, closes, frees. */
void ost_daemon_free(struct ost_daemon **daemon);
