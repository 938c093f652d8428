/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case_law.h"

#include <stdio.h>

#include "log.h"

#define BUCKETS_A_TICK 512u
#define HALF_YEAR_NS   (184ull * 86400 * OST_NS_PER_S)

/* ---- the files ---- */

void case_findings_tell(const struct ost_diag *diag)
{
	char line[1024];

	for (uint32_t i = 0; i < diag->count; i++) {
		(void)ost_finding_format(&diag->findings[i], line, sizeof(line));
		ost_log_warning("%s", line);
	}
}

int case_law_start(struct ost_casebook *b)
{
	struct ost_case_law *l = calloc(1, sizeof(*l));
	int r;

	if (l == NULL)
		return -ENOMEM;
	b->law = l;
	l->folders[0] = strdup(access(b->d->paths.regimes_share, X_OK) == 0 ? b->d->paths.regimes_share : OSTIARY_DATADIR "/ostiary/regimes");
	l->folders[1] = strdup(b->d->paths.regimes_dir);
	if (l->folders[0] == NULL || l->folders[1] == NULL)
		return -ENOMEM;
	r = ost_decisions_new("", NULL, NULL, &l->none);
	if (r == 0)
		r = ost_regime_set_load((const char *const *)l->folders, 2, &l->diag, &l->set);
	case_findings_tell(&l->diag);
	return r;
}

void case_law_stop(struct ost_casebook *b)
{
	struct ost_case_law *l = b->law;

	b->law = NULL;
	if (l == NULL)
		return;
	case_entity_free(&l->entity);
	ost_decisions_free(&l->none);
	if (l->set != NULL)
		ost_regime_set_free(&l->set);
	ost_diag_free(&l->diag);
	free(l->folders[0]);
	free(l->folders[1]);
	free(l);
}

/* Whoever has no entity.yaml has not said which apply: all do. */
static bool applies(const struct ost_case_law *l, const char *id)
{
	const struct ost_entity *e = l->entity.entity;
	bool is = e == NULL || e->regime_count == 0;

	for (uint32_t i = 0; e != NULL && i < e->regime_count && !is; i++)
		is = strcmp(e->regimes[i], id) == 0;
	return is;
}

const struct ost_regime *case_law_regime(const struct ost_casebook *b, const char *id)
{
	return applies(b->law, id) ? ost_regime_set_find(b->law->set, id, ost_clock_wall_ns()) : NULL;
}

const struct ost_regime *case_law_regime_at(const struct ost_casebook *b, uint32_t *i)
{
	const struct ost_regime_set *set = b->law->set;

	while (*i < set->count) {
		const struct ost_regime *g = set->regimes[(*i)++];

		if (case_law_regime(b, g->id) == g)
			return g;
	}
	return NULL;
}

const struct ost_decisions *case_law_decisions(const struct ost_casebook *b, const struct ost_case *c)
{
	return c->decisions != NULL ? c->decisions : b->law->none;
}

/* ---- facts ---- */

static uint32_t tags_of(struct ost_casebook *b, const struct ost_case *c, const char *ret_tags[static 64])
{
	const struct ost_image *image = ost_roster_image(b->d->roster);
	int64_t place = c->i.who[0] != '\0' ? ost_roster_find(b->d->roster, c->i.who) : -ENOENT;
	uint32_t n = 0;

	for (uint32_t t = 0; place >= 0 && t < image->tag_count && t < 64; t++) {
		if ((image->devices[place].tags >> t & 1) != 0)
			ret_tags[n++] = ost_image_string(image, image->tags[t].name);
	}
	return n;
}

