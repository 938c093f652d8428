/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ostiary-authd: finds out who somebody is, and never decides what he may. It holds the gateway's key and speaks with
 * strangers, so it can do nothing else: a user of its own, no capability, a list of system calls, no policy.
 *
 *   frames.h        802.1X frames from and to the data plane     \
 *   radius.h        RADIUS clients: switches and access points    >  conversations.h -> eap.h -> tls.h -> trust.h
 *   portal.h        TLS connections of devices with an IP stack  /
 *   decider.h       ostiaryd: claims go there, decisions come back
 *   throttle.h        who may begin how often
 *   sandbox.h       the rights that are given up
 *
 * One thread, one event loop (libevent). A front end opens conversations and sends for them; the table ends them.
 */
#pragma once

#include <event2/event.h>

#include "conversations.h"
#include "throttle.h"
#include "paths.h"
#include "trust.h"

struct ost_decider;
struct ost_frames;
struct ost_radius;
struct ost_portal;

struct ost_authd {
	struct ost_paths paths;
	struct event_base *base;
	struct ost_trust *trust; /* in force for new conversations; NULL: none could be loaded, everybody is refused */
	struct ost_conversations *conversations;
	struct ost_throttle *throttle;
	struct ost_hash_key hash;
	struct ost_decider *decider;
	struct ost_frames *frames;
	struct ost_radius *radius; /* NULL: not asked for */
	struct ost_portal *portal; /* NULL: not asked for */
	struct event *tick;
	uint64_t tick_ns; /* when it comes; UINT64_MAX: it is not set */
	uint64_t counts_ns; /* when the counters are told next */
	uint64_t discarded_frames, limited_frames; /* by the front ends, beside what the table counts */
	uint64_t radius_requests, radius_rejected;
	uint32_t portal_connections;
	bool no_crl;
	uint64_t crl_look_ns;	 /* when the list on disk is looked at next */
	struct timespec crl_time; /* of the file that was read last, or tried */
};

/* Begins an EAP conversation with what is trusted now. NULL: nobody can be let in now (no keys, no memory, or the clock
 * stands before 2020, so that no certificate can be judged). */
struct ost_conversation *ost_authd_open(struct ost_authd *a, enum ost_auth_way way, const void *key, size_t length,
	const struct ost_place *place, uint8_t identifier, uint64_t now_ns);

/* Somebody can be let in now: there are keys, and the clock is right. */
bool ost_authd_is_ready(const struct ost_authd *a);

/* Loads keys, certificates and CRL anew; what was in force stays when that fails (and the log says so). */
void ost_authd_reload(struct ost_authd *a);

/* A deadline may have moved: the clock is set anew. Call after conversations were fed from outside the tick. */
void ost_authd_rewind(struct ost_authd *a);
