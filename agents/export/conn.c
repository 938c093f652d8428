/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include "conn.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "buffer.h"
#include "clock.h"
#include "resolver.h"
#include "tls_client.h"

#define CONNECT_NS	(5 * OST_NS_PER_S) /* to one address */
#define STILL_NS	(30 * OST_NS_PER_S) /* the server neither takes nor says anything, though something is under way */
#define KEEP_IDLE_S	30
#define KEEP_EVERY_S	10
#define KEEP_TIMES	3
#define RECORD		16384u
#define RECORDS_AT_ONCE 16

enum state { CLOSED, RESOLVING, CONNECTING, SHAKING, UP };

struct ost_conn {
	struct event_base *base;
	const struct ost_site_export *config;
	struct ost_conn_handlers handlers;
	struct ost_tls_client *client; /* NULL: no TLS */
	struct ost_tls_client *of_tls; /* that the conversation began with, when it is another one */
	struct ost_resolver resolver;
	struct event *answered;
	enum state state;
	union ost_endpoint addresses[OST_RESOLVER_ADDRESSES];
	uint32_t address, address_count;
	int fd;
	WOLFSSL *tls;
	struct event *readable, *writable;
	struct ost_buffer out;
	size_t chunk;	   /* bytes that the library was asked to write, and must be asked for again */
	uint64_t moved_ns; /* when something last went or came */
};

/* ---- closing ---- */

static void event_drop(struct event **e)
{
	if (*e != NULL)
		event_free(*e);
	*e = NULL;
}

static void socket_close(struct ost_conn *c)
{
	event_drop(&c->readable);
	event_drop(&c->writable);
	if (c->tls != NULL && c->state == UP)
		(void)wolfSSL_shutdown(c->tls);
	wolfSSL_free(c->tls);
	c->tls = NULL;
	if (c->of_tls != c->client)
		ost_tls_client_free(&c->of_tls);
	c->of_tls = NULL;
	ost_cleanup_close(&c->fd);
	c->fd = -1;
	c->chunk = 0;
}

void ost_conn_close(struct ost_conn *c)
{
	socket_close(c);
	if (c->answered != NULL)
		(void)event_del(c->answered);
	ost_buffer_reset(&c->out);
	c->state = CLOSED;
}

static OST_PRINTF(3, 4) void fail(struct ost_conn *c, bool ended, const char *fmt, ...)
{
	char why[OST_CONN_WHY];
	va_list args;
	int n = snprintf(why, sizeof(why), "%.100s:%u: ", c->config->host, c->config->port);

	va_start(args, fmt);
	(void)vsnprintf(why + n, sizeof(why) - (size_t)n, fmt, args);
	va_end(args);
	ost_conn_close(c);
	c->handlers.down(c->handlers.user, why, ended);
}

/* ---- bytes ---- */

