/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy fmt: the canonical layout of policy files. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "format.h"
#include "jsonw.h"
#include "line_diff.h"
#include "options.h"
#include "policy_input.h"

struct fmt {
	const struct ost_cli *cli;
	struct ost_jsonw json;
	bool check, diff, write;
	uint32_t changed;
};

/* Beside the file, then in its place: nobody ever reads half of it. The mode stays. */
static int file_replace(const char *path, const char *text, size_t length)
{
	OST_AUTO_FREE char *real = realpath(path, NULL), *temporary = NULL;
	struct stat st;
	int fd, r = 0;
	size_t put = 0;

	if (real == NULL || stat(real, &st) < 0)
		return -errno;
	if (asprintf(&temporary, "%s.XXXXXX", real) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkstemp(temporary);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, st.st_mode & 07777) < 0 || (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0))
		r = -errno;
	while (r == 0 && put < length) {
		ssize_t n = write(fd, text + put, length - put);

		if (n < 0 && errno != EINTR)
			r = -errno;
		put += n > 0 ? (size_t)n : 0;
	}
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	(void)close(fd);
	if (r == 0 && rename(temporary, real) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(temporary);
	return r;
}

static int file_tell(struct fmt *f, const char *path, const char *before, const char *text, size_t length)
{
	int r = 0;

	if (f->cli->json)
		ost_jsonw_string(&f->json, NULL, path);
	else if (f->diff)
		r = ost_line_diff(stdout, path, before, text);
	else if (f->check)
		(void)printf("%s\n", path);
	if (f->write && r == 0)
		r = file_replace(path, text, length);
	return r < 0 ? ost_cli_fail("%s: %s", path, strerror(-r)) : OST_EXIT_OK;
}

static int file_format(struct fmt *f, const char *path)
{
	OST_AUTO_FREE char *bytes = NULL, *text = NULL;
	struct ost_diag diag = {0};
	size_t length, text_length;
	int r = ost_file_read(path, OST_POLICY_FILE_MAX, &bytes, &length);

	if (r < 0)
		return ost_cli_fail("%s: %s", path, r == -EISDIR ? "is a folder; name its files" : strerror(-r));
	r = ost_policy_format(path, bytes, length, &diag, &text, &text_length);
	if (r < 0) {
		if (diag.errors > 0)
			ost_cli_findings(f->cli, &diag);
		ost_diag_free(&diag);
		return r == -ENOMEM ? ost_cli_fail("out of memory") : OST_EXIT_INPUT;
	}
	ost_diag_free(&diag);
	if (!f->check && !f->diff && !f->write) {
		(void)fwrite(text, 1, text_length, stdout);
		return OST_EXIT_OK;
	}
	if (length == text_length && memcmp(bytes, text, length) == 0)
		return OST_EXIT_OK;
	f->changed++;
	return file_tell(f, path, bytes, text, text_length);
}

int ost_cmd_policy_fmt(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli here = *cli;
	struct fmt f = {.cli = &here};
	const struct ost_cli_option options[] = {
		{.name = "json", .flag = &here.json},
		{.name = "check", .flag = &f.check},
		{.name = "diff", .flag = &f.diff},
		{.name = "write", .flag = &f.write},
	};
	static char write_option[] = "--write";
	int first, worst = OST_EXIT_OK;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "-w") == 0)
			argv[i] = write_option;
	first = ost_cli_options("policy fmt", options, OST_ARRAY_SIZE(options), argc, argv);
	if (first < 0)
		return OST_EXIT_INPUT;
	if (first == argc)
		return ost_cli_fail("policy fmt: which file? write: ostiary policy fmt [--check] [--diff] [-w] FILE...");
	if (f.check && f.write)
		return ost_cli_fail("policy fmt: --check only looks, and -w writes; name one of them");
	if (f.cli->json && !f.check && !f.write)
		return ost_cli_fail("policy fmt: --json tells which files are laid out otherwise; write --check or -w with it");
	ost_jsonw_object(&f.json, NULL);
	ost_jsonw_array(&f.json, "changed");
	for (int i = first; i < argc; i++) {
		int r = file_format(&f, argv[i]);

		worst = OST_MAX(worst, r);
	}
	ost_jsonw_end(&f.json, ']');
	ost_jsonw_end(&f.json, '}');
	if (f.cli->json && worst == OST_EXIT_OK)
		worst = ost_cli_json_print(&f.json);
	else
		ost_jsonw_free(&f.json);
	if (worst == OST_EXIT_OK && f.changed > 0 && !f.write)
		return OST_EXIT_NO;
	return worst;
}
