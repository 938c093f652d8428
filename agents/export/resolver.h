/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A name to addresses, in a process of its own for each destination: the C library's resolver reads files, loads modules and waits, which the
 * exporter may not. */
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include "common.h"

#define OST_RESOLVER_ADDRESSES 8u

union ost_endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct ost_resolver {
	int fd; /* readable when there is an answer */
	pid_t pid; /* 0: the host is an address, nobody is asked */
	uint16_t port;
	union ost_endpoint numeric;
};

/* Forks the process when host is a name. Call before rights are given up. -errno. */
int ost_resolver_start(const char *host, uint16_t port, struct ost_resolver *ret_resolver) OST_MUST_CHECK;
void ost_resolver_stop(struct ost_resolver *resolver);

/* 1: the addresses are there at once; 0: the answer comes; -EPIPE: the process is gone. */
int ost_resolver_ask(struct ost_resolver *r, union ost_endpoint ret[static OST_RESOLVER_ADDRESSES], uint32_t *ret_count) OST_MUST_CHECK;
/* When fd is readable. -ENOENT: it has none; -EAGAIN: not yet; -EPIPE. */
int ost_resolver_answer(struct ost_resolver *r, union ost_endpoint ret[static OST_RESOLVER_ADDRESSES], uint32_t *ret_count) OST_MUST_CHECK;
