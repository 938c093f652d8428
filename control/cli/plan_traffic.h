/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was there in the last 24 hours, judged under both policies: which flows that were opened would be refused, and which refusals
 * would pass. ostiaryd is asked what there was; the judge says what would become of it. */
#pragma once

#include <jansson.h>

#include "judge.h"
#include "policy_input.h"

/* One kind of flow that is judged otherwise. Texts are the answers' of ostiaryd. */
struct ost_plan_seen {
	const json_t *seen; /* its members */
	struct ost_judgement before, after;
	bool gone; /* its device is not in the policy any more */
};

struct ost_plan_traffic {
	bool asked;
	json_t *flows, *refusals; /* ostiaryd's answers; flows NULL: nothing was judged, and why: */
	char why[512];
	void *before_bytes;
	struct ost_image before;
	const struct ost_image *after; /* the caller's */
	struct ost_plan_seen *refused, *passing;
	uint32_t refused_count, passing_count;
	uint32_t judged, judged_refusals; /* kinds */
};

/* Never fails: what cannot be judged is told so. Both policies stay until it is freed. */
void ost_plan_traffic_judge(const struct ost_cli *cli, const struct ost_policy *before, const struct ost_cli_policy *after, struct ost_plan_traffic *t);
void ost_plan_traffic_free(struct ost_plan_traffic *t);

/* Nothing when it was not asked for. */
void ost_plan_traffic_print(const struct ost_cli *cli, const struct ost_plan_traffic *t, bool all);
/* The member "traffic" of an open object; null when it was not asked for. */
void ost_plan_traffic_json(struct ost_jsonw *w, const struct ost_plan_traffic *t);
