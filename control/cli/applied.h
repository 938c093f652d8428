/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands share that put a policy in force or end its trial: the request, its answer in words, and the wait for a
 * confirmation. */
#pragma once

#include "cli.h"
#include "http.h"

/* "90", "90s", "5m", "2h": 1 second to a day; NULL: 0. OST_EXIT_OK, or OST_EXIT_INPUT after telling. */
int ost_applied_seconds(const char *command, const char *text, uint32_t *ret_seconds);

/* "generation 12 DONE: ...", "UNDONE: why" */
struct ost_applied_words {
	const char *done, *undone;
};

/* POSTs and tells what became of it. wait: on a terminal, and when what is in force now waits
 * to be confirmed, shows how long until that is done or over; ctrl-C ends the showing, never the waiting. An enum ost_exit. */
int ost_applied_post(const struct ost_cli *cli, const char *path, const char *body, const struct ost_applied_words *words,
	bool wait);
/* The same with the body of policy_form.h. */
int ost_applied_post_files(const struct ost_cli *cli, const char *path, const struct ost_http_body *body, const struct ost_applied_words *words,
	bool wait);
