/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which roles of an image are in audit: nothing of theirs may be shown without it. Any thread. */
#pragma once

#include "image.h"

struct ost_audit {
	bool wanted; /* mode: audit */
	bool open;   /* and it has not ended: what its rules do not allow passes */
	int64_t until_s; /* seconds since 1970 UTC */
};

struct ost_audit ost_audit_of(const struct ost_image *image, uint32_t role, int64_t now_s);

/* Roles whose audit is open. */
uint32_t ost_audits_open(const struct ost_image *image, int64_t now_s);