/* 1: it moved; 0: it waits for the socket; -1: it failed, and was told. */
static int result_judge(struct ost_conn *c, int result)
{
	char text[OST_TLS_WHY];
	int e;

	if (result > 0) {
		c->moved_ns = ost_clock_mono_ns();
		return 1;
	}
	if (c->tls == NULL) {
		if (result < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		fail(c, result == 0 && c->out.length == 0, "%s", result == 0 ? "it closed the connection" : strerror(errno));
		return -1;
	}
	e = wolfSSL_get_error(c->tls, result);
	if (e == WOLFSSL_ERROR_WANT_READ)
		return 0;
	if (e == WOLFSSL_ERROR_WANT_WRITE) {
		(void)event_add(c->writable, NULL);
		return 0;
	}
	fail(c, c->state == UP && c->out.length == 0 && e == WOLFSSL_ERROR_ZERO_RETURN, "%s", ost_tls_client_error(c->of_tls, e, text));
	return -1;
}

static void out_write(struct ost_conn *c)
{
	size_t done = 0;
	int r = 1;

	while (r > 0 && done < c->out.length) {
		int n;

		if (c->chunk == 0)
			c->chunk = OST_MIN(c->out.length - done, (size_t)RECORD);
		n = c->tls != NULL ? wolfSSL_write(c->tls, c->out.bytes + done, (int)c->chunk)
				   : (int)send(c->fd, c->out.bytes + done, c->chunk, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			done += (size_t)n;
			c->chunk = 0;
		}
		r = result_judge(c, n);
	}
	if (r < 0)
		return; /* closed: the buffer is empty */
	ost_buffer_drop(&c->out, done);
	if (c->out.length > 0)
		(void)event_add(c->writable, NULL);
	else if (done > 0 && c->handlers.drained != NULL)
		c->handlers.drained(c->handlers.user);
}

static void in_read(struct ost_conn *c)
{
	char bytes[RECORD];
	int r = 1;

	for (int i = 0; i < RECORDS_AT_ONCE && r > 0 && c->state == UP; i++) {
		int n = c->tls != NULL ? wolfSSL_read(c->tls, bytes, sizeof(bytes)) : (int)recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		r = result_judge(c, n);
		if (r > 0)
			c->handlers.input(c->handlers.user, bytes, (size_t)n);
	}
	/* What the library has decrypted makes no socket readable. */
	if (r > 0 && c->state == UP && c->tls != NULL && wolfSSL_pending(c->tls) > 0)
		event_active(c->readable, EV_READ, 0);
}

/* ---- up ---- */

static void is_up(struct ost_conn *c)
{
	c->state = UP;
	c->handlers.up(c->handlers.user);
}

static void shake(struct ost_conn *c)
{
	int r = wolfSSL_connect(c->tls);

	if (result_judge(c, r == WOLFSSL_SUCCESS ? 1 : r) > 0)
		is_up(c);
}

static void connect_next(struct ost_conn *c, int error);

static void connected(struct ost_conn *c)
{
	static const int on = 1, idle = KEEP_IDLE_S, every = KEEP_EVERY_S, times = KEEP_TIMES;
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error != 0) {
		connect_next(c, error);
		return;
	}
	(void)setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
	c->moved_ns = ost_clock_mono_ns();
	if (event_add(c->readable, NULL) < 0) {
		fail(c, false, "out of memory");
		return;
	}
	if (c->client == NULL) {
		is_up(c);
		return;
	}
	c->state = SHAKING;
	c->of_tls = c->client;
	if (ost_tls_client_open(c->client, c->fd, &c->tls) < 0)
		fail(c, false, "out of memory");
	else
		shake(c);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct ost_conn *c = user;

	(void)fd;
	(void)what;
	if (c->state == SHAKING)
		shake(c);
	else if (c->state == UP)
		in_read(c);
}

static void on_writable(evutil_socket_t fd, short what, void *user)
{
	struct ost_conn *c = user;

	(void)fd;
	(void)what;
	if (c->state == CONNECTING)
		connected(c);
	else if (c->state == SHAKING)
		shake(c);
	else if (c->state == UP)
		out_write(c);
}

/* ---- connecting ---- */

