/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lookout: payload of connections where passwords travel in clear text from the workers to ostiary-observed, and what it makes out
 * from there to ostiaryd.
 *
 * One connection at a time; what it says is as hostile as the network: it can say that a device sent a password, so many times a
 * second, and nothing else. Without it no payload is copied. Back-pressure: what the other end does not take is dropped and counted.
 */
#include <grp.h>
#include <stdio.h>
#include <sys/socket.h>

#include "clock.h"
#include "dataplane.h"
#include "log.h"
#include "msg.h"

#define HELLO_WAIT_NS (2 * OST_NS_PER_S)
#define AT_ONCE	      64u /* messages; then the others are served */
#define OBSERVED_MAX  64u /* that wait for ostiaryd */
#define PER_TICK      8u  /* that are taken in a tenth of a second */

struct ost_lookout {
	struct ost_dataplane *dp;
	int listen_fd;
	int fd; /* -1: nobody is connected */
	bool greeted;
	uint64_t since_ns;
	uint64_t lost; /* segments that it did not take, or for which a worker had no room; observations that were too many */
	struct ost_msg_observed observed[OBSERVED_MAX];
	uint32_t first, count, taken;
};

static void drop(struct ost_lookout *l, const char *why)
{
	if (l->fd < 0)
		return;
	ost_log_warning("connection to ostiary-observed closed: %s", why);
	(void)close(l->fd);
	l->fd = -1;
	l->greeted = false;
	ost_site_observer_set(l->dp->site, false);
}

/* ---- from the workers ---- */

static void on_segment(void *user, uint32_t slot, struct ost_segment *s)
{
	struct ost_lookout *l = user;
	const struct ost_policy_in_force *policy = l->dp->policy;
	struct ost_site_device device;

	if (!l->greeted || policy == NULL || ost_site_device_get(l->dp->site, slot, &device) < 0 || device.image_device == OST_DEVICE_NONE)
		return;
	s->generation = policy->image.generation;
	s->device = device.image_device;
	if (ost_msg_send(l->fd, OST_MSG_SEGMENT, 0, s, ost_segment_size(s), -1) < 0)
		l->lost++;
}

void ost_lookout_collect(struct ost_lookout *l, int64_t wall_offset_ns)
{
	for (uint32_t i = 0; i < l->dp->worker_count; i++)
		l->lost += ost_classifier_segments_drain(l->dp->workers[i]->classifier, wall_offset_ns, on_segment, l);
}

/* ---- to ostiaryd ---- */

const struct ost_msg_observed *ost_lookout_next(const struct ost_lookout *l)
{
	return l->count > 0 ? &l->observed[l->first] : NULL;
}

void ost_lookout_sent(struct ost_lookout *l)
{
	l->first = (l->first + 1) % OBSERVED_MAX;
	l->count--;
}

static void observed_take(struct ost_lookout *l, const void *payload)
{
	if (l->count == OBSERVED_MAX || l->taken == PER_TICK) {
		l->lost++;
		return;
	}
	l->taken++;
	memcpy(&l->observed[(l->first + l->count++) % OBSERVED_MAX], payload, sizeof(l->observed[0]));
}

/* ---- the connection ---- */

static void greeted(struct ost_lookout *l, const struct ost_msg_header *h, const void *payload)
{
	struct ost_msg_hello m;

	memcpy(&m, payload, OST_MIN(sizeof(m), (size_t)h->length));
	if (h->type != OST_MSG_HELLO || m.program != OST_PROGRAM_OBSERVED) {
		drop(l, "it did not say hello as ostiary-observed");
		return;
	}
	l->greeted = true;
	ost_site_observer_set(l->dp->site, true);
	ost_log_info("ostiary-observed is connected (pid %u)", m.pid);
}

static void receive(struct ost_lookout *l)
{
	static _Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];

	for (unsigned i = 0; i < AT_ONCE && l->fd >= 0; i++) {
		OST_AUTO_CLOSE int fd = -1;
		struct ost_msg_header h;
		int r = ost_msg_receive(l->fd, &h, payload, &fd);

		if (r == -EAGAIN)
			return;
		if (r == -EPIPE)
			drop(l, "it went away");
		else if (r < 0)
			drop(l, "it sent what is no message of ours");
		else if (!l->greeted)
			greeted(l, &h, payload);
		else if (h.type == OST_MSG_OBSERVED)
			observed_take(l, payload);
		else
			drop(l, "it sent a message that is not its own");
	}
}

static void accept_one(struct ost_lookout *l)
{
	struct ost_msg_hello m = {.program = OST_PROGRAM_DATAPLANE, .pid = (uint32_t)getpid(), .version = OSTIARY_VERSION};
	OST_AUTO_CLOSE int fd = accept4(l->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (l->fd >= 0)
		receive(l); /* notices when the one before has gone */
	if (l->fd >= 0) {
		ost_log_warning("a second ostiary-observed was turned away: one is connected");
		return;
	}
	if (ost_msg_send(fd, OST_MSG_HELLO, 0, &m, sizeof(m), -1) < 0)
		return;
	l->fd = fd;
	l->since_ns = ost_clock_mono_ns();
	fd = -1;
}

void ost_lookout_tick(struct ost_lookout *l)
{
	l->taken = 0;
	if (l->fd >= 0 && !l->greeted && ost_clock_mono_ns() - l->since_ns > HELLO_WAIT_NS)
		drop(l, "it never said hello");
}

void ost_lookout_poll_prepare(const struct ost_lookout *l, struct pollfd fds[static 2])
{
	fds[0] = (struct pollfd){.fd = l->listen_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = l->fd, .events = POLLIN};
}

void ost_lookout_poll_serve(struct ost_lookout *l, const struct pollfd fds[static 2])
{
	if (l->fd >= 0 && fds[1].fd == l->fd && fds[1].revents != 0)
		receive(l);
	if (fds[0].revents & POLLIN)
		accept_one(l);
}

uint64_t ost_lookout_lost(const struct ost_lookout *l)
{
	return l->lost;
}

int ost_lookout_new(struct ost_dataplane *dp, struct ost_lookout **ret_lookout)
{
	struct ost_lookout *l = calloc(1, sizeof(*l));
	const struct group *group = getgrnam("ostiary-observe"); /* payload is for nobody else of ours */
	int r;

	if (l == NULL)
		return -ENOMEM;
	l->dp = dp;
	l->fd = -1;
	r = ost_msg_listen(dp->paths.observe_socket, 0660, &l->listen_fd);
	if (r < 0) {
		free(l);
		return r;
	}
	if (group != NULL && chown(dp->paths.observe_socket, (uid_t)-1, group->gr_gid) < 0)
		ost_log_warning("%s: cannot be given to group ostiary-observe: %s", dp->paths.observe_socket, strerror(errno));
	*ret_lookout = l;
	return 0;
}

void ost_lookout_free(struct ost_lookout **lookout)
{
	struct ost_lookout *l = *lookout;

	*lookout = NULL;
	if (l == NULL)
		return;
	ost_cleanup_close(&l->fd);
	(void)close(l->listen_fd);
	(void)unlink(l->dp->paths.observe_socket);
	free(l);
}