/* The same cause of the same device, at another time. */
static void earlier_take(const struct ost_casebook *b, const struct ost_case *c, struct ost_facts *facts)
{
	for (uint32_t i = 0; i < OST_CASE_BUCKETS && c->i.who[0] != '\0'; i++) {
		for (const struct ost_case *o = b->buckets[i]; o != NULL && facts->earlier_count < OST_EARLIER_MAX; o = o->next) {
			if (o == c || o->i.cause != c->i.cause || o->i.first_wall_ns >= c->i.first_wall_ns ||
				c->i.first_wall_ns - o->i.first_wall_ns > HALF_YEAR_NS || strcmp(o->i.who, c->i.who) != 0)
				continue;
			facts->earlier[facts->earlier_count++] = (struct ost_earlier){.first_ns = o->i.first_wall_ns};
		}
	}
}

static void window_take(const struct ost_case_law *l, const struct ost_case *c, struct case_law_view *v)
{
	const struct case_window *w = case_entity_window(&l->entity, v->services, v->service_count, c->i.first_wall_ns, c->i.last_wall_ns);

	if (w == NULL)
		return;
	ost_fact_set(&v->facts, OST_FACT_WINDOW_FROM, w->from_ns, OST_ORIGIN_CONFIGURED);
	ost_fact_set(&v->facts, OST_FACT_WINDOW_UNTIL, w->until_ns, OST_ORIGIN_CONFIGURED);
	ost_fact_set(&v->facts, OST_FACT_WINDOW_SIGNED, w->opened_ns != 0, OST_ORIGIN_MEASURED);
	if (w->opened_ns != 0)
		ost_fact_set(&v->facts, OST_FACT_WINDOW_OPENED, w->opened_ns, OST_ORIGIN_MEASURED);
}

static void facts_take(struct ost_casebook *b, const struct ost_case *c, struct case_law_view *v)
{
	const struct ost_entity *entity = b->law->entity.entity;
	const char *tags[64];
	uint32_t count = tags_of(b, c, tags);

	memset(&v->facts, 0, sizeof(v->facts));
	v->service_count = 0;
	ost_facts_measure(&c->i, &v->facts);
	for (uint32_t t = 0; t < count; t++) {
		if (strcmp(tags[t], "safety") == 0)
			ost_fact_set(&v->facts, OST_FACT_SAFETY, 1, OST_ORIGIN_CONFIGURED);
	}
	if (entity != NULL) {
		v->service_count = ost_entity_services_of(entity, tags, count, v->services, OST_ARRAY_SIZE(v->services));
		ost_entity_facts(entity, v->services, v->service_count, &v->facts);
		window_take(b->law, c, v);
	}
	earlier_take(b, c, &v->facts);
}

static void view_fill(struct ost_casebook *b, const struct ost_case *c, const struct ost_regime *regime, struct case_law_view *v)
{
	ost_assess(regime, &v->facts, &v->assessment);
	v->due_count = ost_deadlines(regime, case_law_decisions(b, c), v->assessment.result, c->i.detected_wall_ns, ost_zone_process, ost_clock_wall_ns(),
		v->dues);
}

void case_law_look(struct ost_casebook *b, const struct ost_case *c, const struct ost_regime *regime, struct case_law_view *v)
{
	facts_take(b, c, v);
	view_fill(b, c, regime, v);
}

/* ---- proposals ---- */

static struct ost_case_regime *regime_of(struct ost_case *c, const struct ost_regime *g)
{
	struct ost_case_regime *grown;

