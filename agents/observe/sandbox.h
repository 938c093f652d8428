/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rights that ostiary-observed gives up, when it is connected: it reads what attackers write. */
#pragma once

#include "confine.h"

#define OST_OBSERVED_USER "ostiary-observe"

/* Another user if there is one, no capability, no file or socket besides those that are open, no child, little memory; then the closed
 * list of system calls. */
int ost_sandbox_enter(char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;
