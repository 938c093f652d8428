/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy import-mud: what a MUD file comes to, and the piece of a policy that uses it. */
#include <limits.h>
#include <stdio.h>

#include "mud_index.h"
#include "mud_piece.h"
#include "mud_renew.h"
#include "mud_report.h"
#include "options.h"
#include "policy_input.h"
#include "text.h"

struct import {
	const char *role, *dir, *reason; /* options, or NULL */
	struct ost_mud_source source;
	struct ost_mud_admission admission;
	struct ost_mud_input input;
	struct ost_mud *mud;
	struct ost_diag diag;
	char *piece; /* of a policy */
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
		int rc = ost_mud_admit(m->dir, m->mud, &m->input, m->reason, &m->admission);

		if (rc != OST_EXIT_OK)
			return rc;
	}
	(void)snprintf(m->path, sizeof(m->path), OST_MUD_FOLDER "/%s",
		m->admission.name != NULL ? m->admission.name : ost_mud_file_name(m->mud, name));
	if (m->role == NULL)
		m->role = ost_mud_role_name(m->mud, m->role_name);
	m->piece = ost_mud_piece(m->mud, m->role, m->path);
	if (m->piece == NULL)
		return ost_cli_fail("out of memory");
	if (m->dir != NULL)
		(void)snprintf(m->path, sizeof(m->path), "%.3800s/" OST_MUD_FOLDER "/%s%s", m->dir,
			m->admission.waits ? "pending/" : "", m->admission.name);
	return OST_EXIT_OK;
}

static int report(const struct ost_cli *cli, struct import *m)
{
	const struct ost_mud_report r = {
		.mud = m->mud,
		.input = &m->input,
		.role = m->role,
		.piece = m->piece,
		.admission = m->dir != NULL ? &m->admission : NULL,
		.kept = m->dir != NULL ? m->path : NULL,
	};
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

static int import_run(const struct ost_cli *cli, struct import *m)
{
	int rc = ost_mud_input_open(cli, &m->source, &m->input);

	if (rc == OST_EXIT_OK)
		rc = file_understand(cli, m);
	if (rc == OST_EXIT_OK)
		rc = piece_make(m);
	if (rc == OST_EXIT_OK)
		rc = report(cli, m);
	return rc == OST_EXIT_OK && m->admission.waits ? OST_EXIT_NO : rc;
}

static int arguments_check(const struct import *m)
{
	if (m->reason != NULL && m->dir == NULL)
		return ost_cli_fail("policy import-mud: --approve needs --out, the folder of the policy that it is approved for");
	if (m->reason != NULL && (m->reason[0] == '\0' || strlen(m->reason) > 500 || !ost_text_is_plain(m->reason, strlen(m->reason))))
		return ost_cli_fail("policy import-mud: --approve: write the reason, in a line of at most 500 bytes");
	return role_check(m->role);
}

int ost_cmd_policy_import_mud(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli here = *cli;
	struct import m = {0};
	bool renew = false;
	const struct ost_cli_option options[] = {
		{.name = "role", .value = &m.role},
		{.name = "out", .value = &m.dir},
		{.name = "approve", .value = &m.reason},
		{.name = "signature", .value = &m.source.signature},
		{.name = "device-certificate", .value = &m.source.device},
		{.name = "ca", .list = &m.source.cas},
		{.name = "at", .value = &m.source.at},
		{.name = "web-ca", .value = &m.source.web_ca},
		{.name = "allow-private", .flag = &m.source.allow_private},
		{.name = "renew", .flag = &renew},
		{.name = "json", .flag = &here.json},
	};
	int first = ost_cli_options("policy import-mud", options, OST_ARRAY_SIZE(options), argc, argv), rc;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (renew) {
		if (argc != first || m.dir == NULL || m.reason != NULL || m.source.signature != NULL || here.json)
			return ost_cli_fail("policy import-mud: write: ostiary policy import-mud --renew --out FOLDER-OF-THE-POLICY");
		return ost_mud_renew(&here, m.dir, &m.source);
	}
	if (argc - first != 1)
		return ost_cli_fail("policy import-mud: which file? write: ostiary policy import-mud FILE, or URL");
	m.source.where = argv[first];
	rc = arguments_check(&m);
	if (rc == OST_EXIT_OK)
		rc = import_run(&here, &m);
	ost_diag_free(&m.diag);
	ost_mud_free(&m.mud);
	ost_mud_input_close(&m.input);
	ost_mud_admission_free(&m.admission);
	free(m.piece);
	return rc;
}
