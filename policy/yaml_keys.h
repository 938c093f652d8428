/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "yaml_tree.h"

/* Reports keys that stand twice in a mapping and makes the later ones broken. 0 or -ENOMEM. A
 * mapping of a million keys takes a moment, not an hour. */
int ost_yaml_keys_check(
	const char *name, struct ost_yaml_node *map, struct ost_diag *diag) OST_MUST_CHECK;
