/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "observing.h"

#include <stdio.h>

#include "watching.h"

/* Whose service it is: the device logs in somewhere, or somebody logs in at the device. */
static void scope_say(const struct ost_msg_observed *m, char buf[static OST_INCIDENT_SCOPE])
{
	struct ost_ip peer = {.family = m->family};
	char text[OST_IP_TEXT];

	memcpy(peer.b, m->peer_ip, m->family == OST_IPV4 ? 4 : 16);
	if (m->direction == 1)
		(void)snprintf(buf, OST_INCIDENT_SCOPE, "%s of the device, port %u", ost_observed_protocol_name(m->protocol), m->service);
	else
		(void)snprintf(buf, OST_INCIDENT_SCOPE, "%s of %s, port %u", ost_observed_protocol_name(m->protocol), ost_ip_format(&peer, text), m->service);
}

static void wire_fill(const struct ost_msg_observed *m, struct ost_incident_wire *w)
{
	const bool in = m->direction == 1;

	*w = (struct ost_incident_wire){.ethertype = m->family == OST_IPV4 ? 0x0800 : 0x86dd, .family = m->family, .protocol = 6,
		.peer_port_l4 = m->service};
	memcpy(in ? w->ip : w->peer_ip, m->peer_ip, sizeof(w->ip));
}

void ost_observing_take(struct ost_daemon *d, const struct ost_msg_observed *m)
{
	static const struct ost_hash_key key = {{1, 3, 5, 7}}; /* it only tells peers of one incident apart */
	const char *role;
	const char *device = ost_roster_name(d->roster, m->generation, m->device, &role);
	char scope[OST_INCIDENT_SCOPE];
	struct ost_incident_event e = {.who = device, .scope = scope, .first_wall_ns = m->wall_ns, .last_wall_ns = m->wall_ns,
		.cause = m->kind == OST_OBSERVED_DEFAULT ? OST_CAUSE_DEFAULT_CREDENTIAL : OST_CAUSE_PLAINTEXT_CREDENTIAL,
		.rule = m->kind == OST_OBSERVED_DEFAULT ? "a name and password of the list of those that everybody knows"
							: "a login without encryption",
		.disposition = OST_DISPOSITION_ALERTED, .malicious = OST_ANSWER_UNKNOWN, .succeeded = OST_ANSWER_UNKNOWN};

	if (device == NULL) {
		d->stale_messages++;
		return;
	}
	scope_say(m, scope);
	wire_fill(m, &e.wire);
	e.wire.ingress = OST_PORTS_MAX; /* the device says where */
	e.peer = ost_incident_peer(ost_hash_bytes(&key, m->peer_ip, sizeof(m->peer_ip)));
	ost_watching_event(d, &e);
}
