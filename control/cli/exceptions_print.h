/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy show --exceptions: a line an exception. */
#pragma once

#include "client.h"

void ost_exceptions_print(const struct ost_cli *cli, const json_t *answer);
