/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The incidents that a gateway with this policy would have opened over a capture: the same detection and the same engine as ostiaryd's, in the
 * capture's own time. Single thread. */
#pragma once

#include "cli.h"
#include "clock.h"
#include "image.h"
#include "jsonw.h"
#include "messages.h"

struct ost_replay_incidents;

/* The image outlives it. -ENOMEM, -EIO. */
int ost_replay_incidents_new(const struct ost_image *image, struct ost_replay_incidents **ret_incidents) OST_MUST_CHECK;
void ost_replay_incidents_free(struct ost_replay_incidents **incidents);

void ost_replay_incidents_refused(struct ost_replay_incidents *i, const struct ost_refusal *refusal, uint8_t side);
/* A second of the capture's time is over. */
void ost_replay_incidents_second(struct ost_replay_incidents *i, struct ost_moment now);

/* What there is at the end of the captures: the member "incidents"; a table, nothing when there are none. An exit code. */
void ost_replay_incidents_json(struct ost_replay_incidents *i, struct ost_jsonw *w);
int ost_replay_incidents_print(const struct ost_cli *cli, struct ost_replay_incidents *i);
