/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "significance.h"

#include "rules.h"

/* The gate refused all of it: measured, or a person says so. */
static bool is_blocked(const struct ost_facts *facts)
{
	const struct ost_fact *f = &facts->of[OST_FACT_SUCCEEDED];

	return f->known && f->value == 0 && (f->origin == OST_ORIGIN_MEASURED || f->origin == OST_ORIGIN_PERSON);
}

/* Whether the rule is for this entity: as sure as it is known what the entity is. */
static enum ost_tristate for_entity(const struct ost_regime_rule *rule, const struct ost_facts *facts, struct ost_rule_trace *trace)
{
	const struct ost_fact *listed = &facts->of[OST_FACT_LISTED];

	if (rule->entities == OST_FOR_ALL)
		return OST_TRI_YES;
	if (trace->fact_count < OST_TRACE_FACTS) {
		trace->missing = (uint16_t)(trace->missing | (!listed->known ? 1u << trace->fact_count : 0));
		trace->facts[trace->fact_count++] = OST_FACT_LISTED;
	}
	if (!listed->known)
		return OST_TRI_UNKNOWN;
	return (listed->value != 0) == (rule->entities == OST_FOR_LISTED) ? OST_TRI_YES : OST_TRI_NO;
}

static void rule_assess(const struct ost_regime_rule *rule, const struct ost_facts *facts, struct ost_rule_trace *trace)
{
	enum ost_tristate entity;
	bool holds, near;

	*trace = (struct ost_rule_trace){.rule = rule};
	trace->condition = rule_condition(rule, facts, trace, &holds, &near);
	entity = for_entity(rule, facts, trace);
	trace->for_others = entity == OST_TRI_NO;
	holds |= trace->condition == OST_TRI_YES;
	trace->condition = OST_MIN(trace->condition, entity);
	if (trace->condition == OST_TRI_YES)
		trace->result = rule->result;
	else if (near && entity != OST_TRI_NO)
		trace->result = OST_REVIEW;
	else if (trace->condition == OST_TRI_UNKNOWN && holds && rule->result != OST_NOT_PROPOSED)
		trace->result = OST_REVIEW;
	if (trace->condition == OST_TRI_UNKNOWN && trace->result == OST_REVIEW && !near && is_blocked(facts)) {
		trace->result = OST_NOT_PROPOSED;
		trace->blocked = true;
	}
	if (trace->condition != OST_TRI_UNKNOWN && !near)
		trace->missing = 0;
}

void ost_assess(const struct ost_regime *regime, const struct ost_facts *facts, struct ost_assessment *ret_assessment)
{
	struct ost_assessment *s = ret_assessment;

	s->regime = regime;
	s->facts = *facts;
	s->result = OST_NOT_PROPOSED;
	s->count = regime->rule_count;
	for (uint32_t i = 0; i < s->count; i++)
		rule_assess(&regime->rules[i], facts, &s->rules[i]);
	for (uint32_t x = 0; x < s->count; x++) {
		if (regime->rules[x].kind != OST_RULE_MAINTENANCE || s->rules[x].condition != OST_TRI_YES)
			continue;
		for (uint32_t i = 0; i < s->count; i++) {
			if ((regime->rules[x].suppresses >> i & 1) == 0 || s->rules[i].result == OST_NOT_PROPOSED)
				continue;
			s->rules[i].result = OST_NOT_PROPOSED;
			s->rules[i].suppressed_by = &regime->rules[x];
		}
	}
	for (uint32_t i = 0; i < s->count; i++)
		s->result = OST_MAX(s->result, s->rules[i].result);
}

static void fact_json(struct ost_jsonw *w, const struct ost_facts *facts, enum ost_fact_name name)
{
	const struct ost_fact *f = &facts->of[name];

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "name", ost_fact_name(name));
	if (!f->known)
		ost_jsonw_string(w, "value", "unknown");
	else if (ost_fact_unit(name) == OST_UNIT_ANSWER)
		ost_jsonw_string(w, "value", f->value != 0 ? "yes" : "no");
	else if (ost_fact_unit(name) == OST_UNIT_TIME)
		ost_jsonw_time(w, "value", f->value);
	else
		ost_jsonw_u64(w, "value", f->value);
	ost_jsonw_string(w, "origin", f->known ? ost_origin_name(f->origin) : NULL);
	ost_jsonw_end(w, '}');
}

static void rule_json(struct ost_jsonw *w, const struct ost_rule_trace *t, const struct ost_facts *facts)
{
	static const char *const words[] = {"no", "unknown", "yes"};

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "rule", t->rule->id);
	ost_jsonw_string(w, "basis", t->rule->basis);
	ost_jsonw_string(w, "result", ost_proposal_name(t->result));
	if (t->rule->says[0] != '\0')
		ost_jsonw_string(w, "says", t->rule->says);
	ost_jsonw_string(w, "condition", words[t->condition]);
	ost_jsonw_string(w, "comparison", t->comparison);
	if (t->for_others)
		ost_jsonw_string(w, "not_for", "this kind of entity");
	if (t->blocked)
		ost_jsonw_bool(w, "blocked_at_the_gate", true);
	if (t->suppressed_by != NULL)
		ost_jsonw_string(w, "suppressed_by", t->suppressed_by->id);
	ost_jsonw_array(w, "inputs");
	for (uint32_t i = 0; i < t->fact_count; i++)
		fact_json(w, facts, t->facts[i]);
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "missing");
	for (uint32_t i = 0; i < t->fact_count; i++) {
		if (t->missing >> i & 1)
			ost_jsonw_string(w, NULL, ost_fact_name(t->facts[i]));
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}

void ost_assessment_json(struct ost_jsonw *w, const char *key, const struct ost_assessment *assessment)
{
	ost_jsonw_object(w, key);
	ost_jsonw_string(w, "regime", assessment->regime->id);
	ost_jsonw_u64(w, "v", assessment->regime->version);
	ost_jsonw_string(w, "result", ost_proposal_name(assessment->result));
	ost_jsonw_array(w, "rules");
	for (uint32_t i = 0; i < assessment->count; i++)
		rule_json(w, &assessment->rules[i], &assessment->facts);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}
