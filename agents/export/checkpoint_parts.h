/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A signed note's parts as text, for the structured data of syslog. */
#pragma once

#include "messages.h"

#define OST_CHECKPOINT_SIGS 4u

struct ost_checkpoint_parts {
	char origin[OST_EXPORT_ORIGIN];
	char root[64];
	char sigs[OST_CHECKPOINT_SIGS][512];
	uint32_t sig_count;
};

/* -EINVAL: it is no such note. Nothing is verified. */
int ost_checkpoint_parts(const struct ost_msg_export_checkpoint *c, struct ost_checkpoint_parts *ret_parts) OST_MUST_CHECK;
