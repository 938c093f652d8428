/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <event2/event.h>
#include <stdio.h>
#include <sys/time.h>

#include "clock.h"
#include "file.h"
#include "log.h"
#include "msg.h"

#define RETRY_FIRST_MS	 50u
#define RETRY_MOST_MS	 1000u
#define POLL_MS		 1000u
#define HELLO_WITHIN_MS	 5000u
#define ANSWER_WITHIN_MS 10000u /* a poll of counters; a larger table takes longer, not that long */
#define IMAGE_WITHIN_MS	 30000u
#define MESSAGES_AT_ONCE 512 /* then the loop serves the others */

enum link_state {
	LINK_DOWN,
	LINK_GREETING, /* connected, HELLO has not come */
	LINK_UP,
};

struct ost_link {
	struct event_base *base;
	const char *path;
	struct ost_link_handlers handlers;
	void *user;
	struct event *readable;
	struct event *timer; /* down: reconnect; else: poll and deadlines */
	int fd;
	enum link_state state;
	uint32_t sequence;
	unsigned retry_ms;
	uint64_t asked_ns;    /* poll under way since, 0 none */
	uint64_t image_ns;    /* image under way since, 0 none */
	uint64_t image_generation;
	uint64_t rehearse_ns; /* rehearsal under way since, 0 none */
	uint32_t rehearse_sequence;
	uint64_t rehearse_generation;
	struct ost_link_counts counts;
	_Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];
};

static void timer_set(struct ost_link *l, unsigned ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	(void)evtimer_add(l->timer, &tv);
}

static void disconnect(struct ost_link *l, const char *why)
{
	bool was_up = l->state == LINK_UP;

	if (l->readable != NULL)
		event_free(l->readable);
	l->readable = NULL;
	ost_cleanup_close(&l->fd);
	l->fd = -1;
	l->state = LINK_DOWN;
	l->asked_ns = 0;
	l->image_ns = 0;
	l->rehearse_ns = 0;
	(void)snprintf(l->counts.why, sizeof(l->counts.why), "%s", why);
	timer_set(l, l->retry_ms);
	l->retry_ms = OST_MIN(l->retry_ms * 2, RETRY_MOST_MS);
	if (was_up)
		l->handlers.down(l->user, why);
}

static void cut(struct ost_link *l, const char *why)
{
	l->counts.protocol_errors++;
	ost_log_error("data plane connection cut: %s", why);
	l->retry_ms = RETRY_MOST_MS;
	disconnect(l, why);
}

static void on_hello(struct ost_link *l)
{
	struct ost_msg_hello m;
	bool fresh;

	memcpy(&m, l->payload, sizeof(m));
	if (l->state != LINK_GREETING || m.program != OST_PROGRAM_DATAPLANE) {
		cut(l, "it is no data plane, or greets twice");
		return;
	}
	fresh = m.pid != l->counts.pid;
	l->counts.pid = m.pid;
	memcpy(l->counts.version, m.version, sizeof(l->counts.version));
	l->state = LINK_UP;
	l->retry_ms = RETRY_FIRST_MS;
	l->counts.why[0] = '\0';
	timer_set(l, 1);
	l->handlers.up(l->user, &m, fresh);
}

static void on_image_result(struct ost_link *l)
{
	struct ost_msg_image_result m;

	memcpy(&m, l->payload, sizeof(m));
	if (l->image_ns == 0 || m.generation != l->image_generation) {
		cut(l, "it answers an image that was not sent");
		return;
	}
	l->image_ns = 0;
	l->handlers.image_result(l->user, &m);
}

static void on_rehearsed(struct ost_link *l, uint32_t sequence)
{
	const struct ost_msg_rehearsed *m = (const void *)l->payload;

	if (l->rehearse_ns == 0 || sequence != l->rehearse_sequence || m->generation != l->rehearse_generation) {
		cut(l, "it answers a rehearsal that was not asked for");
		return;
	}
	l->rehearse_ns = 0;
	l->handlers.rehearsed(l->user, m);
}

static void on_refusals(struct ost_link *l)
{
	struct ost_msg_refusals m;

	memcpy(&m.count, l->payload, sizeof(m.count));
	memcpy(m.refusals, l->payload + offsetof(struct ost_msg_refusals, refusals),
		m.count * sizeof(m.refusals[0]));
	l->handlers.refusals(l->user, m.refusals, m.count);
}

static void on_ack(struct ost_link *l, uint32_t sequence)
{
	struct ost_msg_ack m;

	memcpy(&m, l->payload, sizeof(m));
	if (!l->handlers.ack(l->user, sequence, m.result))
		cut(l, "it answers an admission that was not sent");
}

