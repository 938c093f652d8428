/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "auth_link.h"

#include <event2/event.h>
#include <grp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "clock.h"
#include "log.h"
#include "msg.h"

#define HELLO_WITHIN_S	 5
#define WAITING_MAX	 4096u /* messages that it has not read */
#define MESSAGES_AT_ONCE 256   /* then the loop serves the others */
#define LARGEST		 sizeof(struct ost_msg_auth_decision)

struct waiting {
	uint16_t type;
	uint16_t length;
	_Alignas(8) uint8_t payload[LARGEST];
};

struct ost_auth_link {
	struct event_base *base;
	const char *path;
	struct ost_auth_link_handlers handlers;
	void *user;
	struct event *acceptable, *readable, *writable, *timer;
	int listener, fd;
	bool greeted;
	bool held; /* what waits is not sent yet */
	uint32_t sequence;
	struct waiting *waiting; /* a ring */
	uint32_t first, count;
	struct ost_auth_link_counts counts;
	_Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];
};

static void event_drop(struct event **e)
{
	if (*e != NULL)
		event_free(*e);
	*e = NULL;
}

static void disconnect(struct ost_auth_link *l, const char *why)
{
	bool was_up = l->greeted;

	event_drop(&l->readable);
	event_drop(&l->writable);
	(void)evtimer_del(l->timer);
	ost_cleanup_close(&l->fd);
	l->fd = -1;
	l->greeted = l->held = false;
	l->first = l->count = 0;
	(void)snprintf(l->counts.why, sizeof(l->counts.why), "%s", why);
	if (was_up)
		l->handlers.down(l->user, why);
}

static void cut(struct ost_auth_link *l, const char *why)
{
	l->counts.protocol_errors++;
	ost_log_error("authenticator connection cut: %s", why);
	disconnect(l, why);
}

/* ---- sending ---- */

static void on_writable(evutil_socket_t fd, short what, void *user)
{
	struct ost_auth_link *l = user;

	(void)what;
	if (l->held)
		return;
	while (l->count > 0 && l->fd == fd) {
		const struct waiting *w = &l->waiting[l->first];
		int r = ost_msg_send(l->fd, w->type, ++l->sequence, w->payload, w->length, -1);

		if (r == -EAGAIN)
			break;
		if (r < 0)
			return; /* noticed by reading */
		l->first = (l->first + 1) % WAITING_MAX;
		l->count--;
	}
	if (l->count > 0)
		(void)event_add(l->writable, NULL);
}

void ost_auth_link_hold(struct ost_auth_link *l)
{
	l->held = l->greeted;
}

void ost_auth_link_release(struct ost_auth_link *l)
{
	l->held = false;
	if (l->count > 0)
		on_writable(l->fd, EV_WRITE, l);
}

void ost_auth_link_send(struct ost_auth_link *l, enum ost_msg_type type, const void *payload, size_t length)
{
	struct waiting *w;

	if (!l->greeted || length > LARGEST)
		return;
	if (l->count == WAITING_MAX && l->held)
		ost_auth_link_release(l);
	if (l->count == WAITING_MAX) {
		cut(l, "it does not read its answers");
		return;
	}
	w = &l->waiting[(l->first + l->count) % WAITING_MAX];
	w->type = (uint16_t)type;
	w->length = (uint16_t)length;
	if (length > 0)
		memcpy(w->payload, payload, length);
	if (l->count++ == 0)
		on_writable(l->fd, EV_WRITE, l);
}

/* ---- receiving ---- */

static void on_hello(struct ost_auth_link *l)
{
	struct ost_msg_hello m;

	memcpy(&m, l->payload, sizeof(m));
	if (l->greeted || m.program != OST_PROGRAM_AUTHD) {
		cut(l, "it is no authenticator, or greets twice");
		return;
	}
	(void)evtimer_del(l->timer);
	l->greeted = true;
	l->counts.pid = m.pid;
	memcpy(l->counts.version, m.version, sizeof(l->counts.version));
	l->counts.why[0] = '\0';
	l->handlers.up(l->user, &m);
}

