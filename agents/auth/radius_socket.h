/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The UDP socket of the RADIUS front end. A reply leaves from the address that its request came to,
 * also where the gateway has many. Non-blocking. */
#pragma once

#include <sys/types.h>

#include "addr.h"
#include "trust.h" /* OST_TRUST_WHY */

struct ost_radius_ends {
	struct ost_ip ip;    /* the client's */
	uint16_t port;	     /* host byte order */
	uint32_t scope;	     /* IPv6: the interface of a link-local address */
	struct ost_ip local; /* ours; family 0: not known */
};

/* "192.0.2.1:1812", "0.0.0.0:1812", "[2001:db8::1]:1812"; an address is asked for, so that it is a
 * decision. */
int ost_radius_socket_open(
	const char *listen, char why[static OST_TRUST_WHY], int *ret_fd) OST_MUST_CHECK;

/* Bytes of a datagram; -EAGAIN: none; -EMSGSIZE: longer than size (it is gone). */
ssize_t ost_radius_socket_receive(
	int fd, uint8_t *to, size_t size, struct ost_radius_ends *ret_ends) OST_MUST_CHECK;

/* What cannot be sent now is lost, as on the wire: -errno. */
int ost_radius_socket_send(int fd, const uint8_t *bytes, size_t length,
	const struct ost_radius_ends *ends) OST_MUST_CHECK;
