/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POST /v1/policy/plan: its answer. The body is that of an apply (api_apply.h). */
#pragma once

#include "jsonw.h"
#include "planner.h"

/* The answer's body and HTTP status. Sorts the findings. */
unsigned ost_api_plan_answer(struct ost_daemon *d, struct ost_plan_result *result, struct ost_jsonw *w);
