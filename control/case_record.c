/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of incidents: what the engine says, with all that ostiaryd knows of the device, the policy and what changed before. */
#include <stdio.h>

#include "case_law.h"
#include "casebook_private.h"
#include "incident_json.h"
#include "watching.h"

#define SUMMARY_MOST 256u /* incidents in one summary */

/* ---- what is known ---- */

struct known {
	struct ost_incident_context context;
	const char *tags[64];
	char peer_name[256];
	char rule[512];
};

struct peer_search {
	const struct ost_ip *ip;
	struct known *known;
};

static bool peer_match(void *user, const struct ost_traffic_flow *f)
{
	struct peer_search *s = user;

	if (f->kind != OST_TRAFFIC_HOST || !ost_ip_equal(&f->ip, s->ip))
		return true;
	(void)snprintf(s->known->peer_name, sizeof(s->known->peer_name), "%s", f->peer);
	return false;
}

/* The other end, by its best name. */
static void peer_know(struct ost_daemon *d, const struct ost_incident *i, struct known *k)
{
	struct ost_ip ip = {.family = i->wire.family};
	struct peer_search s = {.ip = &ip, .known = k};

	if (ip.family == 0)
		return;
	memcpy(ip.b, i->wire.peer_ip, sizeof(ip.b));
	k->context.peer_device = ost_watching_device(d, &ip);
	if (k->context.peer_device == NULL && i->who[0] != '\0')
		ost_traffic_each(d->traffic, i->who, ost_clock_wall_ns() / OST_NS_PER_S, peer_match, &s);
	k->context.peer_name = k->peer_name[0] != '\0' ? k->peer_name : NULL;
}

static void device_know(struct ost_daemon *d, const struct ost_incident *i, struct known *k)
{
	int64_t place = i->who[0] != '\0' ? ost_roster_find(d->roster, i->who) : -ENOENT;
	const struct ost_image *image = ost_roster_image(d->roster);
	struct ost_incident_context *c = &k->context;
	const struct ost_image_device *x;
	const struct ost_session *s;
	const struct ost_live *l;

	if (place < 0)
		return;
	x = &image->devices[place];
	s = ost_admission_session(d->admission, (uint32_t)place);
	l = ost_roster_live(d->roster, (uint32_t)place);
	c->role = ost_image_role_name(image, x->role);
	c->state = ost_state_name(s != NULL ? ost_standing_state(s->standing) : (enum ost_state)l->state);
	c->assurance = s != NULL && s->proof != NULL ? ost_assurance_name((enum ost_assurance)s->assurance) : NULL;
	c->mode = image->roles[x->role].mode == OST_MODE_AUDIT ? "audit" : "enforce";
	c->first_seen_wall_ns = l->first_seen_wall_ns;
	c->flows_opened = l->flows_opened;
	if (ost_detect_cause_of(i->wire.reason) == OST_CAUSE_DENIED_FLOW && case_rule(image, (uint32_t)place, &i->wire, k->rule, sizeof(k->rule)))
		c->policy_rule = k->rule;
	c->tags = k->tags;
	for (uint32_t t = 0; t < image->tag_count && t < OST_ARRAY_SIZE(k->tags); t++) {
		if ((x->tags >> t & 1) != 0)
			k->tags[c->tags_count++] = ost_image_string(image, image->tags[t].name);
	}
}

static void know(struct ost_daemon *d, const struct ost_incident *i, struct known *k)
{
	struct ost_incident_context *c = &k->context;

	c->gateway = d->gateway;
	if (i->wire.ethertype != 0 || i->wire.family != 0)
		c->ingress = ost_gauges_port_name(&d->gauges, i->wire.ingress);
	if (c->ingress != NULL && c->ingress[0] == '\0')
		c->ingress = NULL;
	device_know(d, i, k);
	peer_know(d, i, k);
	if (d->in_force.number != 0) {
		c->generation = d->in_force.number;
		c->policy_wall_ns = d->in_force.applied_wall_ns;
		c->policy_author = d->in_force.by;
	}
}

/* ---- the record ---- */

static void persons_json(const struct ost_case *c, struct ost_jsonw *w)
{
	if (c->verdict == OST_VERDICT_NONE)
		return;
	ost_jsonw_object(w, "verdict");
	ost_jsonw_string(w, "is", ost_verdict_name(c->verdict));
	ost_journal_string(w, "by", c->verdict_by, strlen(c->verdict_by), 256);
	ost_jsonw_time(w, "at", c->verdict_ns);
	ost_journal_string(w, "reason", c->verdict_why != NULL ? c->verdict_why : "", c->verdict_why != NULL ? strlen(c->verdict_why) : 0, OST_CASE_TEXT * 2);
	if (c->duplicate_of[0] != '\0')
		ost_jsonw_string(w, "duplicate_of", c->duplicate_of);
	ost_jsonw_end(w, '}');
}

static void more(void *user, struct ost_jsonw *w)
{
	struct ost_case *c = user;

	case_law_record(c->book, c, w);
	persons_json(c, w);
}

