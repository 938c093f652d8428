/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary incident export: the records of one incident in a format of others. The journal's folder is read here; ostiary-exportd converts, with the
 * code that converts what is sent to a SIEM. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "file.h"
#include "incident_words.h"
#include "journal.h"
#include "options.h"
#include "programs.h"

#define COMMAND	 "incident export"
#define AGENT	 "ostiary-exportd"
#define MODE	 0600u
#define ID_WHOLE 36u

struct export {
	const struct ost_cli *cli;
	const char *format, *pseudonyms, *out, *dir;
	char id[40]; /* the whole of it */
	char origin[OST_JOURNAL_ORIGIN_MAX + 1];
	uint64_t lines;
};

/* ---- its records ---- */

static bool is_id(const json_t *json, const char *id)
{
	return json_is_string(json) && strcmp(json_string_value(json), id) == 0;
}

/* A record may name other incidents, too: related ones. */
static bool is_of(const char *line, size_t length, const char *id)
{
	json_t *record;
	json_t *child;
	const char *key;
	bool of;

	if (strstr(line, id) == NULL)
		return false;
	record = json_loadb(line, length, 0, NULL);
	of = is_id(ost_incident_at(record, "ostiary.incident.id"), id) || is_id(json_object_get(record, "incident"), id);
	json_object_foreach(json_object_get(record, "ostiary"), key, child)
		of |= (strcmp(key, "incident") == 0 && is_id(child, id)) || is_id(json_object_get(child, "incident"), id);
	json_decref(record);
	return of;
}

static int unreadable(const struct export *x, int r)
{
	if (r == -EACCES)
		return ost_cli_fail(COMMAND ": %s: %s; run it as root, or as the user of ostiaryd", x->dir, strerror(-r));
	if (r == -EBADMSG)
		return ost_cli_fail(COMMAND ": %s: the journal is not whole; ostiary journal verify", x->dir);
	return ost_cli_fail(COMMAND ": %s: %s; --dir names another folder of a journal", x->dir, strerror(-r));
}

static int reader_open(const struct export *x, uint64_t from, struct ost_journal_reader **ret_reader)
{
	uint64_t minimum = 0;
	int r = ost_journal_reader_open(x->dir, from, ret_reader);

	if (r == -ERANGE && ost_journal_minimum(x->dir, &minimum) == 0) {
		(void)fprintf(stderr, "ostiary: records up to %" PRIu64 " are pruned: this is the rest\n", minimum - 1);
		r = ost_journal_reader_open(x->dir, minimum, ret_reader);
	}
	return r;
}

/* Writes those of the incident; from: its first one. */
static int lines_write(struct export *x, uint64_t from, FILE *out)
{
	struct ost_journal_reader *reader = NULL;
	const char *line;
	size_t length;
	uint64_t seq;
	int r = reader_open(x, from, &reader);

	while (r == 0) {
		r = ost_journal_reader_next(reader, &seq, &line, &length);
		if (r != 1)
			break;
		if (is_of(line, length, x->id)) {
			(void)fprintf(out, "%s\n", line);
			x->lines++;
		}
		r = 0;
	}
	ost_journal_reader_close(&reader);
	return r;
}

/* ---- the agent ---- */

/* Between fork and exec: only what is safe there. */
static _Noreturn void child_become(const char *path, char *const *argv, int in, int out, pid_t parent)
{
	char *const env[] = {NULL};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	(void)execve(path, argv, env);
	_exit(127);
}

static int convert(const struct export *x, int in, int out)
{
	const char *argv[12] = {AGENT, "--convert", x->format, "--origin", x->origin};
	unsigned n = 5;
	char path[PATH_MAX];
	pid_t parent = getpid(), pid;
	int status = 0;

	if (ost_program_find(AGENT, path) < 0)
		return ost_cli_fail(COMMAND ": " AGENT " is not installed beside this command");
	if (x->pseudonyms != NULL) {
		argv[n++] = "--pseudonyms";
		argv[n++] = x->pseudonyms;
	}
	argv[n] = NULL;
	pid = fork();
	if (pid == 0)
		child_become(path, (char *const *)(uintptr_t)argv, in, out, parent);
	if (pid < 0)
		return ost_cli_fail(COMMAND ": %s", strerror(errno));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return ost_cli_fail(COMMAND ": " AGENT " did not convert it; the line above says why");
	return OST_EXIT_OK;
}

