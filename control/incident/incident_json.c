/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "incident_json.h"

#include <stdio.h>

#include "addr.h"
#include "reason.h"

static const char *const threats[] = {"interception", "manipulation", "denial-of-service", "repudiation-of-sending", "repudiation-of-receiving"};
static const char *const objectives[] = {"confidentiality", "integrity", "availability", "authenticity", "accountability"};

/* Bytes of a text in JSON: with all of them a record stays far below what a line of the journal holds. */
#define TEXT_MAX  1024u
#define SHORT_MAX 384u
#define TAGS_MAX  64u

static void bits_json(struct ost_jsonw *w, const char *key, unsigned bits, const char *const names[static 5])
{
	ost_jsonw_array(w, key);
	for (unsigned i = 0; i < 5; i++) {
		if ((bits >> i & 1) != 0)
			ost_jsonw_string(w, NULL, names[i]);
	}
	ost_jsonw_end(w, ']');
}

/* Words apart by blanks; fn gets each, NUL-terminated. */
static void words_json(struct ost_jsonw *w, const char *key, const char *words)
{
	char word[64];

	ost_jsonw_array(w, key);
	for (size_t n; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, words);
		ost_jsonw_string(w, NULL, word);
	}
	ost_jsonw_end(w, ']');
}

/* ECS: techniques without, and subtechniques with their number behind the point. */
static void techniques_json(struct ost_jsonw *w, const char *ids)
{
	char technique[64] = "", sub[128] = "";

	for (size_t n; *ids != '\0'; ids += n + (ids[n] == ' ')) {
		size_t whole;

		n = strcspn(ids, " ");
		whole = strcspn(ids, ". ");
		(void)snprintf(technique + strlen(technique), sizeof(technique) - strlen(technique), "%s%.*s", technique[0] != '\0' ? " " : "", (int)whole, ids);
		if (whole < n)
			(void)snprintf(sub + strlen(sub), sizeof(sub) - strlen(sub), "%s%.*s", sub[0] != '\0' ? " " : "", (int)n, ids);
	}
	ost_jsonw_object(w, "technique");
	words_json(w, "id", technique);
	if (sub[0] != '\0') {
		ost_jsonw_object(w, "subtechnique");
		words_json(w, "id", sub);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, '}');
}

static bool any(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] != 0)
			return true;
	}
	return false;
}

/* ECS: "02-00-00-00-00-2A". */
static void mac_json(struct ost_jsonw *w, const uint8_t mac[static 6])
{
	char text[18];

	if (!any(mac, 6))
		return;
	(void)snprintf(text, sizeof(text), "%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	ost_jsonw_string(w, "mac", text);
}

static void end_json(struct ost_jsonw *w, const char *key, const uint8_t mac[static 6], const uint8_t ip[static 16], uint8_t family, uint16_t port,
	bool ports, const char *domain)
{
	struct ost_ip address = {.family = family};
	char text[OST_IP_TEXT];

	ost_jsonw_object(w, key);
	mac_json(w, mac);
	if ((family == OST_IPV4 || family == OST_IPV6) && any(ip, family == OST_IPV4 ? 4 : 16)) { /* of ARP one end alone may be known */
		memcpy(address.b, ip, family == OST_IPV4 ? 4 : 16);
		ost_jsonw_string(w, "ip", ost_ip_format(&address, text));
		if (ports)
			ost_jsonw_u64(w, "port", port);
	}
	if (domain != NULL)
		ost_jsonw_text(w, "domain", domain, TEXT_MAX);
	ost_jsonw_end(w, '}');
}

static void wire_json(struct ost_jsonw *w, const struct ost_incident *i, const struct ost_incident_context *c)
{
	const struct ost_incident_wire *x = &i->wire;
	bool ports = x->protocol == 6 || x->protocol == 17;
	char number[16];

	end_json(w, "source", x->mac, x->ip, x->family, x->port_l4, false, NULL); /* its port differs with each flow */
	end_json(w, "destination", x->peer_mac, x->peer_ip, x->family, x->peer_port_l4, ports, c->peer_name);
	ost_jsonw_object(w, "network");
	if (x->family != 0) {
		ost_jsonw_string(w, "type", x->family == OST_IPV4 ? "ipv4" : "ipv6");
		(void)snprintf(number, sizeof(number), "%u", x->protocol);
		if (x->protocol != 0)
			ost_jsonw_string(w, "iana_number", number);
		if (ports)
			ost_jsonw_string(w, "transport", x->protocol == 6 ? "tcp" : "udp");
	}
	if ((x->vlan & 0xfff) != 0) {
		(void)snprintf(number, sizeof(number), "%u", x->vlan & 0xfff);
		ost_jsonw_object(w, "vlan");
		ost_jsonw_string(w, "id", number);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "observer");
	ost_jsonw_string(w, "vendor", "Ostiary");
	ost_jsonw_string(w, "type", "gateway");
	if (c->gateway != NULL)
		ost_jsonw_text(w, "hostname", c->gateway, TEXT_MAX);
	if (c->ingress != NULL) {
		ost_jsonw_object(w, "ingress");
		ost_jsonw_object(w, "interface");
		ost_jsonw_text(w, "name", c->ingress, SHORT_MAX);
		ost_jsonw_end(w, '}');
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, '}');
}

static void event_json(struct ost_jsonw *w, const struct ost_incident *i, enum ost_incident_record record)
{
	const struct ost_cause_info *cause = ost_cause_info(i->cause);
	char id[OST_INCIDENT_ID_TEXT], event_id[OST_INCIDENT_ID_TEXT + 16];
	bool refused = i->disposition != OST_DISPOSITION_ALERTED;

	(void)ost_incident_id_text(i->id, id);
	(void)snprintf(event_id, sizeof(event_id), "%s-%u", id, i->records);
	ost_jsonw_object(w, "event");
	ost_jsonw_string(w, "id", event_id);
	ost_jsonw_string(w, "kind", "alert");
	ost_jsonw_array(w, "category");
	ost_jsonw_string(w, NULL, "intrusion_detection");
	ost_jsonw_string(w, NULL, "network");
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "type");
	ost_jsonw_string(w, NULL, refused ? "denied" : "info");
	if (record == OST_INCIDENT_RECORD_OPEN || record == OST_INCIDENT_RECORD_CLOSE)
		ost_jsonw_string(w, NULL, record == OST_INCIDENT_RECORD_OPEN ? "start" : "end");
	ost_jsonw_end(w, ']');
	ost_jsonw_string(w, "action", cause->name);
	ost_jsonw_string(w, "code", cause->name);
	ost_jsonw_string(w, "outcome", i->succeeded == OST_ANSWER_YES ? "success" : i->succeeded == OST_ANSWER_NO ? "failure" : "unknown");
	ost_jsonw_time(w, "start", i->first_wall_ns);
	ost_jsonw_time(w, "end", i->last_wall_ns);
	ost_jsonw_time(w, "created", i->detected_wall_ns);
	ost_jsonw_u64(w, "severity", ost_risk_severity(i->risk));
	ost_jsonw_double(w, "risk_score", i->risk);
	ost_jsonw_end(w, '}');
}

