/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the MUD front end: ACEs in words. */
#pragma once

#include "mud.h"

#define OST_MUD_TEXT_MAX 512

/* The text of a rule that came of it: what it is about, and where it stands. Returns buf. */
const char *mud_rule_text(const struct ost_mud_ace *ace, char *buf, size_t size);
