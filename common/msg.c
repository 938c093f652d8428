/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "msg.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "cursor.h"
#include "messages.h"

#define SOCKET_FLAGS (SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK)
#define LISTEN_QUEUE 8
#define BUFFER_BYTES (4 * 1024 * 1024)

static int address_of(const char *path, struct sockaddr_un *ret_address)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path) + 1);
	*ret_address = a;
	return 0;
}

int ost_msg_connect(const char *path, int *ret_fd)
{
	OST_AUTO_CLOSE int fd = socket(AF_UNIX, SOCKET_FLAGS, 0);
	const int bytes = BUFFER_BYTES;
	struct sockaddr_un a;
	int r;

	if (fd < 0)
		return -errno;
	r = address_of(path, &a);
	if (r < 0)
		return r;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	/* More room makes -EAGAIN rarer; less is no fault. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int ost_msg_listen(const char *path, unsigned mode, int *ret_fd)
{
	OST_AUTO_CLOSE int fd = socket(AF_UNIX, SOCKET_FLAGS, 0);
	OST_AUTO_CLOSE int probe = -1;
	struct sockaddr_un a;
	int r;

	if (fd < 0)
		return -errno;
	r = address_of(path, &a);
	if (r < 0)
		return r;
	r = ost_msg_connect(path, &probe);
	if (r == 0 || r == -EAGAIN)
		return -EADDRINUSE;
	if (r == -ECONNREFUSED && unlink(path) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || chmod(path, mode) < 0 ||
		listen(fd, LISTEN_QUEUE) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static void control_fd_set(struct msghdr *m, char *control, size_t size, int pass_fd)
{
	struct cmsghdr *c;

	m->msg_control = control;
	m->msg_controllen = size;
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pass_fd, sizeof(int));
}

int ost_msg_send(int fd, uint16_t type, uint32_t sequence, const void *payload, size_t length, int pass_fd)
{
	struct ost_msg_header h = {.magic = OST_MSG_MAGIC, .version = OST_MSG_VERSION, .type = type,
		.length = (uint32_t)length, .sequence = sequence};
	struct iovec parts[2] = {{&h, sizeof(h)}, {(void *)(uintptr_t)payload, length}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};

	if (length > OST_MSG_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (pass_fd >= 0)
		control_fd_set(&m, control, sizeof(control), pass_fd);
	if (sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return 0;
}

int ost_msg_check(const void *bytes, size_t length, struct ost_msg_header *ret_header)
{
	struct ost_cursor c = ost_cursor_of(bytes, length);
	struct ost_msg_header h;

	if (!ost_cursor_copy(&c, &h, sizeof(h)))
		return -EPROTO;
	if (h.magic != OST_MSG_MAGIC || h.version != OST_MSG_VERSION ||
		h.length != ost_cursor_left(&c) || h.length > OST_MSG_PAYLOAD_MAX)
		return -EPROTO;
	if (!ost_message_valid(h.type, c.at, h.length))
		return -EPROTO;
	*ret_header = h;
	return 0;
}

/* The descriptor that came along, or -1. */
static int control_fd_get(struct msghdr *m)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
			c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&fd, CMSG_DATA(c), sizeof(int));
	}
	return fd;
}

int ost_msg_receive(int fd, struct ost_msg_header *ret_header, void *payload, int *ret_fd)
{
	_Alignas(8) uint8_t buf[sizeof(struct ost_msg_header) + OST_MSG_PAYLOAD_MAX];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {buf, sizeof(buf)};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
		/* For one descriptor: CMSG_SPACE() would leave room for a second one where it pads. The kernel
		 * closes what finds none, and says MSG_CTRUNC. */
		.msg_controllen = CMSG_LEN(sizeof(int))};
	OST_AUTO_CLOSE int came = -1;
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int r;

	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	came = control_fd_get(&m);
	if (n == 0)
		return -EPIPE;
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EPROTO;
	r = ost_msg_check(buf, (size_t)n, ret_header);
	if (r < 0)
		return r;
	memcpy(payload, buf + sizeof(struct ost_msg_header), ret_header->length);
	*ret_fd = came;
	came = -1;
	return 0;
}
