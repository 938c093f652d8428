/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Web addresses that are fetched: https alone, RFC 3986, and nothing that two programs might read differently. */
#pragma once

#include "mud_wire.h"

#define OST_MUD_HOST_MAX 253u

struct ost_mud_url {
	char host[OST_MUD_HOST_MAX + 1]; /* lower case; an IPv6 address without its brackets */
	bool ipv6;			 /* it is one */
	bool numeric;			 /* an IPv4 or IPv6 address */
	uint16_t port;
	char target[OST_MUD_WEB_URL_MAX + 1]; /* path and query: what stands in the request line */
	char text[OST_MUD_WEB_URL_MAX + 1];
};

/* -EINVAL and a noun phrase that says what it is instead of an address that is fetched. */
int ost_mud_url_read(const char *text, struct ost_mud_url *ret_url, const char **ret_flaw) OST_MUST_CHECK;

/* The address that a reference stands for on a page of base (RFC 3986 section 5.2); a fragment is left out. -EINVAL as above. */
int ost_mud_url_resolve(
	const struct ost_mud_url *base, const char *reference, struct ost_mud_url *ret_url, const char **ret_flaw) OST_MUST_CHECK;
