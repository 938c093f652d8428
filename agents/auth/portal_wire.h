/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one portal connection: a TCP socket on one side, whole TLS records and what TLS wants to send on the other.
 * A record is taken whole before TLS sees it, and the TLS object is made by the caller for a whole ClientHello only. Never
 * blocks. Bound: one record a connection waits, of at most 18 kB. One thread.
 */
#pragma once

#include <event2/event.h>

#include "tls.h"

#define OST_PORTAL_RECORD_HEAD 5u
#define OST_PORTAL_RECORD_MAX  (16384u + 2048u) /* RFC 5246 6.2.3 */

struct ost_portal_wire {
	int fd;
	struct event *readable, *writable;
	struct ost_tls *tls; /* NULL until there is a ClientHello */
	uint8_t head[OST_PORTAL_RECORD_HEAD];
	uint8_t *record; /* with its head */
	size_t have, wanted;
	size_t sent; /* of what TLS wants to send */
};

/* Takes the descriptor, which must not block. -ENOMEM: it is closed. */
int ost_portal_wire_open(struct ost_portal_wire *wire, struct event_base *base, int fd, event_callback_fn readable,
	event_callback_fn writable, void *user) OST_MUST_CHECK;
void ost_portal_wire_close(struct ost_portal_wire *wire);

/* 1: record holds a whole one, of wanted bytes; 0: more is to come; -EPIPE: the peer is gone; -EPROTO: no TLS. */
int ost_portal_wire_receive(struct ost_portal_wire *wire) OST_MUST_CHECK;
/* It is done with; the next one may come. */
void ost_portal_wire_taken(struct ost_portal_wire *wire);

/* The record is a ClientHello, or its beginning. */
bool ost_portal_wire_is_hello(const struct ost_portal_wire *wire);

/* Sends what TLS wants to send; what does not fit goes on when the socket can be written. -EPIPE: the peer is gone. */
int ost_portal_wire_flush(struct ost_portal_wire *wire) OST_MUST_CHECK;
bool ost_portal_wire_is_flushed(const struct ost_portal_wire *wire);
