/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "peer.h"

#include <stdio.h>

#include "log.h"

#define RETRY_FIRST_MS 50u
#define RETRY_MOST_MS  1000u
#define GREET_MS       5000u
#define AT_ONCE	       256 /* messages; then the loop serves the others */

enum state { DOWN, GREETING, UP };

struct ost_peer {
	const char *path;
	struct event_base *base;
	const struct ost_peer_handlers *handlers;
	struct event *readable, *timer;
	enum state state;
	int fd;
	unsigned retry_ms;
	_Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];
};

static void timer_set(struct ost_peer *p, unsigned ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	(void)evtimer_add(p->timer, &tv);
}

static void disconnect(struct ost_peer *p, const char *why)
{
	enum state before = p->state;

	if (p->readable != NULL)
		event_free(p->readable);
	p->readable = NULL;
	ost_cleanup_close(&p->fd);
	p->fd = -1;
	p->state = DOWN;
	timer_set(p, p->retry_ms);
	p->retry_ms = OST_MIN(p->retry_ms * 2, RETRY_MOST_MS);
	if (before == DOWN)
		return;
	ost_log_warning("connection to %s: %s", p->handlers->name, why);
	if (before == UP)
		p->handlers->down(p->handlers->user);
}

static void greeted(struct ost_peer *p, const struct ost_msg_header *h)
{
	struct ost_msg_hello m;

	memcpy(&m, p->payload, sizeof(m));
	if (h->type != OST_MSG_HELLO || m.program != p->handlers->program) {
		disconnect(p, "it did not greet as what it should be");
		return;
	}
	p->state = UP;
	p->retry_ms = RETRY_FIRST_MS;
	(void)evtimer_del(p->timer);
	ost_log_info("connected to %s (pid %u)", p->handlers->name, m.pid);
	p->handlers->up(p->handlers->user);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct ost_peer *p = user;

	(void)fd;
	(void)what;
	for (int i = 0; i < AT_ONCE && p->fd >= 0; i++) {
		OST_AUTO_CLOSE int passed = -1;
		struct ost_msg_header h;
		int r = ost_msg_receive(p->fd, &h, p->payload, &passed);

		if (r == -EAGAIN)
			return;
		if (r < 0)
			disconnect(p, r == -EPIPE ? "it went away" : "it sent what is no message of ours");
		else if (p->state == GREETING)
			greeted(p, &h);
		else if (!p->handlers->message(p->handlers->user, &h, p->payload))
			disconnect(p, "it sent a message that is not for us");
	}
}

static void connect_now(struct ost_peer *p)
{
	struct ost_msg_hello m = {.program = p->handlers->self, .pid = (uint32_t)getpid(), .version = OSTIARY_VERSION};
	int r = ost_msg_connect(p->path, &p->fd);

	if (r < 0) {
		p->fd = -1;
		disconnect(p, "");
		return;
	}
	p->state = GREETING;
	p->readable = event_new(p->base, p->fd, EV_READ | EV_PERSIST, on_readable, p);
	if (p->readable == NULL || event_add(p->readable, NULL) < 0 || ost_msg_send(p->fd, OST_MSG_HELLO, 0, &m, sizeof(m), -1) < 0) {
		disconnect(p, "cannot greet");
		return;
	}
	timer_set(p, GREET_MS);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct ost_peer *p = user;

	(void)fd;
	(void)what;
	if (p->state == DOWN)
		connect_now(p);
	else if (p->state == GREETING)
		disconnect(p, "it never greeted");
}

int ost_peer_new(struct event_base *base, const char *path, const struct ost_peer_handlers *handlers, struct ost_peer **ret_peer)
{
	struct ost_peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	*p = (struct ost_peer){.path = path, .base = base, .handlers = handlers, .fd = -1, .retry_ms = RETRY_FIRST_MS};
	p->timer = evtimer_new(base, on_timer, p);
	if (p->timer == NULL) {
		free(p);
		return -ENOMEM;
	}
	timer_set(p, 0);
	*ret_peer = p;
	return 0;
}

void ost_peer_free(struct ost_peer **peer)
{
	struct ost_peer *p = *peer;

	*peer = NULL;
	if (p == NULL)
		return;
	if (p->readable != NULL)
		event_free(p->readable);
	event_free(p->timer);
	ost_cleanup_close(&p->fd);
	free(p);
}

bool ost_peer_is_up(const struct ost_peer *peer)
{
	return peer->state == UP;
}

int ost_peer_send(struct ost_peer *peer, uint16_t type, const void *payload, size_t length)
{
	return peer->state == UP ? ost_msg_send(peer->fd, type, 0, payload, length, -1) : -ENOTCONN;
}
