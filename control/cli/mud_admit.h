/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a MUD file comes into the folder of a policy (mud_approved.h): into mud/ with an entry in approved.json, or into
 * mud/pending/ until somebody approves it. */
#pragma once

#include "mud_compare.h"
#include "mud_input.h"

struct ost_mud_admission {
	enum ost_mud_entry entry;
	bool waits;
	bool another; /* it was approved, but is not the version that waited and was told */
	bool renewed; /* it takes the place of another one of its URL, with other bytes */
	char *name; /* of the file in mud/, or in mud/pending/ when it waits; owned */
	struct ost_mud_comparison comparison; /* to the one whose place it takes */
	bool compared, incomparable;
};

/* reason: of who approves, NULL: nobody does. Returns OST_EXIT_OK, also when it waits; or tells and returns the code. */
int ost_mud_admit(const char *dir, const struct ost_mud *mud, const struct ost_mud_input *input, const char *reason,
	struct ost_mud_admission *ret_admission);
void ost_mud_admission_free(struct ost_mud_admission *admission);
