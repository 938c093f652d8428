/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection of the agent to the portal: TCP, TLS, lines. Never blocks. One thread. */
#pragma once

#include <sys/socket.h>

#include "portal_line.h"
#include "messages.h"

struct link;
struct link_trust; /* CA, certificate and key as one TLS context */

#define LINK_WHY 256

/* Files as in agent.h. -EINVAL with a sentence, -EIO. */
int link_trust_new(const char *ca, const char *crl, const char *certificate, const char *key, char why[static LINK_WHY],
	struct link_trust **ret_trust) OST_MUST_CHECK;
void link_trust_free(struct link_trust **trust);

enum link_end {
	LINK_UNREACHABLE, /* no TCP, or it ended before anything was said */
	LINK_DISTRUSTED,  /* we refuse the gateway */
	LINK_REFUSED,	  /* the gateway refuses us */
	LINK_LOST,	  /* after it was admitted */
};

/* What became of it; only when it is over. */
struct link_over {
	enum link_end end;
	enum ost_auth_reason reason; /* NONE: error says it */
	int error;		     /* errno, or 0 */
};

/* Begins to connect. name: what the gateway's certificate must bear. */
int link_new(struct link_trust *trust, const struct sockaddr *to, socklen_t length, const char *name, uint64_t now_ns,
	struct link **ret_link) OST_MUST_CHECK;
/* Says END first when it is admitted and leave is true. */
void link_free(struct link **link, bool leave);

int link_fd(const struct link *link, short *ret_events);
/* When to come again at the latest. */
uint64_t link_due_ns(const struct link *link);

/* 1: a line came (ADMITTED, KEPT, PROVE); 0: nothing new; -EPIPE: it is over. */
int link_step(struct link *link, uint64_t now_ns, struct ost_portal_line *ret_line, struct link_over *ret_over) OST_MUST_CHECK;
bool link_is_admitted(const struct link *link);