	for (uint32_t i = 0; i < c->regime_count; i++) {
		if (strcmp(c->regimes[i].regime->id, g->id) == 0) {
			c->regimes[i].regime = g;
			return &c->regimes[i];
		}
	}
	if (c->regime_count == OST_CASE_REGIMES)
		return NULL;
	grown = reallocarray(c->regimes, c->regime_count + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	c->regimes = grown;
	grown[c->regime_count] = (struct ost_case_regime){.regime = g};
	return &grown[c->regime_count++];
}

/* Nothing is kept of what nobody has to look at: that is the mass. */
static void result_keep(struct ost_case *c, const struct ost_regime *g, enum ost_proposal result)
{
	struct ost_case_regime *own = c->regime_count > 0 || result != OST_NOT_PROPOSED ? regime_of(c, g) : NULL;

	if (own != NULL)
		own->result = result;
}

void case_law_follow(struct ost_case *c, const struct ost_regime *regime)
{
	(void)regime_of(c, regime);
}

static void missing_json(const struct ost_assessment *a, struct ost_jsonw *w)
{
	uint64_t told = 0;

	ost_jsonw_array(w, "missing");
	for (uint32_t r = 0; r < a->count; r++) {
		const struct ost_rule_trace *t = &a->rules[r];

		for (uint8_t k = 0; t->result != OST_NOT_PROPOSED && k < t->fact_count; k++) {
			if ((t->missing >> k & 1) == 0 || (told >> t->facts[k] & 1) != 0)
				continue;
			told |= 1ull << t->facts[k];
			ost_jsonw_string(w, NULL, ost_fact_name((enum ost_fact_name)t->facts[k]));
		}
	}
	ost_jsonw_end(w, ']');
}

static void proposal_json(const struct ost_assessment *a, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "regime", a->regime->id);
	ost_jsonw_u64(w, "v", a->regime->version);
	ost_jsonw_string(w, "result", ost_proposal_name(a->result));
	if (a->result != OST_NOT_PROPOSED) {
		ost_jsonw_array(w, "rules");
		for (uint32_t r = 0; r < a->count; r++) {
			const struct ost_rule_trace *t = &a->rules[r];

			if (t->result == OST_NOT_PROPOSED)
				continue;
			ost_jsonw_object(w, NULL);
			ost_jsonw_string(w, "id", t->rule->id);
			ost_jsonw_string(w, "basis", t->rule->basis);
			ost_jsonw_string(w, "result", ost_proposal_name(t->result));
			ost_jsonw_string(w, "comparison", t->comparison);
			ost_jsonw_end(w, '}');
		}
		ost_jsonw_end(w, ']');
		missing_json(a, w);
	}
	ost_jsonw_end(w, '}');
}

static void decision_json(const struct ost_entry *e, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "number", e->number);
	ost_jsonw_string(w, "regime", e->regime->id);
	if (e->said.kind == OST_DECISION_SIGNIFICANCE) {
		ost_jsonw_bool(w, "significant", e->said.significant);
		ost_jsonw_time(w, "aware_at", e->said.moment_ns);
	} else {
		ost_jsonw_string(w, "stage", e->said.of);
		ost_jsonw_time(w, "submitted_at", e->said.moment_ns);
		ost_jsonw_string(w, "sha256", e->said.sha256);
	}
	ost_jsonw_string(w, "by", e->said.by);
	ost_jsonw_time(w, "at", e->at_ns);
	ost_jsonw_end(w, '}');
}

/* Those that count now; the whole of them are records of their own. */
static void decisions_json(const struct ost_case *c, enum ost_decision_kind kind, const char *key, struct ost_jsonw *w)
{
	uint32_t count = ost_decisions_count(c->decisions);

	ost_jsonw_array(w, key);
	for (uint32_t n = 1; n <= count; n++) {
		const struct ost_entry *e = ost_decisions_entry(c->decisions, n);

		if (e->said.kind == kind && !e->corrected && n + 64 > count)
			decision_json(e, w);
	}
	ost_jsonw_end(w, ']');
}

void case_law_record(struct ost_casebook *b, struct ost_case *c, struct ost_jsonw *w)
{
	struct case_law_view *v = malloc(sizeof(*v));
	const struct ost_regime *g;
	uint32_t i = 0;

	if (v == NULL) {
		w->failed = true;
		return;
	}
	facts_take(b, c, v);
	ost_jsonw_array(w, "proposal");
	while ((g = case_law_regime_at(b, &i)) != NULL) {
		ost_assess(g, &v->facts, &v->assessment);
		result_keep(c, g, v->assessment.result);
		proposal_json(&v->assessment, w);
	}
	ost_jsonw_end(w, ']');
	free(v);
	if (c->decisions == NULL)
		return;
	decisions_json(c, OST_DECISION_SIGNIFICANCE, "decision", w);
	decisions_json(c, OST_DECISION_SUBMISSION, "submission", w);
}

