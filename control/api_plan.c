/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_plan.h"

#include "api_apply.h"
#include "services.h"

static const char *device_name(const struct ost_daemon *d, const struct ost_msg_rehearsed *m, uint32_t device)
{
	const char *role;

	return ost_roster_name(d->roster, m->generation, device, &role);
}

static void flow_json(const struct ost_daemon *d, const struct ost_msg_rehearsed *m, const struct ost_rehearsed_flow *f, struct ost_jsonw *w)
{
	struct ost_ip own = {.family = f->family}, peer = {.family = f->family};
	const char *protocol = ost_protocol_name(f->protocol);
	char text[OST_IP_TEXT];

	memcpy(own.b, f->dev_ip, sizeof(own.b));
	memcpy(peer.b, f->rem_ip, sizeof(peer.b));
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "device", device_name(d, m, f->device));
	ost_jsonw_string(w, "direction", f->opened_in ? "from" : "to");
	ost_jsonw_string(w, "device_ip", ost_ip_format(&own, text));
	ost_jsonw_string(w, "peer_ip", ost_ip_format(&peer, text));
	ost_jsonw_u64(w, "ip_protocol", f->protocol);
	if (protocol != NULL)
		ost_jsonw_string(w, "protocol", protocol);
	if (f->protocol == OST_PROTOCOL_ICMP || f->protocol == OST_PROTOCOL_ICMPV6) {
		ost_jsonw_u64(w, "icmp_type", f->rem_port >> 8);
		ost_jsonw_u64(w, "icmp_code", f->rem_port & 0xff);
	} else if (ost_protocol_has_ports(f->protocol)) {
		ost_jsonw_u64(w, "device_port", f->dev_port);
		ost_jsonw_u64(w, "peer_port", f->rem_port);
	}
	ost_jsonw_string(w, "reason", ost_reason_name(f->reason));
	ost_jsonw_end(w, '}');
}

static void rehearsed_json(const struct ost_daemon *d, const struct ost_msg_rehearsed *m, struct ost_jsonw *w)
{
	ost_jsonw_u64(w, "generation", m->generation);
	ost_jsonw_u64(w, "flows_standing", m->standing);
	ost_jsonw_u64(w, "flows_cut", m->cut);
	ost_jsonw_u64(w, "devices_cut", m->devices_cut);
	ost_jsonw_array(w, "devices");
	for (uint32_t i = 0; i < m->device_count; i++) {
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "device", device_name(d, m, m->devices[i].device));
		ost_jsonw_u64(w, "flows_cut", m->devices[i].cut);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "examples");
	for (uint32_t i = 0; i < m->flow_count; i++)
		flow_json(d, m, &m->flows[i], w);
	ost_jsonw_end(w, ']');
}

unsigned ost_api_plan_answer(struct ost_daemon *d, struct ost_plan_result *result, struct ost_jsonw *w)
{
	unsigned status = ost_api_result_begin(w, result->kind, result->text, result->hint);

	ost_diag_sort(&result->diag);
	if (result->kind == OST_APPLY_DONE)
		rehearsed_json(d, result->rehearsed, w);
	ost_jsonw_findings(w, &result->diag);
	ost_jsonw_end(w, '}');
	return status;
}
