/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

#include <arpa/inet.h>

struct net4 {
	uint32_t network;
	uint8_t length;
};

/* The registry of special-purpose addresses (RFC 6890 and its heirs). */
static const struct net4 special4[] = {
	{0x0a000000, 8},  /* 10/8 */
	{0x64400000, 10}, /* 100.64/10, shared */
	{0x7f000000, 8},  /* 127/8 */
	{0xa9fe0000, 16}, /* 169.254/16, link-local */
	{0xac100000, 12}, /* 172.16/12 */
	{0xc0000000, 24}, /* 192.0.0/24, protocols */
	{0xc0000200, 24}, /* 192.0.2/24, examples */
	{0xc0586300, 24}, /* 192.88.99/24, 6to4 relays */
	{0xc0a80000, 16}, /* 192.168/16 */
	{0xc6120000, 15}, /* 198.18/15, benchmarks */
	{0xc6336400, 24}, /* 198.51.100/24, examples */
	{0xcb007100, 24}, /* 203.0.113/24, examples */
};

static bool ok4(uint32_t a, bool allow_private)
{
	if (a >> 24 == 0 || a >> 28 >= 0xe) /* "this network"; groups, reserved, broadcast */
		return false;
	for (size_t i = 0; i < OST_ARRAY_SIZE(special4) && !allow_private; i++) {
		if ((a ^ special4[i].network) >> (32 - special4[i].length) == 0)
			return false;
	}
	return true;
}

static uint32_t embedded(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool ok6(const uint8_t a[static 16], bool allow_private)
{
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b}, mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	static const uint8_t zero[15];

	if (memcmp(a, nat64, sizeof(nat64)) == 0 || memcmp(a, mapped, sizeof(mapped)) == 0)
		return ok4(embedded(a + 12), allow_private);
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return ok4(embedded(a + 2), allow_private);
	if (a[0] == 0xff)
		return false;
	if (memcmp(a, zero, sizeof(zero)) == 0)
		return a[15] == 1 && allow_private;
	if (allow_private)
		return true;
	if (a[0] >> 5 != 1) /* 2000::/3 is what is public */
		return false;
	if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02) /* 2001::/23, protocols: Teredo and others */
		return false;
	return !(a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8) && !(a[0] == 0x3f && a[1] == 0xff);
}

bool ost_mud_address_ok(const union ost_mud_address *address, bool allow_private)
{
	if (address->any.sa_family == AF_INET)
		return ok4(ntohl(address->v4.sin_addr.s_addr), allow_private);
	return address->any.sa_family == AF_INET6 && ok6(address->v6.sin6_addr.s6_addr, allow_private);
}
