/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_link.h"

#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "clock.h"
#include "export_serve.h"
#include "log.h"
#include "msg.h"

#define HELLO_NS	 (5 * OST_NS_PER_S)
#define MESSAGES_AT_ONCE 64
#define LOOK_NS		 OST_NS_PER_S
#define SETTLED_NS	 (3 * OST_NS_PER_S) /* an exporter tells of each destination once a second */

struct ost_export_link {
	struct ost_export_link_config config;
	pthread_t thread;
	bool running;
	int listener, wake;

	/* Of the thread alone. */
	int fd;
	bool greeted, full, more;
	uint64_t accepted_ns, look_ns;
	struct ost_export_server server;
	struct ost_export_covered current;
	_Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];

	/* Of everybody, under the lock. */
	pthread_mutex_t lock;
	bool stop, fresh;
	struct ost_export_covered covered;
	struct ost_export_report report;
	uint64_t told; /* bit of each destination that told its status */
};

/* ---- the connection, in the thread ---- */

static void disconnect(struct ost_export_link *l, const char *why, bool fault)
{
	bool was_up = l->greeted;

	ost_cleanup_close(&l->fd);
	l->fd = -1;
	l->greeted = l->full = l->more = false;
	ost_export_server_reset(&l->server);
	(void)pthread_mutex_lock(&l->lock);
	l->report.up = false;
	l->report.protocol_errors += fault ? 1 : 0;
	(void)snprintf(l->report.why, sizeof(l->report.why), "%s", why);
	(void)pthread_mutex_unlock(&l->lock);
	if (fault)
		ost_log_error("exporter connection cut: %s", why);
	else if (was_up)
		ost_log_warning("exporter connection lost: %s", why);
}

static void on_hello(struct ost_export_link *l)
{
	struct ost_msg_hello m;

	memcpy(&m, l->payload, sizeof(m));
	if (l->greeted || m.program != OST_PROGRAM_EXPORTD) {
		disconnect(l, "it is no exporter, or greets twice", true);
		return;
	}
	l->greeted = true;
	(void)pthread_mutex_lock(&l->lock);
	l->report.up = true;
	l->report.pid = m.pid;
	l->report.why[0] = '\0';
	l->report.count = 0; /* it may have others than the one before */
	l->told = 0;
	(void)pthread_mutex_unlock(&l->lock);
	ost_log_info("exporter connected: pid %u, version %s", m.pid, m.version);
}

/* In the order of the streams, whatever order they come in. */
static void on_status(struct ost_export_link *l)
{
	struct ost_msg_export_status m;
	uint32_t place;

	memcpy(&m, l->payload, sizeof(m));
	(void)pthread_mutex_lock(&l->lock);
	place = (uint32_t)__builtin_popcountll(l->told & ((1ull << m.stream) - 1));
	if ((l->told >> m.stream & 1) == 0) {
		memmove(&l->report.destinations[place + 1], &l->report.destinations[place], (l->report.count - place) * sizeof(m));
		l->report.count++;
		l->told |= 1ull << m.stream;
	}
	l->report.destinations[place] = m;
	(void)pthread_mutex_unlock(&l->lock);
}

static void dispatch(struct ost_export_link *l, uint16_t type)
{
	if (type == OST_MSG_HELLO) {
		on_hello(l);
	} else if (!l->greeted) {
		disconnect(l, "it does not greet first", true);
	} else if (type == OST_MSG_EXPORT_WANT) {
		ost_export_server_want(&l->server, (const struct ost_msg_export_want *)(const void *)l->payload);
		l->more = true;
	} else if (type == OST_MSG_EXPORT_STATUS) {
		on_status(l);
	} else {
		disconnect(l, "it sends what only ostiaryd may send", true);
	}
}

static void messages_read(struct ost_export_link *l)
{
	for (int i = 0; i < MESSAGES_AT_ONCE && l->fd >= 0; i++) {
		struct ost_msg_header h;
		int passed = -1;
		int r = ost_msg_receive(l->fd, &h, l->payload, &passed);

		ost_cleanup_close(&passed);
		if (r == -EAGAIN || r == -EINTR)
			return;
		if (r == -EPROTO)
			disconnect(l, "it sent what is no message of ours", true);
		else if (r < 0)
			disconnect(l, r == -EPIPE ? "it closed the connection" : strerror(-r), false);
		else
			dispatch(l, h.type);
	}
}

