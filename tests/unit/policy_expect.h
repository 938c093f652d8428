/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of the policy file: what must be sound, and what must be refused, at the place of the '@' and for nothing else. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "finding_place.h"
#include "policy_yaml.h"

struct policy_refusal {
	const char *text;
	const char *words; /* of the finding or its hint */
};

static inline struct ost_policy *policy_expect(const char *text)
{
	struct ost_policy_source source = {"p.yaml", text, strlen(text)};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	int r = ost_policy_parse(&source, 1, &diag, &p);

	if (r != 0)
		findings_print(&diag);
	assert_int_equal(r, 0);
	ost_diag_free(&diag);
	return p;
}

static inline void policy_refuse(const struct policy_refusal *refusal)
{
	struct ost_policy_source source = {"p.yaml", NULL, 0};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	uint32_t line, column;
	char text[16384];
	int r;

	place_cut(refusal->text, text, sizeof(text), &line, &column);
	source.bytes = text;
	source.length = strlen(text);
	r = ost_policy_parse(&source, 1, &diag, &p);
	if (r != -EINVAL || p != NULL || diag.errors != 1 || !findings_have(&diag, "p.yaml", line, column, refusal->words)) {
		findings_print(&diag);
		fail_msg("%s: not '%s' at %u:%u, or not alone", text, refusal->words, line, column);
	}
	ost_diag_free(&diag);
}

#define POLICY_REFUSE_ALL(table)                                                                                                           \
	do {                                                                                                                               \
		for (size_t i_ = 0; i_ < OST_ARRAY_SIZE(table); i_++)                                                                      \
			policy_refuse(&(table)[i_]);                                                                                       \
	} while (0)
