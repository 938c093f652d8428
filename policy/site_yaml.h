/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway's own file, /etc/ostiary/ostiary.yaml: ports, engine, tables, timeouts. Read by the same strict
 * YAML reader as policies, with the same findings. docs/ostiary.yaml.5 describes it to people:
 *
 *   ostiary: 1
 *   engine: dpdk                 # dpdk is the only one so far
 *   workers: 1                   # 1..16
 *   hugepages: auto              # auto | yes | no
 *   memory: 256                  # MiB that DPDK takes without hugepages, 64..65536
 *   ports:
 *     dev1: { side: device, interface: eth1 }                      # driver af_packet by default
 *     dev2: { side: device, interface: eth2, driver: af_xdp, uplink: net1 }
 *     net1: { side: network, pci: "0000:01:00.0" }                 # a physical NIC bound to vfio-pci
 *     cap1: { side: device, driver: pcap, read: in.pcap, write: out.pcap }
 *     tap1: { side: device, driver: tap, interface: tap1 }
 *     raw1: { side: network, vdev: "net_null0,size=64" }           # any DPDK vdev, as it is
 *   tables: { flows: 1000000, flows6: 200000, bindings: 200000, names: 100000, devices: 100000 }
 *   authentication: { radius: "10.0.0.2:1812", portal: "10.0.0.2:8443", lease: 300, crl: yes }
 *   export: { siem: { type: syslog, server: "siem.example:6514", ca: /etc/ostiary/export/siem-ca.pem } } # site_export.h
 *   policy: { generations: 100 }                                     # kept on disk
 *   incidents: { scan: { count: 20, seconds: 60 }, ... }              # from how many on something is an incident
 *   journal: { days: 366, size: 4096 }                               # how long records stay, how much room they have in MiB
 *   timeouts: { tcp-established: 7440, tcp-opening: 30, tcp-closing: 30, udp: 60, udp-reply: 180, icmp: 30, other: 300 }
 */
#pragma once

#include "diag.h"
#include "messages.h"
#include "site_export.h"

enum ost_port_driver {
	OST_DRIVER_AF_PACKET,
	OST_DRIVER_AF_XDP,
	OST_DRIVER_PCI,
	OST_DRIVER_PCAP,
	OST_DRIVER_TAP,
	OST_DRIVER_VDEV,
	OST_DRIVER_COUNT,
};

enum ost_hugepages {
	OST_HUGEPAGES_AUTO,
	OST_HUGEPAGES_YES,
	OST_HUGEPAGES_NO,
};

struct ost_site_port {
	struct ost_pos pos;
	char name[OST_NAME_MAX + 1];
	enum ost_side side;
	enum ost_port_driver driver;
	char interface[16];   /* af_packet, af_xdp, tap */
	char pci[32];	      /* pci */
	char *read, *write;   /* pcap; write may be NULL */
	char *vdev;	      /* vdev */
	char uplink[OST_NAME_MAX + 1]; /* device side; "": the first network port */
	uint32_t uplink_index; /* resolved */
};

#define OST_GENERATIONS_KEPT 100u /* unless the file says otherwise */

#define OST_LISTEN_MAX 56 /* bytes of "[IPv6]:port" */

/* So many within so many seconds; zeros: not written. */
struct ost_site_limit {
	uint32_t count, seconds;
};

/* From how many on something is an incident: the members of struct ost_detect_limits (control/incident/detect.h), which has the defaults. */
struct ost_site_limits {
	struct ost_site_limit scan, denied, internet, lateral, flood, spoof, source, failures, brute, unknown, beacon;
};

struct ost_site_file {
	struct ost_site_limits limits;
	struct ost_site_export *exports; /* owned; NULL: none */
	uint32_t export_count;
	char radius[OST_LISTEN_MAX], portal[OST_LISTEN_MAX]; /* where ostiary-authd listens, "" nowhere */
	uint32_t lease_s; /* of the portal */
	bool no_crl;
	uint32_t generations; /* of the policy, kept on disk */
	uint32_t journal_days, journal_mib; /* how long its records stay; how large it may become */
	uint32_t workers;
	enum ost_hugepages hugepages;
	uint32_t memory_mib;
	struct ost_site_port ports[OST_PORTS_MAX];
	uint32_t port_count; /* at least one of each side */
	uint32_t flows, flows6, bindings, names, devices; /* tables, defaults filled in */
	uint32_t tcp_established_s, tcp_opening_s, tcp_closing_s, udp_s, udp_reply_s, icmp_s, other_s; /* defaults filled in */
};

const char *ost_port_driver_name(enum ost_port_driver driver);

/* Reads and checks. 0, or -EINVAL with errors in diag (file borrowed), or the errno of reading the file (then
 * diag has it as an error too, with what to do). */
int ost_site_file_load(const char *path, struct ost_diag *diag, struct ost_site_file **ret_file) OST_MUST_CHECK;
int ost_site_file_parse(const char *name, const char *bytes, size_t length, struct ost_diag *diag,
	struct ost_site_file **ret_file) OST_MUST_CHECK;
void ost_site_file_free(struct ost_site_file **file);
