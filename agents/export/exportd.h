/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ostiary-exportd: brings the journal to others. It talks to other machines and holds their secrets, so it can do nothing else: a user of
 * its own, no file of ostiaryd's, a list of system calls. It keeps one thing, how far each destination is.
 *
 *   source.h        ostiaryd: lines and checkpoints come from there, what became of them is told there
 *   destination.h   a destination: lines that wait, what is under way, how far it is; failures and when it is tried again
 *   carrier.h       how lines leave: carrier_file, carrier_syslog, carrier_relp, carrier_https, carrier_redis
 *   conn.h          a connection to another machine, by TLS (tls_client.h); resolver.h: its name
 *   format.h        what lines become
 *   mark.h          how far it is, on disk
 *   sandbox.h       the rights that are given up
 *
 * One thread, one event loop (libevent). A record leaves when a checkpoint covers it; the place of a destination moves when the record has
 * arrived there, as far as that can be known; whatever breaks in between, it is sent again. Memory is bounded: lines wait in the journal.
 */
#pragma once

#include <event2/event.h>

#include "messages.h"
#include "paths.h"
#include "site_export.h"

struct ost_destination;
struct ost_source;

struct ost_exportd {
	struct ost_paths paths;
	struct event_base *base;
	char gateway[64]; /* host name */
	struct ost_source *source;
	struct ost_destination *destinations[OST_EXPORTS_MAX];
	uint32_t count;
	struct ost_msg_export_checkpoint checkpoint; /* the newest; length 0: none yet */
};
