/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names to addresses, in a process of its own: the C library's resolver reads files and loads modules, which the fetcher may not. */
#pragma once

#include <sys/types.h>

#include "address.h"
#include "url.h"

#define OST_MUD_ADDRESSES_MAX 8u

struct ost_mud_resolver {
	int fd;
	pid_t pid;
};

/* Forks it. Call before rights are given up. */
int ost_mud_resolver_start(struct ost_mud_resolver *ret_resolver) OST_MUST_CHECK;
void ost_mud_resolver_stop(struct ost_mud_resolver *resolver);

/* The addresses of a URL's host, with its port. -ENOENT: it has none; -ETIMEDOUT; -EPROTO: the process failed. */
int ost_mud_resolver_ask(struct ost_mud_resolver *resolver, const struct ost_mud_url *url, uint64_t deadline_ns,
	union ost_mud_address ret[static OST_MUD_ADDRESSES_MAX], uint32_t *ret_count) OST_MUST_CHECK;
