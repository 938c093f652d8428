/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "port.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "clock.h"
#include "device.h"
#include "interface.h"
#include "log.h"

#define DESCRIPTORS   1024u
#define UNDER_WAY_MAX 8192u /* frames in a queue's rings, and from worker to worker: at most */
#define POOL_CACHE    256u
#define FRAME_EXTRA   22u /* Ethernet header and two VLAN tags around the MTU */
#define RSS_KEY_BYTES 64u
#define RSS_FIELDS    (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP)

/* A Toeplitz key of one repeated 16-bit pattern hashes both directions of a flow alike (Woo and Park, "Scalable TCP session
 * monitoring with symmetric receive-side scaling", 2012). */
static void rss_key_fill(uint8_t key[static RSS_KEY_BYTES])
{
	for (uint32_t i = 0; i < RSS_KEY_BYTES; i += 2) {
		key[i] = 0x6d;
		key[i + 1] = 0x5a;
	}
}

static int finding(struct ost_diag *diag, const struct ost_port *p, const char *what, int r)
{
	ost_diag_error(diag, p->site->pos, "the lines of DPDK above tell more", "port %s: cannot %s: %s",
		p->site->name, what, strerror(-r));
	return -EINVAL;
}

/* Both directions of a flow must meet the same worker: the NIC's hash has to be ours to key, or
 * symmetric by itself as the kernel's fanout of af_packet is. */
static bool spreads(const struct ost_site_port *p, uint32_t queues)
{
	struct rte_eth_dev_info info;
	uint16_t id;

	if (p->driver == OST_DRIVER_AF_PACKET)
		return true;
	if (p->driver != OST_DRIVER_PCI || rte_eth_dev_get_port_by_name(p->pci, &id) != 0 ||
		rte_eth_dev_info_get(id, &info) != 0)
		return false;
	return info.max_rx_queues >= queues && info.max_tx_queues >= queues && info.hash_key_size > 0 &&
		info.hash_key_size <= RSS_KEY_BYTES && (info.flow_type_rss_offloads & RSS_FIELDS) != 0;
}

/* Before a device is made: an af_packet queue that nobody polls would swallow its share. */
static uint32_t workers_possible(const struct ost_site_file *file, uint32_t workers, struct ost_diag *diag)
{
	for (uint32_t i = 0; i < file->port_count && workers > 1; i++) {
		const struct ost_site_port *p = &file->ports[i];

		if (spreads(p, workers))
			continue;
		ost_diag_warning(diag, p->pos, "write workers: 1 to silence this",
			"port %s (%s) cannot spread both directions of a flow to the same one of %u workers; one worker does it all",
			p->name, ost_port_driver_name(p->driver), workers);
		return 1;
	}
	return workers;
}

static int configure(struct ost_port *p, uint16_t queues, struct ost_diag *diag)
{
	uint8_t key[RSS_KEY_BYTES];
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int r = rte_eth_dev_info_get(p->id, &info);

	if (r < 0)
		return finding(diag, p, "ask the driver", r);
	rss_key_fill(key);
	if (queues > 1 && p->site->driver == OST_DRIVER_PCI) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_key = key;
		conf.rx_adv_conf.rss_conf.rss_key_len = info.hash_key_size;
		conf.rx_adv_conf.rss_conf.rss_hf = RSS_FIELDS & info.flow_type_rss_offloads;
	}
	/* A driver that is told about segments drops nothing by surprise; we refuse chains ourselves. */
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	r = rte_eth_dev_configure(p->id, queues, queues, &conf);
	return r < 0 ? finding(diag, p, "configure it", r) : 0;
}

static int queues_setup(struct ost_port *p, const struct ost_ports *ports, struct ost_diag *diag)
{
	uint16_t rx = DESCRIPTORS, tx = DESCRIPTORS;
	unsigned node = (unsigned)rte_eth_dev_socket_id(p->id);
	int r = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &rx, &tx);

	if (r < 0)
		return finding(diag, p, "size its queues", r);
	for (uint16_t q = 0; q < ports->queues; q++) {
		r = rte_eth_rx_queue_setup(p->id, q, rx, node, NULL, ports->pool);
		if (r == 0)
			r = rte_eth_tx_queue_setup(p->id, q, tx, node, NULL);
		if (r < 0)
			return finding(diag, p, "set up its queues", r);
	}
	return 0;
}

static int start(struct ost_port *p, struct ost_diag *diag)
{
	uint16_t mtu = 0;
	uint32_t kernel_mtu;
	int r = rte_eth_dev_start(p->id);

	if (r < 0)
		return finding(diag, p, "start it", r);
	r = rte_eth_promiscuous_enable(p->id);
	if (r < 0 && r != -ENOTSUP) /* what has no such mode takes every frame */
		return finding(diag, p, "switch it to promiscuous mode", r);
	if (rte_eth_dev_get_mtu(p->id, &mtu) < 0 || mtu == 0)
		mtu = RTE_ETHER_MTU;
	p->frame_max = mtu + FRAME_EXTRA;
	if (p->kernel_fed && ost_interface_mtu(p->site->interface, &kernel_mtu) == 0)
		p->frame_max = kernel_mtu + FRAME_EXTRA;
	return 0;
}

/* Descriptors in flight, caches, and as much again for bursts that wait to be sent. af_xdp keeps two rings of
 * 2,048 filled. */
