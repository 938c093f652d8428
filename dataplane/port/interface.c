/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interface.h"

#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* One interface ioctl; request keeps the answer. */
static int interface_ioctl(const char *name, unsigned long call, struct ifreq *request)
{
	OST_AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (snprintf(request->ifr_name, IFNAMSIZ, "%s", name) >= IFNAMSIZ)
		return -ENODEV;
	return ioctl(fd, call, request) < 0 ? -errno : 0;
}

int ost_interface_up(const char *name)
{
	struct ifreq request = {0};
	int r = interface_ioctl(name, SIOCGIFFLAGS, &request);

	if (r < 0 || (request.ifr_flags & IFF_UP))
		return r;
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	return interface_ioctl(name, SIOCSIFFLAGS, &request);
}

int ost_interface_running(const char *name, bool *ret_running)
{
	struct ifreq request = {0};
	int r = interface_ioctl(name, SIOCGIFFLAGS, &request);

	if (r == 0)
		*ret_running = (request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	return r;
}

int ost_interface_mtu(const char *name, uint32_t *ret_mtu_bytes)
{
	struct ifreq request = {0};
	int r = interface_ioctl(name, SIOCGIFMTU, &request);

	if (r == 0)
		*ret_mtu_bytes = request.ifr_mtu > 0 ? (uint32_t)request.ifr_mtu : 0;
	return r;
}

int ost_interface_merges(const char *name, bool *ret_merges)
{
	struct ethtool_value gro = {.cmd = ETHTOOL_GGRO}, flags = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq request = {.ifr_data = (char *)&gro};
	int r = interface_ioctl(name, SIOCETHTOOL, &request);

	if (r < 0)
		return r;
	request.ifr_data = (char *)&flags;
	r = interface_ioctl(name, SIOCETHTOOL, &request);
	if (r == 0)
		*ret_merges = gro.data != 0 || (flags.data & ETH_FLAG_LRO) != 0;
	return r;
}

int ost_interface_channels(const char *name, uint32_t *ret_channels)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (char *)&channels};
	int r = interface_ioctl(name, SIOCETHTOOL, &request);

	if (r == 0)
		*ret_channels = channels.rx_count + channels.combined_count;
	return r;
}

/* One netlink request and its acknowledgement. */
static int netlink_ask(struct nlmsghdr *request)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char answer[8192];
	ssize_t n;
	int r = 0;

	if (s == NULL)
		return -errno;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 || mnl_socket_sendto(s, request, request->nlmsg_len) < 0)
		r = -errno;
	if (r == 0) {
		n = mnl_socket_recvfrom(s, answer, sizeof(answer));
		if (n < 0 || mnl_cb_run(answer, (size_t)n, 0, mnl_socket_get_portid(s), NULL, NULL) < 0)
			r = -errno;
	}
	(void)mnl_socket_close(s);
	return r;
}

int ost_interface_xdp_off(const char *name)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;
	struct nlattr *xdp;

	request->nlmsg_type = RTM_SETLINK;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_index = (int)if_nametoindex(name);
	if (info->ifi_index == 0)
		return -ENODEV;
	xdp = mnl_attr_nest_start(request, IFLA_XDP);
	mnl_attr_put_u32(request, IFLA_XDP_FD, UINT32_MAX); /* -1: none */
	mnl_attr_nest_end(request, xdp);
	return netlink_ask(request);
}

int ost_interface_claim(const char *name, int *ret_fd)
{
	/* An abstract address lives in the network namespace, as the interface does, and dies with its holder. */
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "ostiary-port/%s", name);
	OST_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}
