/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_renew.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "file.h"
#include "mud.h"
#include "mud_admit.h"
#include "mud_index.h"

#define HOUR_S		3600
#define VALIDITY_UNSAID 0u /* of a file that cannot be read: at once */

struct renewing {
	const struct ost_cli *cli;
	const char *dir;
	struct ost_mud_source source;
	unsigned due, failed, waiting, wrong;
};

/* RFC 8520 section 3.5, in hours. */
static uint32_t validity_h(const struct renewing *n, const char *file)
{
	char path[PATH_MAX], *bytes = NULL;
	uint32_t hours = VALIDITY_UNSAID;
	struct ost_diag diag = {0};
	struct ost_mud *mud = NULL;
	size_t length;

	if (snprintf(path, sizeof(path), "%s/" OST_MUD_FOLDER "/%s", n->dir, file) >= (int)sizeof(path) ||
		ost_file_read(path, OST_MUD_FILE_MAX, &bytes, &length) < 0)
		return hours;
	if (ost_mud_read(path, bytes, length, &diag, &mud) == 0)
		hours = mud->cache_validity_h;
	ost_mud_free(&mud);
	ost_diag_free(&diag);
	free(bytes);
	return hours;
}

static void outcome_tell(struct renewing *n, const struct ost_mud_admission *a)
{
	const char *what = a->waits ? "waits for approval" : a->renewed ? "renewed" : "unchanged";

	n->waiting += a->waits;
	if (!n->cli->json)
		(void)printf("%s: %s%s%s\n", n->source.where, what, a->waits ? ": " : "", a->waits ? ost_mud_entry_name(a->entry) : "");
}

static int one_renew(struct renewing *n)
{
	struct ost_mud_admission admission = {0};
	struct ost_mud_input input = {0};
	struct ost_diag diag = {0};
	struct ost_mud *mud = NULL;
	int rc = ost_mud_input_open(n->cli, &n->source, &input);

	if (rc == OST_EXIT_OK && ost_mud_read(input.name, input.bytes, input.length, &diag, &mud) < 0) {
		ost_cli_findings(n->cli, &diag);
		rc = OST_EXIT_INPUT;
	}
	if (rc == OST_EXIT_OK)
		rc = ost_mud_admit(n->dir, mud, &input, NULL, &admission);
	if (rc == OST_EXIT_OK)
		outcome_tell(n, &admission);
	else
		(void)ost_cli_fail("%s: what is kept of it stays as it is", n->source.where);
	ost_mud_admission_free(&admission);
	ost_diag_free(&diag);
	ost_mud_free(&mud);
	ost_mud_input_close(&input);
	return rc;
}

static int visit(void *user, const char *url, const char *file, int64_t fetched_s)
{
	struct renewing *n = user;
	int64_t now = (int64_t)time(NULL);
	int rc;

	/* One that was fetched in the future was so before the clock was set back. */
	if (fetched_s <= now && now - fetched_s < (int64_t)validity_h(n, file) * HOUR_S)
		return 0;
	n->due++;
	n->source.where = url;
	rc = one_renew(n);
	n->failed += rc == OST_EXIT_UNREACHABLE;
	n->wrong += rc == OST_EXIT_INPUT || rc == OST_EXIT_NO;
	return 0;
}

int ost_mud_renew(const struct ost_cli *cli, const char *dir, const struct ost_mud_source *source)
{
	struct renewing n = {.cli = cli, .dir = dir, .source = *source};
	char path[PATH_MAX], *index = NULL;
	size_t length = 0;
	int r = snprintf(path, sizeof(path), "%s/" OST_MUD_FOLDER "/" OST_MUD_INDEX_NAME, dir) < (int)sizeof(path) ? 0 : -ENAMETOOLONG;

	if (r == 0)
		r = ost_file_read(path, OST_MUD_INDEX_MAX, &index, &length);
	if (r == -ENOENT && access(dir, F_OK) == 0)
		r = 0; /* nothing was imported yet: an index of nothing */
	if (r == 0 && index != NULL)
		r = ost_mud_index_each(index, length, visit, &n);
	free(index);
	if (r < 0)
		return ost_cli_fail("%s: %s", path, r == -EINVAL ? "it is not sound" : strerror(-r));
	if (!cli->json)
		(void)printf("%u of the MUD files were due\n", n.due);
	if (n.wrong > 0)
		return OST_EXIT_INPUT;
	return n.failed > 0 ? OST_EXIT_UNREACHABLE : n.waiting > 0 ? OST_EXIT_NO : OST_EXIT_OK;
}
