/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a destination is, on disk: a small file for each, of text, written so that it is the old one or the new one. */
#pragma once

#include "messages.h"

struct ost_mark {
	char origin[OST_EXPORT_ORIGIN]; /* of the journal; "": none is known yet */
	uint64_t seq;			/* every record before it has arrived */
};

/* name: of the destination, letters, digits, '.', '_', '-'. -ENOENT: it never was; -EINVAL: it is damaged; -errno. */
int ost_mark_load(const char *folder, const char *name, struct ost_mark *ret_mark) OST_MUST_CHECK;
/* On disk when it returns. */
int ost_mark_save(const char *folder, const char *name, const struct ost_mark *mark) OST_MUST_CHECK;
