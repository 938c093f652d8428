/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "common.h"

/* What turns one text into another, line by line, in the unified format that patch(1) reads. Nothing for equal texts. 0 or -ENOMEM. */
int ost_line_diff(FILE *out, const char *name, const char *before, const char *after) OST_MUST_CHECK;
