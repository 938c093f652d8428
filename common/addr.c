/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "addr.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "text.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int ost_mac_parse(const char *text, struct ost_mac *ret_mac)
{
	struct ost_mac mac;
	char sep = '\0';

	if (strlen(text) != OST_MAC_TEXT - 1)
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		int hi = hex_digit(text[3 * i]), lo = hex_digit(text[3 * i + 1]);
		char after = text[3 * i + 2];

		if (hi < 0 || lo < 0)
			return -EINVAL;
		if (i == 0)
			sep = after;
		if (i < 5 && (after != sep || (sep != ':' && sep != '-')))
			return -EINVAL;
		mac.b[i] = (uint8_t)(hi << 4 | lo);
	}
	*ret_mac = mac;
	return 0;
}

int ost_ip_parse(const char *text, struct ost_ip *ret_ip)
{
	struct ost_ip ip = {.family = OST_IPV4};

	if (inet_pton(AF_INET, text, ip.b) == 1) {
		*ret_ip = ip;
		return 0;
	}
	ip = (struct ost_ip){.family = OST_IPV6};
	if (inet_pton(AF_INET6, text, ip.b) != 1)
		return -EINVAL;
	*ret_ip = ip;
	return 0;
}

/* Clears the bits behind the prefix; true when one of them was set. */
static bool prefix_mask(struct ost_prefix *p)
{
	unsigned total = p->ip.family == OST_IPV4 ? 4 : 16;
	bool dirty = false;

	for (unsigned i = 0; i < total; i++) {
		unsigned bits = p->length > 8 * i ? OST_MIN(8u, p->length - 8 * i) : 0;
		uint8_t mask = (uint8_t)(0xff00u >> bits);

		dirty |= (p->ip.b[i] & (uint8_t)~mask) != 0;
		p->ip.b[i] &= mask;
	}
	return dirty;
}

static int length_parse(const char *text, unsigned *ret_length)
{
	unsigned v = 0;

	if (*text == '\0' || strlen(text) > 3 || (text[0] == '0' && text[1] != '\0'))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (unsigned)(*text - '0');
	}
	*ret_length = v;
	return 0;
}

int ost_prefix_parse(const char *text, struct ost_prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	struct ost_prefix p = {0};
	char host[OST_IP_TEXT];
	unsigned length, full;
	size_t n = slash ? (size_t)(slash - text) : strlen(text);

	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	if (ost_ip_parse(host, &p.ip) < 0)
		return -EINVAL;
	full = p.ip.family == OST_IPV4 ? 32 : 128;
	length = full;
	if (slash && length_parse(slash + 1, &length) < 0)
		return -EINVAL;
	if (length > full)
		return -ERANGE;
	p.length = (uint8_t)length;
	bool dirty = prefix_mask(&p);

	*ret_prefix = p;
	return dirty ? -EDOM : 0;
}

const char *ost_mac_format(const struct ost_mac *mac, char buf[static OST_MAC_TEXT])
{
	(void)snprintf(buf, OST_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac->b[0], mac->b[1],
		mac->b[2], mac->b[3], mac->b[4], mac->b[5]);
	return buf;
}

const char *ost_ip_format(const struct ost_ip *ip, char buf[static OST_IP_TEXT])
{
	if (inet_ntop(ip->family == OST_IPV6 ? AF_INET6 : AF_INET, ip->b, buf, OST_IP_TEXT) == NULL)
		buf[0] = '\0';
	return buf;
}

const char *ost_prefix_format(const struct ost_prefix *p, char buf[static OST_PREFIX_TEXT])
{
	char ip[OST_IP_TEXT];

	ost_ip_format(&p->ip, ip);
	if (p->length == (p->ip.family == OST_IPV4 ? 32 : 128))
		(void)snprintf(buf, OST_PREFIX_TEXT, "%s", ip);
	else
		(void)snprintf(buf, OST_PREFIX_TEXT, "%s/%u", ip, p->length);
	return buf;
}

bool ost_prefix_contains(const struct ost_prefix *p, const struct ost_ip *ip)
{
	struct ost_prefix cut = {.ip = *ip, .length = p->length};

	if (p->ip.family != ip->family)
		return false;
	(void)prefix_mask(&cut);
	return ost_ip_equal(&cut.ip, &p->ip);
}

int ost_address_port_parse(const char *text, struct ost_ip *ret_ip, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	char address[OST_IP_TEXT + 2];
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;
	bool brackets;
	struct ost_ip ip;
	uint64_t port;

	if (n < 3 || n >= sizeof(address) || ost_number_parse(colon + 1, strlen(colon + 1), &port) < 0 || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	brackets = text[0] == '[' && text[n - 1] == ']';
	n -= brackets ? 2 : 0;
	memcpy(address, text + brackets, n);
	address[n] = '\0';
	if (ost_ip_parse(address, &ip) < 0 || brackets != (ip.family == OST_IPV6))
		return -EINVAL;
	*ret_ip = ip;
	*ret_port = (uint16_t)port;
	return 0;
}

bool ost_ip_is_unicast(const struct ost_ip *ip)
{
	static const uint8_t zero[16], mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (ip->family == OST_IPV4)
		return ip->b[0] != 0 && ip->b[0] != 127 && ip->b[0] < 224;
	return ip->b[0] != 0xff && memcmp(ip->b, zero, 15) != 0 && memcmp(ip->b, mapped, 12) != 0;
}