static void threat_json(struct ost_jsonw *w, const struct ost_incident *i)
{
	const struct ost_cause_info *c = ost_cause_info(i->cause);
	bool s = i->succeeded == OST_ANSWER_YES;
	const char *rsit = s && c->rsit_s != NULL ? c->rsit_s : c->rsit, *attack = s && c->attack_s != NULL ? c->attack_s : c->attack;

	ost_jsonw_object(w, "rule");
	ost_jsonw_string(w, "id", c->name);
	ost_jsonw_string(w, "name", c->title);
	ost_jsonw_string(w, "version", OST_CAUSES_VERSION);
	ost_jsonw_string(w, "description", c->why);
	ost_jsonw_end(w, '}');
	if (attack[0] != '\0') {
		ost_jsonw_object(w, "threat");
		ost_jsonw_string(w, "framework", "MITRE ATT&CK");
		techniques_json(w, attack);
		ost_jsonw_end(w, '}');
	}
	if (rsit[0] != '\0') {
		ost_jsonw_object(w, "labels");
		ost_jsonw_string(w, "rsit", rsit);
		ost_jsonw_end(w, '}');
	}
}

static void related_json(struct ost_jsonw *w, const struct ost_incident *i)
{
	char id[OST_INCIDENT_ID_TEXT];

	if (i->related_count > 0)
		ost_jsonw_string(w, "parent", ost_incident_id_text(i->related[0], id));
	ost_jsonw_array(w, "related");
	for (uint8_t k = 0; k < i->related_count; k++)
		ost_jsonw_string(w, NULL, ost_incident_id_text(i->related[k], id));
	ost_jsonw_end(w, ']');
}

static void incident_json(struct ost_jsonw *w, const struct ost_incident *i, const char *why)
{
	char id[OST_INCIDENT_ID_TEXT];

	ost_jsonw_object(w, "incident");
	ost_jsonw_string(w, "id", ost_incident_id_text(i->id, id));
	ost_jsonw_string(w, "state", i->state == OST_INCIDENT_CLOSED ? "closed" : "open");
	ost_jsonw_string(w, "why_told", why);
	ost_jsonw_string(w, "cause", ost_cause_info(i->cause)->name);
	ost_jsonw_text(w, "who", i->who[0] != '\0' ? i->who : NULL, TEXT_MAX);
	ost_jsonw_text(w, "place", i->place, TEXT_MAX);
	ost_jsonw_text(w, "scope", i->scope, TEXT_MAX);
	ost_jsonw_text(w, "threshold", i->rule[0] != '\0' ? i->rule : NULL, TEXT_MAX);
	ost_jsonw_u64(w, "count", i->count);
	ost_jsonw_u64(w, "suppressed_count", i->suppressed);
	ost_jsonw_u64(w, "distinct_peers", ost_incident_peers(i));
	ost_jsonw_u64(w, "records", i->records);
	ost_jsonw_u64(w, "reopened", i->reopened);
	ost_jsonw_time(w, "closed_at", i->closed_wall_ns);
	ost_jsonw_string(w, "succeeded", ost_answer_name(i->succeeded));
	related_json(w, i);
	ost_jsonw_end(w, '}');
}

