/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "portal_socket.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#define BACKLOG 128

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_fill(union address *to, const struct ost_ip *ip, uint16_t port)
{
	*to = (union address){0};
	if (ip->family == OST_IPV4) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons(port);
		memcpy(&to->v4.sin_addr, ip->b, 4);
		return sizeof(to->v4);
	}
	to->v6.sin6_family = AF_INET6;
	to->v6.sin6_port = htons(port);
	memcpy(&to->v6.sin6_addr, ip->b, 16);
	return sizeof(to->v6);
}

static int open_at(const union address *at, socklen_t length)
{
	OST_AUTO_CLOSE int fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, ret = fd;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_IP, IP_FREEBIND, &one, sizeof(one)) < 0 || bind(fd, &at->any, length) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	fd = -1;
	return ret;
}

int ost_portal_listen(const char *text, char why[static OST_TRUST_WHY], int *ret_fd)
{
	union address at;
	struct ost_ip ip;
	uint16_t port;
	int fd;

	if (ost_address_port_parse(text, &ip, &port) < 0) {
		(void)snprintf(why, OST_TRUST_WHY, "--portal: '%s' is no address and port; write it as 10.0.0.2:8443 or [fd00::2]:8443", text);
		return -EINVAL;
	}
	fd = open_at(&at, address_fill(&at, &ip, port));
	if (fd < 0) {
		(void)snprintf(why, OST_TRUST_WHY, "--portal %s: cannot listen there: %s; take a port above 1023 that is free", text, strerror(-fd));
		return fd;
	}
	*ret_fd = fd;
	return 0;
}

static struct ost_ip address_read(const union address *from)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ost_ip ip = {.family = OST_IPV4};

	if (from->any.sa_family == AF_INET) {
		memcpy(ip.b, &from->v4.sin_addr, 4);
	} else if (memcmp(&from->v6.sin6_addr, mapped, sizeof(mapped)) == 0) {
		memcpy(ip.b, from->v6.sin6_addr.s6_addr + sizeof(mapped), 4);
	} else {
		ip.family = OST_IPV6;
		memcpy(ip.b, &from->v6.sin6_addr, 16);
	}
	return ip;
}

int ost_portal_accept(int listening, struct ost_ip *ret_ip, int *ret_fd)
{
	union address from = {0};
	socklen_t length = sizeof(from);
	int fd;

	do
		fd = accept4(listening, &from.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0)
		return -errno;
	*ret_ip = address_read(&from);
	*ret_fd = fd;
	return 0;
}
