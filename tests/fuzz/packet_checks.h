/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold whatever comes in. Each function ends the run when it does not. */
#pragma once

#include "packet_gateway.h"

extern bool fuzz_show; /* print each verdict */

/* A burst through a worker's classifier, what it hands over through the first one's; every verdict is checked. */
void fuzz_judge(struct gateway *g, uint32_t worker, const struct ost_frame *frames, uint32_t n);

/* One frame, and the same one explained in the twin gateway: they must agree. */
void fuzz_judge_explained(struct gateway *g, struct gateway *twin, uint32_t worker, const struct ost_frame *frame);

/* After an input: what ports count adds up; what devices count is part of it. */
void fuzz_accounts_check(const struct gateway *g);
void fuzz_devices_check(const struct gateway *g);

/* For draining: one refusal record, one change of a binding. */
void fuzz_refusal_check(void *user, const struct ost_refusal *r);
void fuzz_binding_check(void *user, const struct ost_binding_event *e);
