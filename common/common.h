/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/: the ground floor of the house. libc only; every other folder may include it, it includes
 * none. One concept a header:
 *
 *   diag.h      what is wrong, where, and what to do: lists of findings with file:line:column
 *   cursor.h    the one bounds-checked cursor for hostile bytes
 *   text.h      control characters in hostile text, and decimal numbers
 *   addr.h      MAC, IPv4, IPv6, prefixes: text to bytes and back
 *   hash.h      the keyed hash of every table that an outsider can grow
 *   clock.h     monotonic and wall clocks in nanoseconds
 *   reason.h    the closed list of refusal reasons
 *   state.h     the states of a device
 *   log.h       the log sink; only programs log, libraries fill a diagnostic
 *   jsonw.h     a small JSON writer for log lines and --json output
 *   file.h      whole files: bounded read, atomic write, sealed memfd
 *   paths.h     where the gateway's files and sockets are, and how --root moves them
 *   msg.h       one message over a unix SOCK_SEQPACKET socket, with at most one descriptor
 *   messages.h  the fixed layouts that our programs exchange, with their value checks
 *   portal_line.h  the lines between the portal and a device's agent
 *
 * Conventions: functions return 0 or a negative errno, outputs are named ret_ and left untouched on
 * failure. No function here is tied to a thread; none keeps global state except log.h.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OST_ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define OST_MIN(a, b)		 ((a) < (b) ? (a) : (b))
#define OST_MAX(a, b)		 ((a) > (b) ? (a) : (b))
#define OST_LIKELY(x)		 __builtin_expect(!!(x), 1)
#define OST_UNLIKELY(x)		 __builtin_expect(!!(x), 0)
#define OST_MUST_CHECK		 __attribute__((warn_unused_result))
#define OST_PRINTF(f, a)	 __attribute__((format(printf, f, a)))
#define OST_CACHE_LINE		 64
#define OST_CACHE_ALIGNED	 __attribute__((aligned(OST_CACHE_LINE)))

/* Cleanup attributes: freed when the variable leaves its scope. */
static inline void ost_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void ost_cleanup_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define OST_AUTO_FREE  __attribute__((cleanup(ost_cleanup_free)))
#define OST_AUTO_CLOSE __attribute__((cleanup(ost_cleanup_close)))

/* Bounds of the site, each a design limit that the compiler and the image check enforce. */
#define OST_PORTS_MAX	     64u	/* ports of one gateway; a set of ports is one 64-bit mask */
#define OST_DEVICES_MAX	     (1u << 20) /* devices of one gateway */
#define OST_RULES_MAX	     (1u << 24) /* compiled rules of one image (24 bits in a flow entry) */
#define OST_HOST_MAX	     253u	/* bytes of a host name as text, RFC 1035 section 3.1 */
#define OST_NAME_MAX	     63u	/* bytes of a device, role, network, service or port name */
