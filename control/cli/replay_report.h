/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a replay found, for people and as JSON. */
#pragma once

#include "policy_input.h"
#include "replay.h"
#include "replay_incidents.h"

struct ost_replay_source {
	const char *path;
	uint64_t packets;
	char error[OST_CAPTURE_WHY]; /* "": read to its end */
};

struct ost_replay_report {
	const struct ost_cli *cli;
	const struct ost_cli_policy *policy;
	const struct ost_replay *replay;
	struct ost_replay_incidents *incidents;
	const struct ost_replay_source *sources;
	uint32_t source_count;
	uint32_t top; /* refused flows to show */
	uint64_t took_ns;
};

/* OST_EXIT_OK, or OST_EXIT_INPUT without memory. */
int ost_replay_report_print(const struct ost_replay_report *report);

/* One line of what makes the result less than it seems, number i; NULL behind the last one. */
const char *ost_replay_report_warning(
	const struct ost_replay_report *report, uint32_t i, char buf[static 256]);
int ost_replay_report_json(const struct ost_replay_report *report);
