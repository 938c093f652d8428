/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the MUD front end: addresses and services, and one set of them less another. */
#pragma once

#include "model.h"

#define MUD_PREFIXES_MAX (4u << 20)

struct mud_prefixes {
	struct ost_prefix *items;
	uint32_t count, capacity;
};

#define MUD_SERVICES_MAX 256u /* two ranges, cut by at most OST_MUD_DROPS_MAX drops of two ranges each */

struct mud_services {
	struct ost_service items[MUD_SERVICES_MAX];
	uint32_t count;
};

/* -ENOMEM, or -EFBIG beyond MUD_PREFIXES_MAX. */
int mud_prefix_add(struct mud_prefixes *list, const struct ost_prefix *p) OST_MUST_CHECK;
/* Adds what is in one of both lists and in the other. */
int mud_prefixes_both(const struct mud_prefixes *a, const struct mud_prefixes *b, struct mud_prefixes *both) OST_MUST_CHECK;
/* Takes what is in the second list out of the first. */
int mud_prefixes_less(struct mud_prefixes *list, const struct mud_prefixes *less) OST_MUST_CHECK;
bool mud_prefix_within(const struct ost_prefix *p, const struct ost_prefix *of);

/* Likewise of services. A drop of one protocol is never taken out of every protocol: see mud_drops.c. */
void mud_services_less(struct mud_services *list, const struct mud_services *less);
