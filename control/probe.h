/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the frame that would open a flow: Ethernet, tags, IP, and the first bytes of the
 * transport, with sound lengths and checksums. For questions about a policy; nothing is ever sent.
 */
#pragma once

#include "addr.h"
#include "common.h"

#define OST_PROBE_MAX 400u /* bytes of the longest frame built here */

struct ost_probe {
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint32_t vlan;		/* outer VID | inner VID << 12; 0: untagged */
	struct ost_ip src, dst; /* of one family */
	uint8_t protocol;
	uint16_t src_port;
	uint16_t value; /* destination port, or ICMP type * 256 + code (struct ost_service) */
};

/* Fills frame and returns its length, or -EAFNOSUPPORT when the families differ. */
int ost_probe_build(const struct ost_probe *probe, uint8_t frame[static OST_PROBE_MAX]);
