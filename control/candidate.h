/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy on its way to be applied: sources -> parse -> times, ports exist -> compile -> open -> tests. The command and
 * ostiaryd run the same steps: the command to tell faults early, ostiaryd because it trusts no client. */
#pragma once

#include <stdatomic.h>

#include "compile.h"
#include "image.h"
#include "policy_yaml.h"
#include "site_yaml.h"

struct ost_candidate {
	struct ost_policy *policy;
	void *bytes; /* the image, 64-byte aligned */
	size_t length;
	struct ost_image image; /* opened */
	uint32_t tests, tests_failed;
};

struct ost_candidate_input {
	const struct ost_policy_source *sources;
	uint32_t count;
	const struct ost_site_file *site; /* NULL: the check of ports is skipped, with a warning */
	uint64_t generation;
	int64_t now_s; /* seconds since 1970 UTC, for audits and exceptions; 0: they are not checked */
	bool untested; /* the tests of the policy are left out */
	const atomic_bool *stop; /* NULL, or when another thread sets it, the rest of the steps is left */
};

/* Runs the steps up to the first that fails. Findings borrow the names of the sources and those in candidate->policy: free the candidate after diag, on failure
 * too. 0; -EINVAL: the input is wrong, errors in diag; -EBADMSG: a test of the policy
 * fails, each in diag; -ENOMEM; -ECANCELED: stopped. */
int ost_candidate_make(const struct ost_candidate_input *in, struct ost_diag *diag, struct ost_candidate *candidate)
	OST_MUST_CHECK;
void ost_candidate_free(struct ost_candidate *candidate);
