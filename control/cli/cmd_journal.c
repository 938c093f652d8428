/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary journal verify | checkpoint | prove: reads the journal's folder itself, for what ostiaryd says of it is no proof. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "clock.h"
#include "file.h"
#include "journal.h"
#include "journal_words.h"
#include "jsonw.h"
#include "options.h"
#include "show.h"
#include "text.h"

static int folder_of(const struct ost_cli *cli, const char *given, char path[static PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s", given != NULL ? given : cli->paths.journal_dir);

	return n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int unreadable(const char *command, const char *path, int r)
{
	if (r == -ENOENT)
		return ost_cli_fail("journal %s: %s: there is no journal; ostiaryd begins one when it starts, --dir names another folder", command, path);
	if (r == -EACCES)
		return ost_cli_fail("journal %s: %s: %s; run it as root, or as the user of ostiaryd", command, path, strerror(-r));
	return ost_cli_fail("journal %s: %s: %s", command, path, strerror(-r));
}

/* ---- verify ---- */

/* A file of a few kB, or what it says itself when it is no file: keys are short enough to stand on a command line. */
static int text_read(const char *what, const char *file_or_text, bool may_be_text, char **ret_text)
{
	size_t n = 0;
	int r = ost_file_read(file_or_text, OST_JOURNAL_PROOF_MAX, ret_text, &n);

	if (r == -ENOENT && may_be_text) {
		*ret_text = strdup(file_or_text);
		return *ret_text != NULL ? 0 : -ENOMEM;
	}
	if (r == 0 && strlen(*ret_text) != n) {
		free(*ret_text);
		r = -EINVAL;
	}
	if (r < 0)
		(void)ost_cli_fail("journal verify: --%s: %s: %s", what, file_or_text, strerror(-r));
	return r;
}

static void key_trim(char *key)
{
	size_t n = strlen(key);

	if (n > 0 && key[n - 1] == '\n')
		key[n - 1] = '\0';
}

static int proof_verify(const struct ost_cli *cli, const char *file, const char *vkey)
{
	OST_AUTO_FREE char *proof = NULL, *line = NULL;
	char why[160];
	uint64_t seq = 0, size = 0;
	size_t n = 0;
	int r = ost_file_read(file, OST_JOURNAL_PROOF_MAX, &proof, &n);

	if (r < 0)
		return ost_cli_fail("journal verify: --proof: %s: %s", file, strerror(-r));
	if (vkey == NULL)
		return ost_cli_fail("journal verify: --proof needs --key: the public key that you trust");
	r = ost_journal_proof_check(proof, n, vkey, &line, &seq, &size, why);
	ost_journal_proof_tell(cli, r == 0, seq, size, line, why);
	return r == 0 ? OST_EXIT_OK : OST_EXIT_NO;
}

static void progress(void *user, uint64_t bytes, uint64_t bytes_in_all)
{
	(void)user;
	if (bytes_in_all > 0)
		(void)fprintf(stderr, "\rverifying: %3u %%", (unsigned)(bytes * 100 / bytes_in_all));
	(void)fflush(stderr);
}

static int journal_verify(const struct ost_cli *cli, const char *path, struct ost_journal_verify *v)
{
	struct ost_journal_verdict verdict;
	uint64_t began_ns = ost_clock_mono_ns();
	bool watched = !cli->json && isatty(STDERR_FILENO) == 1;
	int r;

	v->path = path;
	v->progress = watched ? progress : NULL;
	r = ost_journal_verify(v, &verdict);
	if (watched)
		(void)fprintf(stderr, "\r                  \r");
	if (r == -EINVAL)
		return ost_cli_fail("journal verify: --key: that is no public key of a journal, which looks like NAME+1a2b3c4d+BASE64");
	if (r < 0)
		return unreadable("verify", path, r);
	ost_journal_verdict_tell(cli, path, &verdict, v->from != NULL, ost_clock_mono_ns() - began_ns);
	return verdict.fault == OST_JOURNAL_WHOLE ? OST_EXIT_OK : OST_EXIT_NO;
}

int ost_cmd_journal_verify(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	const char *dir = NULL, *key = NULL, *from = NULL, *proof = NULL;
	struct ost_journal_verify v = {0};
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "dir", .value = &dir}, {.name = "key", .value = &key},
		{.name = "from", .value = &from}, {.name = "proof", .value = &proof}, {.name = "every-signature", .flag = &v.every_signature}};
	int first = ost_cli_options("journal verify", options, OST_ARRAY_SIZE(options), argc, argv);
	OST_AUTO_FREE char *key_text = NULL, *from_text = NULL;
	char path[PATH_MAX];

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("journal verify: '%s' is too much; --dir names a folder, --from a checkpoint", argv[first]);
	if (key != NULL && text_read("key", key, true, &key_text) < 0)
		return OST_EXIT_INPUT;
	if (key_text != NULL)
		key_trim(key_text);
	if (proof != NULL)
		return proof_verify(&c, proof, key_text);
	if (from != NULL && text_read("from", from, false, &from_text) < 0)
		return OST_EXIT_INPUT;
	if (folder_of(cli, dir, path) < 0)
		return ost_cli_fail("journal verify: --dir: the path is too long");
	v.vkey = key_text;
	v.from = from_text;
	return journal_verify(&c, path, &v);
}

/* ---- checkpoint ---- */

int ost_cmd_journal_checkpoint(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	const char *dir = NULL;
	bool key_alone = false;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "dir", .value = &dir}, {.name = "vkey", .flag = &key_alone}};
	int first = ost_cli_options("journal checkpoint", options, OST_ARRAY_SIZE(options), argc, argv);
	struct ost_journal_checkpoint k;
	char path[PATH_MAX];
	int r;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("journal checkpoint: '%s' is too much; --dir names a folder", argv[first]);
	if (folder_of(cli, dir, path) < 0)
		return ost_cli_fail("journal checkpoint: --dir: the path is too long");
	r = ost_journal_checkpoint_read(path, &k);
	if (r == -EINVAL)
		return ost_cli_fail("journal checkpoint: %s/checkpoint is no checkpoint; ostiary journal verify", path);
	if (r < 0)
		return unreadable("checkpoint", path, r);
	if (key_alone && !c.json)
		(void)printf("%s\n", k.first_vkey);
	else
		ost_journal_checkpoint_tell(&c, &k);
	return OST_EXIT_OK;
}

/* ---- prove ---- */

int ost_cmd_journal_prove(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	const char *dir = NULL;
	const struct ost_cli_option options[] = {{.name = "dir", .value = &dir}};
	int first = ost_cli_options("journal prove", options, OST_ARRAY_SIZE(options), argc, argv);
	OST_AUTO_FREE char *text = NULL;
	char path[PATH_MAX];
	uint64_t seq = 0;
	int r;

	(void)c;
	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc || ost_number_parse(argv[first], strlen(argv[first]), &seq) < 0)
		return ost_cli_fail("journal prove: which record? Its seq, such as 17");
	if (folder_of(cli, dir, path) < 0)
		return ost_cli_fail("journal prove: --dir: the path is too long");
	r = ost_journal_prove(path, seq, &text);
	if (r == -ENOENT && access(path, F_OK) == 0)
		return ost_cli_fail("journal prove: record %" PRIu64 " is not covered yet, or pruned", seq);
	if (r == -EBADMSG)
		return ost_cli_fail("journal prove: the journal is not whole; ostiary journal verify");
	if (r < 0)
		return unreadable("prove", path, r);
	(void)fputs(text, stdout);
	return OST_EXIT_OK;
}