static void assess_json(struct ost_jsonw *w, const struct ost_incident *i)
{
	const struct ost_cause_info *c = ost_cause_info(i->cause);

	ost_jsonw_object(w, "threat");
	bits_json(w, "type", c->threats, threats);
	bits_json(w, "objective", c->objectives, objectives);
	words_json(w, "attack_ics", i->succeeded == OST_ANSWER_YES && c->ics_s != NULL ? c->ics_s : c->ics);
	ost_jsonw_string(w, "attack_version", OST_CAUSES_ATTACK);
	ost_jsonw_string(w, "rsit_version", OST_CAUSES_RSIT);
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "risk");
	ost_jsonw_u64(w, "likelihood", c->likelihood);
	ost_jsonw_u64(w, "impact", i->risk / c->likelihood);
	ost_jsonw_u64(w, "product", i->risk);
	ost_jsonw_string(w, "severity", ost_severity_name(ost_risk_severity(i->risk)));
	ost_jsonw_bool(w, "essential", i->essential);
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "assess");
	ost_jsonw_string(w, "malicious", ost_answer_name(i->malicious));
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "response");
	ost_jsonw_string(w, "action", ost_disposition_name(i->disposition));
	ost_jsonw_string(w, "next_step", c->next);
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "clock");
	ost_jsonw_bool(w, "synced", !i->unsynced);
	ost_jsonw_end(w, '}');
}

static void known(struct ost_jsonw *w, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		ost_jsonw_text(w, key, text, TEXT_MAX);
}

static void context_json(struct ost_jsonw *w, const struct ost_incident *i, const struct ost_incident_context *c)
{
	ost_jsonw_object(w, "context");
	known(w, "role", c->role);
	known(w, "state", c->state);
	known(w, "assurance", c->assurance);
	known(w, "mode", c->mode);
	known(w, "owner", c->owner);
	known(w, "location", c->device_place);
	known(w, "peer_device", c->peer_device);
	if (i->wire.reason != OST_REASON_NONE)
		ost_jsonw_string(w, "refusal", ost_reason_name(i->wire.reason));
	known(w, "policy_rule", c->policy_rule);
	if (c->generation != 0) {
		ost_jsonw_u64(w, "policy_generation", c->generation);
		ost_jsonw_time(w, "policy_applied_at", c->policy_wall_ns);
		known(w, "policy_author", c->policy_author);
	}
	if (c->first_seen_wall_ns != 0)
		ost_jsonw_time(w, "device_first_seen", c->first_seen_wall_ns);
	ost_jsonw_u64(w, "flows_allowed", c->flows_opened);
	ost_jsonw_array(w, "tags");
	for (uint32_t k = 0; k < c->tags_count && k < TAGS_MAX; k++)
		ost_jsonw_text(w, NULL, c->tags[k], SHORT_MAX);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}

void ost_incident_json(struct ost_jsonw *w, const struct ost_incident *i, enum ost_incident_record record, const char *why,
	const struct ost_incident_context *c)
{
	char message[OST_INCIDENT_MESSAGE];

	ost_jsonw_text(w, "message", ost_incident_message(i, message), 2 * (size_t)TEXT_MAX);
	event_json(w, i, record);
	threat_json(w, i);
	if (i->who[0] != '\0') {
		ost_jsonw_object(w, "device");
		ost_jsonw_text(w, "id", i->who, TEXT_MAX);
		if (c->model != NULL) {
			ost_jsonw_object(w, "model");
			ost_jsonw_text(w, "identifier", c->model, SHORT_MAX);
			ost_jsonw_end(w, '}');
		}
		ost_jsonw_end(w, '}');
	}
	wire_json(w, i, c);
	ost_jsonw_object(w, "ostiary");
	incident_json(w, i, why);
	assess_json(w, i);
	context_json(w, i, c);
	if (c->more != NULL)
		c->more(c->user, w);
	ost_jsonw_end(w, '}');
}

const char *ost_incident_message(const struct ost_incident *i, char buf[static OST_INCIDENT_MESSAGE])
{
	const struct ost_cause_info *c = ost_cause_info(i->cause);
	const char *done = i->disposition == OST_DISPOSITION_ALERTED ? "told" : ost_disposition_name(i->disposition);

	(void)snprintf(buf, OST_INCIDENT_MESSAGE, "%s: %s (%s), %llu %s, %s%s", c->title, i->who[0] != '\0' ? i->who : i->place, i->scope,
		(unsigned long long)i->count, i->count == 1 ? "event" : "events", done, i->succeeded == OST_ANSWER_YES ? "; it succeeded" : "");
	return buf;
}
