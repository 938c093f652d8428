/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where our other programs are. */
#pragma once

#include <limits.h>

#include "common.h"

/* Programs lie beside this one, or in the one folder where a package puts them. Never in PATH: what runs as root is not looked
 * for. -ENOENT. */
#define OST_PROGRAMS_FOLDER "/usr/sbin"
int ost_program_find(const char *name, char path[static PATH_MAX]) OST_MUST_CHECK;