static int connect_one(struct ost_conn *c, const union ost_endpoint *to)
{
	socklen_t size = to->any.sa_family == AF_INET ? sizeof(to->v4) : sizeof(to->v6);

	c->fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return errno;
	c->readable = event_new(c->base, c->fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(c->base, c->fd, EV_WRITE, on_writable, c);
	if (c->readable == NULL || c->writable == NULL || event_add(c->writable, NULL) < 0)
		return ENOMEM;
	return connect(c->fd, &to->any, size) == 0 || errno == EINPROGRESS ? 0 : errno;
}

/* The next address; error is of the one before, 0: there was none. */
static void connect_next(struct ost_conn *c, int error)
{
	c->state = CONNECTING;
	while (c->address < c->address_count) {
		socket_close(c);
		c->moved_ns = ost_clock_mono_ns();
		error = connect_one(c, &c->addresses[c->address++]);
		if (error == 0)
			return;
	}
	fail(c, false, "%s", strerror(error));
}

static void on_answered(evutil_socket_t fd, short what, void *user)
{
	struct ost_conn *c = user;
	int r = ost_resolver_answer(&c->resolver, c->addresses, &c->address_count);

	(void)fd;
	(void)what;
	if (r == -EAGAIN)
		return;
	(void)event_del(c->answered);
	if (c->state != RESOLVING)
		return;
	if (r < 0)
		fail(c, false, "%s", r == -ENOENT ? "no address was found for that name" : "the resolver is gone; ostiary-exportd must be started again");
	else
		connect_next(c, EHOSTUNREACH);
}

void ost_conn_open(struct ost_conn *c)
{
	int r;

	ost_conn_close(c);
	c->state = RESOLVING;
	c->moved_ns = ost_clock_mono_ns();
	c->address = c->address_count = 0;
	r = ost_resolver_ask(&c->resolver, c->addresses, &c->address_count);
	if (r > 0)
		connect_next(c, EHOSTUNREACH);
	else if (r < 0 || event_add(c->answered, NULL) < 0)
		fail(c, false, "the resolver is gone; ostiary-exportd must be started again");
}

/* ---- what its user asks ---- */

bool ost_conn_is_up(const struct ost_conn *c)
{
	return c->state == UP;
}

bool ost_conn_is_closed(const struct ost_conn *c)
{
	return c->state == CLOSED;
}

void ost_conn_send(struct ost_conn *c, const void *bytes, size_t length)
{
	if (c->state != UP)
		return;
	if (c->out.length == 0)
		c->moved_ns = ost_clock_mono_ns();
	ost_buffer_add(&c->out, bytes, length);
	if (c->out.failed)
		fail(c, false, "out of memory");
	else
		(void)event_add(c->writable, NULL);
}

uint64_t ost_conn_outstanding(const struct ost_conn *c)
{
	int queued = 0;

	if (c->state != UP || ioctl(c->fd, SIOCOUTQ, &queued) < 0 || queued < 0)
		return UINT64_MAX;
	return (uint64_t)queued + c->out.length;
}

void ost_conn_tick(struct ost_conn *c, uint64_t now, bool waiting)
{
	uint64_t still = now > c->moved_ns ? now - c->moved_ns : 0;

	if (c->state == CONNECTING && still > CONNECT_NS)
		connect_next(c, ETIMEDOUT);
	else if ((c->state == RESOLVING || c->state == SHAKING) && still > STILL_NS)
		fail(c, false, "%s", c->state == RESOLVING ? "no name server answers" : "it does not shake hands");
	else if (c->state == UP && (c->out.length > 0 || waiting) && still > STILL_NS)
		fail(c, false, "%s", c->out.length > 0 ? "it takes nothing any more" : "it does not answer");
}

/* ---- made and ended ---- */

int ost_conn_reload(struct ost_conn *c, char why[static 256])
{
	struct ost_tls_client *fresh = NULL;
	int r;

	if (c->client == NULL)
		return 0;
	r = ost_tls_client_new(c->config, why, &fresh);
	if (r < 0)
		return r;
	if (c->of_tls != c->client)
		ost_tls_client_free(&c->client); /* no conversation needs it */
	c->client = fresh;
	return 0;
}

int ost_conn_new(struct event_base *base, const struct ost_site_export *config, const struct ost_conn_handlers *handlers, char why[static 256],
	struct ost_conn **ret_conn)
{
	struct ost_conn *c = calloc(1, sizeof(*c));
	int r;

	(void)snprintf(why, 256, "out of memory");
	if (c == NULL)
		return -ENOMEM;
	c->base = base;
	c->config = config;
	c->handlers = *handlers;
	c->fd = c->resolver.fd = -1;
	r = config->tls ? ost_tls_client_new(config, why, &c->client) : 0;
	if (r == 0)
		r = ost_resolver_start(config->host, config->port, &c->resolver);
	if (r == 0 && c->resolver.pid > 0) {
		c->answered = event_new(base, c->resolver.fd, EV_READ | EV_PERSIST, on_answered, c);
		r = c->answered == NULL ? -ENOMEM : 0;
	}
	if (r < 0)
		ost_conn_free(&c);
	else
		*ret_conn = c;
	return r;
}

void ost_conn_free(struct ost_conn **conn)
{
	struct ost_conn *c = *conn;

	*conn = NULL;
	if (c == NULL)
		return;
	ost_conn_close(c);
	event_drop(&c->answered);
	ost_resolver_stop(&c->resolver);
	ost_tls_client_free(&c->client);
	ost_buffer_free(&c->out);
	free(c);
}
