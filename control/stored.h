/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy files of a stored generation, read back whole: to be shown, or applied again. */
#pragma once

#include "paths.h"
#include "policy_yaml.h"

struct ost_stored {
	struct ost_policy_source *sources;
	uint32_t count;
	void *root; /* holds the names */
};

/* texts false: names alone, bytes NULL. -ENOENT: it is not kept, or not any more; -EINVAL: what is on disk is no generation of
 * ours. */
int ost_stored_open(const struct ost_paths *paths, uint64_t number, bool texts, struct ost_stored **ret_stored) OST_MUST_CHECK;
void ost_stored_free(struct ost_stored **stored);
