/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_agent.h"

#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "await.h"
#include "clock.h"
#include "programs.h"

#define WAIT_NS (60 * OST_NS_PER_S) /* longer than it lives */

/* Between fork and exec: only what is safe there. */
static _Noreturn void child_become(const char *path, int fd, pid_t parent)
{
	char *const argv[] = {(char *)(uintptr_t) "ostiary-mud", NULL}, *const env[] = {NULL};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(127);
	(void)execve(path, argv, env);
	_exit(127);
}

static int agent_start(pid_t *ret_pid, int *ret_fd)
{
	pid_t parent = getpid(), pid;
	char path[PATH_MAX];
	int fds[2], r = ost_program_find("ostiary-mud", path);

	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child_become(path, fds[1], parent);
	(void)close(fds[1]);
	if (pid < 0) {
		r = -errno;
		(void)close(fds[0]);
		return r;
	}
	*ret_pid = pid;
	*ret_fd = fds[0];
	return 0;
}

static int all_send(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -EPROTO;
		bytes += n > 0 ? n : 0;
		length -= n > 0 ? (size_t)n : 0;
	}
	return shutdown(fd, SHUT_WR) < 0 ? -errno : 0;
}

static int all_receive(int fd, uint8_t **ret_bytes, size_t *ret_length)
{
	uint64_t deadline_ns = ost_clock_mono_ns() + WAIT_NS;
	uint8_t *bytes = malloc(OST_MUD_WIRE_MAX + 1);
	size_t length = 0;
	ssize_t n = 1;
	int r = bytes != NULL ? 0 : -ENOMEM;

	while (r == 0 && n != 0) {
		r = ost_fd_wait(fd, POLLIN, deadline_ns);
		if (r < 0)
			break;
		n = recv(fd, bytes + length, OST_MUD_WIRE_MAX + 1 - length, 0);
		r = n < 0 ? -errno : 0;
		length += n > 0 ? (size_t)n : 0;
		if (length > OST_MUD_WIRE_MAX)
			r = -EPROTO;
	}
	if (r < 0) {
		free(bytes);
		return r;
	}
	*ret_bytes = bytes;
	*ret_length = length;
	return 0;
}

int ost_mud_agent_ask(const struct ost_mud_request *request, struct ost_mud_told *ret_told)
{
	uint8_t *question = NULL, *bytes = NULL;
	size_t length, got = 0;
	int fd = -1, status = 0, r = ost_mud_request_write(request, &question, &length);
	struct ost_mud_answer answer;
	pid_t pid = 0;

	if (r < 0)
		return r;
	r = agent_start(&pid, &fd);
	if (r == 0) {
		r = all_send(fd, question, length);
		if (r == 0)
			r = all_receive(fd, &bytes, &got);
		(void)close(fd);
		if (r < 0)
			(void)kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || ost_mud_answer_read(bytes, got, &answer) < 0))
			r = -EPROTO;
	}
	free(question);
	if (r < 0) {
		free(bytes);
		return r;
	}
	*ret_told = (struct ost_mud_told){answer, bytes};
	return 0;
}

void ost_mud_told_free(struct ost_mud_told *told)
{
	free(told->bytes);
	*told = (struct ost_mud_told){0};
}
