/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary run: the data plane, ostiaryd, ostiary-authd, ostiary-exportd and ostiary-observed in the foreground, for a demo, a container, development. On a host
 * systemd units do the same. */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "clock.h"
#include "log.h"
#include "options.h"
#include "programs.h"
#include "site_yaml.h"
#include "supervise.h"

#define APPLY_WAIT  "30"
#define FATAL_AGAIN_NS (10 * OST_NS_PER_S)
#define STOP_NS	    (10 * OST_NS_PER_S) /* then they are killed */
#define EXIT_FATAL  2 /* of a child: the log says why, trying again will not help */

enum { CHILD_DATAPLANE, CHILD_DAEMON, CHILD_AUTHD, CHILD_EXPORTD, CHILD_OBSERVED, CHILD_APPLY, CHILD_COUNT };

struct run {
	const struct ost_cli *cli;
	const char *config;
	struct ost_child children[CHILD_COUNT];
	char paths[CHILD_COUNT][PATH_MAX];
	struct ost_site_file *site; /* NULL: it could not be read */
	int signal_fd;
	uint64_t stopping_ns; /* 0: not stopping */
	int exit_code;
};

static void child_define(struct run *run, int which, const char *name, const char *const *more)
{
	struct ost_child *c = &run->children[which];
	unsigned n = 0;

	*c = (struct ost_child){.name = name, .out_fd = -1};
	c->argv[n++] = run->paths[which];
	if (run->cli->root[0] != '\0') {
		c->argv[n++] = "--root";
		c->argv[n++] = run->cli->root;
	}
	for (unsigned i = 0; more[i] != NULL && n + 1 < OST_CHILD_ARGS; i++)
		c->argv[n++] = more[i];
}

/* What the site file says to ostiary-authd. A file with errors says nothing: the data plane will tell them. */
static const char *const *authd_options(struct run *run)
{
	static const char *options[8];
	static char lease[12];
	struct ost_diag diag = {0};
	struct ost_site_file *file = NULL;
	unsigned n = 0;

	options[0] = NULL;
	if (ost_site_file_load(run->config != NULL ? run->config : run->cli->paths.site_file, &diag, &file) == 0) {
		run->site = file;
		if (file->radius[0] != '\0') {
			options[n++] = "--radius";
			options[n++] = file->radius;
		}
		if (file->portal[0] != '\0') {
			options[n++] = "--portal";
			options[n++] = file->portal;
		}
		if (file->portal[0] != '\0' && snprintf(lease, sizeof(lease), "%u", file->lease_s) > 0) {
			options[n++] = "--lease";
			options[n++] = lease;
		}
		if (file->no_crl)
			options[n++] = "--no-crl";
		options[n] = NULL;
	}
	ost_diag_free(&diag);
	return options;
}

static int children_define(struct run *run)
{
	static const char *const programs[] = {"ostiary-dataplane", "ostiaryd", "ostiary-authd", "ostiary-exportd", "ostiary-observed", "ostiary"};
	const char *const none[] = {NULL};
	const char *const config[] = {run->config != NULL ? "--config" : NULL, run->config, NULL};
	const char *const apply[] = {"policy", "apply", "--wait", APPLY_WAIT, run->cli->paths.policy_dir, NULL};

	for (int i = 0; i < CHILD_COUNT; i++) {
		if (ost_program_find(programs[i], run->paths[i]) < 0)
			return ost_cli_fail("%s is neither beside this program nor in " OST_PROGRAMS_FOLDER "; install it", programs[i]);
	}
	child_define(run, CHILD_DATAPLANE, "dataplane", config);
	child_define(run, CHILD_DAEMON, "ostiaryd", config);
	child_define(run, CHILD_AUTHD, "authd", authd_options(run));
	child_define(run, CHILD_EXPORTD, "exportd", config);
	child_define(run, CHILD_OBSERVED, "observed", none);
	child_define(run, CHILD_APPLY, "apply", apply);
	run->children[CHILD_APPLY].once = true;
	return OST_EXIT_OK;
}

static void start(struct run *run, int which)
{
	struct ost_child *c = &run->children[which];
	int r = ost_child_start(c, ost_clock_mono_ns());

	if (r < 0) {
		ost_log_error("%s cannot be started: %s", c->name, strerror(-r));
		ost_child_ended(c, 0, ost_clock_mono_ns());
	}
}

static void stop(struct run *run, int exit_code)
{
	if (run->stopping_ns != 0)
		return;
	run->stopping_ns = ost_clock_mono_ns();
	run->exit_code = exit_code;
	for (int i = 0; i < CHILD_COUNT; i++) {
		run->children[i].again_ns = 0;
		if (run->children[i].pid > 0)
			(void)kill(run->children[i].pid, SIGTERM);
	}
}

