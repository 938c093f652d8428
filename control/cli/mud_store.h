/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mud/ beside a policy: copies of MUD files, and index.json that says whose they are. */
#pragma once

#include "mud.h"
#include "mud_input.h"

/* Copies a file that was read into DIR/mud and notes its URL. The name is the one that the index has for that URL, else one
 * made of the URL that no other URL has. *ret_name is owned by the caller. Returns OST_EXIT_OK, or tells and returns the code. */
int ost_mud_store_put(const char *dir, const struct ost_mud *mud, const struct ost_mud_input *input, char **ret_name);

/* Notes in the index that the file of a URL was fetched now. */
int ost_mud_store_fetched(const char *dir, const char *url);
