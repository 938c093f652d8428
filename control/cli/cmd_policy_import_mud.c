/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy import-mud: what a MUD file comes to, and the piece of a policy that uses it. */
#include <limits.h>
#include <stdio.h>

#include "mud_index.h"
#include "mud_piece.h"
#include "mud_report.h"
#include "mud_store.h"
#include "options.h"
#include "policy_input.h"

struct import {
	const char *role, *dir; /* options, or NULL */
	struct ost_mud_input input;
	struct ost_mud *mud;
	struct ost_diag diag;
	char *name, *piece; /* of the file in mud/; of a policy */
	char role_name[OST_NAME_MAX + 1];
	char path[PATH_MAX];
};

static int role_check(const char *role)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	if (role == NULL)
		return OST_EXIT_OK;
	if (role[0] == '\0' || strchr("._-", role[0]) != NULL || strlen(role) > OST_NAME_MAX || strspn(role, set) < strlen(role))
		return ost_cli_fail("policy import-mud: --role: letters, digits, '.', '_' and '-', at most %u, and first a letter or a digit",
			OST_NAME_MAX);
	return OST_EXIT_OK;
}

static int file_understand(const struct ost_cli *cli, struct import *m)
{
	int r = ost_mud_read(m->input.name, m->input.bytes, m->input.length, &m->diag, &m->mud);

	if (r == -ENOMEM)
		return ost_cli_fail("out of memory");
	if (r == 0)
		return OST_EXIT_OK;
	ost_cli_findings(cli, &m->diag);
	return OST_EXIT_INPUT;
}

/* Keeps the file when there is a folder for it, and writes the piece of policy that names it. */
static int piece_make(struct import *m)
{
	char name[OST_MUD_FILE_NAME];

	if (m->dir != NULL) {
		int rc = ost_mud_store_put(m->dir, m->mud, &m->input, &m->name);

		if (rc != OST_EXIT_OK)
			return rc;
	}
	(void)snprintf(m->path, sizeof(m->path), OST_MUD_FOLDER "/%s", m->name != NULL ? m->name : ost_mud_file_name(m->mud, name));
	if (m->role == NULL)
		m->role = ost_mud_role_name(m->mud, m->role_name);
	m->piece = ost_mud_piece(m->mud, m->role, m->path);
	if (m->piece == NULL)
		return ost_cli_fail("out of memory");
	if (m->dir != NULL)
		(void)snprintf(m->path, sizeof(m->path), "%.3800s/" OST_MUD_FOLDER "/%s", m->dir, m->name);
	return OST_EXIT_OK;
}

static int report(const struct ost_cli *cli, struct import *m)
{
	const struct ost_mud_report r = {m->mud, &m->input, m->role, m->piece, m->dir != NULL ? m->path : NULL};
	struct ost_jsonw w = {0};

	if (!cli->json) {
		ost_mud_report_print(cli, &r);
		if (m->diag.count > 0)
			(void)printf("\n");
		(void)fflush(stdout);
		ost_cli_findings(cli, &m->diag);
		return OST_EXIT_OK;
	}
	ost_diag_sort(&m->diag);
	ost_jsonw_object(&w, NULL);
	ost_mud_report_json(&w, &r);
	ost_cli_findings_json(&w, &m->diag);
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}

static int import_run(const struct ost_cli *cli, struct import *m, const char *where)
{
	int rc = ost_mud_input_open(where, &m->input);

	if (rc == OST_EXIT_OK)
		rc = file_understand(cli, m);
	if (rc == OST_EXIT_OK)
		rc = piece_make(m);
	return rc == OST_EXIT_OK ? report(cli, m) : rc;
}

int ost_cmd_policy_import_mud(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli here = *cli;
	struct import m = {0};
	const struct ost_cli_option options[] = {
		{.name = "role", .value = &m.role},
		{.name = "out", .value = &m.dir},
		{.name = "json", .flag = &here.json},
	};
	int first = ost_cli_options("policy import-mud", options, OST_ARRAY_SIZE(options), argc, argv), rc;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (argc - first != 1)
		return ost_cli_fail("policy import-mud: which file? write: ostiary policy import-mud FILE");
	rc = role_check(m.role);
	if (rc == OST_EXIT_OK)
		rc = import_run(&here, &m, argv[first]);
	ost_diag_free(&m.diag);
	ost_mud_free(&m.mud);
	ost_mud_input_close(&m.input);
	free(m.name);
	free(m.piece);
	return rc;
}
