/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another version of a MUD file would allow, and would not allow any more: in meaning, for a device of a policy that uses it. */
#pragma once

#include "mud.h"

struct ost_mud_bytes_of {
	const char *bytes;
	size_t length;
};

struct ost_mud_comparison {
	char **gains, **losses; /* sentences, owned */
	uint32_t gain_count, loss_count;
};

/* mud: the new one, read. 0; -EINVAL: one of them makes no policy (what it would widen is unknown); -ENOMEM. */
int ost_mud_compare(const struct ost_mud *mud, struct ost_mud_bytes_of before, struct ost_mud_bytes_of after,
	struct ost_mud_comparison *ret_comparison) OST_MUST_CHECK;
void ost_mud_comparison_free(struct ost_mud_comparison *comparison);
