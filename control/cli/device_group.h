/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of devices on the command line: by tag, role and state. What is shown of them, and orders to all of a group: told before, asked
 * for on a terminal, an answer line a device. */
#pragma once

#include "client.h"
#include "options.h"
#include "pki.h"

#define OST_DEVICE_GROUP_MAX 10000u /* devices that one command orders about */

struct ost_device_group {
	struct ost_cli_list tags; /* whoever has one of them */
	const char *role, *state; /* NULL: any */
	bool yes;		  /* nothing is asked */
};

/* Rows of a command's table of options. */
#define OST_DEVICE_GROUP_OPTIONS(group) \
	{.name = "tag", .list = &(group).tags}, {.name = "role", .value = &(group).role}, {.name = "state", .value = &(group).state}

bool ost_device_group_wanted(const struct ost_device_group *g);

/* "/v1/devices?..." of the group. -ENAMETOOLONG: told. */
#define OST_DEVICE_GROUP_PATH 2048
int ost_device_group_path(const struct ost_device_group *g, uint32_t limit, char buf[static OST_DEVICE_GROUP_PATH]) OST_MUST_CHECK;

/* word: approve, quarantine, release, revoke or retire; reason: of the certificates, for the last two. An enum ost_exit: NO when
 * one of them was not done. */
int ost_device_group_order(const struct ost_cli *cli, const struct ost_device_group *g, const char *word, const char *why,
	enum ost_pki_reason reason);