static void dispatch(struct ost_auth_link *l, uint16_t type)
{
	const void *p = l->payload;

	if (type == OST_MSG_HELLO)
		on_hello(l);
	else if (!l->greeted)
		cut(l, "it does not greet first");
	else if (type == OST_MSG_AUTH_OPENED)
		l->handlers.opened(l->user, p);
	else if (type == OST_MSG_AUTH_CLAIM)
		l->handlers.claim(l->user, p);
	else if (type == OST_MSG_AUTH_OUTCOME)
		l->handlers.outcome(l->user, p);
	else if (type == OST_MSG_AUTH_COUNTS)
		l->handlers.counts(l->user, p);
	else
		cut(l, "it sends what only ostiaryd may send");
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct ost_auth_link *l = user;

	(void)what;
	for (int i = 0; i < MESSAGES_AT_ONCE && l->fd == fd; i++) {
		struct ost_msg_header h;
		int passed = -1;
		int r = ost_msg_receive((int)fd, &h, l->payload, &passed);

		ost_cleanup_close(&passed);
		if (r == -EAGAIN || r == -EINTR)
			return;
		if (r == -EPROTO) {
			cut(l, "it sent what is no message of ours");
			return;
		}
		if (r < 0) {
			disconnect(l, r == -EPIPE ? "it closed the connection" : strerror(-r));
			return;
		}
		dispatch(l, h.type);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	cut(user, "it does not greet");
}

/* ---- accepting ---- */

static int serve(struct ost_auth_link *l, int fd)
{
	const struct ost_msg_hello m = {.program = OST_PROGRAM_OSTIARYD, .pid = (uint32_t)getpid(), .version = OSTIARY_VERSION};
	const struct timeval within = {.tv_sec = HELLO_WITHIN_S};

	l->fd = fd;
	l->counts.connections++;
	(void)snprintf(l->counts.why, sizeof(l->counts.why), "it has not greeted yet");
	l->readable = event_new(l->base, fd, EV_READ | EV_PERSIST, on_readable, l);
	l->writable = event_new(l->base, fd, EV_WRITE, on_writable, l);
	if (l->readable == NULL || l->writable == NULL || event_add(l->readable, NULL) < 0 || evtimer_add(l->timer, &within) < 0)
		return -ENOMEM;
	return ost_msg_send(fd, OST_MSG_HELLO, ++l->sequence, &m, sizeof(m), -1);
}

static void on_acceptable(evutil_socket_t listener, short what, void *user)
{
	struct ost_auth_link *l = user;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r;

	(void)what;
	if (fd < 0)
		return;
	/* One that died is noticed here, when its successor is faster than our reading. */
	if (l->fd >= 0)
		on_readable(l->fd, EV_READ, l);
	if (l->fd >= 0) {
		l->counts.turned_away++;
		ost_log_warning("a second authenticator was turned away");
		(void)close(fd);
		return;
	}
	r = serve(l, fd);
	if (r < 0)
		disconnect(l, strerror(-r));
}

static int listen_at(struct ost_auth_link *l)
{
	const struct group *group = getgrnam("ostiary");
	/* Never open to more than it will be, not even for a moment. */
	mode_t mask = umask(0177);
	int r = ost_msg_listen(l->path, 0600, &l->listener);

	(void)umask(mask);
	if (r < 0)
		return r;
	if (group != NULL && chown(l->path, (uid_t)-1, group->gr_gid) < 0)
		ost_log_warning("%s: cannot be given to group ostiary: %s", l->path, strerror(errno));
	return chmod(l->path, 0660) < 0 ? -errno : 0;
}

int ost_auth_link_new(struct event_base *base, const char *path, const struct ost_auth_link_handlers *handlers, void *user,
	struct ost_auth_link **ret_link)
{
	struct ost_auth_link *l = calloc(1, sizeof(*l));
	int r;

	if (l == NULL)
		return -ENOMEM;
	l->base = base;
	l->path = path;
	l->handlers = *handlers;
	l->user = user;
	l->fd = l->listener = -1;
	(void)snprintf(l->counts.why, sizeof(l->counts.why), "ostiary-authd has not connected");
	l->waiting = malloc(WAITING_MAX * sizeof(*l->waiting));
	l->timer = evtimer_new(base, on_timer, l);
	r = l->waiting == NULL || l->timer == NULL ? -ENOMEM : listen_at(l);
	if (r == 0) {
		l->acceptable = event_new(base, l->listener, EV_READ | EV_PERSIST, on_acceptable, l);
		if (l->acceptable == NULL || event_add(l->acceptable, NULL) < 0)
			r = -ENOMEM;
	}
	if (r < 0) {
		ost_auth_link_free(&l);
		return r;
	}
	*ret_link = l;
	return 0;
}

void ost_auth_link_free(struct ost_auth_link **link)
{
	struct ost_auth_link *l = *link;

	*link = NULL;
	if (l == NULL)
		return;
	event_drop(&l->acceptable);
	event_drop(&l->readable);
	event_drop(&l->writable);
	event_drop(&l->timer);
	ost_cleanup_close(&l->fd);
	if (l->listener >= 0)
		(void)unlink(l->path);
	ost_cleanup_close(&l->listener);
	free(l->waiting);
	free(l);
}

bool ost_auth_link_is_up(const struct ost_auth_link *l)
{
	return l->greeted;
}

const struct ost_auth_link_counts *ost_auth_link_counts(const struct ost_auth_link *l)
{
	return &l->counts;
}