/* Only a whole one comes to its place. */
static int out_write(const struct export *x, int fd)
{
	struct stat st;
	void *bytes = NULL;
	int r = fstat(fd, &st) < 0 ? -errno : 0;

	if (r == 0 && st.st_size > 0) {
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		r = bytes == MAP_FAILED ? -errno : 0;
	}
	if (r == 0)
		r = ost_file_write(x->out, bytes != NULL ? bytes : "", (size_t)st.st_size, MODE);
	if (bytes != NULL && bytes != MAP_FAILED)
		(void)munmap(bytes, (size_t)st.st_size);
	return r < 0 ? ost_cli_fail(COMMAND ": --out: %.200s: %s", x->out, strerror(-r)) : OST_EXIT_OK;
}

static int out_convert(const struct export *x, int in)
{
	OST_AUTO_CLOSE int out = -1;
	int r;

	(void)fflush(stdout);
	if (x->out == NULL)
		return convert(x, in, STDOUT_FILENO);
	out = memfd_create("export", MFD_CLOEXEC);
	if (out < 0)
		return ost_cli_fail(COMMAND ": %s", strerror(errno));
	r = convert(x, in, out);
	return r == OST_EXIT_OK ? out_write(x, out) : r;
}

static int export(struct export *x, uint64_t from)
{
	OST_AUTO_CLOSE int in = memfd_create("lines", MFD_CLOEXEC);
	FILE *lines = in < 0 ? NULL : fdopen(dup(in), "w");
	int r = lines != NULL ? lines_write(x, from, lines) : -errno;

	if (lines != NULL && fclose(lines) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return unreadable(x, r);
	if (x->lines == 0) {
		(void)ost_cli_fail(COMMAND ": no record of it is in the journal of %s (any more)", x->dir);
		return OST_EXIT_NO;
	}
	return lseek(in, 0, SEEK_SET) < 0 ? ost_cli_fail(COMMAND ": %s", strerror(errno)) : out_convert(x, in);
}

/* ---- the command ---- */

/* Which one it is, and where its records begin. */
static int incident_find(struct export *x, const char *id, uint64_t *ret_from)
{
	struct ost_cli quiet = *x->cli;
	char path[OST_INCIDENT_PATH];
	json_t *incident = NULL;
	int r = ost_incident_path(COMMAND, id, "", path);

	quiet.json = false;
	if (r != OST_EXIT_OK)
		return r;
	/* A whole id needs nobody: the incident may be forgotten long since, or ostiaryd dead. */
	if (strlen(id) == ID_WHOLE)
		incident = ost_client_look(&quiet, path);
	else
		r = ost_incident_get(&quiet, path, &incident);
	if (r != OST_EXIT_OK)
		return r;
	(void)snprintf(x->id, sizeof(x->id), "%s", incident != NULL ? ost_json_text(incident, "id") : id);
	*ret_from = ost_json_u64(json_array_get(json_object_get(incident, "history"), 0), "seq");
	json_decref(incident);
	return OST_EXIT_OK;
}

static bool is_format(const char *format)
{
	static const char *const formats[] = {"ecs", "cef", "ocsf", "stix"};

	for (size_t i = 0; format != NULL && i < OST_ARRAY_SIZE(formats); i++) {
		if (strcmp(format, formats[i]) == 0)
			return true;
	}
	return false;
}

int ost_cmd_incident_export(const struct ost_cli *cli, int argc, char **argv)
{
	struct export x = {.cli = cli, .dir = cli->paths.journal_dir};
	const struct ost_cli_option options[] = {{.name = "format", .value = &x.format}, {.name = "pseudonyms", .value = &x.pseudonyms},
		{.name = "out", .value = &x.out}, {.name = "dir", .value = &x.dir}};
	int r, first = ost_cli_options(COMMAND, options, OST_ARRAY_SIZE(options), argc, argv);
	struct ost_journal_checkpoint k;
	uint64_t from = 0;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc)
		return ost_cli_fail(COMMAND ": name one incident; 'ostiary incident list' tells them");
	if (!is_format(x.format))
		return ost_cli_fail(COMMAND ": --format: write ecs, cef, ocsf or stix");
	r = incident_find(&x, argv[first], &from);
	if (r != OST_EXIT_OK)
		return r;
	r = ost_journal_checkpoint_read(x.dir, &k);
	if (r < 0)
		return unreadable(&x, r);
	(void)snprintf(x.origin, sizeof(x.origin), "%s", k.origin);
	return export(&x, from);
}
