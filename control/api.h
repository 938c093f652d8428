/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP and JSON on /run/ostiary/api.sock, by libmicrohttpd inside the event loop. One table of routes; bodies
 * are made by views.h and metrics.h. Who may connect is decided by the socket's owner and mode; who connected
 * is told by the kernel (SO_PEERCRED). Bounds: connections, header memory, body size, idle time. */
#pragma once

#include "daemon.h"

#define OST_API_BODY_MAX (80u << 20) /* bytes of a POST */

/* Listens; an old socket file is removed (the caller holds the lock of the instance). */
int ost_api_new(struct ost_daemon *daemon, char why[static OST_DAEMON_WHY],
	struct ost_api **ret_api) OST_MUST_CHECK;
/* Wakes whoever waits for changes of incidents, if there are any, or his time is over. From the event loop, once a second and when
 * something changed. */
void ost_api_tell(struct ost_api *api);
void ost_api_free(struct ost_api **api);
