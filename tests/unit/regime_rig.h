/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of regimes have in common. Include it behind cmocka.h. */
#pragma once

#include <stdio.h>

#include "finding_place.h"
#include "policy_yaml.h"
#include "regime.h"

/* "2026-11-22T10:00Z", in nanoseconds. */
static inline uint64_t at(const char *text)
{
	char why[256];
	int64_t s;

	if (ost_time_parse(text, &s, why) < 0)
		fail_msg("%s: %s", text, why);
	return (uint64_t)s * OST_NS_PER_S;
}

/* A file that we ship; nothing is found in it. */
static inline struct ost_regime *shipped_load(const char *id)
{
	struct ost_regime *g = NULL;
	struct ost_diag diag = {0};
	char path[128];

	(void)snprintf(path, sizeof(path), "config/regimes/%s.json", id);
	if (ost_regime_load(path, &diag, &g) != 0 || diag.count != 0) {
		findings_print(&diag);
		fail();
	}
	return g;
}

/* A journal that takes everything. */
static inline int journal_any(void *user, const char *kind, const char *members)
{
	(void)user;
	(void)kind;
	(void)members;
	return 0;
}
