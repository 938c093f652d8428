/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection of ostiary-authd: ostiaryd listens, one authenticator at a time is served; a second one is turned away
 * while the first lives. It speaks with strangers, so it is not trusted: what is no sound message in sensible order cuts
 * it off, and is counted. Decisions and questions wait for it in a bounded queue; one that does not read is cut off.
 *
 * Single thread; every callback runs in the event loop and may send, but not free the link.
 */
#pragma once

#include "messages.h"

struct event_base;
struct ost_auth_link;

struct ost_auth_link_handlers {
	void (*up)(void *user, const struct ost_msg_hello *hello);
	/* It is gone; why is one sentence. Conversations that wait for a decision are over. */
	void (*down)(void *user, const char *why);
	/* Answered by LIMIT, or not at all. */
	void (*opened)(void *user, const struct ost_msg_auth_opened *m);
	void (*claim)(void *user, const struct ost_msg_auth_claim *m);
	void (*outcome)(void *user, const struct ost_msg_auth_outcome *m);
	void (*counts)(void *user, const struct ost_msg_auth_counts *m);
};

/* Listens at path (borrowed), for the group ostiary. -EADDRINUSE: somebody else does. */
int ost_auth_link_new(struct event_base *base, const char *path, const struct ost_auth_link_handlers *handlers, void *user,
	struct ost_auth_link **ret_link) OST_MUST_CHECK;
void ost_auth_link_free(struct ost_auth_link **link);

bool ost_auth_link_is_up(const struct ost_auth_link *link);

/* Between hold and release messages wait in the queue, unless it is full. */
void ost_auth_link_hold(struct ost_auth_link *link);
void ost_auth_link_release(struct ost_auth_link *link);

/* DECISION, ASK, LIMIT or RELOAD. What is sent while nobody is there is lost, as it should be. */
void ost_auth_link_send(struct ost_auth_link *link, enum ost_msg_type type, const void *payload, size_t length);

struct ost_auth_link_counts {
	uint64_t connections;
	uint64_t protocol_errors; /* connections cut for what they sent, or did not read */
	uint64_t turned_away;	  /* second ones */
	uint32_t pid;		  /* of the last one, 0 before any */
	char version[32];
	char why[128]; /* why it is down */
};

const struct ost_auth_link_counts *ost_auth_link_counts(const struct ost_auth_link *link);
