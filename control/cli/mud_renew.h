/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MUD files of a policy that were fetched from their URL and are past their cache-validity, fetched anew. */
#pragma once

#include "mud_input.h"

/* source: but for where, as for one file. A line for each; what cannot be fetched stays as it is. OST_EXIT_UNREACHABLE: some could not
 * be; OST_EXIT_NO: some wait for approval; OST_EXIT_INPUT: some are wrong. */
int ost_mud_renew(const struct ost_cli *cli, const char *dir, const struct ost_mud_source *source);
