/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS over TCP (RFC 7766): messages, each behind its length in two bytes, out of segments. The control owner's alone.
 *
 * Segments are read in their order, and one that comes before what goes before it is refused: its sender repeats it. So no
 * answer reaches a device unread, but for these, which are counted:
 *   - a message of more than 16 kB that does not come in one segment;
 *   - what is on its way when we learn of a connection that is under way already (a policy that brings the first name; a
 *     connection that gave way to others). A segment that is one whole message is read, and what follows it.
 *   - a message that gave its buffer to another.
 * Nothing is bound by what is not read: the connection after it is refused, no more.
 *
 * Bounds: 512 connections, of which those of one device share 8 places with others by a keyed hash, and the one that was silent
 * for the longest gives way; 64 messages at once that are not whole yet. */
#pragma once

#include "packet.h"
#include "site.h"

#define OST_STREAM_BUCKETS	 64u
#define OST_STREAM_WAYS		 8u
#define OST_STREAM_BUFFERS	 64u
#define OST_STREAM_MESSAGE_MAX	 16384u

struct ost_streams;

struct ost_stream_segment {
	uint32_t slot;
	uint64_t server[2]; /* as in a binding */
	uint16_t client_port;
	bool answer; /* from the server */
	uint32_t seq;
	uint8_t flags; /* enum ost_tcp_flag */
	const uint8_t *bytes;
	uint32_t length;
};

int ost_streams_new(const struct ost_site *site, struct ost_streams **ret_streams) OST_MUST_CHECK;
void ost_streams_free(const struct ost_site *site, struct ost_streams **streams);

/* Calls fn for each message that the segment completes. What fn refuses, and what does not fit the order, is refused, and
 * so is what follows in this direction. */
enum ost_reason ost_stream_take(struct ost_site *site, const struct ost_stream_segment *segment, uint32_t tick,
	enum ost_reason (*fn)(void *user, const uint8_t *message, uint32_t length), void *user);
