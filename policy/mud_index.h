/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mud/index.json beside a policy: which file was imported from which MUD URL. {"URL": {"file": "NAME.json", "fetched": TIME}, ...}, where
 * fetched is missing when the file was not fetched from that URL; members that
 * are not known here belong to others and are kept. Pure: bytes to bytes.
 */
#pragma once

#include "common.h"

#define OST_MUD_INDEX_MAX  (4u << 20) /* bytes */
#define OST_MUD_INDEX_NAME "index.json"
#define OST_MUD_FOLDER	   "mud"

/* The file of a URL: *ret_file is owned by the caller. -ENOENT: there is none; -EINVAL: the index is not sound; -ENOMEM. */
int ost_mud_index_find(const char *bytes, size_t length, const char *url, char **ret_file) OST_MUST_CHECK;

/* The index with that file for that URL; bytes may be empty. *ret_bytes is NUL-terminated and owned by the caller. -EEXIST: the
 * file is another URL's; -EINVAL, -ENOMEM as above. */
int ost_mud_index_put(const char *bytes, size_t length, const char *url, const char *file, char **ret_bytes) OST_MUST_CHECK;

/* The index with the time (seconds since 1970 UTC) at which that URL's file was fetched. -ENOENT: it does not name that URL. */
int ost_mud_index_fetched(const char *bytes, size_t length, const char *url, int64_t at_s, char **ret_bytes) OST_MUST_CHECK;

/* The URLs whose files were fetched, and when: calls visit for each, until it returns other than 0, and returns that. */
int ost_mud_index_each(const char *bytes, size_t length,
	int (*visit)(void *user, const char *url, const char *file, int64_t fetched_s), void *user) OST_MUST_CHECK;

/* Whether a name may stand in the index and after mud: a plain file name that ends in .json and is not the index's own. */
bool ost_mud_file_name_ok(const char *name);
