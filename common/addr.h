/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MAC and IP addresses: text to bytes and back. All byte arrays are in wire order. */
#pragma once

#include "common.h"

#define OST_MAC_TEXT	18 /* "00:11:22:33:44:55" and NUL */
#define OST_IP_TEXT	46 /* the longest IPv6 text and NUL */
#define OST_PREFIX_TEXT 50

struct ost_mac {
	uint8_t b[6];
};

enum ost_family {
	OST_IPV4 = 4,
	OST_IPV6 = 6,
};

/* An address of either family. IPv4 lies in the first four bytes, the rest is zero, so that two
 * addresses are equal when their bytes and families are. */
struct ost_ip {
	uint8_t b[16];
	uint8_t family; /* enum ost_family */
};

struct ost_prefix {
	struct ost_ip ip; /* host bits are zero */
	uint8_t length;	  /* bits: 0..32 or 0..128 */
};

/* Strict readers: the whole string, no blanks. -EINVAL when the text is not one. IPv4 octets are
 * decimal without leading zeros; IPv6 as in RFC 4291, without zone. A MAC is six pairs of hex digits
 * joined by ':' or by '-'. */
int ost_mac_parse(const char *text, struct ost_mac *ret_mac) OST_MUST_CHECK;
int ost_ip_parse(const char *text, struct ost_ip *ret_ip) OST_MUST_CHECK;

/* "10.0.0.0/8", or an address alone for a host. -EINVAL: not a prefix; -ERANGE: length too large;
 * -EDOM: host bits are set (ret_prefix then holds the prefix that was probably meant). */
int ost_prefix_parse(const char *text, struct ost_prefix *ret_prefix) OST_MUST_CHECK;

/* "10.0.0.2:8443", "[fd00::2]:8443": an address and a port that is not 0. -EINVAL. */
int ost_address_port_parse(const char *text, struct ost_ip *ret_ip, uint16_t *ret_port) OST_MUST_CHECK;

const char *ost_mac_format(const struct ost_mac *mac, char buf[static OST_MAC_TEXT]);
const char *ost_ip_format(const struct ost_ip *ip, char buf[static OST_IP_TEXT]);
const char *ost_prefix_format(const struct ost_prefix *p, char buf[static OST_PREFIX_TEXT]);

bool ost_prefix_contains(const struct ost_prefix *p, const struct ost_ip *ip);

/* One host can hold it: no group, broadcast, loopback, nor "this network" (RFC 6890). */
bool ost_ip_is_unicast(const struct ost_ip *ip);

static inline bool ost_mac_is_group(const uint8_t mac[6])
{
	return mac[0] & 1;
}

static inline bool ost_ip_equal(const struct ost_ip *a, const struct ost_ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
