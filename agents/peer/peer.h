/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to one of our own programs: it connects, greets, comes back when the other one does. What arrives is
 * checked before anybody sees it; one that sends anything else is cut off. One thread. */
#pragma once

#include <event2/event.h>

#include "messages.h"
#include "msg.h"

struct ost_peer;

struct ost_peer_handlers {
	uint32_t self;	  /* enum ost_program that greets: who we are */
	const char *name; /* for the log: "data plane" */
	uint32_t program; /* enum ost_program that must greet */
	void (*up)(void *user);
	void (*down)(void *user);
	/* payload is aligned, length and values are sound. false: not for us; the connection is cut */
	bool (*message)(void *user, const struct ost_msg_header *header, const void *payload);
	void *user;
};

/* path and handlers are borrowed. Connects from the loop's first turn on. */
int ost_peer_new(struct event_base *base, const char *path, const struct ost_peer_handlers *handlers, struct ost_peer **ret_peer) OST_MUST_CHECK;
void ost_peer_free(struct ost_peer **peer);

bool ost_peer_is_up(const struct ost_peer *peer);

/* -ENOTCONN; -EAGAIN: it is slow, the message is not sent. */
int ost_peer_send(struct ost_peer *peer, uint16_t type, const void *payload, size_t length) OST_MUST_CHECK;
