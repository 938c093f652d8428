/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rights that ostiary-mud gives up. Each returns 0, or a negative errno and a sentence. */
#pragma once

#include <sys/types.h>

#include "confine.h"

#define OST_MUD_USER "ostiary-mud"

/* As root: becomes user ostiary-mud when there is one. Then no capability, no new privilege, no core dump, no file that is
 * written, little memory and little time. */
int ost_sandbox_user(char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;

/* The closed list of system calls of the resolver: it reads files and talks to name servers. */
int ost_sandbox_resolver(char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;

/* Of the fetcher: TCP sockets; of files /dev/urandom alone, where the kernel has Landlock, and none is written in any case. Other
 * calls kill the process. resolver: the one process that it may end, 0: none. */
int ost_sandbox_fetcher(pid_t resolver, char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;
