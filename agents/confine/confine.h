/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rights that a small program gives up, each by a profile of its own: its user, and the closed list of its system calls. Each
 * function returns 0, or a negative errno and a sentence. */
#pragma once

#include <seccomp.h>

#include "common.h"

#define OST_CONFINE_WHY 256

/* As root: becomes this user when there is one, with its further groups or without any. Without such a user (a container, a lab), or
 * as nobody in particular, keeps the user. Then no capability, no new privilege, no core dump. */
int ost_confine_user(const char *name, bool groups, char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;

/* A call that is allowed with this first argument alone. */
struct ost_confine_first {
	int call;
	uint64_t argument;
};

/* What a program may call beside what all do: descriptors that are open, files that are read, memory, clocks, the end. */
struct ost_confine_calls {
	const int *calls;
	size_t call_count;
	const struct ost_confine_first *firsts;
	size_t first_count;
	bool lenient; /* any other call fails with EPERM, and does not kill the process */
};

/* From now on. Files can be opened for reading, none is made, written or cut. */
int ost_confine_calls(const struct ost_confine_calls *profile, char why[static OST_CONFINE_WHY]) OST_MUST_CHECK;

/* "WHAT: errno in words" in why; the negative errno. */
int ost_confine_failed(const char *what, char why[static OST_CONFINE_WHY]);
