/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that says up to when policy events were told, of which generation, and which generation brought each exception: text, a first
 * line "ostiary-told 1 GENERATION SECONDS", then a line "KEY GENERATION" each. At most 65,536 of them. Any thread. */
#pragma once

#include "exceptions.h"

struct ost_policy_brought {
	uint8_t key[OST_EXCEPTION_KEY];
	uint64_t generation;
};

struct ost_policy_told {
	uint64_t generation; /* 0: nothing was told */
	int64_t until_s;     /* seconds since 1970 UTC */
	struct ost_policy_brought *brought; /* by key */
	uint32_t brought_count;
};

/* 0 also when there is none: nothing told. -EINVAL: it is none of ours, nothing told. -ENOMEM. */
int ost_policy_told_read(const char *path, struct ost_policy_told *ret_told) OST_MUST_CHECK;
int ost_policy_told_write(const char *path, const struct ost_policy_told *told, const struct ost_exceptions *list) OST_MUST_CHECK;
void ost_policy_told_free(struct ost_policy_told *told);

/* Which generation brought an exception, as the file said; 0: it does not say. */
uint64_t ost_policy_told_generation(const struct ost_policy_told *told, const uint8_t key[static OST_EXCEPTION_KEY]);
