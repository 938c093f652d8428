/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "incident_read.h"

#include <stdio.h>

#include "addr.h"
#include "messages.h"
#include "reason.h"

static const char *text(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t != NULL ? t : "";
}

static uint64_t number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static uint64_t time_of(const json_t *o, const char *key)
{
	uint64_t ns;

	return ost_clock_parse(text(o, key), &ns) == 0 ? ns : 0;
}

static enum ost_answer answer_of(const char *word)
{
	return strcmp(word, "yes") == 0 ? OST_ANSWER_YES : strcmp(word, "no") == 0 ? OST_ANSWER_NO : OST_ANSWER_UNKNOWN;
}

static enum ost_disposition disposition_of(const char *word)
{
	for (unsigned i = 0; i < OST_DISPOSITION_COUNT; i++) {
		if (strcmp(word, ost_disposition_name((enum ost_disposition)i)) == 0)
			return (enum ost_disposition)i;
	}
	return OST_DISPOSITION_ALERTED;
}

static uint8_t reason_of(const char *word)
{
	for (unsigned i = 1; i < OST_REASON_COUNT; i++) {
		if (strcmp(word, ost_reason_name((enum ost_reason)i)) == 0)
			return (uint8_t)i;
	}
	return OST_REASON_NONE;
}

/* As many bits as so many peers would have set. */
static void peers_fill(struct ost_incident *i, uint64_t peers)
{
	struct ost_incident probe = {0};
	uint64_t bit = 0;

	while (ost_incident_peers(&probe) < peers && bit < OST_INCIDENT_PEER_BITS) {
		uint64_t at = bit++ * 367 % OST_INCIDENT_PEER_BITS;

		probe.peers[at / 64] |= 1ull << (at % 64);
	}
	memcpy(i->peers, probe.peers, sizeof(i->peers));
}

static void end_read(const json_t *o, uint8_t mac[static 6], uint8_t ip[static 16], uint8_t *family)
{
	struct ost_ip a;
	struct ost_mac m;

	if (ost_mac_parse(text(o, "mac"), &m) == 0)
		memcpy(mac, m.b, sizeof(m.b));
	if (ost_ip_parse(text(o, "ip"), &a) < 0)
		return;
	memcpy(ip, a.b, sizeof(a.b));
	*family = a.family;
}

static void wire_read(const json_t *record, const json_t *context, struct ost_incident_wire *x)
{
	const json_t *network = json_object_get(record, "network");

	x->ingress = OST_PORTS_MAX; /* its name is in the record, not its number */
	end_read(json_object_get(record, "source"), x->mac, x->ip, &x->family);
	end_read(json_object_get(record, "destination"), x->peer_mac, x->peer_ip, &x->family);
	x->peer_port_l4 = (uint16_t)number(json_object_get(record, "destination"), "port");
	x->protocol = (uint8_t)strtoul(text(network, "iana_number"), NULL, 10);
	x->vlan = (uint32_t)strtoul(text(json_object_get(network, "vlan"), "id"), NULL, 10) & 0xfff;
	x->reason = reason_of(text(context, "refusal"));
}

static void related_read(const json_t *list, struct ost_incident *i)
{
	const json_t *id;
	size_t k;

	json_array_foreach(list, k, id) {
		if (i->related_count < OST_INCIDENT_RELATED && json_is_string(id) &&
			ost_incident_id_parse(json_string_value(id), i->related[i->related_count]) == 0)
			i->related_count++;
	}
}

static void state_read(const json_t *o, struct ost_incident *i)
{
	i->state = strcmp(text(o, "state"), "closed") == 0 ? OST_INCIDENT_CLOSED : OST_INCIDENT_OPEN;
	(void)snprintf(i->who, sizeof(i->who), "%s", text(o, "who"));
	(void)snprintf(i->place, sizeof(i->place), "%s", text(o, "place"));
	(void)snprintf(i->scope, sizeof(i->scope), "%s", text(o, "scope"));
	(void)snprintf(i->rule, sizeof(i->rule), "%s", text(o, "threshold"));
	i->count = number(o, "count");
	i->records = (uint32_t)number(o, "records");
	i->reopened = (uint32_t)number(o, "reopened");
	i->closed_wall_ns = time_of(o, "closed_at");
	i->succeeded = answer_of(text(o, "succeeded"));
	peers_fill(i, number(o, "distinct_peers"));
	related_read(json_object_get(o, "related"), i);
}

int ost_incident_read(const json_t *record, struct ost_incident *ret_incident)
{
	const json_t *ostiary = json_object_get(record, "ostiary"), *event = json_object_get(record, "event");
	const json_t *o = json_object_get(ostiary, "incident"), *risk = json_object_get(ostiary, "risk");
	struct ost_incident i = {0};

	if (ost_incident_id_parse(text(o, "id"), i.id) < 0 || ost_cause_by_name(text(o, "cause"), &i.cause) < 0)
		return -EINVAL;
	state_read(o, &i);
	i.first_wall_ns = time_of(event, "start");
	i.last_wall_ns = time_of(event, "end");
	i.detected_wall_ns = time_of(event, "created");
	i.essential = json_is_true(json_object_get(risk, "essential"));
	i.risk = (uint8_t)ost_cause_risk(i.cause, i.essential);
	i.malicious = answer_of(text(json_object_get(ostiary, "assess"), "malicious"));
	i.disposition = disposition_of(text(json_object_get(ostiary, "response"), "action"));
	i.unsynced = json_is_false(json_object_get(json_object_get(ostiary, "clock"), "synced"));
	wire_read(record, json_object_get(ostiary, "context"), &i.wire);
	if (i.count == 0 || i.first_wall_ns == 0 || i.last_wall_ns == 0)
		return -EINVAL;
	*ret_incident = i;
	return 0;
}
