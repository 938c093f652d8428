/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "cli.h"
#include "file.h"
#include "jsonw.h"
#include "unicode.h"

static bool json_wanted, json_told;
static char failure[1024]; /* the last one */

void ost_cli_json_wanted(void)
{
	json_wanted = true;
}

void ost_cli_json_tell(const char *document)
{
	json_told = true;
	(void)fputs(document, stdout);
}

static void failure_json(void)
{
	struct ost_jsonw w = {0};

	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "error", failure);
	ost_jsonw_end(&w, '}');
	ost_jsonw_newline(&w);
	if (!w.failed)
		ost_cli_json_tell(w.text);
	ost_jsonw_free(&w);
}

int ost_cli_end(int exit_code)
{
	int r;

	if (json_wanted && !json_told && failure[0] != '\0')
		failure_json();
	r = ost_stream_end(stdout);
	if (r == 0)
		return exit_code;
	return ost_cli_fail("standard output cannot be written: %s; what was printed is not whole", strerror(-r));
}

int ost_cli_fail(const char *fmt, ...)
{
	char *line = failure;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(failure), fmt, ap);
	va_end(ap);
	ost_unicode_make_plain(line);
	(void)fprintf(stderr, "ostiary: %s\n", line);
	return OST_EXIT_INPUT;
}

void ost_cli_findings_json(struct ost_jsonw *w, const struct ost_diag *diag)
{
	ost_jsonw_findings(w, diag);
	ost_jsonw_u64(w, "errors", diag->errors);
	ost_jsonw_u64(w, "warnings", diag->warnings);
}

static void findings_json(const struct ost_diag *diag)
{
	struct ost_jsonw w = {0};

	ost_jsonw_object(&w, NULL);
	ost_cli_findings_json(&w, diag);
	ost_jsonw_end(&w, '}');
	ost_jsonw_newline(&w);
	if (!w.failed)
		ost_cli_json_tell(w.text);
	ost_jsonw_free(&w);
}

void ost_cli_findings(const struct ost_cli *cli, struct ost_diag *diag)
{
	uint32_t kept = diag->count;

	ost_diag_sort(diag);
	if (cli->json) {
		findings_json(diag);
		return;
	}
	for (uint32_t i = 0; i < kept; i++) {
		char line[2048];

		(void)ost_finding_format(&diag->findings[i], line, sizeof(line));
		(void)fprintf(stderr, "%s\n", line);
	}
	if (diag->errors + diag->warnings > kept)
		(void)fprintf(stderr, "... and %u further findings\n", diag->errors + diag->warnings - kept);
}
