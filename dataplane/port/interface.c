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

/* One rtnetlink request and its answer, given to on_answer when there is one to read. */
static int netlink_ask(struct nlmsghdr *request, mnl_cb_t on_answer, void *user)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	static char answer[32768]; /* a link with all its attributes; main thread only */
	ssize_t n;
	int r = 0;

	if (s == NULL)
		return -errno;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 || mnl_socket_sendto(s, request, request->nlmsg_len) < 0)
		r = -errno;
	if (r == 0) {
		n = mnl_socket_recvfrom(s, answer, sizeof(answer));
		if (n < 0 || mnl_cb_run(answer, (size_t)n, 0, mnl_socket_get_portid(s), on_answer, user) < 0)
			r = -errno;
	}
	(void)mnl_socket_close(s);
	return r;
}

/* The head of a request about one interface. NULL: no such interface. */
static struct nlmsghdr *link_request(char *buffer, const char *name, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = type;
	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	info->ifi_index = (int)if_nametoindex(name);
	return info->ifi_index == 0 ? NULL : request;
}

int ost_interface_xdp_off(const char *name)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = link_request(buffer, name, RTM_SETLINK, NLM_F_ACK);
	struct nlattr *xdp;

	if (request == NULL)
		return -ENODEV;
	xdp = mnl_attr_nest_start(request, IFLA_XDP);
	mnl_attr_put_u32(request, IFLA_XDP_FD, UINT32_MAX); /* -1: none */
	mnl_attr_nest_end(request, xdp);
	return netlink_ask(request, NULL, NULL);
}

static int on_attribute(const struct nlattr *attribute, void *user)
{
	struct rtnl_link_stats64 stats;
	uint64_t *pkts = user;

	if (mnl_attr_get_type(attribute) != IFLA_STATS64 ||
		mnl_attr_get_payload_len(attribute) < offsetof(struct rtnl_link_stats64, tx_packets))
		return MNL_CB_OK;
	memcpy(&stats, mnl_attr_get_payload(attribute), offsetof(struct rtnl_link_stats64, tx_packets));
	*pkts = stats.rx_packets;
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *answer, void *user)
{
	return mnl_attr_parse(answer, sizeof(struct ifinfomsg), on_attribute, user);
}

int ost_interface_received(const char *name, uint64_t *ret_pkts)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = link_request(buffer, name, RTM_GETLINK, 0);
	uint64_t pkts = UINT64_MAX;
	int r = request == NULL ? -ENODEV : netlink_ask(request, on_link, &pkts);

	if (r == 0 && pkts == UINT64_MAX)
		r = -ENOTSUP;
	if (r == 0)
		*ret_pkts = pkts;
	return r;
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