/* The payload is aligned and its length and values were checked by ost_msg_receive(). */
static void dispatch(struct ost_link *l, const struct ost_msg_header *h)
{
	const void *p = l->payload;
	uint16_t type = h->type;

	if (type == OST_MSG_HELLO) {
		on_hello(l);
		return;
	}
	if (l->state != LINK_UP) {
		cut(l, "it does not greet first");
		return;
	}
	switch (type) {
	case OST_MSG_IMAGE_RESULT:
		on_image_result(l);
		return;
	case OST_MSG_REHEARSED:
		on_rehearsed(l, h->sequence);
		return;
	case OST_MSG_TOTALS:
		l->handlers.totals(l->user, p);
		return;
	case OST_MSG_PORT_STATS:
		l->handlers.port_stats(l->user, p);
		return;
	case OST_MSG_PORT_LINK:
		l->handlers.port_link(l->user, p);
		return;
	case OST_MSG_DEVICE_STATS:
		l->handlers.device_stats(l->user, p);
		return;
	case OST_MSG_RULE_STATS:
		l->handlers.rule_stats(l->user, p);
		return;
	case OST_MSG_STATS_END:
		l->asked_ns = 0;
		return;
	case OST_MSG_REFUSALS:
		on_refusals(l);
		return;
	case OST_MSG_OPENED:
		l->handlers.opened(l->user, p);
		return;
	case OST_MSG_BINDING:
		l->handlers.binding(l->user, p);
		return;
	case OST_MSG_GIVEN:
		l->handlers.given(l->user, p);
		return;
	case OST_MSG_OBSERVED:
		l->handlers.observed(l->user, p);
		return;
	case OST_MSG_COPIES:
		l->handlers.copies(l->user, p);
		return;
	case OST_MSG_ACK:
		on_ack(l, h->sequence);
		return;
	default:
		cut(l, "it sends what only ostiaryd may send");
	}
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct ost_link *l = user;

	(void)what;
	for (int i = 0; i < MESSAGES_AT_ONCE && l->fd == fd; i++) {
		struct ost_msg_header h;
		int passed = -1;
		int r = ost_msg_receive((int)fd, &h, l->payload, &passed);

		ost_cleanup_close(&passed); /* it has no descriptor to give us */
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
		dispatch(l, &h);
	}
}

static int greet(struct ost_link *l)
{
	struct ost_msg_hello m = {.program = OST_PROGRAM_OSTIARYD, .pid = (uint32_t)getpid()};

	(void)snprintf(m.version, sizeof(m.version), "%s", OSTIARY_VERSION);
	return ost_msg_send(l->fd, OST_MSG_HELLO, ++l->sequence, &m, sizeof(m), -1);
}

static const char *connect_error(int r)
{
	switch (r) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "ostiary-dataplane is not running";
	case -EACCES:
		return "no right to its socket: ostiaryd must be in the socket's group";
	default:
		return strerror(-r);
	}
}

static void try_connect(struct ost_link *l)
{
	int r = ost_msg_connect(l->path, &l->fd);

	if (r < 0) {
		l->fd = -1;
		disconnect(l, connect_error(r));
		return;
	}
	l->state = LINK_GREETING;
	(void)snprintf(l->counts.why, sizeof(l->counts.why), "it has not greeted yet");
	l->readable = event_new(l->base, l->fd, EV_READ | EV_PERSIST, on_readable, l);
	if (l->readable == NULL || event_add(l->readable, NULL) < 0) {
		disconnect(l, "out of memory");
		return;
	}
	r = greet(l);
	if (r < 0) {
		disconnect(l, strerror(-r));
		return;
	}
	timer_set(l, HELLO_WITHIN_MS);
}

static bool late(uint64_t since_ns, unsigned ms, uint64_t now_ns)
{
	return since_ns != 0 && now_ns - since_ns > ms * OST_NS_PER_MS;
}

static void poll_counters(struct ost_link *l)
{
	uint64_t now = ost_clock_mono_ns();
	int r = 0;

	if (late(l->image_ns, IMAGE_WITHIN_MS, now) || late(l->rehearse_ns, IMAGE_WITHIN_MS, now)) {
		disconnect(l, "it does not answer an image");
		return;
	}
	if (late(l->asked_ns, ANSWER_WITHIN_MS, now)) {
		l->counts.stats_unanswered++;
		l->asked_ns = 0;
	}
	if (l->asked_ns == 0) {
		r = ost_msg_send(l->fd, OST_MSG_STATS_REQUEST, ++l->sequence, NULL, 0, -1);
		l->asked_ns = now;
	}
	timer_set(l, POLL_MS);
	/* A peer that is slow to read is asked again later; one that is gone is noticed by reading. */
	if (r < 0 && r != -EAGAIN)
		disconnect(l, strerror(-r));
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct ost_link *l = user;

	(void)fd;
	(void)what;
	if (l->state == LINK_DOWN)
		try_connect(l);
	else if (l->state == LINK_GREETING)
		cut(l, "it does not greet");
	else
		poll_counters(l);
}