static void child_ended(struct run *run, struct ost_child *c, int status)
{
	bool fatal = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FATAL && !c->once;
	char text[32];

	ost_child_lines(c);
	ost_child_ended(c, status, ost_clock_mono_ns());
	if (run->stopping_ns != 0) {
		c->again_ns = 0;
		return;
	}
	if (c->once) {
		if (status != 0)
			ost_log_error("policy.d was not applied (%s): see above; the gateway runs on",
				ost_child_status(status, text));
		return;
	}
	/* A full disk, or a certificate past its date, must not take the fast path down with it. */
	if (fatal && (c == &run->children[CHILD_DAEMON] || c == &run->children[CHILD_AUTHD] || c == &run->children[CHILD_EXPORTD] ||
			     c == &run->children[CHILD_OBSERVED])) {
		ost_log_error("%s cannot run (%s): its last lines say why; the fast path goes on, "
			      "it is tried again in %u s",
			c->name, ost_child_status(status, text),
			(unsigned)(FATAL_AGAIN_NS / OST_NS_PER_S));
		c->again_ns = ost_clock_mono_ns() + FATAL_AGAIN_NS;
		return;
	}
	if (fatal || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
		ost_log_error("%s cannot run (%s): its last lines say why; stopping", c->name, ost_child_status(status, text));
		stop(run, OST_EXIT_INPUT);
		return;
	}
	ost_log_warning("%s ended by itself (%s): started again in %u ms", c->name, ost_child_status(status, text),
		c->backoff_ms);
}

static void reap(struct run *run)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		for (int i = 0; i < CHILD_COUNT; i++) {
			if (run->children[i].pid == pid)
				child_ended(run, &run->children[i], status);
		}
	}
}

static void signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		ost_log_info("signal %u: stopping", info.ssi_signo);
		stop(run, OST_EXIT_OK);
	}
	reap(run);
}

static bool any_running(const struct run *run)
{
	for (int i = 0; i < CHILD_COUNT; i++) {
		if (run->children[i].pid > 0)
			return true;
	}
	return false;
}

/* Restarts what is due, kills what does not stop. Returns milliseconds until it should be called again. */
static int timers(struct run *run)
{
	uint64_t now = ost_clock_mono_ns();
	int next_ms = 1000;

	if (run->stopping_ns != 0 && now - run->stopping_ns > STOP_NS) {
		for (int i = 0; i < CHILD_COUNT; i++) {
			if (run->children[i].pid > 0)
				(void)kill(run->children[i].pid, SIGKILL);
		}
	}
	for (int i = 0; i < CHILD_COUNT; i++) {
		uint64_t again = run->children[i].again_ns;

		if (again == 0)
			continue;
		if (again <= now)
			start(run, i);
		else
			next_ms = OST_MIN(next_ms, (int)((again - now) / OST_NS_PER_MS) + 1);
	}
	return next_ms;
}

static void serve(struct run *run)
{
	while (run->stopping_ns == 0 || any_running(run)) {
		struct pollfd fds[CHILD_COUNT + 1] = {{.fd = run->signal_fd, .events = POLLIN}};
		int ms = timers(run);

		for (int i = 0; i < CHILD_COUNT; i++)
			fds[i + 1] = (struct pollfd){.fd = run->children[i].out_fd, .events = POLLIN};
		if (poll(fds, OST_ARRAY_SIZE(fds), ms) < 0 && errno != EINTR)
			break;
		for (int i = 0; i < CHILD_COUNT; i++) {
			if (fds[i + 1].revents != 0)
				ost_child_lines(&run->children[i]);
		}
		signals(run);
	}
	for (int i = 0; i < CHILD_COUNT; i++)
		ost_child_lines(&run->children[i]);
}

static int signals_open(struct run *run)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? ost_cli_fail("signalfd: %s", strerror(errno)) : OST_EXIT_OK;
}

static bool policy_there(const char *folder)
{
	DIR *d = opendir(folder);
	bool there = false;

	if (d == NULL)
		return false;
	for (const struct dirent *e = readdir(d); e != NULL && !there; e = readdir(d)) {
		size_t n = strlen(e->d_name);

		there = n > 5 && e->d_name[0] != '.' && strcmp(e->d_name + n - 5, ".yaml") == 0;
	}
	(void)closedir(d);
	return there;
}

int ost_cmd_run(const struct ost_cli *cli, int argc, char **argv)
{
	static struct run run;
	bool apply = false, json = false; /* json: of failures, which output.c tells */
	const struct ost_cli_option options[] = {{.name = "json", .flag = &json}, {.name = "config", .value = &run.config},
		{.name = "apply", .flag = &apply}};
	int first = ost_cli_options("run", options, OST_ARRAY_SIZE(options), argc, argv);

	run.cli = cli;
	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("run: '%s' is too much", argv[first]);
	if (children_define(&run) != OST_EXIT_OK || signals_open(&run) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	/* The first start has no generation yet: what lies in policy.d is what the operator wants. */
	if (!apply && access(cli->paths.last_image, F_OK) < 0)
		apply = policy_there(cli->paths.policy_dir);
	ost_log_info("starting the gateway; stop it with Ctrl-C or SIGTERM");
	start(&run, CHILD_DATAPLANE);
	start(&run, CHILD_DAEMON);
	start(&run, CHILD_OBSERVED);
	if (access(cli->paths.gateway_certificate, F_OK) == 0)
		start(&run, CHILD_AUTHD);
	else
		ost_log_info("nobody can prove himself yet: there are no keys (ostiary init makes them)");
	if (run.site != NULL && run.site->export_count > 0)
		start(&run, CHILD_EXPORTD);
	if (apply)
		start(&run, CHILD_APPLY);
	serve(&run);
	(void)close(run.signal_fd);
	ost_site_file_free(&run.site);
	return run.exit_code;
}
