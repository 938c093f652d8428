/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door for who is not known yet: 802.1X frames from worker 0 to ostiary-authd, and its answers back.
 *
 * One connection at a time; what it says is as hostile as the network: it can send 802.1X frames out of ports of the
 * device side, and nothing else. Without it such frames are refused with their own reason. Back-pressure: a frame that
 * the other end does not take is dropped and counted; supplicant and authenticator repeat what matters.
 */
#include <grp.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "clock.h"
#include "cursor.h"
#include "dataplane.h"
#include "log.h"
#include "msg.h"

#define ETHERTYPE_EAPOL 0x888eu
#define ETHERTYPE_VLAN	0x8100u
#define ETHERTYPE_QINQ	0x88a8u
#define HEADER_MAX	22u /* Ethernet with two tags */
#define HELLO_WAIT_NS	(2 * OST_NS_PER_S)
#define AT_ONCE		64u /* frames; then the link to ostiaryd is served */

struct ost_door {
	struct ost_dataplane *dp;
	int listen_fd;
	int fd; /* -1: nobody is connected */
	bool greeted;
	uint64_t since_ns;
	uint64_t lost; /* frames that it did not take, or that could not be sent for it */
};

static void drop(struct ost_door *d, const char *why)
{
	if (d->fd < 0)
		return;
	ost_log_warning("connection to ostiary-authd closed: %s", why);
	(void)close(d->fd);
	d->fd = -1;
	d->greeted = false;
	ost_site_authenticator_set(d->dp->site, false);
}

/* ---- up: from worker 0 ---- */

static bool message_make(struct ost_door *d, const struct rte_mbuf *m, struct ost_msg_eapol *msg)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	struct ost_cursor c = ost_cursor_of(bytes, m->data_len);
	const uint8_t *macs = ost_cursor_take(&c, 12);
	uint16_t type = ost_cursor_be16(&c);
	uint32_t vlan = 0;
	size_t left;

	for (unsigned i = 0; i < 2 && !c.failed && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); i++) {
		vlan |= (uint32_t)(ost_cursor_be16(&c) & 0xfff) << (12 * i);
		type = ost_cursor_be16(&c);
	}
	left = ost_cursor_left(&c);
	if (c.failed || type != ETHERTYPE_EAPOL || left < 4 || left > OST_EAPOL_MAX || m->port >= d->dp->ports.count)
		return false;
	*msg = (struct ost_msg_eapol){.place = {.port = m->port, .vlan = vlan}, .length = (uint16_t)left};
	memcpy(msg->place.mac, macs + 6, 6);
	return ost_cursor_copy(&c, msg->frame, left);
}

static void frame_up(struct ost_door *d, const struct rte_mbuf *m)
{
	struct ost_msg_eapol msg;

	if (d->greeted && message_make(d, m, &msg) &&
		ost_msg_send(d->fd, OST_MSG_EAPOL, 0, &msg, ost_msg_eapol_bytes(&msg), -1) == 0)
		return;
	d->lost++;
}

