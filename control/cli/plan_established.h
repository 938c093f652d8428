/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flows that are there now: how many of them would a policy cut? ostiaryd is asked, who asks the data plane. */
#pragma once

#include <jansson.h>

#include "cli.h"
#include "jsonw.h"
#include "model.h"

struct ost_plan_established {
	bool asked;
	json_t *answer; /* NULL: nobody could say; then: */
	char why[512];
};

/* Never fails: what cannot be counted is told so. */
void ost_plan_established_ask(const struct ost_cli *cli, const struct ost_policy *policy, struct ost_plan_established *e);
void ost_plan_established_free(struct ost_plan_established *e);

/* Nothing when it was not asked for. */
void ost_plan_established_print(const struct ost_cli *cli, const struct ost_plan_established *e, bool all);
/* The member "established" of an open object; null when it was not asked for. */
void ost_plan_established_json(struct ost_jsonw *w, const struct ost_plan_established *e);
