/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a port of the site file to a DPDK device: checks what can be checked beforehand, so that an error
 * names the cause and not a driver's return code. */
#include "device.h"

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <stdio.h>

#include "interface.h"
#include "log.h"

#define ARGS_MAX 512

struct vdev {
	char name[64];
	char args[ARGS_MAX];
};

static void vdev_af_packet(const struct ost_site_port *p, uint32_t queues, struct vdev *v)
{
	/* 32 frames a block and no queueing discipline: more than twice the throughput of the defaults */
	(void)snprintf(v->args, ARGS_MAX, "iface=%s,qpairs=%u,blocksz=65536,framecnt=1024,qdisc_bypass=1",
		p->interface, queues);
}

static void vdev_af_xdp(const struct ost_site_port *p, uint32_t queues, struct vdev *v)
{
	(void)snprintf(v->args, ARGS_MAX, "iface=%s,start_queue=0,queue_count=%u", p->interface, queues);
}

static void vdev_tap(const struct ost_site_port *p, uint32_t queues, struct vdev *v)
{
	(void)queues;
	(void)snprintf(v->args, ARGS_MAX, "iface=%s", p->interface);
}

static void vdev_pcap(const struct ost_site_port *p, uint32_t queues, struct vdev *v)
{
	(void)queues;
	if (p->write != NULL)
		(void)snprintf(v->args, ARGS_MAX, "rx_pcap=%s,tx_pcap=%s", p->read, p->write);
	else
		(void)snprintf(v->args, ARGS_MAX, "rx_pcap=%s", p->read);
}

static void vdev_any(const struct ost_site_port *p, uint32_t queues, struct vdev *v)
{
	size_t name = strcspn(p->vdev, ",");

	(void)queues;
	(void)snprintf(v->name, sizeof(v->name), "%.*s", (int)OST_MIN(name, sizeof(v->name) - 1), p->vdev);
	(void)snprintf(v->args, ARGS_MAX, "%s", p->vdev[name] == ',' ? p->vdev + name + 1 : "");
}

/* PCI is absent: the EAL probed it at its start. */
static const struct {
	const char *driver;
	void (*args)(const struct ost_site_port *p, uint32_t queues, struct vdev *v);
	bool interface; /* it must exist before */
} drivers[OST_DRIVER_COUNT] = {
	[OST_DRIVER_AF_PACKET] = {"net_af_packet", vdev_af_packet, true},
	[OST_DRIVER_AF_XDP] = {"net_af_xdp", vdev_af_xdp, true},
	[OST_DRIVER_PCAP] = {"net_pcap", vdev_pcap, false},
	[OST_DRIVER_TAP] = {"net_tap", vdev_tap, false},
	[OST_DRIVER_VDEV] = {"", vdev_any, false},
};

bool ost_device_kernel_fed(const struct ost_site_port *site)
{
	return drivers[site->driver].interface || site->driver == OST_DRIVER_TAP;
}

static int interface_check(const struct ost_site_port *p, struct ost_diag *diag)
{
	bool merges = false;
	int fd, r = ost_interface_up(p->interface);

	if (r == -ENODEV) {
		ost_diag_error(diag, p->pos, "see ip link, and name one that exists in this network namespace",
			"port %s: there is no interface %s", p->name, p->interface);
		return -EINVAL;
	}
	if (r < 0) {
		ost_diag_error(diag, p->pos, "run the data plane as root", "port %s: interface %s cannot be set up: %s",
			p->name, p->interface, strerror(-r));
		return -EINVAL;
	}
	r = ost_interface_claim(p->interface, &fd); /* held until the process ends */
	if (r == -EADDRINUSE) {
		ost_diag_error(diag, p->pos, "stop the other one first",
			"port %s: another data plane runs on interface %s", p->name, p->interface);
		return -EINVAL;
	}
	if (r < 0)
		return r;
	if (ost_interface_merges(p->interface, &merges) == 0 && merges)
		ost_diag_warning(diag, p->pos, "switch it off: ethtool -K IF gro off lro off",
			"port %s: interface %s merges received frames; what is larger than its MTU is refused as oversize",
			p->name, p->interface);
	return 0;
}

/* AF_XDP takes the frames of the queues that it is bound to; those of another queue would go to the kernel. And what an
 * earlier run left attached would be taken for a program to share. */
static int xdp_check(const struct ost_site_port *p, uint32_t queues, struct ost_diag *diag)
{
	uint32_t channels = queues;

	if (ost_interface_channels(p->interface, &channels) == 0 && channels > queues) {
		ost_diag_error(diag, p->pos, "set it to one: ethtool -L IF combined 1 (veth: ethtool -L IF rx 1 tx 1)",
			"port %s: interface %s has %u receive queues, and AF_XDP would miss all but the first", p->name,
			p->interface, channels);
		return -EINVAL;
	}
	if (ost_interface_xdp_off(p->interface) < 0)
		ost_diag_warning(diag, p->pos, "by hand: ip link set dev IF xdp off",
			"port %s: cannot take an earlier XDP program off interface %s", p->name, p->interface);
	return 0;
}

static int file_check(const struct ost_site_port *p, struct ost_diag *diag)
{
	if (access(p->read, R_OK) < 0) {
		ost_diag_error(diag, p->pos, "name a capture file in pcap format that can be read",
			"port %s: cannot read %s: %s", p->name, p->read, strerror(errno));
		return -EINVAL;
	}
	if (strchr(p->read, ',') != NULL || (p->write != NULL && strchr(p->write, ',') != NULL)) {
		ost_diag_error(diag, p->pos, "rename it", "port %s: a file name with a comma cannot be passed to DPDK",
			p->name);
		return -EINVAL;
	}
	return 0;
}

static int pci_find(const struct ost_site_port *p, struct ost_diag *diag, uint16_t *ret_id)
{
	if (rte_eth_dev_get_port_by_name(p->pci, ret_id) == 0)
		return 0;
	ost_diag_error(diag, p->pos, "bind it to vfio-pci (dpdk-devbind.py -b vfio-pci ADDRESS) and see dpdk-devbind.py -s",
		"port %s: no DPDK driver took the PCI device %s", p->name, p->pci);
	return -EINVAL;
}

int ost_device_make(const struct ost_site_port *p, uint32_t index, uint32_t queues, struct ost_diag *diag, uint16_t *ret_id)
{
	struct vdev v = {0};
	int r = 0;

	if (p->driver == OST_DRIVER_PCI)
		return pci_find(p, diag, ret_id);
	if (drivers[p->driver].interface)
		r = interface_check(p, diag);
	else if (p->driver == OST_DRIVER_PCAP)
		r = file_check(p, diag);
	if (r == 0 && p->driver == OST_DRIVER_AF_XDP)
		r = xdp_check(p, queues, diag);
	if (r < 0)
		return r;
	(void)snprintf(v.name, sizeof(v.name), "%s%u", drivers[p->driver].driver, index);
	drivers[p->driver].args(p, queues, &v);
	r = rte_eal_hotplug_add("vdev", v.name, v.args);
	if (r == 0)
		r = rte_eth_dev_get_port_by_name(v.name, ret_id);
	if (r < 0) {
		ost_diag_error(diag, p->pos, "the lines of DPDK above tell more; root and the driver's package are needed",
			"port %s: DPDK cannot make %s with \"%s\": %s", p->name, v.name, v.args, strerror(-r));
		return -EINVAL;
	}
	return 0;
}
