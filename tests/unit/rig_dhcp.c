/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig_dhcp.h"

struct dhcp dhcp_client(unsigned device, uint8_t message)
{
	return (struct dhcp){(uint8_t)device, GROUP, device, device, "0.0.0.0", "255.255.255.255", 68, 67, 1, message,
		"0.0.0.0", "0.0.0.0", NULL, 0, NULL};
}

struct dhcp dhcp_server(unsigned device, uint8_t message, const char *yours, uint32_t lease_s)
{
	return (struct dhcp){NET, device, SERVER, device, DHCP_SERVER_IP, yours, 67, 68, 2, message, "0.0.0.0", yours, NULL,
		lease_s, DHCP_SERVER_IP};
}

void dhcp_wire(const struct dhcp *d, struct wire *w)
{
	uint8_t mac[6];

	wire_eth(w, d->dst, d->src);
	wire_ip(w, d->from, d->to, 17);
	wire_udp(w, d->sport, d->dport, 0);
	wire_u32(w, (uint32_t)d->op << 24 | 0x00010600);
	wire_u32(w, 0x1234);
	wire_u32(w, 0);
	wire_address(w, d->ciaddr);
	wire_address(w, d->yiaddr);
	wire_zeros(w, 8);
	wire_mac(d->chaddr, mac);
	wire_put(w, mac, 6);
	wire_zeros(w, 10 + 64 + 128);
	wire_u32(w, 0x63825363);
	wire_u16(w, 53u << 8 | 1);
	wire_u8(w, d->message);
	if (d->requested != NULL) {
		wire_u16(w, 50u << 8 | 4);
		wire_address(w, d->requested);
	}
	if (d->lease_s != 0) {
		wire_u16(w, 51u << 8 | 4);
		wire_u32(w, d->lease_s);
	}
	if (d->server != NULL) {
		wire_u16(w, 54u << 8 | 4);
		wire_address(w, d->server);
	}
	wire_u8(w, 255);
	wire_end(w);
}

enum ost_reason dhcp_send(struct rig *r, const struct dhcp *d)
{
	struct wire f;

	dhcp_wire(d, &f);
	return rig_send(r, d->port, &f);
}

void dhcp_lease(struct rig *r, unsigned device, const char *ip, uint32_t lease_s)
{
	struct dhcp d = dhcp_client(device, DISCOVER);

	assert_passes(dhcp_send(r, &d));
	assert_int_equal(r->v.egress, NET);
	d = dhcp_server(device, OFFER, ip, lease_s);
	assert_passes(dhcp_send(r, &d));
	assert_int_equal(r->v.egress, device);
	d = dhcp_client(device, REQUEST);
	d.requested = ip;
	assert_passes(dhcp_send(r, &d));
	d = dhcp_server(device, DHCP_ACK, ip, lease_s);
	assert_passes(dhcp_send(r, &d));
}
