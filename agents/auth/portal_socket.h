/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The portal's listening socket. */
#pragma once

#include "addr.h"
#include "trust.h"

/* text: "ADDRESS:PORT". The address need not be there yet. why: one sentence when it fails. */
int ost_portal_listen(const char *text, char why[static OST_TRUST_WHY], int *ret_fd) OST_MUST_CHECK;

/* Non-blocking. An IPv4 address that came to an IPv6 socket is an IPv4 address. -EAGAIN: nobody is there. */
int ost_portal_accept(int listening, struct ost_ip *ret_ip, int *ret_fd) OST_MUST_CHECK;
