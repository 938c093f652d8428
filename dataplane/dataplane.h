/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data plane process: ports, workers, the policy in force, and one socket to ostiaryd.
 *
 * Threads: the main thread sleeps in poll(2) and owns all of this struct; each worker polls its queues (worker.h).
 * They share the site's view (swapped by one pointer, freed after quiescence), the link state of ports, and
 * counters with one writer each. Nothing here is locked.
 * Fails by: the process ends, the ports go dark, nothing passes. Nothing in the kernel forwards.
 */
#pragma once

#include <poll.h>

#include "classify.h"
#include "paths.h"
#include "port.h"
#include "worker.h"

/* What is in force: an opened image and the mapping that it lies in. */
struct ost_policy_in_force {
	const void *bytes;
	size_t length;
	struct ost_image image;
	uint32_t devices_reachable; /* whose port exists here */
};

struct ost_link;
struct ost_door;
struct ost_evidence;
struct ost_lookout;
struct ost_rehearsing;

struct ost_dataplane {
	struct ost_paths paths;
	struct ost_site_file *file;
	struct ost_ports ports;
	struct ost_site *site;
	struct rte_rcu_qsbr *quiescence;
	struct rte_ring *handover;
	struct rte_ring *to_auth, *from_auth; /* 802.1X frames: worker 0 -> main, main -> worker 0 */
	int auth_wake_fd;
	struct ost_worker *workers[OST_WORKERS_MAX];
	uint32_t worker_count;
	struct ost_tsc clock;
	uint64_t started_ns;
	struct ost_policy_in_force *policy; /* NULL: none, everything is refused */
	struct ost_link *link;
	struct ost_door *door;
	struct ost_evidence *evidence;
	struct ost_lookout *lookout;
	struct ost_rehearsing *rehearsing; /* NULL: no policy is rehearsed */
	uint64_t refusal_records_lost;
	const char *root; /* --root, or NULL */
	bool verbose, no_hugepages;
};

/* ---- crew.c: site, classifiers, workers ---- */

int ost_crew_make(struct ost_dataplane *dp) OST_MUST_CHECK;
int ost_crew_start(struct ost_dataplane *dp, unsigned keep_rights) OST_MUST_CHECK;
void ost_crew_stop(struct ost_dataplane *dp);
void ost_crew_free(struct ost_dataplane *dp);

/* Returns when every worker has passed a quiescent point since the call. Sleeps; a worker that does not
 * move is told in the log. */
void ost_crew_quiesce(struct ost_dataplane *dp);

/* Returns when the workers have taken away all that devices left behind which are not in the policy in force; they
 * hurry, and take half a second. -ETIMEDOUT: they could not. */
int ost_crew_clear_departed(struct ost_dataplane *dp) OST_MUST_CHECK;

/* ---- swap.c: the policy in force ---- */

/* Validates the image in a sealed memfd and puts it in force. On failure a sentence in why, and what was in
 * force stays. fd stays the caller's. generation and length are what was announced, 0: nothing was. */
int ost_swap_image(struct ost_dataplane *dp, int fd, uint64_t generation, uint64_t length,
	char why[static OST_MSG_TEXT]) OST_MUST_CHECK;

/* The first half of it: validates and maps the image, and whether there is room for so many devices. */
int ost_swap_open(const struct ost_dataplane *dp, int fd, uint64_t generation, uint64_t length, struct ost_policy_in_force **ret_policy,
	char why[static OST_MSG_TEXT]) OST_MUST_CHECK;
void ost_swap_close(struct ost_policy_in_force **policy);

/* At the start: the image that was last in force. Without one, or with a damaged one, everything is refused; the log says so. */
void ost_swap_last_image(struct ost_dataplane *dp);
void ost_swap_free(struct ost_dataplane *dp);

/* ---- rehearse.c: a policy that is tried on the flows that are there, and not put in force ---- */

/* Validates as for a swap, and lets the workers begin. One at a time. On failure a sentence in why. fd stays the caller's. */
int ost_rehearse_begin(struct ost_dataplane *dp, int fd, const struct ost_msg_rehearse *m, char why[static OST_MSG_TEXT]) OST_MUST_CHECK;

/* The workers are through: *ret_answer has what they found, and it is over. False: not yet, or nothing is rehearsed. */
bool ost_rehearse_take(struct ost_dataplane *dp, struct ost_msg_rehearsed *ret_answer);

/* Gives it up, if there is one: nobody waits for it any more, or another policy came in force. */
void ost_rehearse_drop(struct ost_dataplane *dp);

/* ---- report.c: counters as messages ---- */

void ost_report_totals(const struct ost_dataplane *dp, struct ost_msg_totals *ret_totals);
void ost_report_port(struct ost_dataplane *dp, uint32_t port, struct ost_msg_port_stats *ret_stats);

/* False: the slot holds no device of the generation in force. */
bool ost_report_device(const struct ost_dataplane *dp, uint32_t slot, struct ost_msg_device_stats *ret_stats);

/* What ostiaryd was told of rules, to tell only what changed. All zero at first; free(3) flows_opened. */
struct ost_rules_told {
	uint64_t generation;
	uint64_t *flows_opened; /* by rule */
	uint32_t rule_count;
	uint32_t next, ahead; /* where the walk begins, and where it will once its message is sent */
};

/* Rules whose count changed, of some hundred thousand: the next call looks at those behind them. False: none of them. */
bool ost_report_rules(const struct ost_dataplane *dp, struct ost_rules_told *told, struct ost_msg_rule_stats *ret_stats);
/* The message was sent. */
void ost_report_rules_sent(struct ost_rules_told *told, const struct ost_msg_rule_stats *stats);

/* ---- opened.c: flows that were opened, as messages ---- */

