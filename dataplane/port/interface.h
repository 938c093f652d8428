/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel knows of a network interface, by ioctl(2). All for the main thread. */
#pragma once

#include "common.h"

/* -ENODEV: no such interface in this network namespace. */
int ost_interface_up(const char *name) OST_MUST_CHECK; /* administratively up */
int ost_interface_running(const char *name, bool *ret_running) OST_MUST_CHECK;
int ost_interface_mtu(const char *name, uint32_t *ret_mtu_bytes) OST_MUST_CHECK;
int ost_interface_received(const char *name, uint64_t *ret_pkts) OST_MUST_CHECK; /* since it exists, by the kernel */
int ost_interface_merges(const char *name, bool *ret_merges) OST_MUST_CHECK; /* GRO or LRO is on */
int ost_interface_channels(const char *name, uint32_t *ret_channels) OST_MUST_CHECK; /* receive queues */

/* Takes off the XDP program that an earlier run left. 0 as well when there is none. */
int ost_interface_xdp_off(const char *name) OST_MUST_CHECK;

/* Claims an interface for this process, in its network namespace, until it ends however it ends.
 * -EADDRINUSE: another data plane holds it (it would forward each frame a second time). */
int ost_interface_claim(const char *name, int *ret_fd) OST_MUST_CHECK;