static void accept_one(struct ost_export_link *l)
{
	const struct ost_msg_hello m = {.program = OST_PROGRAM_OSTIARYD, .pid = (uint32_t)getpid(), .version = OSTIARY_VERSION};
	int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	bool second;

	if (fd < 0)
		return;
	if (l->fd >= 0)
		messages_read(l); /* one that died is noticed here, when its successor is faster */
	second = l->fd >= 0;
	(void)pthread_mutex_lock(&l->lock);
	l->report.connections += second ? 0 : 1;
	l->report.turned_away += second ? 1 : 0;
	(void)pthread_mutex_unlock(&l->lock);
	if (second) {
		ost_log_warning("a second exporter was turned away");
		(void)close(fd);
		return;
	}
	l->fd = fd;
	l->accepted_ns = ost_clock_mono_ns();
	if (ost_msg_send(fd, OST_MSG_HELLO, 0, &m, sizeof(m), -1) < 0)
		disconnect(l, "it could not be greeted", false);
}

/* ---- what is covered ---- */

/* Until something new is recorded: the checkpoint of the last run. It counts when the journal says the same of itself. */
static void covered_find(struct ost_export_link *l)
{
	struct ost_journal_checkpoint c;
	struct ost_journal_status s;

	ost_journal_status(l->config.journal, &s);
	if (s.mode == OST_JOURNAL_STARTING || s.size == 0 || ost_journal_checkpoint_read(l->config.journal_path, &c) < 0 || c.size != s.size)
		return;
	if (ost_export_covered_read(&l->current, c.note) < 0)
		l->current.length = 0;
}

static void covered_take(struct ost_export_link *l)
{
	uint64_t count;

	(void)!read(l->wake, &count, sizeof(count));
	(void)pthread_mutex_lock(&l->lock);
	if (l->fresh)
		l->current = l->covered;
	l->fresh = false;
	(void)pthread_mutex_unlock(&l->lock);
	ost_export_server_wake(&l->server);
	l->more = true;
}

void ost_export_link_covered(struct ost_export_link *l, uint64_t size, const char *note)
{
	static const uint64_t one = 1;

	(void)size;
	(void)pthread_mutex_lock(&l->lock);
	l->fresh = ost_export_covered_read(&l->covered, note) == 0;
	(void)pthread_mutex_unlock(&l->lock);
	(void)!write(l->wake, &one, sizeof(one));
}

/* Age takes nothing that an exporter is still to read. */
static void hold_set(struct ost_export_link *l, uint64_t now)
{
	uint64_t seq = UINT64_MAX;

	if (!l->greeted || l->current.length == 0 || now - l->accepted_ns < SETTLED_NS)
		return; /* those of the last exporter hold until this one has told of all its destinations */
	(void)pthread_mutex_lock(&l->lock);
	for (uint32_t i = 0; i < l->report.count; i++) {
		const struct ost_msg_export_status *d = &l->report.destinations[i];

		seq = OST_MIN(seq, strcmp(d->origin, l->current.origin) == 0 ? d->arrived_seq : 0);
	}
	(void)pthread_mutex_unlock(&l->lock);
	ost_journal_hold(l->config.journal, seq);
}

/* ---- the thread ---- */

static void once_a_second(struct ost_export_link *l, uint64_t now)
{
	if (now < l->look_ns)
		return;
	l->look_ns = now + LOOK_NS;
	if (l->fd >= 0 && !l->greeted && now - l->accepted_ns > HELLO_NS)
		disconnect(l, "it does not greet", true);
	if (l->current.length == 0)
		covered_find(l);
	hold_set(l, now);
	ost_export_server_wake(&l->server);
	l->more = true;
}

