/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay_words.h"

#include <inttypes.h>
#include <net/ethernet.h>
#include <stdio.h>

#include "services.h"

static int more_first(const void *a, const void *b)
{
	const struct ost_reason_count *x = a, *y = b;

	if (x->pkts != y->pkts)
		return x->pkts > y->pkts ? -1 : 1;
	return (int)x->reason - (int)y->reason;
}

uint32_t ost_reason_counts(const uint64_t refused_pkts[OST_REASON_SLOTS],
	struct ost_reason_count ret_rows[static OST_REASON_SLOTS])
{
	uint32_t n = 0;

	for (unsigned i = 0; i < OST_REASON_SLOTS; i++) {
		if (refused_pkts[i] > 0)
			ret_rows[n++] = (struct ost_reason_count){
				.reason = (uint8_t)i, .pkts = refused_pkts[i]};
	}
	qsort(ret_rows, n, sizeof(*ret_rows), more_first);
	return n;
}

static void kind_words(const struct ost_refusal *r, char kind[static OST_KIND_TEXT])
{
	static const struct {
		uint16_t type;
		const char *name;
	} types[] = {{ETHERTYPE_ARP, "arp"}, {0x888e, "eapol"}, {0x88cc, "lldp"}, {0x0800, "ipv4"},
		{0x86dd, "ipv6"}};
	const char *name = ost_protocol_name(r->protocol);

	if (r->family == 0 || r->ethertype == ETHERTYPE_ARP) {
		for (size_t i = 0; i < OST_ARRAY_SIZE(types); i++) {
			if (types[i].type == r->ethertype) {
				(void)snprintf(kind, OST_KIND_TEXT, "%s", types[i].name);
				return;
			}
		}
		(void)snprintf(kind, OST_KIND_TEXT, "ethertype 0x%04x", r->ethertype);
	} else if (name == NULL) {
		(void)snprintf(kind, OST_KIND_TEXT, "ip/%u", r->protocol);
	} else if (r->protocol == OST_PROTOCOL_ICMP || r->protocol == OST_PROTOCOL_ICMPV6) {
		(void)snprintf(kind, OST_KIND_TEXT, "%s %u/%u", name, r->dst_port / 256u, r->dst_port % 256u);
	} else {
		(void)snprintf(kind, OST_KIND_TEXT, "%s", name);
	}
}

static void endpoint_words(const struct ost_refusal *r, const uint8_t ip[16], const uint8_t mac[6],
	const uint16_t *port, char buf[static OST_ENDPOINT_TEXT])
{
	struct ost_ip address = {.family = r->family};
	char text[OST_IP_TEXT], mac_text[OST_MAC_TEXT];
	struct ost_mac m;

	if (r->family == 0) {
		memcpy(m.b, mac, sizeof(m.b));
		(void)snprintf(buf, OST_ENDPOINT_TEXT, "%s", ost_mac_format(&m, mac_text));
		return;
	}
	memcpy(address.b, ip, r->family == OST_IPV4 ? 4 : 16);
	(void)ost_ip_format(&address, text);
	if (port == NULL || !ost_protocol_has_ports(r->protocol))
		(void)snprintf(buf, OST_ENDPOINT_TEXT, "%s", text);
	else
		(void)snprintf(buf, OST_ENDPOINT_TEXT, r->family == OST_IPV6 ? "[%s]:%u" : "%s:%u",
			text, *port);
}

/* The source port is that of the first packet only, so it is not shown. */
void ost_refusal_words(const struct ost_refusal *r, char from[static OST_ENDPOINT_TEXT],
	char to[static OST_ENDPOINT_TEXT], char kind[static OST_KIND_TEXT])
{
	endpoint_words(r, r->src_ip, r->src_mac, NULL, from);
	endpoint_words(r, r->dst_ip, r->dst_mac, &r->dst_port, to);
	kind_words(r, kind);
}

bool *ost_replay_roles_seen(const struct ost_replay_report *report)
{
	const struct ost_image *image = &report->policy->image;
	bool *seen = calloc(image->role_count + 1u, sizeof(*seen));
	struct ost_replay_device d;

	for (uint32_t i = 0; seen != NULL && i < image->device_count; i++) {
		if (ost_replay_device(report->replay, i, &d))
			seen[image->devices[i].role] = true;
	}
	return seen;
}

uint64_t ost_replay_top_error(const struct ost_topflow *flows, uint32_t count)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < count; i++)
		most = OST_MAX(most, flows[i].over_pkts);
	return most;
}

const char *ost_replay_report_warning(
	const struct ost_replay_report *r, uint32_t i, char buf[static 256])
{
	const struct ost_replay_totals *t = ost_replay_totals(r->replay);
	const struct ost_image *image = &r->policy->image;
	uint32_t without_mac = 0;
	uint64_t flows, max;

	ost_replay_flows(r->replay, &flows, &max);
	for (uint32_t d = 0; d < image->device_count; d++)
		without_mac += !image->devices[d].has_mac;
	if (t->cut_pkts > 0 && i-- == 0)
		(void)snprintf(buf, 256,
			"%" PRIu64
			" frames were cut by the capture's snapshot length and may count as "
			"malformed; capture with -s 0",
			t->cut_pkts);
	else if (t->refused_pkts[OST_REASON_FLOW_TABLE_FULL] > 0 && i-- == 0)
		(void)snprintf(buf, 256,
			"the flow table (%" PRIu64
			" entries) was full at times; a larger one: --flows",
			max);
	else if (t->unrecorded_pkts > 0 && i-- == 0)
		(void)snprintf(buf, 256,
			"%" PRIu64
			" refused packets are in the sums, but not among the largest refused flows",
			t->unrecorded_pkts);
	else if (t->older_pkts > 0 && i-- == 0)
		(void)snprintf(buf, 256,
			"%" PRIu64 " frames bear a time before the one in front of them and were "
				   "judged at the later time",
			t->older_pkts);
	else if (t->stretches > 1 && i-- == 0)
		(void)snprintf(buf, 256,
			"time jumps back %u time%s by more than a minute; the clock went on from "
			"where it stood",
			t->stretches - 1, t->stretches == 2 ? "" : "s");
	else if (without_mac > 0 && i-- == 0)
		(void)snprintf(buf, 256,
			"%u device%s of the policy %s no mac:, so no frame can be attributed to %s",
			without_mac, without_mac == 1 ? "" : "s", without_mac == 1 ? "has" : "have",
			without_mac == 1 ? "it" : "them");
	else
		return NULL;
	return buf;
}
