/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another version of a MUD file would allow, and would not allow any more: in meaning, at a site of its own (mud_scene.h). */
#pragma once

#include "mud.h"

struct ost_mud_bytes_of {
	const char *bytes;
	size_t length;
};

struct ost_mud_comparison {
	char **gains, **losses; /* sentences, owned, each once; at most OST_MUD_SENTENCES_MAX */
	uint32_t gain_count, loss_count;
	bool unsure; /* the one before drops: elsewhere it may have dropped what it does not here */
};

#define OST_MUD_SENTENCES_MAX 2000u

/* mud: the new one, read. 0; -EINVAL: one of them makes no policy, or they name too much (what it would widen is unknown); -ENOMEM. */
int ost_mud_compare(const struct ost_mud *mud, struct ost_mud_bytes_of before, struct ost_mud_bytes_of after,
	struct ost_mud_comparison *ret_comparison) OST_MUST_CHECK;
void ost_mud_comparison_free(struct ost_mud_comparison *comparison);