static void serve(struct ost_export_link *l)
{
	int r;

	l->more = false;
	if (!l->greeted || l->full)
		return;
	r = ost_export_server_run(&l->server, l->fd, &l->current);
	l->full = r == -EAGAIN;
	l->more = r > 0;
	if (r < 0 && r != -EAGAIN)
		disconnect(l, r == -EPIPE ? "it closed the connection" : strerror(-r), false);
	(void)pthread_mutex_lock(&l->lock);
	l->report.served_records = l->server.served_records;
	l->report.size = l->current.size;
	memcpy(l->report.trouble, l->server.trouble, sizeof(l->report.trouble));
	(void)pthread_mutex_unlock(&l->lock);
}

static bool stopping(struct ost_export_link *l)
{
	bool stop;

	(void)pthread_mutex_lock(&l->lock);
	stop = l->stop;
	(void)pthread_mutex_unlock(&l->lock);
	return stop;
}

static void *thread_run(void *user)
{
	struct ost_export_link *l = user;

	while (!stopping(l)) {
		struct pollfd fds[3] = {{l->listener, POLLIN, 0}, {l->wake, POLLIN, 0}, {l->fd, (short)(l->full ? POLLIN | POLLOUT : POLLIN), 0}};

		if (poll(fds, 3, l->more ? 0 : (int)(LOOK_NS / OST_NS_PER_MS)) < 0 && errno != EINTR)
			break;
		if (fds[2].revents & POLLOUT)
			l->full = false;
		if (fds[2].revents & (POLLIN | POLLHUP | POLLERR))
			messages_read(l);
		if (fds[1].revents != 0)
			covered_take(l);
		if (fds[0].revents != 0)
			accept_one(l);
		once_a_second(l, ost_clock_mono_ns());
		serve(l);
	}
	return NULL;
}

/* ---- made and ended ---- */

static int listen_at(struct ost_export_link *l)
{
	const struct group *group = getgrnam("ostiary");
	/* Never open to more than it will be, not even for a moment. */
	mode_t mask = umask(0177);
	int r = ost_msg_listen(l->config.socket_path, 0600, &l->listener);

	(void)umask(mask);
	if (r < 0)
		return r;
	if (group != NULL && chown(l->config.socket_path, (uid_t)-1, group->gr_gid) < 0)
		ost_log_warning("%s: cannot be given to group ostiary: %s", l->config.socket_path, strerror(errno));
	return chmod(l->config.socket_path, 0660) < 0 ? -errno : 0;
}

int ost_export_link_new(const struct ost_export_link_config *config, struct ost_export_link **ret_link)
{
	struct ost_export_link *l = calloc(1, sizeof(*l));
	int r;

	if (l == NULL)
		return -ENOMEM;
	l->config = *config;
	l->server.journal_path = config->journal_path;
	l->fd = l->listener = -1;
	(void)snprintf(l->report.why, sizeof(l->report.why), "ostiary-exportd has not connected");
	(void)pthread_mutex_init(&l->lock, NULL);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (config->expected)
		ost_journal_hold(config->journal, 0); /* until it has told how far it is */
	r = l->wake < 0 ? -errno : listen_at(l);
	if (r == 0)
		r = -pthread_create(&l->thread, NULL, thread_run, l);
	l->running = r == 0;
	if (r < 0)
		ost_export_link_free(&l);
	else
		*ret_link = l;
	return r;
}

void ost_export_link_free(struct ost_export_link **link)
{
	static const uint64_t one = 1;
	struct ost_export_link *l = *link;

	*link = NULL;
	if (l == NULL)
		return;
	if (l->running) {
		(void)pthread_mutex_lock(&l->lock);
		l->stop = true;
		(void)pthread_mutex_unlock(&l->lock);
		(void)!write(l->wake, &one, sizeof(one));
		(void)pthread_join(l->thread, NULL);
	}
	ost_export_server_reset(&l->server);
	ost_cleanup_close(&l->fd);
	if (l->listener >= 0)
		(void)unlink(l->config.socket_path);
	ost_cleanup_close(&l->listener);
	ost_cleanup_close(&l->wake);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

void ost_export_link_report(struct ost_export_link *l, struct ost_export_report *ret_report)
{
	(void)pthread_mutex_lock(&l->lock);
	*ret_report = l->report;
	(void)pthread_mutex_unlock(&l->lock);
}
