/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that devices held when the data plane went away: told to the next one, so that a restart does not refuse
 * every device until it asks for its lease again. Single thread. */
#pragma once

#include "link.h"
#include "registry.h"
#include "roster.h"

struct ost_remember;

int ost_remember_new(struct ost_remember **ret_remember) OST_MUST_CHECK;
void ost_remember_free(struct ost_remember **remember);

/* Takes what the registry has from before this time and what has not lapsed, instead of what was left from the last call. At most
 * OST_DEVICES_MAX addresses; -ENOMEM, or the registry's error. */
int ost_remember_take(struct ost_remember *remember, struct ost_registry *registry, uint64_t before_wall_ns,
	uint64_t now_wall_ns) OST_MUST_CHECK;

/* Sends as much as the data plane takes now, for the image in force; call again until it returns 0, the number that is
 * left. Devices that the image does not have are left out. */
uint32_t ost_remember_send(struct ost_remember *remember, struct ost_link *link, const struct ost_roster *roster);

/* The data plane says that this address was given up: it is not told any more. */
void ost_remember_drop(struct ost_remember *remember, const struct ost_msg_binding *m);