int ost_link_new(struct event_base *base, const char *path, const struct ost_link_handlers *handlers, void *user,
	struct ost_link **ret_link)
{
	struct ost_link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->base = base;
	l->path = path;
	l->handlers = *handlers;
	l->user = user;
	l->fd = -1;
	l->retry_ms = RETRY_FIRST_MS;
	(void)snprintf(l->counts.why, sizeof(l->counts.why), "not connected yet");
	l->timer = evtimer_new(base, on_timer, l);
	if (l->timer == NULL) {
		free(l);
		return -ENOMEM;
	}
	timer_set(l, 1);
	*ret_link = l;
	return 0;
}

void ost_link_free(struct ost_link **link)
{
	struct ost_link *l = *link;

	if (l == NULL)
		return;
	if (l->readable != NULL)
		event_free(l->readable);
	event_free(l->timer);
	ost_cleanup_close(&l->fd);
	free(l);
	*link = NULL;
}

bool ost_link_is_up(const struct ost_link *link)
{
	return link->state == LINK_UP;
}

int ost_link_image(struct ost_link *link, uint64_t generation, const void *bytes, size_t length)
{
	const struct ost_msg_image m = {.generation = generation, .length_bytes = length};
	OST_AUTO_CLOSE int fd = -1;
	int r;

	if (link->state != LINK_UP)
		return -ENOTCONN;
	if (link->image_ns != 0)
		return -EBUSY;
	r = ost_memfd_sealed("ostiary-image", bytes, length, &fd);
	if (r < 0)
		return r;
	r = ost_msg_send(link->fd, OST_MSG_IMAGE, ++link->sequence, &m, sizeof(m), fd);
	if (r < 0)
		return r;
	link->image_ns = ost_clock_mono_ns();
	link->image_generation = generation;
	return 0;
}

int ost_link_rehearse(struct ost_link *link, uint64_t generation, const void *bytes, size_t length)
{
	const struct ost_msg_rehearse m = {.generation = generation, .length_bytes = length};
	OST_AUTO_CLOSE int fd = -1;
	int r;

	if (link->state != LINK_UP)
		return -ENOTCONN;
	if (link->rehearse_ns != 0)
		return -EBUSY;
	r = ost_memfd_sealed("ostiary-rehearsal", bytes, length, &fd);
	if (r < 0)
		return r;
	r = ost_msg_send(link->fd, OST_MSG_REHEARSE, ++link->sequence, &m, sizeof(m), fd);
	if (r < 0)
		return r;
	link->rehearse_ns = ost_clock_mono_ns();
	link->rehearse_sequence = link->sequence;
	link->rehearse_generation = generation;
	return 0;
}

int ost_link_binding(struct ost_link *link, const struct ost_msg_binding *m)
{
	if (link->state != LINK_UP)
		return -ENOTCONN;
	return ost_msg_send(link->fd, OST_MSG_BINDING, ++link->sequence, m, sizeof(*m), -1);
}

int ost_link_given(struct ost_link *link, const struct ost_msg_given *m)
{
	if (link->state != LINK_UP)
		return -ENOTCONN;
	return ost_msg_send(link->fd, OST_MSG_GIVEN, ++link->sequence, m, ost_msg_given_bytes(m), -1);
}

int ost_link_evidence(struct ost_link *link, const struct ost_msg_evidence *m)
{
	if (link->state != LINK_UP)
		return -ENOTCONN;
	return ost_msg_send(link->fd, OST_MSG_EVIDENCE, ++link->sequence, m, sizeof(*m), -1);
}

int ost_link_admit(struct ost_link *link, const struct ost_msg_admit *m, uint32_t *ret_sequence)
{
	int r;

	if (link->state != LINK_UP)
		return -ENOTCONN;
	r = ost_msg_send(link->fd, OST_MSG_ADMIT, link->sequence + 1, m, sizeof(*m), -1);
	if (r < 0)
		return r;
	*ret_sequence = ++link->sequence;
	return 0;
}

const struct ost_link_counts *ost_link_counts(const struct ost_link *link)
{
	return &link->counts;
}
