/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules of a role are about a pattern of host names. Of difference.h alone. */
#pragma once

#include "model.h"

struct ost_host_use {
	const struct ost_host *host; /* borrowed from the role */
	uint32_t rule;		     /* place in the role */
};

/* Sorted by the patterns' names. */
struct ost_host_uses {
	struct ost_host_use *items;
	uint32_t count, capacity;
};

/* Of a role's rules. -ENOMEM. */
int ost_host_uses_make(const struct ost_role *role, struct ost_host_uses *ret_uses) OST_MUST_CHECK;
void ost_host_uses_free(struct ost_host_uses *uses);

int ost_host_compare(const struct ost_host *a, const struct ost_host *b);

struct ost_rule_list {
	uint32_t *rules; /* places in the role, in order, each once */
	uint32_t count, capacity;
};

/* The rules of which a pattern holds every name that this one stands for, but for those that have a pattern of their own: the same
 * one, or a suffix that it is below. Fills the list anew. -ENOMEM. */
int ost_host_uses_find(const struct ost_host_uses *uses, const struct ost_host *pattern, struct ost_rule_list *list) OST_MUST_CHECK;
