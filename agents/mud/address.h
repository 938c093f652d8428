/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses a fetcher asks: those of the public Internet. What a server or a name server says must not make it ask the
 * gateway itself or its networks. */
#pragma once

#include <netinet/in.h>

#include "common.h"

union ost_mud_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* allow_private: a lab; but never a group, a broadcast, or no address. */
bool ost_mud_address_ok(const union ost_mud_address *address, bool allow_private);