void case_record(struct ost_casebook *b, struct ost_case *c, enum ost_incident_record what, const char *why)
{
	struct known *k = calloc(1, sizeof(*k));
	struct ost_jsonw w = {0};
	struct case_append a = {.kind = ost_incident_record_name(what), .why = why, .wall_ns = ost_clock_wall_ns(),
		.at_once = what == OST_INCIDENT_RECORD_OPEN && ost_risk_severity(c->i.risk) >= 4,
		.vital = what == OST_INCIDENT_RECORD_CLOSE};

	if (k != NULL) {
		know(b->d, &c->i, k);
		k->context.more = more;
		k->context.user = c;
		ost_incident_json(&w, &c->i, what, why, &k->context);
	}
	a.members = w.text;
	if (k == NULL || w.failed) {
		b->counts.unrecorded++;
	} else {
		(void)case_append(b, c, &a); /* what it could not take is counted there */
		free(c->record);
		c->record = strdup(w.text);
	}
	ost_jsonw_free(&w);
	free(k);
}

/* ---- what was held back ---- */

struct summary {
	struct ost_casebook *b;
	struct ost_jsonw w;
	uint32_t count;
};

static void causes_json(struct ost_casebook *b, struct ost_jsonw *w)
{
	const struct ost_incidents_counts *n = ost_incidents_counts(b->incidents);

	ost_jsonw_object(w, "by_cause");
	for (unsigned k = 0; k < OST_CAUSE_COUNT; k++) {
		if (b->suppressed[k] != 0)
			ost_jsonw_u64(w, ost_cause_info((enum ost_cause)k)->name, b->suppressed[k]);
	}
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "overflow_by_cause");
	for (unsigned k = 0; k < OST_CAUSE_COUNT; k++) {
		if (n->overflow_by_cause[k] != b->overflowed[k])
			ost_jsonw_u64(w, ost_cause_info((enum ost_cause)k)->name, n->overflow_by_cause[k] - b->overflowed[k]);
		b->overflowed[k] = n->overflow_by_cause[k];
	}
	ost_jsonw_end(w, '}');
	memset(b->suppressed, 0, sizeof(b->suppressed));
}

static void summary_begin(struct summary *s)
{
	uint64_t lapsed = ost_watching_counts(s->b->d)->lapsed;

	ost_jsonw_reset(&s->w);
	s->count = 0;
	ost_jsonw_string(&s->w, "message", "what was counted and not told in records of its own");
	ost_jsonw_object(&s->w, "ostiary");
	ost_jsonw_object(&s->w, "suppress");
	causes_json(s->b, &s->w);
	ost_jsonw_u64(&s->w, "below_thresholds", lapsed - s->b->lapsed);
	s->b->lapsed = lapsed;
	ost_jsonw_array(&s->w, "incidents");
}

static void summary_end(struct summary *s)
{
	const struct ost_journal_record record = {.kind = "suppress", .members = s->w.text};

	ost_jsonw_end(&s->w, ']');
	ost_jsonw_end(&s->w, '}');
	ost_jsonw_end(&s->w, '}');
	if (s->w.failed || ost_journal_append(s->b->d->journal, &record) < 0)
		s->b->counts.unrecorded++;
}

static bool summary_add(void *user, const struct ost_incident *i)
{
	struct summary *s = user;
	struct ost_case *c = i->suppressed != 0 && i->state == OST_INCIDENT_OPEN ? case_find(s->b, i->id) : NULL;
	char id[OST_INCIDENT_ID_TEXT];

	if (c == NULL || c->summed == i->count)
		return true;
	if (s->count == SUMMARY_MOST) {
		summary_end(s);
		summary_begin(s);
	}
	c->summed = i->count;
	s->count++;
	ost_jsonw_object(&s->w, NULL);
	ost_jsonw_string(&s->w, "id", ost_incident_id_text(i->id, id));
	ost_jsonw_u64(&s->w, "count", i->count);
	ost_jsonw_time(&s->w, "last", i->last_wall_ns);
	ost_jsonw_end(&s->w, '}');
	return true;
}

static bool anything(const struct ost_casebook *b)
{
	uint64_t n = 0, overflowed = 0;

	for (unsigned k = 0; k < OST_CAUSE_COUNT; k++) {
		n += b->suppressed[k];
		overflowed += b->overflowed[k];
	}
	return n != 0 || ost_incidents_counts(b->incidents)->overflowed != overflowed || ost_watching_counts(b->d)->lapsed != b->lapsed;
}

void case_suppress(struct ost_casebook *b, struct ost_moment now)
{
	struct summary s = {.b = b};

	b->summed_ns = now.mono_ns;
	b->fresh_ns = 0;
	if (!anything(b))
		return;
	summary_begin(&s);
	ost_incidents_each(b->incidents, summary_add, &s);
	summary_end(&s);
	ost_jsonw_free(&s.w);
}
