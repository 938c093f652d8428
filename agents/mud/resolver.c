/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "await.h"
#include "sandbox.h"

#define LIFE_S 60 /* of the process, whatever happens */

/* ---- the process ---- */

static uint32_t addresses_find(const char *host, union ost_mud_address to[static OST_MUD_ADDRESSES_MAX])
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	uint32_t n = 0;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return 0;
	for (const struct addrinfo *i = list; i != NULL && n < OST_MUD_ADDRESSES_MAX; i = i->ai_next) {
		if (i->ai_addrlen <= sizeof(*to) && (i->ai_family == AF_INET || i->ai_family == AF_INET6))
			memcpy(&to[n++], i->ai_addr, i->ai_addrlen);
	}
	freeaddrinfo(list);
	return n;
}

static _Noreturn void serve(int fd)
{
	char host[OST_MUD_HOST_MAX + 1], why[256];
	ssize_t n;

	(void)alarm(LIFE_S);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || ost_sandbox_resolver(why) < 0)
		_exit(1);
	while ((n = recv(fd, host, sizeof(host) - 1, 0)) > 0) {
		union ost_mud_address found[OST_MUD_ADDRESSES_MAX] = {0};
		uint32_t count;

		host[n] = '\0';
		count = addresses_find(host, found);
		if (send(fd, found, count > 0 ? count * sizeof(found[0]) : 1, MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

int ost_mud_resolver_start(struct ost_mud_resolver *ret_resolver)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		(void)close(STDIN_FILENO);
		(void)close(STDOUT_FILENO);
		serve(fds[1]);
	}
	(void)close(fds[1]);
	if (pid < 0) {
		int r = -errno;

		(void)close(fds[0]);
		return r;
	}
	*ret_resolver = (struct ost_mud_resolver){fds[0], pid};
	return 0;
}

void ost_mud_resolver_stop(struct ost_mud_resolver *resolver)
{
	if (resolver->pid <= 0)
		return;
	(void)close(resolver->fd);
	(void)kill(resolver->pid, SIGKILL); /* it may hang on a name server */
	while (waitpid(resolver->pid, NULL, 0) < 0 && errno == EINTR)
		;
	resolver->pid = 0;
}

/* ---- asking ---- */

static bool numeric_take(const struct ost_mud_url *url, union ost_mud_address *to)
{
	if (inet_pton(AF_INET, url->host, &to->v4.sin_addr) == 1)
		to->v4.sin_family = AF_INET;
	else if (inet_pton(AF_INET6, url->host, &to->v6.sin6_addr) == 1)
		to->v6.sin6_family = AF_INET6;
	else
		return false;
	return true;
}

static int answer_wait(const struct ost_mud_resolver *resolver, uint64_t deadline_ns, void *to, size_t size, size_t *ret_length)
{
	int r = ost_fd_wait(resolver->fd, POLLIN, deadline_ns);
	ssize_t n;

	if (r < 0)
		return r == -ETIMEDOUT ? r : -EPROTO;
	n = recv(resolver->fd, to, size, 0);
	if (n <= 0)
		return -EPROTO;
	*ret_length = (size_t)n;
	return 0;
}

int ost_mud_resolver_ask(struct ost_mud_resolver *resolver, const struct ost_mud_url *url, uint64_t deadline_ns,
	union ost_mud_address ret[static OST_MUD_ADDRESSES_MAX], uint32_t *ret_count)
{
	union ost_mud_address found[OST_MUD_ADDRESSES_MAX] = {0};
	size_t n = sizeof(found[0]);

	if (!url->numeric || !numeric_take(url, &found[0])) {
		int r;

		if (send(resolver->fd, url->host, strlen(url->host), MSG_NOSIGNAL) < 0)
			return -EPROTO;
		r = answer_wait(resolver, deadline_ns, found, sizeof(found), &n);
		if (r < 0)
			return r;
	}
	if (n % sizeof(found[0]) != 0)
		return n == 1 ? -ENOENT : -EPROTO;
	*ret_count = (uint32_t)(n / sizeof(found[0]));
	for (uint32_t i = 0; i < *ret_count; i++) {
		if (found[i].any.sa_family == AF_INET)
			found[i].v4.sin_port = htons(url->port);
		else
			found[i].v6.sin6_port = htons(url->port);
	}
	memcpy(ret, found, sizeof(found));
	return 0;
}
