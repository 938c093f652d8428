/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCP messages (RFC 2131) through the rig of classify_rig.h. */
#pragma once

#include "classify_rig.h"

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, DHCP_ACK, NAK, RELEASE };

struct dhcp {
	uint8_t port;
	unsigned dst, src, chaddr;
	const char *from, *to;
	uint16_t sport, dport;
	uint8_t op, message;
	const char *ciaddr, *yiaddr, *requested;
	uint32_t lease_s;
	const char *server; /* option 54, NULL: none */
};

#define DHCP_SERVER_IP "10.20.0.1"

/* What a device broadcasts before it has an address; what the server answers to its MAC, with its name in it. */
struct dhcp dhcp_client(unsigned device, uint8_t message);
struct dhcp dhcp_server(unsigned device, uint8_t message, const char *yours, uint32_t lease_s);

void dhcp_wire(const struct dhcp *d, struct wire *w);
enum ost_reason dhcp_send(struct rig *r, const struct dhcp *d);

/* DISCOVER, OFFER, REQUEST, ACK: all pass. */
void dhcp_lease(struct rig *r, unsigned device, const char *ip, uint32_t lease_s);
