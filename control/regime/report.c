/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include "report_fill.h"

/* What a source has to say, owned; an empty text is none. */
static int source_text(const struct ost_report_case *c, uint32_t source, char **ret_text)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return -ENOMEM;
	report_source_write(c, source, out);
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	if (length == 0) {
		free(text);
		text = NULL;
	}
	*ret_text = text;
	return 0;
}

static int answer_fill(const struct ost_report_case *c, struct ost_report_value *v)
{
	const struct ost_regime_field *f = v->field;
	const struct ost_entry *e = ost_decisions_find(c->decisions, c->regime, OST_DECISION_ANSWER, f->id, c->regime->stages[c->stage].id);

	if (e != NULL) {
		bool unknown = strcmp(e->said.value, "unknown") == 0;

		if (unknown && !f->may_be_unknown)
			return 0;
		v->text = strdup(e->said.value);
		v->by = e->said.by;
		v->state = unknown ? OST_REPORT_UNKNOWN : OST_REPORT_FILLED;
		return v->text == NULL ? -ENOMEM : 0;
	}
	return f->source != OST_FIELD_SOURCE_NONE ? source_text(c, f->source, &v->suggestion) : 0;
}

static int value_fill(const struct ost_report_case *c, const struct ost_due *due, struct ost_report_value *v)
{
	const struct ost_regime_field *f = v->field;
	bool answered = f->by == OST_FILLER_PERSON && (f->source == OST_FIELD_SOURCE_NONE || f->source < OST_SOURCE_PERSON_FIRST);
	int r;

	v->state = OST_REPORT_MISSING;
	if (answered) {
		r = answer_fill(c, v);
	} else {
		r = source_text(c, f->source, &v->text);
		if (v->text != NULL)
			v->state = OST_REPORT_FILLED;
		if (v->text != NULL && f->source >= OST_SOURCE_PERSON_FIRST && f->source != OST_SOURCE_AUTHORITY_REFERENCE)
			v->by = ost_decisions_significance(c->decisions, c->regime)->said.by;
	}
	if (v->state == OST_REPORT_MISSING && (f->optional || (f->when_late && !due->late)))
		v->state = OST_REPORT_LEFT_OUT;
	return r;
}

int ost_report_make(const struct ost_report_case *c, struct ost_report **ret_report)
{
	struct ost_due dues[OST_REGIME_STAGES];
	const struct ost_entry *decided = ost_decisions_significance(c->decisions, c->regime);
	struct ost_report *p;
	char id[OST_INCIDENT_ID_TEXT];
	int r = 0;

	if (c->stage >= c->regime->stage_count)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	(void)ost_deadlines(c->regime, c->decisions, c->assessment != NULL ? c->assessment->result : OST_NOT_PROPOSED, c->incident->detected_wall_ns,
		c->zone, c->now_ns, dues);
	p->regime = c->regime;
	p->stage = &c->regime->stages[c->stage];
	p->due = dues[c->stage];
	p->made_ns = c->now_ns;
	p->zone = c->zone;
	memcpy(p->incident, ost_incident_id_text(c->incident->id, id), sizeof(p->incident));
	(void)snprintf(p->id, sizeof(p->id), "%s %s %s", p->incident, p->regime->id, p->stage->id);
	p->values = calloc(p->stage->field_count + 1, sizeof(*p->values));
	if (p->values == NULL)
		r = -ENOMEM;
	for (uint32_t i = 0; r == 0 && i < p->stage->field_count; i++) {
		p->values[i].field = &p->stage->fields[i];
		p->count++;
		r = value_fill(c, &p->due, &p->values[i]);
		p->missing += p->values[i].state == OST_REPORT_MISSING;
	}
	if (r < 0) {
		ost_report_free(&p);
		return r;
	}
	p->ready = p->missing == 0 && decided != NULL && decided->said.significant;
	*ret_report = p;
	return 0;
}

void ost_report_free(struct ost_report **report)
{
	struct ost_report *p = *report;

	if (p == NULL)
		return;
	for (uint32_t i = 0; i < p->count; i++) {
		free(p->values[i].text);
		free(p->values[i].suggestion);
	}
	free(p->values);
	free(p);
	*report = NULL;
}

static const char *state_name(enum ost_report_state state)
{
	static const char *const names[] = {"filled", "unknown", "missing", "left_out"};

	return (unsigned)state < OST_ARRAY_SIZE(names) ? names[state] : "";
}

void ost_report_json(const struct ost_report *report, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "report", report->id);
	ost_jsonw_string(w, "incident", report->incident);
	ost_jsonw_string(w, "regime", report->regime->id);
	ost_jsonw_u64(w, "regime_v", report->regime->version);
	ost_jsonw_string(w, "law", report->regime->law);
	ost_jsonw_string(w, "stage", report->stage->id);
	ost_jsonw_string(w, "basis", report->stage->basis);
	ost_jsonw_time(w, "made", report->made_ns);
	ost_jsonw_bool(w, "ready", report->ready);
	ost_jsonw_u64(w, "missing", report->missing);
	ost_jsonw_string(w, "clock", ost_due_state_name(report->due.state));
	ost_jsonw_bool(w, "shadow", report->due.shadow);
	ost_jsonw_time(w, "due", report->due.due_ns);
	ost_jsonw_bool(w, "late", report->due.late);
	ost_jsonw_array(w, "fields");
	for (uint32_t i = 0; i < report->count; i++) {
		const struct ost_report_value *v = &report->values[i];

		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "id", v->field->id);
		ost_jsonw_string(w, "title", v->field->title);
		ost_jsonw_string(w, "filled_by", ost_filler_name(v->field->by));
		ost_jsonw_string(w, "state", state_name(v->state));
		ost_jsonw_string(w, "value", v->text);
		if (v->by != NULL)
			ost_jsonw_string(w, "by", v->by);
		if (v->suggestion != NULL)
			ost_jsonw_string(w, "suggestion", v->suggestion);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}
