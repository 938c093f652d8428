/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "deadlines.h"

#include <stdio.h>

static const unsigned percents[OST_WARNING_LEVELS] = {50, 75, 90, 100};

struct counting {
	const struct ost_regime *regime;
	const struct ost_decisions *decisions;
	const struct ost_entry *decided;
	uint64_t detected_ns;
	ost_zone_fn *zone;
};

#define SAY(d, ...) (void)snprintf((d)->why, sizeof((d)->why), __VA_ARGS__)

/* When a clock began; 0: it has not. */
static uint64_t start_of(const struct counting *c, const struct ost_regime_clock *clock, struct ost_due *due)
{
	const struct ost_entry *e;

	switch (clock->anchor) {
	case OST_ANCHOR_AWARE:
		return due->shadow ? c->detected_ns : c->decided->said.moment_ns;
	case OST_ANCHOR_SUBMITTED:
		e = ost_decisions_find(c->decisions, c->regime, OST_DECISION_SUBMISSION, c->regime->stages[clock->of].id, NULL);
		if (e == NULL)
			SAY(due, "until %s is submitted", c->regime->stages[clock->of].id);
		break;
	default:
		e = ost_decisions_find(c->decisions, c->regime, OST_DECISION_MOMENT, c->regime->moments[clock->of].id, NULL);
		if (e == NULL)
			SAY(due, "until it is told when: %s", c->regime->moments[clock->of].title);
		break;
	}
	return e != NULL ? e->said.moment_ns : 0;
}

/* A clock's end; false: none. */
static bool end_of(const struct counting *c, const struct ost_regime_clock *clock, struct ost_due *due, uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t start = start_of(c, clock, due);

	if (start == 0)
		return false;
	*ret_start = start;
	return clock->has_offset && ost_period_end(start, &clock->offset, c->zone, ret_end) == 0;
}

static void clock_run(const struct counting *c, const struct ost_regime_stage *stage, struct ost_due *due)
{
	uint64_t start = 0, end = 0, start2, end2;

	due->state = OST_DUE_UNDEFINED;
	if (end_of(c, &stage->clock, due, &start, &end)) {
		due->state = OST_DUE_RUNNING;
		due->start_ns = start;
		due->due_ns = end;
	} else if (start != 0) {
		due->state = OST_DUE_UNTIMED;
		due->start_ns = start;
	}
	if (!stage->has_at_most || !end_of(c, &stage->at_most, due, &start2, &end2))
		return;
	if (due->state == OST_DUE_RUNNING && due->due_ns <= end2)
		return;
	due->state = OST_DUE_RUNNING;
	due->start_ns = start2;
	due->due_ns = end2;
}

static bool was_told(const struct counting *c, uint32_t moment)
{
	return ost_decisions_find(c->decisions, c->regime, OST_DECISION_MOMENT, c->regime->moments[moment].id, NULL) != NULL;
}

static void stage_count(const struct counting *c, const struct ost_regime_stage *stage, uint64_t now_ns, struct ost_due *due)
{
	const struct ost_entry *e = ost_decisions_find(c->decisions, c->regime, OST_DECISION_SUBMISSION, stage->id, NULL);

	clock_run(c, stage, due);
	if (e != NULL && !stage->repeat) {
		due->state = OST_DUE_SUBMITTED;
		due->submitted_ns = e->said.moment_ns;
	} else if ((stage->when != UINT32_MAX && !was_told(c, stage->when)) || (stage->unless != UINT32_MAX && was_told(c, stage->unless))) {
		due->state = OST_DUE_NONE;
		due->start_ns = due->due_ns = 0;
		if (stage->when != UINT32_MAX && !was_told(c, stage->when))
			SAY(due, "only if: %s", c->regime->moments[stage->when].title);
		else
			SAY(due, "not if: %s", c->regime->moments[stage->unless].title);
	}
	if (due->due_ns != 0)
		due->late = (due->submitted_ns != 0 ? due->submitted_ns : now_ns) > due->due_ns;
	if (due->state == OST_DUE_RUNNING || due->state == OST_DUE_UNTIMED)
		due->why[0] = '\0';
}

uint32_t ost_deadlines(const struct ost_regime *regime, const struct ost_decisions *decisions, enum ost_proposal result, uint64_t detected_ns,
	ost_zone_fn *zone, uint64_t now_ns, struct ost_due ret_dues[static OST_REGIME_STAGES])
{
	struct counting c = {.regime = regime,
		.decisions = decisions,
		.decided = ost_decisions_significance(decisions, regime),
		.detected_ns = detected_ns,
		.zone = zone};

	for (uint32_t i = 0; i < regime->stage_count; i++) {
		struct ost_due *due = &ret_dues[i];

		*due = (struct ost_due){.stage = i, .shadow = c.decided == NULL};
		if (c.decided != NULL && !c.decided->said.significant)
			SAY(due, "decided: not significant");
		else if (c.decided == NULL && result == OST_NOT_PROPOSED)
			SAY(due, "not proposed, and nobody has decided");
		else
			stage_count(&c, &regime->stages[i], now_ns, due);
	}
	return regime->stage_count;
}

void ost_warnings_tick(struct ost_warnings *w, const struct ost_due *dues, uint32_t count, uint64_t now_ns,
	void (*warn)(void *user, const struct ost_due *due, unsigned percent), void *user)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct ost_due *d = &dues[i];
		uint8_t passed = 0;

		if (d->state != OST_DUE_RUNNING)
			continue;
		if (w->stages[i].start_ns != d->start_ns || w->stages[i].due_ns != d->due_ns) {
			w->stages[i].start_ns = d->start_ns;
			w->stages[i].due_ns = d->due_ns;
			w->stages[i].told = 0;
		}
		if (now_ns < d->start_ns)
			continue;
		while (passed < OST_WARNING_LEVELS && (unsigned __int128)(now_ns - d->start_ns) * 100 >=
			(unsigned __int128)(d->due_ns - d->start_ns) * percents[passed])
			passed++;
		if (passed <= w->stages[i].told)
			continue;
		w->stages[i].told = passed;
		warn(user, d, percents[passed - 1]);
	}
}

const char *ost_due_state_name(enum ost_due_state state)
{
	static const char *const names[] = {"none", "undefined", "without_undue_delay", "running", "submitted"};

	return (unsigned)state < OST_ARRAY_SIZE(names) ? names[state] : "";
}

void ost_deadlines_json(struct ost_jsonw *w, const char *key, const struct ost_regime *regime, const struct ost_due *dues, uint32_t count)
{
	ost_jsonw_array(w, key);
	for (uint32_t i = 0; i < count; i++) {
		const struct ost_due *d = &dues[i];

		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "stage", regime->stages[d->stage].id);
		ost_jsonw_string(w, "title", regime->stages[d->stage].title);
		ost_jsonw_string(w, "basis", regime->stages[d->stage].basis);
		ost_jsonw_string(w, "state", ost_due_state_name(d->state));
		ost_jsonw_bool(w, "shadow", d->shadow);
		ost_jsonw_time(w, "start", d->start_ns);
		ost_jsonw_time(w, "due", d->due_ns);
		ost_jsonw_time(w, "submitted", d->submitted_ns);
		ost_jsonw_bool(w, "late", d->late);
		if (d->why[0] != '\0')
			ost_jsonw_string(w, "why", d->why);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}
