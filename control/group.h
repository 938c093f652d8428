/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group of devices of the policy in force: those with a tag, of a role, in a state, or all of these at once. Single thread. */
#pragma once

#include "daemon.h"

struct ost_group {
	uint64_t tags; /* bits; 0: any */
	int64_t role;  /* place in the image; -1: any */
	int state;     /* enum ost_state; -1: any */
};

#define OST_GROUP_ALL ((struct ost_group){.role = -1, .state = -1})

/* Names, each NULL or "": any; tag may be several, joined by commas: whoever has one of them. -ENOENT: there is no such tag, role or state:
 * one sentence in why. */
int ost_group_make(const struct ost_daemon *d, const char *tag, const char *role, const char *state, struct ost_group *ret_group,
	char why[static 256]) OST_MUST_CHECK;

/* device: its place in the image in force. */
bool ost_group_has(const struct ost_daemon *d, const struct ost_group *group, uint32_t device);

/* Its state, as the API shows it. */
enum ost_state ost_group_state(const struct ost_daemon *d, uint32_t device);
