/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_fill.h"

#include <arpa/inet.h>
#include <inttypes.h>

static void time_write(const struct ost_report_case *c, uint64_t wall_ns, FILE *out)
{
	char text[OST_ZONED_TEXT];

	if (wall_ns == 0)
		return;
	(void)fputs(ost_zoned_text(wall_ns, NULL, text), out);
	if (c->zone != NULL)
		(void)fprintf(out, " (%s)", ost_zoned_text(wall_ns, c->zone, text));
	if (c->incident->unsynced)
		(void)fputs(" (the gateway's clock was not synchronised)", out);
}

static void duration_write(uint64_t ns, FILE *out)
{
	uint64_t s = ns / OST_NS_PER_S;

	if (s >= 86400)
		(void)fprintf(out, "%" PRIu64 " d ", s / 86400);
	(void)fprintf(out, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s % 86400 / 3600, s % 3600 / 60, s % 60);
}

static void address_write(const uint8_t ip[static 16], uint8_t family, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	if (family == 4 && inet_ntop(AF_INET, ip, text, sizeof(text)) != NULL)
		(void)fputs(text, out);
	else if (family == 6 && inet_ntop(AF_INET6, ip, text, sizeof(text)) != NULL)
		(void)fputs(text, out);
}

static void mac_write(const uint8_t mac[static 6], FILE *out)
{
	(void)fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void indicators_write(const struct ost_incident *i, FILE *out)
{
	(void)fputs("MAC ", out);
	mac_write(i->wire.mac, out);
	if (i->wire.family == 0)
		return;
	(void)fputs("; from ", out);
	address_write(i->wire.ip, i->wire.family, out);
	(void)fputs("; to ", out);
	address_write(i->wire.peer_ip, i->wire.family, out);
	(void)fprintf(out, "; IP protocol %u", i->wire.protocol);
	if (i->wire.peer_port_l4 != 0)
		(void)fprintf(out, ", port %u", i->wire.peer_port_l4);
}

static void bits_write(unsigned bits, const char *const *words, uint32_t count, FILE *out)
{
	const char *between = "";

	for (uint32_t i = 0; i < count; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		(void)fprintf(out, "%s%s", between, words[i]);
		between = ", ";
	}
}

static void threat_write(const struct ost_cause_info *cause, FILE *out)
{
	static const char *const threats[] = {"interception", "manipulation", "denial of service", "repudiation of sending", "repudiation of receiving"};
	static const char *const objectives[] = {"confidentiality", "integrity", "availability", "authenticity", "accountability"};

	bits_write(cause->threats, threats, OST_ARRAY_SIZE(threats), out);
	(void)fputs(" (against: ", out);
	bits_write(cause->objectives, objectives, OST_ARRAY_SIZE(objectives), out);
	(void)fputs("; ETSI TR 103 533)", out);
}

static void proposal_write(const struct ost_report_case *c, FILE *out)
{
	const struct ost_assessment *a = c->assessment;
	const char *before = " (";

	if (a == NULL)
		return;
	(void)fputs(ost_proposal_name(a->result), out);
	for (uint32_t i = 0; i < a->count; i++) {
		if (a->rules[i].result == OST_NOT_PROPOSED)
			continue;
		(void)fprintf(out, "%s%s, %s", before, a->rules[i].rule->id, a->rules[i].rule->basis);
		before = "; ";
	}
	if (before[0] == ';')
		(void)fputs("): proposed by the machine, decided by nobody", out);
}

static void fact_write(const struct ost_report_case *c, enum ost_fact_name name, FILE *out)
{
	const struct ost_fact *f;

	if (c->facts == NULL || !c->facts->of[name].known)
		return;
	f = &c->facts->of[name];
	if (ost_fact_unit(name) == OST_UNIT_MS)
		duration_write(f->value * OST_NS_PER_MS, out);
	else
		(void)fprintf(out, "%" PRIu64, f->value);
	(void)fprintf(out, " (%s)", ost_origin_name(f->origin));
}

static const struct ost_entity_service *service_of(const struct ost_report_case *c, uint32_t i)
{
	return &c->entity->services[c->services[i]];
}

static void services_write(const struct ost_report_case *c, enum ost_source source, FILE *out)
{
	const char *before = "";

	for (uint32_t i = 0; c->entity != NULL && i < c->service_count; i++) {
		const struct ost_entity_service *s = service_of(c, i);

		if (source == OST_SOURCE_SERVICES)
			(void)fprintf(out, "%s%s", before, s->title[0] != '\0' ? s->title : s->name);
		else if (s->data_categories != NULL)
			(void)fprintf(out, "%s%s: %s", before, s->name, s->data_categories[0] != '\0' ? s->data_categories : "no personal data");
		else
			continue;
		before = "; ";
	}
}

static void entity_write(const struct ost_report_case *c, enum ost_source source, FILE *out)
{
	const struct ost_entity *e = c->entity;
	const char *text = NULL;

	if (e == NULL)
		return;
	switch (source) {
	case OST_SOURCE_ENTITY: text = e->name; break;
	case OST_SOURCE_REGISTRATION: text = e->registration; break;
	case OST_SOURCE_SECTOR: text = e->sector; break;
	case OST_SOURCE_MEMBER_STATES: text = e->member_states; break;
	case OST_SOURCE_CONTACT: text = e->contact; break;
	case OST_SOURCE_DPO: text = e->dpo; break;
	case OST_SOURCE_CSIRT: text = e->csirt; break;
	case OST_SOURCE_AUTHORITY: text = e->authority; break;
	case OST_SOURCE_PRODUCT: text = e->product; break;
	case OST_SOURCE_TLP: text = e->tlp; break;
	case OST_SOURCE_USERS: fact_write(c, OST_FACT_USERS_AFFECTED, out); return;
	default: services_write(c, source, out); return;
	}
	(void)fputs(text, out);
}

static void person_write(const struct ost_report_case *c, enum ost_source source, FILE *out)
{
	const struct ost_entry *e = ost_decisions_significance(c->decisions, c->regime), *latest = NULL;

	if (source != OST_SOURCE_AUTHORITY_REFERENCE) {
		if (e == NULL)
			return;
		if (source == OST_SOURCE_AWARE_AT)
			time_write(c, e->said.moment_ns, out);
		else
			(void)fprintf(out, "%s: %s", e->said.significant ? "yes" : "no", e->said.reason);
		return;
	}
	for (uint32_t i = 0; i < c->regime->stage_count; i++) {
		e = ost_decisions_find(c->decisions, c->regime, OST_DECISION_SUBMISSION, c->regime->stages[i].id, NULL);
		if (e != NULL && i != c->stage && (latest == NULL || e->said.moment_ns > latest->said.moment_ns))
			latest = e;
	}
	if (latest != NULL)
		(void)fputs(latest->said.value, out);
}

static void times_write(const struct ost_report_case *c, enum ost_source source, FILE *out)
{
	const struct ost_incident *i = c->incident;

	switch (source) {
	case OST_SOURCE_MADE_AT: time_write(c, c->now_ns, out); break;
	case OST_SOURCE_FIRST_SEEN: time_write(c, i->first_wall_ns, out); break;
	case OST_SOURCE_LAST_SEEN: time_write(c, i->last_wall_ns, out); break;
	case OST_SOURCE_DETECTED_AT: time_write(c, i->detected_wall_ns, out); break;
	case OST_SOURCE_CLOSED_AT:
		if (i->state == OST_INCIDENT_CLOSED)
			time_write(c, i->closed_wall_ns, out);
		else
			(void)fputs("not yet", out);
		break;
	default: duration_write(i->last_wall_ns > i->first_wall_ns ? i->last_wall_ns - i->first_wall_ns : 0, out); break;
	}
}

static void description_write(const struct ost_report_case *c, const struct ost_cause_info *cause, FILE *out)
{
	(void)fprintf(out, "%s: %s. Seen by the gateway %s at its network border", cause->title, cause->why, c->gateway != NULL ? c->gateway : "");
	if (c->incident->rule[0] != '\0')
		(void)fprintf(out, " (%s)", c->incident->rule);
	(void)fputc('.', out);
}

static void action_write(const struct ost_incident *i, FILE *out)
{
	static const char *const words[OST_DISPOSITION_COUNT] = {"told, nothing was in its way", "refused", "limited to the rates of the policy",
		"device quarantined"};

	(void)fputs((unsigned)i->disposition < OST_DISPOSITION_COUNT ? words[i->disposition] : "", out);
}

static void machine_write(const struct ost_report_case *c, enum ost_source source, FILE *out)
{
	const struct ost_incident *i = c->incident;
	const struct ost_cause_info *cause = ost_cause_info(i->cause);
	bool s = i->succeeded == OST_ANSWER_YES;
	char id[OST_INCIDENT_ID_TEXT];
	const char *text;

	switch (source) {
	case OST_SOURCE_REPORT_ID:
		(void)fprintf(out, "%s %s %s", ost_incident_id_text(i->id, id), c->regime->id, c->regime->stages[c->stage].id);
		break;
	case OST_SOURCE_REGIME: (void)fprintf(out, "%s (%s), file version %u", c->regime->title, c->regime->law, c->regime->version); break;
	case OST_SOURCE_INCIDENT_ID: (void)fputs(ost_incident_id_text(i->id, id), out); break;
	case OST_SOURCE_STATUS: (void)fputs(i->state == OST_INCIDENT_CLOSED ? "quiet since it was closed" : "ongoing", out); break;
	case OST_SOURCE_COUNT: (void)fprintf(out, "%" PRIu64, i->count); break;
	case OST_SOURCE_PEERS: (void)fprintf(out, "about %u", ost_incident_peers(i)); break;
	case OST_SOURCE_CAUSE: (void)fprintf(out, "%s (%s)", cause->title, cause->name); break;
	case OST_SOURCE_DESCRIPTION: description_write(c, cause, out); break;
	case OST_SOURCE_DEVICE: (void)fprintf(out, "%s", i->who[0] != '\0' ? i->who : i->place); break;
	case OST_SOURCE_SUCCEEDED: (void)fputs(ost_answer_name(i->succeeded), out); break;
	case OST_SOURCE_MALICIOUS: (void)fputs(ost_answer_name(i->malicious), out); break;
	case OST_SOURCE_GATEWAY_ACTION: action_write(i, out); break;
	case OST_SOURCE_SEVERITY:
		(void)fprintf(out, "%s (risk %u of 9, ETSI TS 102 165-1)", ost_severity_name(ost_risk_severity(i->risk)), i->risk);
		break;
	case OST_SOURCE_THREAT: threat_write(cause, out); break;
	case OST_SOURCE_ATTACK:
		text = s && cause->attack_s != NULL ? cause->attack_s : cause->attack;
		(void)fprintf(out, "%s (%s)", text[0] != '\0' ? text : "none fits", OST_CAUSES_ATTACK);
		break;
	case OST_SOURCE_RSIT:
		text = s && cause->rsit_s != NULL ? cause->rsit_s : cause->rsit;
		(void)fputs(text[0] != '\0' ? text : "none fits", out);
		break;
	case OST_SOURCE_INDICATORS: indicators_write(i, out); break;
	case OST_SOURCE_OUTAGE: fact_write(c, OST_FACT_OUTAGE_MS, out); break;
	case OST_SOURCE_PROPOSAL: proposal_write(c, out); break;
	case OST_SOURCE_PROOF: (void)fputs(c->proof != NULL ? c->proof : "", out); break;
	default: times_write(c, source, out); break;
	}
}

void report_source_write(const struct ost_report_case *c, enum ost_source source, FILE *out)
{
	if (source >= OST_SOURCE_PERSON_FIRST)
		person_write(c, source, out);
	else if (source >= OST_SOURCE_CONFIGURED_FIRST)
		entity_write(c, source, out);
	else
		machine_write(c, source, out);
}
