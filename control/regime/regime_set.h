/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All regime files of a gateway: those that came with it, and those that the site put beside them. */
#pragma once

#include "regime_file.h"

#define OST_REGIME_SET_MAX 64u

struct ost_regime_set {
	struct ost_regime *regimes[OST_REGIME_SET_MAX];
	uint32_t count;
	char *paths[OST_REGIME_SET_MAX]; /* of all files that were read: what findings name */
	uint32_t path_count;
};

/* Reads NAME.json of each folder in turn, by name; a folder that is not there has none. Whoever may write such a file decides what is due when:
 * one that others than its owner may write is refused. A file with errors is left out and told, the others are there: a slip in
 * a site's own file takes no law away; diag->errors says whether there was one, or a folder that cannot be read. Findings name paths of the
 * set: free it after them. folders are borrowed by diag, too. -ENOMEM. */
int ost_regime_set_load(const char *const *folders, uint32_t folder_count, struct ost_diag *diag, struct ost_regime_set **ret_set) OST_MUST_CHECK;
void ost_regime_set_free(struct ost_regime_set **set);

/* The file of this id that is in force then: valid since the latest day, of these the highest version. NULL: none. */
const struct ost_regime *ost_regime_set_find(const struct ost_regime_set *set, const char *id, uint64_t wall_ns);