static void frames_up(struct ost_door *d)
{
	struct rte_mbuf *frames[AT_ONCE];
	uint64_t woken;
	uint32_t n;

	if (read(d->dp->auth_wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		return;
	do {
		n = rte_ring_dequeue_burst(d->dp->to_auth, (void **)frames, AT_ONCE, NULL);
		for (uint32_t i = 0; i < n; i++)
			frame_up(d, frames[i]);
		if (n > 0)
			rte_pktmbuf_free_bulk(frames, n);
		/* The worker wakes nobody while it sees that a frame waits: none may be left. See its authenticate(). */
		atomic_thread_fence(memory_order_seq_cst);
	} while (n > 0);
}

/* ---- down: to worker 0 ---- */

static size_t header_write(const struct ost_door *d, const struct ost_place *place, uint8_t *to)
{
	struct rte_ether_addr own = {0};
	const uint16_t tags[2] = {(uint16_t)(place->vlan & 0xfff), (uint16_t)(place->vlan >> 12)};
	size_t at = 12;

	(void)rte_eth_macaddr_get(d->dp->ports.ports[place->port].id, &own);
	memcpy(to, place->mac, 6);
	memcpy(to + 6, own.addr_bytes, 6);
	for (unsigned i = 0; i < 2 && tags[i] != 0; i++) {
		uint16_t type = i == 0 && tags[1] != 0 ? ETHERTYPE_QINQ : ETHERTYPE_VLAN;

		to[at++] = (uint8_t)(type >> 8);
		to[at++] = (uint8_t)type;
		to[at++] = (uint8_t)(tags[i] >> 8);
		to[at++] = (uint8_t)tags[i];
	}
	to[at++] = ETHERTYPE_EAPOL >> 8;
	to[at++] = ETHERTYPE_EAPOL & 0xff;
	return at;
}

static void frame_down(struct ost_door *d, const struct ost_msg_eapol *msg)
{
	uint8_t header[HEADER_MAX];
	struct rte_mbuf *m;
	size_t length;
	char *to;

	if (msg->place.port >= d->dp->ports.count || d->dp->file->ports[msg->place.port].side != OST_SIDE_DEVICE) {
		drop(d, "it would send to where no device is");
		return;
	}
	length = header_write(d, &msg->place, header);
	m = rte_pktmbuf_alloc(d->dp->ports.pool);
	to = m != NULL ? rte_pktmbuf_append(m, (uint16_t)(length + msg->length)) : NULL;
	if (to == NULL) {
		rte_pktmbuf_free(m);
		d->lost++;
		return;
	}
	memcpy(to, header, length);
	memcpy(to + length, msg->frame, msg->length);
	m->port = (uint16_t)msg->place.port;
	if (rte_ring_enqueue(d->dp->from_auth, m) != 0) {
		rte_pktmbuf_free(m);
		d->lost++;
	}
}

/* ---- the connection ---- */

void ost_door_port_link(struct ost_door *d, uint32_t port, bool up)
{
	struct ost_msg_port_link m = {.port = port, .up = up};

	if (d == NULL || !d->greeted || d->dp->file->ports[port].side != OST_SIDE_DEVICE)
		return;
	if (ost_msg_send(d->fd, OST_MSG_PORT_LINK, 0, &m, sizeof(m), -1) < 0)
		d->lost++; /* a supplicant asks by itself, a little later */
}

static void greeted(struct ost_door *d, const struct ost_msg_header *h, const void *payload)
{
	struct ost_msg_hello m;

	memcpy(&m, payload, OST_MIN(sizeof(m), (size_t)h->length));
	if (h->type != OST_MSG_HELLO || m.program != OST_PROGRAM_AUTHD) {
		drop(d, "it did not say hello as ostiary-authd");
		return;
	}
	d->greeted = true;
	ost_site_authenticator_set(d->dp->site, true);
	ost_log_info("ostiary-authd is connected (pid %u)", m.pid);
	for (uint32_t port = 0; port < d->dp->ports.count; port++) {
		if (atomic_load(&d->dp->ports.ports[port].up))
			ost_door_port_link(d, port, true);
	}
}

static void receive(struct ost_door *d)
{
	static _Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];

	for (unsigned i = 0; i < AT_ONCE && d->fd >= 0; i++) {
		OST_AUTO_CLOSE int fd = -1;
		struct ost_msg_header h;
		int r = ost_msg_receive(d->fd, &h, payload, &fd);

		if (r == -EAGAIN)
			return;
		if (r == -EPIPE)
			drop(d, "it went away");
		else if (r < 0)
			drop(d, "it sent what is no message of ours");
		else if (!d->greeted)
			greeted(d, &h, payload);
		else if (h.type == OST_MSG_EAPOL)
			frame_down(d, (const struct ost_msg_eapol *)(const void *)payload);
		else
			drop(d, "it sent a message that is not its own");
	}
}

static void accept_one(struct ost_door *d)
{
	struct ost_msg_hello m = {.program = OST_PROGRAM_DATAPLANE, .pid = (uint32_t)getpid(), .version = OSTIARY_VERSION};
	OST_AUTO_CLOSE int fd = accept4(d->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (d->fd >= 0)
		receive(d); /* notices when the one before has gone */
	if (d->fd >= 0) {
		ost_log_warning("a second ostiary-authd was turned away: one is connected");
		return;
	}
	if (ost_msg_send(fd, OST_MSG_HELLO, 0, &m, sizeof(m), -1) < 0)
		return;
	d->fd = fd;
	d->since_ns = ost_clock_mono_ns();
	fd = -1;
}

void ost_door_tick(struct ost_door *d)
{
	if (d->fd >= 0 && !d->greeted && ost_clock_mono_ns() - d->since_ns > HELLO_WAIT_NS)
		drop(d, "it never said hello");
}

void ost_door_poll_prepare(const struct ost_door *d, struct pollfd fds[static 3])
{
	fds[0] = (struct pollfd){.fd = d->listen_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = d->fd, .events = POLLIN};
	fds[2] = (struct pollfd){.fd = d->dp->auth_wake_fd, .events = POLLIN};
}

void ost_door_poll_serve(struct ost_door *d, const struct pollfd fds[static 3])
{
	if (fds[2].revents & POLLIN)
		frames_up(d);
	if (d->fd >= 0 && fds[1].fd == d->fd && fds[1].revents != 0)
		receive(d);
	if (fds[0].revents & POLLIN)
		accept_one(d);
}

int ost_door_new(struct ost_dataplane *dp, struct ost_door **ret_door)
{
	struct ost_door *d = calloc(1, sizeof(*d));
	const struct group *group = getgrnam("ostiary");
	int r;

	if (d == NULL)
		return -ENOMEM;
	d->dp = dp;
	d->fd = -1;
	r = ost_msg_listen(dp->paths.eapol_socket, 0660, &d->listen_fd);
	if (r < 0) {
		free(d);
		return r;
	}
	if (group != NULL && chown(dp->paths.eapol_socket, (uid_t)-1, group->gr_gid) < 0)
		ost_log_warning("%s: cannot be given to group ostiary: %s", dp->paths.eapol_socket, strerror(errno));
	*ret_door = d;
	return 0;
}

void ost_door_free(struct ost_door **door)
{
	struct ost_door *d = *door;

	*door = NULL;
	if (d == NULL)
		return;
	ost_cleanup_close(&d->fd);
	(void)close(d->listen_fd);
	(void)unlink(d->dp->paths.eapol_socket);
	free(d);
}
