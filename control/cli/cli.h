/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `ostiary` command: one file a command, one table in main.c. Exit codes: 0 fine, 1 the answer is no
 * (a failing check, a denied flow), 2 usage or input error, 3 the system is not reachable. */
#pragma once

#include "common.h"
#include "diag.h"
#include "paths.h"

enum ost_exit {
	OST_EXIT_OK = 0,
	OST_EXIT_NO = 1,
	OST_EXIT_INPUT = 2,
	OST_EXIT_UNREACHABLE = 3,
};

struct ost_cli {
	struct ost_paths paths;
	const char *root; /* --root, or "" */
	bool json;	  /* --json */
	unsigned columns; /* of the terminal that standard output is; 0: it is none, lines may be as long as they are */
	bool colour;	  /* standard output is a terminal and NO_COLOR is not set */
};

/* argv[0] is the command's own last word; options before it are read already. Returns an enum ost_exit. */
typedef int (*ost_command_fn)(const struct ost_cli *cli, int argc, char **argv);

int ost_cmd_init(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_device_enroll(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_device_approve(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_device_quarantine(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_device_release(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_device_retire(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_device_revoke(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_replay(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_check(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_test(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_fmt(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_explain(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_apply(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_confirm(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_rollback(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_history(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_plan(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_show(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_policy_import_mud(const struct ost_cli *cli, int argc, char **argv);

int ost_cmd_device_list(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_device_show(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_status(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_incident_list(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_incident_show(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_incident_watch(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_incident_decide(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_incident_close(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_incident_note(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_incident_report(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_incident_export(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_journal_verify(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_journal_checkpoint(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_journal_rotate(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_journal_compromise(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_journal_prune(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_journal_accept_loss(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_journal_prove(const struct ost_cli *cli, int argc, char **argv);
int ost_cmd_run(const struct ost_cli *cli, int argc, char **argv);

/* For the shell's completion: names of "devices", "generations", "refusals", "tags", "incidents", "regimes", "stages" or "moments", a line each; nothing when nobody answers. */
void ost_complete_names(const struct ost_cli *cli, const char *what);

/* One line on standard error: "ostiary: ..."; returns OST_EXIT_INPUT for a caller to return. */
int ost_cli_fail(const char *fmt, ...) OST_PRINTF(1, 2);

/* With --json a document on standard output, whole, with its newline; and the promise that there
 * will be one: see ost_cli_end(). */
void ost_cli_json_wanted(void);
void ost_cli_json_tell(const char *document);

/* The last step of a command that ended with exit_code: with --json and no document yet, the last
 * failure as {"error": ...}. Returns the exit code: OST_EXIT_INPUT when standard output did not
 * take everything. */
int ost_cli_end(int exit_code);

/* Findings: sorted, to standard error for people, or as the JSON array "findings" on standard output. */
void ost_cli_findings(const struct ost_cli *cli, struct ost_diag *diag);

/* The members "findings", "errors" and "warnings" of an open JSON object. */
struct ost_jsonw;
void ost_cli_findings_json(struct ost_jsonw *w, const struct ost_diag *diag);
