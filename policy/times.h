/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "common.h"

/* "02:00" to "24:00" as minutes of the day. */
bool ost_minute_parse(const char *text, uint16_t *ret_minute);
