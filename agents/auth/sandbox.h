/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rights that ostiary-authd gives up. */
#pragma once

#include "confine.h"

#define OST_AUTHD_USER "ostiary-auth"

/* As root: becomes user ostiary-auth (with group ostiary, which our sockets are open to); without such a user, or as
 * nobody in particular, keeps the user. Then no capability, no new privilege, no core dump (it would hold the key). */
int ost_sandbox_user(char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;

/* The closed list of system calls, from now on; anything else kills the process. Files can be read, not written; no
 * program started, no process looked at. */
int ost_sandbox_calls(char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;
