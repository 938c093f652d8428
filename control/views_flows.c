/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /v1/flows. */
#include "clock.h"
#include "services.h"
#include "views.h"

struct list {
	struct ost_jsonw *w;
	uint32_t left;
	uint64_t total;
};

static bool flow_json(void *user, const struct ost_traffic_flow *f)
{
	static const char *const kinds[OST_TRAFFIC_PEER_COUNT] = {"address", "device", "name"};
	const char *protocol = ost_protocol_name(f->protocol);
	struct list *l = user;
	struct ost_jsonw *w = l->w;
	char ip[OST_IP_TEXT];

	l->total++;
	if (l->left == 0)
		return true;
	l->left--;
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "device", f->device);
	ost_jsonw_string(w, "direction", f->direction == OST_TO ? "to" : "from");
	ost_jsonw_string(w, "peer_is", kinds[f->kind]);
	ost_jsonw_string(w, "peer", f->peer);
	ost_jsonw_string(w, "peer_ip", ost_ip_format(&f->ip, ip));
	ost_jsonw_u64(w, "ip_protocol", f->protocol);
	if (protocol != NULL)
		ost_jsonw_string(w, "protocol", protocol);
	ost_jsonw_u64(w, "value", f->value);
	ost_jsonw_u64(w, "flows", f->flows);
	ost_jsonw_bool(w, "audited", f->audit);
	ost_jsonw_time(w, "first_seen", f->first_wall_s * OST_NS_PER_S);
	ost_jsonw_time(w, "last_seen", f->last_wall_s * OST_NS_PER_S);
	ost_jsonw_end(w, '}');
	return true;
}

void ost_view_flows(struct ost_daemon *d, const char *device, uint32_t limit, struct ost_jsonw *w)
{
	struct list l = {.w = w, .left = limit};
	struct ost_traffic_counts n;

	ost_traffic_counts(d->traffic, &n);
	ost_jsonw_object(w, NULL);
	ost_jsonw_time(w, "since", n.since_wall_s * OST_NS_PER_S);
	ost_jsonw_u64(w, "window_s", OST_TRAFFIC_WINDOW_S);
	ost_jsonw_u64(w, "unrecorded", n.lost);
	ost_jsonw_u64(w, "overflow", n.overflow);
	ost_jsonw_u64(w, "overflow_devices", n.overflow_devices);
	ost_jsonw_u64(w, "entries_max", n.flows_max);
	ost_jsonw_array(w, "flows");
	ost_traffic_each(d->traffic, device, ost_clock_wall_ns() / OST_NS_PER_S, flow_json, &l);
	ost_jsonw_end(w, ']');
	ost_jsonw_u64(w, "total", l.total);
	ost_jsonw_end(w, '}');
}
