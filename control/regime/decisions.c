/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decisions.h"

#include <stdio.h>

#include "array.h"

struct ost_decisions {
	char incident[64];
	ost_decision_journal *journal;
	void *user;
	struct ost_entry *entries;
	uint32_t count, capacity;
};

static const char *const kind_words[OST_DECISION_KIND_COUNT] = {"significance", "moment", "answer", "submission"};

int ost_decisions_new(const char *incident, ost_decision_journal *journal, void *user, struct ost_decisions **ret_decisions)
{
	struct ost_decisions *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	(void)snprintf(d->incident, sizeof(d->incident), "%s", incident);
	d->journal = journal;
	d->user = user;
	*ret_decisions = d;
	return 0;
}

static void said_free(struct ost_decision *said)
{
	const char *const texts[] = {said->of, said->stage, said->value, said->sha256, said->by, said->reason};

	for (uint32_t i = 0; i < OST_ARRAY_SIZE(texts); i++)
		free((void *)(uintptr_t)texts[i]);
}

void ost_decisions_free(struct ost_decisions **decisions)
{
	struct ost_decisions *d = *decisions;

	if (d == NULL)
		return;
	for (uint32_t i = 0; i < d->count; i++)
		said_free(&d->entries[i].said);
	free(d->entries);
	free(d);
	*decisions = NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const struct ost_entry *find_exactly(const struct ost_decisions *d, const struct ost_regime *regime, enum ost_decision_kind kind,
	const char *of, const char *stage)
{
	for (uint32_t i = d->count; i > 0; i--) {
		const struct ost_entry *e = &d->entries[i - 1];

		if (!e->corrected && e->said.kind == kind && strcmp(e->regime->id, regime->id) == 0 && same_text(e->said.of, of) &&
			same_text(e->said.stage, stage))
			return e;
	}
	return NULL;
}

const struct ost_entry *ost_decisions_find(const struct ost_decisions *d, const struct ost_regime *regime, enum ost_decision_kind kind,
	const char *of, const char *stage)
{
	const struct ost_entry *e = find_exactly(d, regime, kind, of, stage);

	return e == NULL && stage != NULL ? find_exactly(d, regime, kind, of, NULL) : e;
}

uint32_t ost_decisions_count(const struct ost_decisions *d)
{
	return d->count;
}

const struct ost_entry *ost_decisions_entry(const struct ost_decisions *d, uint32_t number)
{
	return number >= 1 && number <= d->count ? &d->entries[number - 1] : NULL;
}

#define WHY(...) (snprintf(why, OST_DECISION_WHY, __VA_ARGS__), -EINVAL)

static bool is_blank(const char *text)
{
	return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

/* Who and why, and texts that fit. */
static int texts_check(const struct ost_decision *s, char why[static OST_DECISION_WHY])
{
	if (is_blank(s->by) || strlen(s->by) > OST_DECISION_NAME_MAX)
		return WHY("nobody is named who said it");
	if ((s->kind == OST_DECISION_SIGNIFICANCE || s->corrects != 0) && is_blank(s->reason))
		return WHY("a reason is needed: it stands in the journal beside it");
	if ((s->reason != NULL && strlen(s->reason) > OST_DECISION_TEXT_MAX) || (s->value != NULL && strlen(s->value) > OST_DECISION_TEXT_MAX))
		return WHY("a text has more than %u bytes", OST_DECISION_TEXT_MAX);
	if (s->stage != NULL && s->kind != OST_DECISION_ANSWER)
		return WHY("only an answer is for a stage alone");
	return 0;
}

static int moment_check(const struct ost_decision *s, uint64_t now_ns, char why[static OST_DECISION_WHY])
{
	if (s->moment_ns > now_ns)
		return WHY("the time lies in the future");
	if (s->moment_ns == 0 && (s->kind == OST_DECISION_MOMENT || s->kind == OST_DECISION_SUBMISSION))
		return WHY("a time is needed: when did it happen?");
	if (s->moment_ns == 0 && s->kind == OST_DECISION_SIGNIFICANCE && s->significant)
		return WHY("a significant incident needs the time since when you are aware of it: the deadlines run from there");
	return 0;
}

static bool field_exists(const struct ost_regime *regime, const char *stage, const char *id, const struct ost_regime_field **ret_field)
{
	for (uint32_t i = 0; i < regime->stage_count; i++) {
		const struct ost_regime_stage *s = &regime->stages[i];

		for (uint32_t j = 0; j < s->field_count; j++) {
			if (strcmp(s->fields[j].id, id) == 0 && (stage == NULL || strcmp(stage, s->id) == 0)) {
				*ret_field = &s->fields[j];
				return true;
			}
		}
	}
	return false;
}

static bool is_unknown_answer(const char *value)
{
	return strcmp(value, "unknown") == 0;
}

static int answer_check(const struct ost_regime *regime, const struct ost_decision *s, char why[static OST_DECISION_WHY])
{
	const struct ost_regime_field *field = NULL;

	if (s->of == NULL || !field_exists(regime, s->stage, s->of, &field))
		return WHY("no report of %s has the field '%.47s'", regime->id, s->of != NULL ? s->of : "");
	if (field->by != OST_FILLER_PERSON)
		return WHY("the field '%s' is filled by the %s", field->id, ost_filler_name(field->by));
	if (strcmp(field->id, "aware_at") == 0 || strcmp(field->id, "significant") == 0 || strcmp(field->id, "authority_reference") == 0)
		return WHY("the field '%s' comes from the decision and the submissions", field->id);
	if (is_blank(s->value))
		return WHY("the answer is empty");
	if (is_unknown_answer(s->value) && !field->may_be_unknown && s->stage != NULL)
		return WHY("'unknown' is no answer to '%s' in the stage %s", field->id, s->stage);
	return 0;
}

static bool is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* After a decision that it is significant, not before that was known, and not before the stage that its clock begins with. */
static int submission_check(
	const struct ost_decisions *d, const struct ost_regime *regime, const struct ost_decision *s, char why[static OST_DECISION_WHY])
{
	const struct ost_entry *decided = ost_decisions_significance(d, regime), *before;
	const struct ost_regime_stage *stage;
	uint32_t i;

	if (s->of == NULL || ost_regime_stage_find(regime, s->of, &i) < 0)
		return WHY("%s has no stage '%.47s'", regime->id, s->of != NULL ? s->of : "");
	stage = &regime->stages[i];
	if (decided == NULL || !decided->said.significant)
		return WHY("decide first: nobody has decided that it is significant under %s", regime->id);
	if (s->moment_ns < decided->said.moment_ns)
		return WHY("it cannot have been submitted before you were aware of it");
	if (is_blank(s->value))
		return WHY("the authority's receipt or reference is needed");
	if (s->sha256 != NULL && !is_sha256(s->sha256))
		return WHY("a SHA-256 has 64 hexadecimal digits in small letters");
	if (stage->clock.anchor != OST_ANCHOR_SUBMITTED)
		return 0;
	before = ost_decisions_find(d, regime, OST_DECISION_SUBMISSION, regime->stages[stage->clock.of].id, NULL);
	if (before == NULL)
		return WHY("submit %s first: %s is due so long after it", regime->stages[stage->clock.of].id, stage->id);
	return s->moment_ns < before->said.moment_ns ? WHY("it cannot have been submitted before %s", regime->stages[stage->clock.of].id) : 0;
}

/* What is said twice must say that it corrects, and whom; a stage that repeats is just submitted again. */
static int correction_check(
	const struct ost_decisions *d, const struct ost_regime *regime, const struct ost_decision *s, char why[static OST_DECISION_WHY])
{
	const struct ost_entry *now = find_exactly(d, regime, s->kind, s->of, s->stage), *corrected = NULL;
	uint32_t i;

	if (s->corrects != 0) {
		corrected = ost_decisions_entry(d, s->corrects);
		if (corrected == NULL || corrected->corrected)
			return WHY("there is no entry %u that could be corrected", s->corrects);
		if (corrected->said.kind != s->kind || strcmp(corrected->regime->id, regime->id) != 0 || !same_text(corrected->said.of, s->of) ||
			!same_text(corrected->said.stage, s->stage))
			return WHY("entry %u is about something else", s->corrects);
		return 0;
	}
	if (now == NULL)
		return 0;
	if (s->kind == OST_DECISION_SUBMISSION && ost_regime_stage_find(regime, s->of, &i) == 0 && regime->stages[i].repeat)
		return 0;
	return WHY("entry %u says so already; to change it, say that this one corrects it: nothing is overwritten", now->number);
}

static int decision_check(const struct ost_decisions *d, const struct ost_regime *regime, const struct ost_decision *s, uint64_t now_ns,
	char why[static OST_DECISION_WHY])
{
	uint32_t i;
	int r = texts_check(s, why);

	if (r == 0)
		r = moment_check(s, now_ns, why);
	if (r < 0)
		return r;
	switch (s->kind) {
	case OST_DECISION_SIGNIFICANCE:
		if (s->of != NULL)
			return WHY("a decision is about the incident");
		break;
	case OST_DECISION_MOMENT:
		if (s->of == NULL || ost_regime_moment_find(regime, s->of, &i) < 0)
			return WHY("%s knows no moment '%.47s'", regime->id, s->of != NULL ? s->of : "");
		break;
	case OST_DECISION_ANSWER:
		r = answer_check(regime, s, why);
		break;
	case OST_DECISION_SUBMISSION:
		r = submission_check(d, regime, s, why);
		break;
	default:
		return WHY("no such kind of entry");
	}
	return r < 0 ? r : correction_check(d, regime, s, why);
}

static int members_make(const struct ost_decisions *d, const struct ost_entry *e, struct ost_jsonw *w)
{
	const struct ost_decision *s = &e->said;

	ost_jsonw_string(w, "incident", d->incident);
	ost_jsonw_string(w, "regime", e->regime->id);
	ost_jsonw_u64(w, "regime_v", e->regime->version);
	ost_jsonw_u64(w, "number", e->number);
	ost_jsonw_string(w, "about", kind_words[s->kind]);
	if (s->corrects != 0)
		ost_jsonw_u64(w, "corrects", s->corrects);
	if (s->kind == OST_DECISION_SIGNIFICANCE)
		ost_jsonw_bool(w, "significant", s->significant);
	if (s->of != NULL)
		ost_jsonw_string(w, s->kind == OST_DECISION_SUBMISSION ? "stage" : "of", s->of);
	if (s->stage != NULL)
		ost_jsonw_string(w, "stage", s->stage);
	if (s->moment_ns != 0)
		ost_jsonw_time(w, s->kind == OST_DECISION_SIGNIFICANCE ? "aware_at" : s->kind == OST_DECISION_MOMENT ? "happened_at" : "submitted_at",
			s->moment_ns);
	if (s->value != NULL)
		ost_jsonw_string(w, s->kind == OST_DECISION_SUBMISSION ? "authority_ref" : "value", s->value);
	if (s->sha256 != NULL)
		ost_jsonw_string(w, "sha256", s->sha256);
	ost_jsonw_string(w, "by", s->by);
	ost_jsonw_time(w, "at", e->at_ns);
	if (s->reason != NULL)
		ost_jsonw_string(w, "reason", s->reason);
	return w->failed ? -ENOMEM : 0;
}

static int said_copy(const struct ost_decision *s, struct ost_decision *ret_copy)
{
	struct ost_decision copy = *s;
	const char **const texts[] = {&copy.of, &copy.stage, &copy.value, &copy.sha256, &copy.by, &copy.reason};
	bool failed = false;

	for (uint32_t i = 0; i < OST_ARRAY_SIZE(texts); i++) {
		char *text = *texts[i] != NULL ? strdup(*texts[i]) : NULL;

		failed |= text == NULL && *texts[i] != NULL;
		*texts[i] = text;
	}
	if (failed) {
		said_free(&copy);
		return -ENOMEM;
	}
	*ret_copy = copy;
	return 0;
}

static int journal(struct ost_decisions *d, const struct ost_entry *e)
{
	struct ost_jsonw w = {0};
	int r = members_make(d, e, &w);

	if (r == 0)
		r = d->journal(d->user, e->said.kind == OST_DECISION_SUBMISSION ? "submission" : "decision", w.text);
	ost_jsonw_free(&w);
	return r;
}

/* Stages by their own ids: "early-warning" is early_warning. */
static void stages_name(const struct ost_regime *regime, struct ost_decision *said)
{
	uint32_t i;

	if (said->stage != NULL && ost_regime_stage_find(regime, said->stage, &i) == 0)
		said->stage = regime->stages[i].id;
	if (said->kind == OST_DECISION_SUBMISSION && said->of != NULL && ost_regime_stage_find(regime, said->of, &i) == 0)
		said->of = regime->stages[i].id;
}

int ost_decisions_add(struct ost_decisions *d, const struct ost_regime *regime, const struct ost_decision *decision, uint64_t now_ns, bool replay,
	char ret_why[static OST_DECISION_WHY])
{
	struct ost_entry e = {.number = d->count + 1, .at_ns = now_ns, .regime = regime}, *grown;
	struct ost_decision said = *decision;
	int r;

	stages_name(regime, &said);
	r = decision_check(d, regime, &said, now_ns, ret_why);
	if (r < 0)
		return r;
	if (d->count >= OST_DECISIONS_MAX)
		return -ENOSPC;
	grown = ost_array_room(d->entries, d->count, &d->capacity, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	d->entries = grown;
	r = said_copy(&said, &e.said);
	if (r < 0)
		return r;
	r = replay ? 0 : journal(d, &e);
	if (r != 0) {
		said_free(&e.said);
		return r;
	}
	if (decision->corrects != 0)
		d->entries[decision->corrects - 1].corrected = true;
	d->entries[d->count++] = e;
	return 0;
}
