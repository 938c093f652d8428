/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file from the web: names, connections and redirects until there is one. */
#pragma once

#include "connection.h"

#define OST_MUD_REDIRECTS_MAX 5u

struct ost_mud_fetcher {
	struct ost_mud_web *web;
	struct ost_mud_resolver *resolver;
	uint64_t deadline_ns;
	bool allow_private;
};

struct ost_mud_fetched {
	uint8_t *body; /* owned */
	size_t length;
	struct ost_mud_url url; /* where it came from at last */
	char server[OST_MUD_TEXT_MAX + 1];
};

/* accept: the media type. -EIO and trouble. */
int ost_mud_fetch(const struct ost_mud_fetcher *f, const struct ost_mud_url *url, const char *accept, size_t body_max,
	struct ost_mud_trouble *trouble, struct ost_mud_fetched *ret) OST_MUST_CHECK;
