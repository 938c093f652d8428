/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is let in by his MAC, and is not, by order: written for a data plane that starts anew (common/denied.h). */
#pragma once

#include "admission.h"

/* As ost_file_write(); -ENOMEM. */
int ost_denying_write(const char *path, const struct ost_admission *admission) OST_MUST_CHECK;
