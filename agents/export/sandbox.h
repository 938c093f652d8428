/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rights that ostiary-exportd gives up. Each returns 0, or a negative errno and a sentence. */
#pragma once

#include "confine.h"

#define OST_EXPORTD_USER "ostiary-export"

/* The user that it becomes: NULL when we are not root, or there is none. */
struct passwd;
const struct passwd *ost_sandbox_passwd(void);

/* As root: becomes that user, with its groups (ostiary among them, which our sockets are open to). Then no capability, no new privilege,
 * no core dump (it would hold secrets). */
int ost_sandbox_user(char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;

/* Files that may be opened from now on, where the kernel has Landlock: those in these folders. Others cannot, whoever may by their mode. */
struct ost_sandbox_folders {
	const char *const *read; /* files there are read */
	uint32_t read_count;
	const char *const *write; /* files there are read, written, made and renamed */
	uint32_t write_count;
};
int ost_sandbox_files(const struct ost_sandbox_folders *folders, char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;

/* The closed list of system calls of the exporter: TCP, sockets to our own programs, files. Anything else kills the process. */
int ost_sandbox_calls(char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;
/* Of a resolver: it reads files and talks to name servers. */
int ost_sandbox_resolver(char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;
