/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message over a unix SOCK_SEQPACKET socket: a fixed header, a payload of a fixed layout
 * (messages.h), at most one file descriptor. A sibling process is as hostile as the network: the
 * receiver checks magic, version, type and length here and each value in messages.h. */
#pragma once

#include "common.h"

#define OST_MSG_MAGIC	    0x4d54534fu /* "OSTM" */
#define OST_MSG_VERSION	    1u
#define OST_MSG_PAYLOAD_MAX 65000u /* below the default socket buffer */

/* Host byte order: both ends are on one machine. 16 bytes. */
struct ost_msg_header {
	uint32_t magic;
	uint16_t version;
	uint16_t type;	   /* enum ost_msg_type */
	uint32_t length;   /* bytes of payload behind the header */
	uint32_t sequence; /* a reply carries its request's; 0 for what nobody asked for */
};

/* Listening socket at path (an old socket file that nobody listens on is removed). -EADDRINUSE: another
 * instance is alive. mode: permissions of the socket file. */
int ost_msg_listen(const char *path, unsigned mode, int *ret_fd) OST_MUST_CHECK;
int ost_msg_connect(const char *path, int *ret_fd) OST_MUST_CHECK;

/* Non-blocking. -EAGAIN: the receiver is slow, try later; -EPIPE: it is gone. pass_fd -1: none; the
 * descriptor stays the caller's. length <= OST_MSG_PAYLOAD_MAX, else -EMSGSIZE. */
int ost_msg_send(int fd, uint16_t type, uint32_t sequence, const void *payload, size_t length,
	int pass_fd) OST_MUST_CHECK;

/* Non-blocking. payload must have room for OST_MSG_PAYLOAD_MAX bytes. ret_fd is -1 or a descriptor that the caller
 * closes. -EAGAIN: nothing there; -EPIPE: the other end is gone; -EPROTO: no message of ours (close). */
int ost_msg_receive(int fd, struct ost_msg_header *ret_header, void *payload, int *ret_fd) OST_MUST_CHECK;

/* The header check alone, for the fuzzer and for ost_msg_receive: bytes as they came, header included. */
int ost_msg_check(const void *bytes, size_t length, struct ost_msg_header *ret_header) OST_MUST_CHECK;
