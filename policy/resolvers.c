/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public name servers that answer DNS over HTTPS, by what their operators publish (2026). No list of these is whole: it keeps
 * devices from the ones that software comes with, which is what they are asked by. */
#include "policy_reader.h"

static const char *const resolvers[] = {
	/* Google Public DNS, with DNS64 */
	"8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844", "2001:4860:4860::64", "2001:4860:4860::6464",
	/* Cloudflare: 1.1.1.1, for families, DNS64; the names of browsers and of WARP */
	"1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3", "2606:4700:4700::1111", "2606:4700:4700::1001",
	"2606:4700:4700::1112", "2606:4700:4700::1002", "2606:4700:4700::1113", "2606:4700:4700::1003", "2606:4700:4700::64",
	"2606:4700:4700::6400", "104.16.248.249", "104.16.249.249", "2606:4700::6810:f8f9", "2606:4700::6810:f9f9", "162.159.36.1",
	"162.159.46.1", "162.159.61.3", "162.159.61.4", "172.64.41.3", "172.64.41.4", "2803:f800:53::3", "2803:f800:53::4",
	"2a06:98c1:52::3", "2a06:98c1:52::4",
	/* Quad9 */
	"9.9.9.9", "149.112.112.112", "9.9.9.10", "149.112.112.10", "9.9.9.11", "149.112.112.11", "2620:fe::fe", "2620:fe::9",
	"2620:fe::10", "2620:fe::fe:10", "2620:fe::11", "2620:fe::fe:11",
	/* Cisco OpenDNS */
	"208.67.222.222", "208.67.220.220", "208.67.222.123", "208.67.220.123", "146.112.41.2", "146.112.41.3", "2620:119:35::35",
	"2620:119:53::53", "2620:119:35::123", "2620:119:53::123", "2620:0:ccc::2", "2620:0:ccd::2",
	/* AdGuard DNS */
	"94.140.14.14", "94.140.15.15", "94.140.14.15", "94.140.15.16", "94.140.14.140", "94.140.14.141", "2a10:50c0::ad1:ff",
	"2a10:50c0::ad2:ff", "2a10:50c0::bad1:ff", "2a10:50c0::bad2:ff", "2a10:50c0::1:ff", "2a10:50c0::2:ff",
	/* CleanBrowsing */
	"185.228.168.9", "185.228.169.9", "185.228.168.10", "185.228.169.11", "185.228.168.168", "185.228.169.168", "2a0d:2a00:1::",
	"2a0d:2a00:2::", "2a0d:2a00:1::1", "2a0d:2a00:2::1", "2a0d:2a00:1::2", "2a0d:2a00:2::2",
	/* NextDNS: an address for each customer */
	"45.90.28.0/24", "45.90.30.0/24", "2a07:a8c0::/32", "2a07:a8c1::/32",
	/* Control D: an address for each profile */
	"76.76.2.0/24", "76.76.10.0/24", "2606:1a40::/48", "2606:1a40:1::/48",
	/* Mullvad */
	"194.242.2.2", "194.242.2.3", "194.242.2.4", "194.242.2.5", "194.242.2.6", "194.242.2.9", "2a07:e340::2", "2a07:e340::3",
	"2a07:e340::4", "2a07:e340::5", "2a07:e340::6", "2a07:e340::9",
	/* DNS4EU */
	"86.54.11.0/24", "2a13:1001::/32",
	/* dns0.eu */
	"193.110.81.0", "185.253.5.0", "2a0f:fc80::", "2a0f:fc81::",
	/* DNS.SB */
	"185.222.222.222", "45.11.45.11", "2a09::", "2a11::",
	/* Alibaba Cloud */
	"223.5.5.5", "223.6.6.6", "2400:3200::1", "2400:3200:baba::1",
	/* Tencent DNSPod */
	"1.12.12.12", "120.53.53.53", "119.29.29.29", "2402:4e00::",
	/* Yandex */
	"77.88.8.8", "77.88.8.1", "77.88.8.88", "77.88.8.2", "77.88.8.7", "77.88.8.3", "2a02:6b8::feed:ff", "2a02:6b8:0:1::feed:ff",
	"2a02:6b8::feed:bad", "2a02:6b8:0:1::feed:bad", "2a02:6b8::feed:a11", "2a02:6b8:0:1::feed:a11",
	/* CIRA Canadian Shield */
	"149.112.121.10", "149.112.122.10", "149.112.121.20", "149.112.122.20", "149.112.121.30", "149.112.122.30",
	"2620:10a:80bb::10", "2620:10a:80bc::10", "2620:10a:80bb::20", "2620:10a:80bc::20", "2620:10a:80bb::30", "2620:10a:80bc::30",
	/* CZ.NIC */
	"193.17.47.1", "185.43.135.1", "2001:148f:ffff::1", "2001:148f:fffe::1",
	/* SWITCH, and Digitale Gesellschaft, Switzerland */
	"130.59.31.248", "130.59.31.251", "2001:620:0:ff::2", "2001:620:0:ff::3", "185.95.218.42", "185.95.218.43", "2a05:fc84::42",
	"2a05:fc84::43",
	/* IIJ, Japan; Quad101, Taiwan */
	"103.2.57.5", "103.2.57.6", "2001:300::5", "2001:300::6", "101.101.101.101", "101.102.103.104", "2001:de4::101", "2001:de4::102",
	/* Hurricane Electric */
	"74.82.42.42", "2001:470:20::2",
	/* dnsforge.de, LibreDNS */
	"176.9.93.198", "176.9.1.117", "2a01:4f8:151:34aa::198", "2a01:4f8:141:316d::117", "116.202.176.26",
};

static bool prefix_covers(const struct ost_prefix *wide, const struct ost_prefix *p)
{
	unsigned bytes = wide->length / 8, bits = wide->length % 8;

	if (wide->ip.family != p->ip.family || wide->length > p->length || memcmp(wide->ip.b, p->ip.b, bytes) != 0)
		return false;
	return bits == 0 || ((wide->ip.b[bytes] ^ p->ip.b[bytes]) & (uint8_t)(0xff00u >> bits)) == 0;
}

/* One that infrastructure: names is no foreign one. */
static bool is_ours(const struct policy_reader *r, const struct ost_prefix *p)
{
	for (uint32_t i = 0; i < r->resolvers.count; i++)
		if (prefix_covers(&r->resolvers.items[i], p))
			return true;
	return false;
}

static bool is_asked(const struct ost_policy *policy)
{
	for (uint32_t i = 0; i < policy->role_count; i++)
		for (uint32_t k = 0; k < policy->roles[i].rule_count; k++)
			if (policy->roles[i].rules[k].flags & OST_RULE_DNS_GUARD)
				return true;
	return false;
}

void policy_resolvers_fill(struct policy_reader *r)
{
	struct ost_policy *p = r->policy;

	if (!is_asked(p))
		return;
	p->resolvers = ost_yaml_alloc(&r->y, OST_ARRAY_SIZE(resolvers), sizeof(*p->resolvers));
	for (size_t i = 0; i < OST_ARRAY_SIZE(resolvers) && p->resolvers != NULL; i++) {
		struct ost_prefix prefix;

		if (ost_prefix_parse(resolvers[i], &prefix) == 0 && !is_ours(r, &prefix))
			p->resolvers[p->resolver_count++] = prefix;
	}
}
