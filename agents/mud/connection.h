/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One TLS connection to a web server that proves its name. Every step has the same deadline. */
#pragma once

#include "mud_wire.h"
#include "resolver.h"

struct ost_mud_web; /* whom servers are proved to: the CAs */
struct ost_mud_connection;

/* pem: CA certificates. -EINVAL: none of them is of use; -ENOMEM. */
int ost_mud_web_new(struct ost_mud_bytes pem, struct ost_mud_web **ret_web) OST_MUST_CHECK;
void ost_mud_web_free(struct ost_mud_web **web);

/* What is told of a failure. */
struct ost_mud_trouble {
	enum ost_mud_fault fault;
	char why[512];
};
int ost_mud_trouble_say(struct ost_mud_trouble *t, enum ost_mud_fault fault, const char *fmt, ...) OST_PRINTF(3, 4); /* -EIO */

/* Connects to one of these addresses and shakes hands. server: its certificate's subject. -EIO and trouble. */
int ost_mud_connection_open(struct ost_mud_web *web, const struct ost_mud_url *url, const union ost_mud_address *addresses,
	uint32_t count, uint64_t deadline_ns, struct ost_mud_trouble *trouble, char server[static OST_MUD_TEXT_MAX + 1],
	struct ost_mud_connection **ret) OST_MUST_CHECK;
void ost_mud_connection_close(struct ost_mud_connection **connection);

int ost_mud_connection_send(struct ost_mud_connection *c, const char *text, size_t length, struct ost_mud_trouble *trouble) OST_MUST_CHECK;
/* Bytes, or -EIO and trouble: an end of the connection is one. */
int ost_mud_connection_receive(struct ost_mud_connection *c, uint8_t *to, size_t size, struct ost_mud_trouble *trouble) OST_MUST_CHECK;
