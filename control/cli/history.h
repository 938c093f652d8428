/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli.h"

/* The latest generations, latest first. An enum ost_exit. */
int ost_history_print(const struct ost_cli *cli, uint32_t limit);
