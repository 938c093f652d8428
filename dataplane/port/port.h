/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * port/: the ports of the gateway, by DPDK.
 *
 * What: starts the EAL as the machine allows (with hugepages or without), opens each port of the site
 *   file with its driver, and watches its link. Everything that can be wrong with a port is found here, before a
 *   packet moves, as a finding with the place in the site file and what to do.
 * Kernel-fed ports (af_packet, af_xdp, tap): the kernel's own stack sees the frames as well. It is not
 *   closed here: config/ostiary-seal does that, before the data plane starts. What to know about them:
 *     - a sender on the same machine (veth) leaves checksums to hardware that is not there; AF_PACKET hands the frame
 *       out as it is, so a receiver drops it. Switch it off at the sender: ethtool -K IF tx off.
 *     - receive merging (GRO, LRO) makes frames larger than the MTU; they are refused as oversize.
 *     - the kernel strips the VLAN tag; the driver puts it back as 802.1Q whatever it was (QinQ: no).
 *     - af_packet's sockets join a fanout group that reassembles IPv4 fragments before it hands
 *       them out: a fragmented datagram that fits one frame is judged as the whole that it is.
 *     - af_xdp's program stays attached to the interface when the data plane ends (taking it off would need
 *       rights that it has given up). With nobody behind it, it passes frames to the kernel, where the seal drops
 *       them; a restart replaces it. By hand: ip link set dev IF xdp off.
 * Files (pcap): the port reads its file once, to the end, and is silent afterwards; the worker's back-off
 *   keeps an exhausted port from spinning.
 * Threads: all functions are for the main thread; workers read `up` and the plain fields.
 */
#pragma once

#include <stdatomic.h>

#include "diag.h"
#include "missed.h"
#include "site_yaml.h"

struct rte_mempool;

struct ost_port {
	const struct ost_site_port *site;
	uint16_t id;	    /* of DPDK */
	uint32_t frame_max; /* bytes of the largest frame, without FCS: MTU and two VLAN tags */
	bool open;
	bool kernel_fed;	/* an interface of the kernel carries it: link and MTU are the kernel's */
	bool gone;		/* its interface was removed under us */
	struct ost_missed missed;
	_Atomic bool up;
};

struct ost_ports {
	struct ost_port ports[OST_PORTS_MAX];
	uint32_t count;
	uint16_t queues; /* of each port, one a worker */
	bool hugepages;
	bool polled_hard; /* a physical NIC is among them: workers never sleep and have cores of their own */
	struct rte_mempool *pool;
};

/* lcore 0 is the main thread. */
#define OST_LCORE_OF_WORKER(index) ((index) + 1u)

/* Starts the EAL for this site and as many worker lcores as wanted. -EINVAL with an error in diag.
 * -EAGAIN: hugepages: auto chose hugepages that another program has; a fresh process can do
 * without. Once a process. */
int ost_eal_start(const struct ost_site_file *file, struct ost_diag *diag, bool *ret_hugepages) OST_MUST_CHECK;

/* Opens, configures and starts every port with one queue pair a worker. *workers comes in as wanted and goes
 * out as possible: 1 when a port cannot spread both directions of a flow to the same worker (a
 * warning tells which). -EINVAL with errors in diag; then what was opened is closed again. */
int ost_ports_open(const struct ost_site_file *file, bool hugepages, uint32_t *workers, struct ost_diag *diag,
	struct ost_ports *ports) OST_MUST_CHECK;
void ost_ports_close(struct ost_ports *ports);

/* Reads the links again; calls changed for each port whose link went up or down. */
void ost_ports_links(struct ost_ports *ports, void (*changed)(void *user, uint32_t port, bool up), void *user);

/* What the interface of a port received since it exists; UINT64_MAX: it is none of the kernel's, or does not tell. */
uint64_t ost_port_interface_pkts(const struct ost_port *p);

/* Frames that NIC or kernel lost before a worker judged them: only grows. interface_pkts was asked for before judged_pkts were
 * summed; rounds: how often each of the workers has looked at its ports, at least. For af_packet and af_xdp see missed.h. */
uint64_t ost_port_missed(struct ost_port *p, uint64_t interface_pkts, uint64_t judged_pkts, uint64_t rounds, uint32_t workers);

/* Large tables: memory on hugepages when the EAL has them, else on transparent huge pages where the
 * kernel grants them. 64-byte aligned, zeroed; NULL when there is none. Release with the same size. */
void *ost_pages_alloc_sparse(size_t bytes); /* for what may stay mostly unwritten: no page before it is */
void *ost_pages_alloc(size_t bytes);
void ost_pages_release(void *memory, size_t bytes);
void ost_pages_use_hugetlb(bool use);
