/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sandbox.h"

/* ---- the process ---- */

static uint32_t addresses_find(const char *host, union ost_endpoint to[static OST_RESOLVER_ADDRESSES])
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	uint32_t n = 0;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return 0;
	for (const struct addrinfo *i = list; i != NULL && n < OST_RESOLVER_ADDRESSES; i = i->ai_next) {
		if (i->ai_addrlen <= sizeof(*to) && (i->ai_family == AF_INET || i->ai_family == AF_INET6))
			memcpy(&to[n++], i->ai_addr, i->ai_addrlen);
	}
	freeaddrinfo(list);
	return n;
}

static _Noreturn void serve(int fd, const char *host)
{
	char why[256], question;

	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_IGN); /* the exporter ends us */
	(void)signal(SIGHUP, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || ost_sandbox_resolver(why) < 0)
		_exit(1);
	while (recv(fd, &question, 1, 0) > 0) {
		union ost_endpoint found[OST_RESOLVER_ADDRESSES] = {0};
		uint32_t count = addresses_find(host, found);

		if (send(fd, found, count > 0 ? count * sizeof(found[0]) : 1, MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

int ost_resolver_start(const char *host, uint16_t port, struct ost_resolver *ret_resolver)
{
	struct ost_resolver r = {.fd = -1, .port = port};
	int fds[2];

	if (inet_pton(AF_INET, host, &r.numeric.v4.sin_addr) == 1)
		r.numeric.v4.sin_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &r.numeric.v6.sin6_addr) == 1)
		r.numeric.v6.sin6_family = AF_INET6;
	if (r.numeric.any.sa_family != AF_UNSPEC) {
		*ret_resolver = r;
		return 0;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	r.pid = fork();
	if (r.pid == 0) {
		/* No connection of another destination, no file. */
		if (dup2(fds[1], STDIN_FILENO) < 0 || close_range(3, ~0u, 0) < 0)
			_exit(1);
		serve(STDIN_FILENO, host);
	}
	(void)close(fds[1]);
	r.fd = fds[0];
	if (r.pid < 0) {
		int error = -errno;

		(void)close(fds[0]);
		return error;
	}
	*ret_resolver = r;
	return 0;
}

void ost_resolver_stop(struct ost_resolver *r)
{
	if (r->pid <= 0)
		return;
	(void)close(r->fd); /* it ends when it reads that, or with us */
	r->pid = 0;
}

/* ---- asking ---- */

static void port_set(const struct ost_resolver *r, union ost_endpoint *e)
{
	if (e->any.sa_family == AF_INET)
		e->v4.sin_port = htons(r->port);
	else
		e->v6.sin6_port = htons(r->port);
}

int ost_resolver_ask(struct ost_resolver *r, union ost_endpoint ret[static OST_RESOLVER_ADDRESSES], uint32_t *ret_count)
{
	union ost_endpoint stale[OST_RESOLVER_ADDRESSES];

	if (r->pid == 0) {
		ret[0] = r->numeric;
		port_set(r, &ret[0]);
		*ret_count = 1;
		return 1;
	}
	while (recv(r->fd, stale, sizeof(stale), MSG_DONTWAIT) > 0)
		; /* of a question that nobody waited for any more */
	return send(r->fd, "?", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -EPIPE;
}

int ost_resolver_answer(struct ost_resolver *r, union ost_endpoint ret[static OST_RESOLVER_ADDRESSES], uint32_t *ret_count)
{
	ssize_t n = recv(r->fd, ret, OST_RESOLVER_ADDRESSES * sizeof(*ret), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n <= 0)
		return -EPIPE;
	if ((size_t)n % sizeof(*ret) != 0)
		return -ENOENT;
	*ret_count = (uint32_t)((size_t)n / sizeof(*ret));
	for (uint32_t i = 0; i < *ret_count; i++)
		port_set(r, &ret[i]);
	return 0;
}
