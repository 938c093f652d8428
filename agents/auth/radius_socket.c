/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "radius_socket.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>


#define RECEIVE_BYTES (1 << 20)

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

union control {
	struct cmsghdr align;
	uint8_t v4[CMSG_SPACE(sizeof(struct in_pktinfo))];
	uint8_t v6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static socklen_t address_fill(
	union address *a, const struct ost_ip *ip, uint16_t port, uint32_t scope)
{
	memset(a, 0, sizeof(*a));
	if (ip->family == OST_IPV4) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(port);
		memcpy(&a->v4.sin_addr, ip->b, 4);
		return sizeof(a->v4);
	}
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons(port);
	a->v6.sin6_scope_id = scope;
	memcpy(&a->v6.sin6_addr, ip->b, 16);
	return sizeof(a->v6);
}

/* Each family has its socket: an IPv4 client never appears as an IPv6 address. */
static int options_set(int fd, uint8_t family)
{
	const int on = 1, bytes = RECEIVE_BYTES;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)); /* less is no fault */
	if (family == OST_IPV4)
		return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ? -errno : 0;
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0 ? -errno : 0;
}

int ost_radius_socket_open(const char *listen, char why[static OST_TRUST_WHY], int *ret_fd)
{
	OST_AUTO_CLOSE int fd = -1;
	union address a;
	struct ost_ip ip;
	uint16_t port;
	socklen_t length;
	int r;

	if (ost_address_port_parse(listen, &ip, &port) < 0) {
		(void)snprintf(why, OST_TRUST_WHY,
			"--radius: '%.100s' is not ADDRESS:PORT, as in 192.0.2.1:1812 or "
			"[2001:db8::1]:1812",
			listen);
		return -EINVAL;
	}
	length = address_fill(&a, &ip, port, 0);
	fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = fd < 0 ? -errno : options_set(fd, ip.family);
	if (r == 0 && bind(fd, &a.any, length) < 0)
		r = -errno;
	if (r < 0) {
		(void)snprintf(why, OST_TRUST_WHY,
			"--radius %.100s: %s; choose an address of this machine and a port that is "
			"free",
			listen, strerror(-r));
		return r;
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static void local_take(struct msghdr *m, struct ost_radius_ends *ends)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ends->local.family = OST_IPV4;
			memcpy(ends->local.b, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ends->local.family = OST_IPV6;
			memcpy(ends->local.b, &info.ipi6_addr, 16);
		}
	}
}

ssize_t ost_radius_socket_receive(
	int fd, uint8_t *to, size_t size, struct ost_radius_ends *ret_ends)
{
	union control control = {0};
	union address a = {0};
	struct iovec part = {to, size};
	struct msghdr m = {.msg_name = &a,
		.msg_namelen = sizeof(a),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct ost_radius_ends ends = {0};
	ssize_t n = recvmsg(fd, &m, 0);

	if (n < 0)
		return -errno;
	if (m.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	if (a.any.sa_family == AF_INET) {
		ends.ip.family = OST_IPV4;
		memcpy(ends.ip.b, &a.v4.sin_addr, 4);
		ends.port = ntohs(a.v4.sin_port);
	} else {
		ends.ip.family = OST_IPV6;
		memcpy(ends.ip.b, &a.v6.sin6_addr, 16);
		ends.port = ntohs(a.v6.sin6_port);
		ends.scope = a.v6.sin6_scope_id;
	}
	local_take(&m, &ends);
	*ret_ends = ends;
	return n;
}

static void local_put(struct msghdr *m, const struct ost_radius_ends *ends)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (ends->local.family == OST_IPV4) {
		struct in_pktinfo info = {0};

		memcpy(&info.ipi_spec_dst, ends->local.b, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		m->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = {.ipi6_ifindex = ends->scope};

		memcpy(&info.ipi6_addr, ends->local.b, 16);
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		m->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

int ost_radius_socket_send(
	int fd, const uint8_t *bytes, size_t length, const struct ost_radius_ends *ends)
{
	union control control = {0};
	union address a;
	struct iovec part = {(void *)(uintptr_t)bytes, length};
	struct msghdr m = {.msg_name = &a,
		.msg_namelen = address_fill(&a, &ends->ip, ends->port, ends->scope),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};

	if (ends->local.family != 0) {
		local_put(&m, ends);
	} else {
		m.msg_control = NULL;
		m.msg_controllen = 0;
	}
	return sendmsg(fd, &m, 0) < 0 ? -errno : 0;
}
