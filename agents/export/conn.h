/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to the server of a destination: its name found, one of its addresses reached, its certificate proved. Nothing waits. What
 * stands still for too long is given up. One thread. */
#pragma once

#include <event2/event.h>

#include "common.h"
#include "site_export.h"

struct ost_conn;

/* A handler may close the connection, but not free it. */
struct ost_conn_handlers {
	void (*up)(void *user);
	void (*input)(void *user, const char *bytes, size_t length);
	void (*drained)(void *user); /* all that was given to be sent has left this process; may be NULL */
	/* why is one sentence; ended: the server ended it in order, or while nothing was under way */
	void (*down)(void *user, const char *why, bool ended);
	void *user;
};

#define OST_CONN_WHY 384u

/* config and handlers are borrowed. Reads the files of TLS, and forks the resolver: before rights are given up. */
int ost_conn_new(struct event_base *base, const struct ost_site_export *config, const struct ost_conn_handlers *handlers, char why[static 256],
	struct ost_conn **ret_conn) OST_MUST_CHECK;
void ost_conn_free(struct ost_conn **conn); /* null-safe */
int ost_conn_reload(struct ost_conn *c, char why[static 256]) OST_MUST_CHECK; /* the files of TLS, for the next connection */

void ost_conn_open(struct ost_conn *c);
void ost_conn_close(struct ost_conn *c); /* tells nobody; what was not sent is dropped */
bool ost_conn_is_up(const struct ost_conn *c);
bool ost_conn_is_closed(const struct ost_conn *c);

/* Copies. */
void ost_conn_send(struct ost_conn *c, const void *bytes, size_t length);
/* Bytes that the other machine has not acknowledged yet, or that did not leave this process; UINT64_MAX: not known. */
uint64_t ost_conn_outstanding(const struct ost_conn *c);
/* Four times a second: gives up what stands still. waiting: an answer is waited for. */
void ost_conn_tick(struct ost_conn *c, uint64_t now_ns, bool waiting);
