/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One kind of refusal as JSON: the same members in the log and in the API. */
#include <stdio.h>

#include "digest.h"
#include "jsonw.h"
#include "refusal_log.h"
#include "services.h"

static void flow_json(struct ost_jsonw *w, const struct ost_refusal *r)
{
	struct ost_ip src = {.family = r->family}, dst = {.family = r->family};
	const char *protocol = ost_protocol_name(r->protocol);
	char text[OST_IP_TEXT];

	memcpy(src.b, r->src_ip, sizeof(src.b));
	memcpy(dst.b, r->dst_ip, sizeof(dst.b));
	ost_jsonw_string(w, "src_ip", ost_ip_format(&src, text));
	ost_jsonw_string(w, "dst_ip", ost_ip_format(&dst, text));
	if (r->ethertype == 0x0806) {
		ost_jsonw_u64(w, "arp_operation", r->src_port);
		return;
	}
	ost_jsonw_u64(w, "ip_protocol", r->protocol);
	if (protocol != NULL)
		ost_jsonw_string(w, "protocol", protocol);
	if (r->protocol == OST_PROTOCOL_ICMP || r->protocol == OST_PROTOCOL_ICMPV6) {
		ost_jsonw_u64(w, "icmp_type", r->dst_port >> 8);
		ost_jsonw_u64(w, "icmp_code", r->dst_port & 0xff);
	} else if (r->src_port != 0 || r->dst_port != 0) {
		ost_jsonw_u64(w, "src_port", r->src_port);
		ost_jsonw_u64(w, "dst_port", r->dst_port);
	}
}

static void mac_json(struct ost_jsonw *w, const char *key, const uint8_t mac[6])
{
	struct ost_mac m;
	char text[OST_MAC_TEXT];

	memcpy(m.b, mac, sizeof(m.b));
	ost_jsonw_string(w, key, ost_mac_format(&m, text));
}

/* Who it is about: the device, or else the sender's MAC. */
static void who_text(const struct ost_refusal_kind *kind, char *buf, size_t size)
{
	struct ost_mac m;
	char text[OST_MAC_TEXT];

	memcpy(m.b, kind->last.src_mac, sizeof(m.b));
	(void)snprintf(buf, size, "%s", kind->device[0] != '\0' ? kind->device : ost_mac_format(&m, text));
}

/* ostiary-refusals(5) tells what goes in: a change here is a change of every id. */
const char *ost_refusal_kind_id(const struct ost_refusal_kind *kind, char buf[static OST_REFUSAL_ID])
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	const struct ost_refusal *r = &kind->last;
	struct ost_ip peer = {.family = r->family};
	char text[2 * OST_MSG_NAME + OST_IP_TEXT + 128], who[OST_MSG_NAME + 1], ip[OST_IP_TEXT] = "";
	uint8_t digest[OST_DIGEST_BYTES] = {0};
	uint64_t bits = 0;
	int n;

	memcpy(peer.b, kind->side == OST_SIDE_DEVICE ? r->dst_ip : r->src_ip, sizeof(peer.b));
	if (r->family != 0)
		(void)ost_ip_format(&peer, ip);
	who_text(kind, who, sizeof(who));
	n = snprintf(text, sizeof(text), "%s %s %s %s %u %04x %s %u %u", who, r->audit ? "audited" : "refused",
		ost_reason_name(r->reason), kind->port, r->vlan, r->ethertype, ip, r->protocol, r->dst_port);
	if (ost_digest_bytes(text, (size_t)OST_MIN(n, (int)sizeof(text) - 1), digest) < 0)
		memset(digest, 0, sizeof(digest));
	for (unsigned i = 0; i < 8; i++)
		bits = bits << 8 | digest[i];
	for (unsigned i = 0; i < OST_REFUSAL_ID - 1; i++, bits <<= 5)
		buf[i] = letters[bits >> 59];
	buf[OST_REFUSAL_ID - 1] = '\0';
	return buf;
}

void ost_refusal_kind_json(struct ost_jsonw *w, const struct ost_refusal_kind *kind)
{
	const struct ost_refusal *r = &kind->last;
	char ethertype[8], id[OST_REFUSAL_ID];

	ost_jsonw_string(w, "id", ost_refusal_kind_id(kind, id));
	ost_jsonw_string(w, "device", kind->device[0] != '\0' ? kind->device : NULL);
	ost_jsonw_string(w, "role", kind->role[0] != '\0' ? kind->role : NULL);
	ost_jsonw_string(w, "verdict", r->audit ? "audited" : "refused");
	ost_jsonw_string(w, "reason", ost_reason_name(r->reason));
	ost_jsonw_string(w, "meaning", ost_reason_meaning(r->reason));
	ost_jsonw_string(w, "port", kind->port);
	ost_jsonw_string(w, "side", ost_side_name(kind->side));
	ost_jsonw_u64(w, "vlan", r->vlan & 0xfff);
	if (r->vlan >> 12 != 0)
		ost_jsonw_u64(w, "inner_vlan", r->vlan >> 12);
	mac_json(w, "src_mac", r->src_mac);
	mac_json(w, "dst_mac", r->dst_mac);
	(void)snprintf(ethertype, sizeof(ethertype), "0x%04x", r->ethertype);
	ost_jsonw_string(w, "ethertype", ethertype);
	if (r->family != 0)
		flow_json(w, r);
	ost_jsonw_u64(w, "count", r->count_pkts);
	ost_jsonw_u64(w, "bytes", r->count_bytes);
	ost_jsonw_time(w, "first_seen", r->first_wall_ns);
	ost_jsonw_time(w, "last_seen", r->last_wall_ns);
	ost_jsonw_u64(w, "generation", r->generation);
}
