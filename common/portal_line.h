/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines that the portal of ostiary-authd and a device's agent exchange inside their TLS connection. The handshake has
 * proved both before the first one; the device says nothing until it has the gateway's answer.
 *
 *   gateway  OSTIARY 1 ADMITTED lease=S session=S device=NAME   it is in. A line is due within lease seconds; a new
 *                                                               connection, with a new proof, within session seconds
 *   gateway  OSTIARY 1 REFUSED reason=WORD                      it is not (enum ost_auth_reason); the connection ends
 *   device   OSTIARY 1 KEEP                                     still here
 *   gateway  OSTIARY 1 KEPT lease=S                             the answer: so many seconds more
 *   gateway  OSTIARY 1 PROVE within=S                           come with a new connection, at any moment of these seconds
 *   device   OSTIARY 1 END                                      it takes leave
 *   gateway  OSTIARY 1 ENDED reason=WORD                        its rights are gone; the connection ends
 *
 * ASCII, one line feed at the end, no other control character, at most OST_PORTAL_LINE bytes. Numbers are decimal.
 * Strict: what is not exactly one of these is refused.
 */
#pragma once

#include "common.h"

#define OST_PORTAL_LINE	     128u	     /* bytes with the line feed */
#define OST_PORTAL_LEASE_S   300u	     /* at most */
#define OST_PORTAL_SESSION_S (366u * 86400u) /* at most */

enum ost_portal_word {
	OST_PORTAL_ADMITTED,
	OST_PORTAL_REFUSED,
	OST_PORTAL_KEEP,
	OST_PORTAL_KEPT,
	OST_PORTAL_PROVE,
	OST_PORTAL_END,
	OST_PORTAL_ENDED,
	OST_PORTAL_WORD_COUNT,
};

struct ost_portal_line {
	enum ost_portal_word word;
	uint32_t seconds;   /* lease or within: 1 to OST_PORTAL_LEASE_S */
	uint32_t session_s; /* 1 to OST_PORTAL_SESSION_S */
	uint8_t reason;	    /* enum ost_auth_reason, not NONE */
	char device[OST_NAME_MAX + 1];
};

/* Returns its bytes; NUL-terminated besides. Values outside their range are brought into it. */
size_t ost_portal_line_write(const struct ost_portal_line *line, char to[static OST_PORTAL_LINE + 1]);

/* text without its line feed; need not be NUL-terminated. -EINVAL. */
int ost_portal_line_read(const char *text, size_t length, struct ost_portal_line *ret_line) OST_MUST_CHECK;

/* Lines out of a stream: bytes are appended, whole lines come out. */
struct ost_portal_lines {
	char text[OST_PORTAL_LINE];
	size_t length;
};

/* Takes from *bytes what it needs. 1: ret_line is one; 0: more is needed; -EINVAL: no line of ours. */
int ost_portal_lines_take(struct ost_portal_lines *lines, const char **bytes, size_t *length, struct ost_portal_line *ret_line)
	OST_MUST_CHECK;
