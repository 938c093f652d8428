/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The piece of a policy file that puts a MUD file to use. */
#pragma once

#include "mud.h"

/* A name for the role: of the model, the device, or the URL's last part. Returns buf. */
const char *ost_mud_role_name(const struct ost_mud *mud, char buf[static OST_NAME_MAX + 1]);

/* A name for the file in mud/: the URL's authority and path with '-' where a file name has none. Returns buf. */
#define OST_MUD_FILE_NAME 128
const char *ost_mud_file_name(const struct ost_mud *mud, char buf[static OST_MUD_FILE_NAME]);

/* A policy file by itself: what of it is the site's has an example's value and the comment "yours". NULL without memory;
 * free(3) it. */
char *ost_mud_piece(const struct ost_mud *mud, const char *role, const char *file);