/* ---- warnings ---- */

struct warning {
	struct ost_casebook *b;
	struct ost_case *c;
	const struct ost_regime *regime;
};

static void warning_members(const struct warning *x, const struct ost_due *due, unsigned percent, struct ost_jsonw *w)
{
	char id[OST_INCIDENT_ID_TEXT], text[200];

	(void)snprintf(text, sizeof(text), "%s %s: %u percent of its time are over", x->regime->id, x->regime->stages[due->stage].id, percent);
	ost_jsonw_string(w, "message", text);
	ost_jsonw_object(w, "ostiary");
	ost_jsonw_object(w, "deadline");
	ost_jsonw_string(w, "incident", ost_incident_id_text(x->c->i.id, id));
	ost_jsonw_string(w, "regime", x->regime->id);
	ost_jsonw_u64(w, "regime_v", x->regime->version);
	ost_jsonw_string(w, "stage", x->regime->stages[due->stage].id);
	ost_jsonw_u64(w, "percent", percent);
	ost_jsonw_bool(w, "shadow", due->shadow);
	ost_jsonw_time(w, "start", due->start_ns);
	ost_jsonw_time(w, "due", due->due_ns);
	ost_jsonw_end(w, '}');
	ost_jsonw_end(w, '}');
}

static void on_warning(void *user, const struct ost_due *due, unsigned percent)
{
	const struct warning *x = user;
	char id[OST_INCIDENT_ID_TEXT], why[64], when[OST_TIME_TEXT];
	struct case_append a = {.kind = "deadline.warning", .why = why, .wall_ns = ost_clock_wall_ns(), .at_once = true, .vital = true};
	struct ost_jsonw w = {0};

	(void)snprintf(why, sizeof(why), "%s %u%%", x->regime->id, percent);
	ost_clock_format(due->due_ns, when);
	ost_log_warning("incident %.13s: %s %s is due %s%s: %u percent of its time are over", ost_incident_id_text(x->c->i.id, id), x->regime->id,
		x->regime->stages[due->stage].id, when, due->shadow ? " if somebody had been aware at the detection; nobody has decided yet" : "", percent);
	warning_members(x, due, percent, &w);
	a.members = w.text;
	if (!w.failed)
		(void)case_append(x->b, x->c, &a);
	ost_jsonw_free(&w);
	x->b->counts.warned++;
}

static void case_warn(struct ost_casebook *b, struct ost_case *c, struct case_law_view *v)
{
	bool known = false;

	for (uint32_t i = 0; i < c->regime_count; i++) {
		struct ost_case_regime *own = &c->regimes[i];
		struct warning x = {b, c, own->regime};

		if (own->result == OST_NOT_PROPOSED && c->decisions == NULL)
			continue;
		if (!known)
			facts_take(b, c, v);
		known = true;
		view_fill(b, c, own->regime, v);
		own->result = v->assessment.result;
		ost_warnings_tick(&own->warnings, v->dues, v->due_count, ost_clock_wall_ns(), on_warning, &x);
	}
}

void case_law_tick(struct ost_casebook *b)
{
	struct case_law_view *v;

	case_entity_look(b);
	v = malloc(sizeof(*v));
	for (uint32_t n = 0; v != NULL && n < BUCKETS_A_TICK; n++) {
		for (struct ost_case *c = b->buckets[b->law->bucket]; c != NULL; c = c->next) {
			if (c->regime_count > 0)
				case_warn(b, c, v);
		}
		b->law->bucket = (b->law->bucket + 1) % OST_CASE_BUCKETS;
	}
	free(v);
}