static int pool_make(struct ost_ports *ports, uint32_t workers, const struct ost_site_file *file, struct ost_diag *diag)
{
	uint32_t per_queue = 2 * DESCRIPTORS, n;

	for (uint32_t i = 0; i < file->port_count; i++) {
		if (file->ports[i].driver == OST_DRIVER_AF_XDP)
			per_queue = 5 * 2048;
	}
	n = OST_MAX(8192u, per_queue * file->port_count * workers + 4096);
	ports->pool = rte_pktmbuf_pool_create("ostiary", n - 1, POOL_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		SOCKET_ID_ANY);
	if (ports->pool != NULL)
		return 0;
	ost_diag_error(diag, (struct ost_pos){0}, "raise memory: in ostiary.yaml",
		"no room for %u packet buffers of %zu bytes in memory: %u MiB", n,
		(size_t)RTE_MBUF_DEFAULT_BUF_SIZE + sizeof(struct rte_mbuf), file->memory_mib);
	return -EINVAL;
}

/* Every port is made, so that all that is wrong is told at once. */
static int make_all(const struct ost_site_file *file, uint32_t workers, struct ost_diag *diag, struct ost_ports *ports)
{
	int r = 0;

	for (uint32_t i = 0; i < file->port_count; i++) {
		struct ost_port *p = &ports->ports[i];

		p->site = &file->ports[i];
		p->kernel_fed = ost_device_kernel_fed(p->site);
		ports->polled_hard |= p->site->driver == OST_DRIVER_PCI;
		/* before its socket: what comes from now on and is not seen is missed */
		p->missed = (struct ost_missed){.base_pkts = ost_port_interface_pkts(p)};
		if (ost_device_make(p->site, i, workers, diag, &p->id) < 0)
			r = -EINVAL;
		else
			p->open = true;
	}
	return r;
}

int ost_ports_open(const struct ost_site_file *file, bool hugepages, uint32_t *workers, struct ost_diag *diag,
	struct ost_ports *ports)
{
	int r;

	*workers = workers_possible(file, *workers, diag);
	*ports = (struct ost_ports){.count = file->port_count, .hugepages = hugepages, .queues = (uint16_t)*workers};
	r = pool_make(ports, *workers, file, diag);
	if (r == 0)
		r = make_all(file, *workers, diag, ports);
	for (uint32_t i = 0; i < ports->count && r == 0; i++) {
		r = configure(&ports->ports[i], ports->queues, diag);
		if (r == 0)
			r = queues_setup(&ports->ports[i], ports, diag);
		if (r == 0)
			r = start(&ports->ports[i], diag);
	}
	if (r < 0)
		ost_ports_close(ports);
	return r;
}

void ost_ports_close(struct ost_ports *ports)
{
	for (uint32_t i = 0; i < ports->count; i++) {
		struct ost_port *p = &ports->ports[i];

		if (!p->open)
			continue;
		(void)rte_eth_dev_stop(p->id);
		/* closing af_xdp would ask for rights that are gone; the end of the process closes it */
		if (p->site->driver != OST_DRIVER_AF_XDP)
			(void)rte_eth_dev_close(p->id);
		p->open = false;
	}
}

/* The drivers of AF_PACKET and AF_XDP do not tell all their losses; the interface's own count does. */
uint64_t ost_port_interface_pkts(const struct ost_port *p)
{
	uint64_t pkts;

	if (!p->kernel_fed || p->site->driver == OST_DRIVER_TAP || ost_interface_received(p->site->interface, &pkts) < 0)
		return UINT64_MAX;
	return pkts;
}

uint64_t ost_port_missed(struct ost_port *p, uint64_t interface_pkts, uint64_t judged_pkts, uint64_t rounds, uint32_t workers)
{
	struct rte_eth_stats nic = {0};
	uint64_t told = 0, missed = p->missed.pkts;

	/* What finds no buffer waits in the ring of AF_PACKET: it is not lost. */
	if (rte_eth_stats_get(p->id, &nic) == 0)
		told = nic.imissed + (p->site->driver == OST_DRIVER_AF_PACKET ? 0 : nic.rx_nombuf);
	if (interface_pkts != UINT64_MAX)
		missed = ost_missed_read(&p->missed, interface_pkts, judged_pkts, rounds, (uint64_t)UNDER_WAY_MAX * workers,
			ost_clock_mono_ns());
	return OST_MAX(told, missed);
}

/* The kernel knows best about its own interfaces: the drivers say "up" for ever. */
static bool link_read(struct ost_port *p)
{
	struct rte_eth_link link = {0};
	bool running = false;
	int r;

	if (!p->kernel_fed)
		return rte_eth_link_get_nowait(p->id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
	r = ost_interface_running(p->site->interface, &running);
	if (r == -ENODEV && !p->gone) {
		p->gone = true;
		ost_log_error("port %s: interface %s is gone; bring it back and restart the data plane", p->site->name,
			p->site->interface);
	}
	return r == 0 && running && !p->gone;
}

void ost_ports_links(struct ost_ports *ports, void (*changed)(void *user, uint32_t port, bool up), void *user)
{
	for (uint32_t i = 0; i < ports->count; i++) {
		struct ost_port *p = &ports->ports[i];
		bool up = link_read(p);

		if (up == atomic_load_explicit(&p->up, memory_order_relaxed))
			continue;
		atomic_store_explicit(&p->up, up, memory_order_relaxed);
		changed(user, i, up);
	}
}