/* All zero at first; free(3) records. */
struct ost_opened_queue {
	struct ost_opened *records;
	uint32_t count, next, capacity;
	uint64_t lost; /* flows that found no room, and that are not told yet */
};

/* Something is to be told. */
bool ost_opened_waits(const struct ost_opened_queue *q);
/* The workers' records, flipped and quiesced with those of refusals. Call when nothing waits. */
void ost_opened_collect(struct ost_dataplane *dp, struct ost_opened_queue *q, int64_t wall_offset_ns);
/* The next message, and how many bytes of it are to be sent. */
size_t ost_opened_message(const struct ost_dataplane *dp, const struct ost_opened_queue *q, struct ost_msg_opened *ret_message);
/* It was sent. */
void ost_opened_sent(struct ost_opened_queue *q, const struct ost_msg_opened *m);

/* ---- evidence.c: copies of headers, remembered, and sent when they are ordered ---- */

int ost_evidence_new(struct ost_dataplane *dp, struct ost_evidence **ret_evidence) OST_MUST_CHECK;
void ost_evidence_free(struct ost_evidence **evidence);

/* About every 100 ms: flip, let the workers pass a quiescent point, collect. */
void ost_evidence_flip(struct ost_evidence *e);
void ost_evidence_collect(struct ost_evidence *e, int64_t wall_offset_ns);

/* -ESTALE: another generation is in force; -ENOENT: the device is nowhere; -EBUSY: too many orders. */
int ost_evidence_order(struct ost_evidence *e, const struct ost_msg_evidence *m) OST_MUST_CHECK;
/* Nobody waits for what was ordered any more. */
void ost_evidence_drop(struct ost_evidence *e);
/* The next message, false: none; and it was sent. */
bool ost_evidence_message(const struct ost_evidence *e, struct ost_msg_copies *ret_message);
void ost_evidence_sent(struct ost_evidence *e, const struct ost_msg_copies *m);
/* Frames that were copied, and those that found no room. */
void ost_evidence_counts(const struct ost_evidence *e, uint64_t *ret_copied, uint64_t *ret_uncopied);

/* ---- link.c: the socket to ostiaryd ---- */

int ost_link_new(struct ost_dataplane *dp, struct ost_link **ret_link) OST_MUST_CHECK;
void ost_link_free(struct ost_link **link);

/* For poll(2): fills two entries. Then, with what poll returned: serves it. */
void ost_link_poll_prepare(const struct ost_link *link, struct pollfd fds[static 2]);
void ost_link_poll_serve(struct ost_link *link, const struct pollfd fds[static 2]);

/* About every 100 ms: refusals and bindings go out. */
void ost_link_tick(struct ost_link *link);

/* Before any worker runs: takes from devices what was taken from them before this data plane started. */
void ost_denied_apply(struct ost_dataplane *dp);

/* A port's link came up, or is down: told as soon as ostiaryd reads it, when devices are there. */
void ost_link_port_link(struct ost_link *link, uint32_t port, bool up);

/* ---- given.c: names that devices were given addresses for, over a restart ---- */

struct ost_given;

int ost_given_new(struct ost_dataplane *dp, struct ost_given **ret_given) OST_MUST_CHECK;
void ost_given_free(struct ost_given **given);

/* At a tick: the next ones that are to be told, when none is left of those before. */
void ost_given_collect(struct ost_given *given);
/* The next message, NULL: none; and it was sent. */
const struct ost_msg_given *ost_given_next(const struct ost_given *given);
void ost_given_sent(struct ost_given *given);

/* All are to be told again. */
void ost_given_again(struct ost_given *given);

/* ostiaryd gives one back, whose values are sound. What cannot be bound any more is left out: the device will ask again. */
void ost_given_back(struct ost_given *given, const struct ost_msg_given *m);

/* ---- door.c: the socket to ostiary-authd, and the way of 802.1X frames to it and back ---- */

int ost_door_new(struct ost_dataplane *dp, struct ost_door **ret_door) OST_MUST_CHECK;
void ost_door_free(struct ost_door **door);

/* For poll(2): fills three entries. Then, with what poll returned: serves it. */
void ost_door_poll_prepare(const struct ost_door *door, struct pollfd fds[static 3]);
void ost_door_poll_serve(struct ost_door *door, const struct pollfd fds[static 3]);

/* About every 100 ms: who connected and says nothing is sent away. */
void ost_door_tick(struct ost_door *door);

/* A port of the device side came up or went down: a supplicant that has just been plugged in is asked at once. */
void ost_door_port_link(struct ost_door *door, uint32_t port, bool up);

/* ---- lookout.c: the socket to ostiary-observed: payload out, observations in, and on to ostiaryd ---- */

int ost_lookout_new(struct ost_dataplane *dp, struct ost_lookout **ret_lookout) OST_MUST_CHECK;
void ost_lookout_free(struct ost_lookout **lookout);

/* For poll(2): fills two entries. Then, with what poll returned: serves it. */
void ost_lookout_poll_prepare(const struct ost_lookout *l, struct pollfd fds[static 2]);
void ost_lookout_poll_serve(struct ost_lookout *l, const struct pollfd fds[static 2]);

/* About every 100 ms: what the workers copied, which was flipped and quiesced with the evidence. */
void ost_lookout_collect(struct ost_lookout *l, int64_t wall_offset_ns);
/* About every 100 ms: who connected and says nothing is sent away. */
void ost_lookout_tick(struct ost_lookout *l);

/* The next observation for ostiaryd, NULL: none; and it was sent. */
const struct ost_msg_observed *ost_lookout_next(const struct ost_lookout *l);
void ost_lookout_sent(struct ost_lookout *l);
/* Packets and observations that were dropped on the way. */
uint64_t ost_lookout_lost(const struct ost_lookout *l);
