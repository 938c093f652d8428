/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "clock.h"

#define BACKOFF_FIRST_MS 200u
#define BACKOFF_MOST_MS	 10000u
#define STEADY_NS	 (30 * OST_NS_PER_S) /* a child that lived so long begins anew with the first back-off */

/* Between fork and exec: only what is safe there. */
static void child_become(const struct ost_child *child, int out_fd, pid_t parent)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* Nobody else would stop it when we are killed. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(127);
	(void)setpgid(0, 0); /* Ctrl-C is for us, who stop them in order */
	if (dup2(out_fd, STDOUT_FILENO) < 0 || dup2(out_fd, STDERR_FILENO) < 0)
		_exit(127);
	(void)execv(child->argv[0], (char *const *)(uintptr_t)child->argv);
	_exit(127);
}

int ost_child_start(struct ost_child *child, uint64_t now_ns)
{
	pid_t parent = getpid(), pid;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child_become(child, fds[1], parent);
	(void)close(fds[1]);
	if (pid < 0) {
		int r = -errno;

		(void)close(fds[0]);
		return r;
	}
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	if (child->out_fd >= 0)
		(void)close(child->out_fd);
	child->pid = pid;
	child->out_fd = fds[0];
	child->used = 0;
	child->started_ns = now_ns;
	child->again_ns = 0;
	return 0;
}

static void line_pass(struct ost_child *child)
{
	child->line[child->used] = '\0';
	if (child->used > 0)
		(void)fprintf(stderr, "%-9s | %s\n", child->name, child->line);
	child->used = 0;
}

void ost_child_lines(struct ost_child *child)
{
	char buf[4096];
	ssize_t n;

	if (child->out_fd < 0)
		return;
	while ((n = read(child->out_fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] == '\n' || child->used == sizeof(child->line) - 1)
				line_pass(child);
			if (buf[i] != '\n')
				child->line[child->used++] = buf[i];
		}
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	line_pass(child);
	(void)close(child->out_fd);
	child->out_fd = -1;
}

void ost_child_ended(struct ost_child *child, int status, uint64_t now_ns)
{
	(void)status;
	child->pid = 0;
	if (child->once)
		return;
	if (child->backoff_ms == 0 || now_ns - child->started_ns > STEADY_NS)
		child->backoff_ms = BACKOFF_FIRST_MS;
	else
		child->backoff_ms = OST_MIN(child->backoff_ms * 2, BACKOFF_MOST_MS);
	child->again_ns = now_ns + child->backoff_ms * OST_NS_PER_MS;
}

const char *ost_child_status(int status, char buf[static 32])
{
	if (WIFSIGNALED(status))
		(void)snprintf(buf, 32, "signal %d", WTERMSIG(status));
	else
		(void)snprintf(buf, 32, "exit code %d", WEXITSTATUS(status));
	return buf;
}
