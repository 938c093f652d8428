/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small HTTP/1.1 client over a unix socket: one request a connection, bounded in every direction. A library
 * such as libcurl would bring a TLS stack of its own into a command that never leaves the machine. */
#pragma once

#include <sys/uio.h>

#include "common.h"

#define OST_HTTP_BODY_MAX ((size_t)512 << 20) /* bytes of an answer: 1,000,000 devices take about 400 MB */

struct ost_http_reply {
	unsigned status; /* 100..599 */
	char *body;	 /* NUL-terminated, owned */
	size_t length;
};

/* Sends a request and reads its answer. body NULL: none. -ENOENT or -ECONNREFUSED: nobody listens; -EACCES; -ETIMEDOUT: no
 * answer in time; -EPROTO: no HTTP, or larger than the bounds; -EPIPE: cut short. */
int ost_http_request(const char *socket_path, const char *method, const char *path, const char *body,
	size_t length, unsigned timeout_s, struct ost_http_reply *ret_reply) OST_MUST_CHECK;

/* A body in pieces, which are sent from where they lie. */
struct ost_http_body {
	const char *type; /* Content-Type */
	const struct iovec *pieces;
	uint32_t count;
};

/* POSTs one; failures as above. */
int ost_http_post(const char *socket_path, const char *path, const struct ost_http_body *body, unsigned timeout_s,
	struct ost_http_reply *ret_reply) OST_MUST_CHECK;
void ost_http_reply_free(struct ost_http_reply *reply);

/* Reads an answer out of whole bytes, for ost_http_request and its tests. The connection was closed behind them. */
int ost_http_reply_parse(const char *bytes, size_t length, struct ost_http_reply *ret_reply) OST_MUST_CHECK;

/* "/v1/devices/" and a name as a segment of a URL: everything but letters, digits, '-', '.', '_' as %XX. */
int ost_http_path(const char *prefix, const char *segment, char *buf, size_t size) OST_MUST_CHECK;
