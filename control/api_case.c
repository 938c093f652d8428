/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_case.h"

#include <jansson.h>
#include <pwd.h>
#include <stdio.h>

#include "case_persons.h"
#include "policy_yaml.h"

unsigned ost_api_case_refuse(struct ost_jsonw *w, unsigned status, const char *error, const char *hint)
{
	ost_jsonw_reset(w);
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "error", error);
	ost_jsonw_string(w, "hint", hint);
	ost_jsonw_end(w, '}');
	return status;
}

unsigned ost_api_case_find(struct ost_daemon *d, const char *text, size_t length, struct ost_case **ret_case, struct ost_jsonw *w)
{
	char id[OST_INCIDENT_ID_TEXT + 1] = "", ids[OST_CASE_IDS], hint[OST_CASE_IDS + 32];

	memcpy(id, text, OST_MIN(length, sizeof(id) - 1));
	switch (ost_casebook_by_text(d, id, ret_case, ids)) {
	case 0:
		return 0;
	case -EEXIST:
		(void)snprintf(hint, sizeof(hint), "write more of it: %s", ids);
		return ost_api_case_refuse(w, 409, "several incidents have an id that begins so", hint);
	case -EINVAL:
		return ost_api_case_refuse(w, 400, "this is no id of an incident",
			"it has hexadecimal digits, at least the first 6 of them; ostiary incident list tells them");
	default:
		return ost_api_case_refuse(w, 404, "no such incident is known here", "ostiary incident list --state all tells them; older ones are in the journal");
	}
}

/* ---- the body ---- */

static const char *by_of(uint32_t uid, char buf[static OST_DECISION_NAME_MAX + 1])
{
	const struct passwd *p = getpwuid(uid);

	if (p != NULL)
		(void)snprintf(buf, OST_DECISION_NAME_MAX + 1, "%s", p->pw_name);
	else
		(void)snprintf(buf, OST_DECISION_NAME_MAX + 1, "uid %u", uid);
	return buf;
}

/* A member that is a text, or absent: true. */
static bool text_take(const json_t *o, const char *key, const char **ret_text)
{
	const json_t *v = json_object_get(o, key);

	*ret_text = json_string_value(v);
	return v == NULL || json_is_null(v) || json_is_string(v);
}

static bool time_take(const json_t *o, const char *key, uint64_t *ret_ns, char why[static 256])
{
	const char *text;
	int64_t s;

	if (!text_take(o, key, &text)) {
		(void)snprintf(why, 256, "%s is no time; write 2026-12-01T08:00Z", key);
		return false;
	}
	if (text == NULL || ost_clock_parse(text, ret_ns) == 0)
		return true;
	if (ost_time_parse(text, &s, why) < 0 || s <= 0)
		return false;
	*ret_ns = (uint64_t)s * OST_NS_PER_S;
	return true;
}

/* ---- decide ---- */

static bool kind_parse(const char *text, enum ost_decision_kind *ret_kind)
{
	static const char *const kinds[OST_DECISION_KIND_COUNT] = {"significance", "moment", "answer", "submission"};

	for (unsigned k = 0; text != NULL && k < OST_DECISION_KIND_COUNT; k++) {
		if (strcmp(kinds[k], text) == 0) {
			*ret_kind = (enum ost_decision_kind)k;
			return true;
		}
	}
	return false;
}

/* NULL, or what is wrong. */
static const char *decision_read(const json_t *o, struct ost_decision *s, const char **ret_regime, char why[static 256])
{
	const json_t *significant = json_object_get(o, "significant"), *corrects = json_object_get(o, "corrects");
	uint64_t aware_ns = 0, at_ns = 0;
	const char *kind;

	if (!text_take(o, "kind", &kind) || !kind_parse(kind, &s->kind))
		return "kind must be significance, moment, answer or submission";
	if (!text_take(o, "regime", ret_regime) || *ret_regime == NULL)
		return "regime must name one, such as nis2";
	if (!text_take(o, "of", &s->of) || !text_take(o, "stage", &s->stage) || !text_take(o, "value", &s->value) ||
		!text_take(o, "sha256", &s->sha256) || !text_take(o, "reason", &s->reason))
		return "of, stage, value, sha256 and reason must be texts";
	if (s->kind == OST_DECISION_SIGNIFICANCE && !json_is_boolean(significant))
		return "significant must be true or false";
	if (corrects != NULL && !json_is_null(corrects) && (!json_is_integer(corrects) || json_integer_value(corrects) < 0 ||
		json_integer_value(corrects) > (json_int_t)OST_DECISIONS_MAX))
		return "corrects must be the number of an entry";
	if (!time_take(o, "aware_at", &aware_ns, why) || !time_take(o, "at", &at_ns, why))
		return why;
	s->significant = json_is_true(significant);
	s->corrects = corrects != NULL ? (uint32_t)json_integer_value(corrects) : 0;
	s->moment_ns = s->kind == OST_DECISION_SIGNIFICANCE ? aware_ns : at_ns;
	if (s->kind == OST_DECISION_SUBMISSION && s->of == NULL) { /* its stage may be called so */
		s->of = s->stage;
		s->stage = NULL;
	}
	return NULL;
}

static unsigned failed(struct ost_jsonw *w, int r, const char *why)
{
	switch (r) {
	case -EINVAL:
		return ost_api_case_refuse(w, 422, why, "ostiary incident show tells what was said so far");
	case -ENOENT:
		return ost_api_case_refuse(w, 404, why, "GET /v1/regimes lists those that apply; entity.yaml says which do");
	case -ENOSPC:
		return ost_api_case_refuse(w, 507, why[0] != '\0' ? why : "more was said of this incident than is kept", "the journal has all of it");
	case -EROFS:
		return ost_api_case_refuse(w, 503, why, "ostiary status tells what hinders the journal");
	default:
		return ost_api_case_refuse(w, 503, "the journal does not take it now", "try again; ostiary status tells what hinders it");
	}
}

static unsigned decide(struct ost_daemon *d, struct ost_case *c, const json_t *o, const char *by, struct ost_jsonw *w)
{
	struct ost_decision said = {.by = by};
	char why[OST_CASE_WHY] = "";
	const char *regime = NULL, *fault = decision_read(o, &said, &regime, why);
	uint32_t number = 0;
	uint64_t at_ns = 0;
	int r;

	if (fault != NULL)
		return ost_api_case_refuse(w, 400, fault, "ostiaryd(8) describes the members");
	r = ost_case_decide(d, c, regime, &said, &number, &at_ns, why);
	if (r < 0)
		return failed(w, r, why);
	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "number", number);
	ost_jsonw_time(w, "at", at_ns);
	ost_jsonw_string(w, "by", by);
	ost_jsonw_end(w, '}');
	return 200;
}

/* ---- close and note ---- */

static unsigned close_it(struct ost_daemon *d, struct ost_case *c, const json_t *o, const char *by, struct ost_jsonw *w)
{
	const char *verdict, *reason, *duplicate_of;
	struct ost_case *duplicate = NULL;
	char why[OST_CASE_WHY] = "";
	unsigned v = 1, status;
	int r;

	if (!text_take(o, "verdict", &verdict) || !text_take(o, "reason", &reason) || !text_take(o, "duplicate_of", &duplicate_of) || verdict == NULL)
		return ost_api_case_refuse(w, 400, "verdict, reason and duplicate_of must be texts", "{\"verdict\": \"benign\", \"reason\": ...}");
	while (v < OST_VERDICT_COUNT && strcmp(verdict, ost_verdict_name(v)) != 0)
		v++;
	if (v == OST_VERDICT_COUNT)
		return ost_api_case_refuse(w, 400, "there is no such verdict", "true-positive, false-positive, benign or duplicate");
	status = duplicate_of != NULL ? ost_api_case_find(d, duplicate_of, strlen(duplicate_of), &duplicate, w) : 0;
	if (status != 0)
		return status;
	r = ost_case_close(d, c, (enum ost_verdict)v, reason, by, duplicate, why);
	if (r < 0)
		return failed(w, r, why);
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "state", c->i.state == OST_INCIDENT_OPEN ? "open" : "closed");
	ost_jsonw_string(w, "verdict", ost_verdict_name(c->verdict));
	ost_jsonw_string(w, "by", by);
	ost_jsonw_end(w, '}');
	return 200;
}

static unsigned note(struct ost_daemon *d, struct ost_case *c, const json_t *o, const char *by, struct ost_jsonw *w)
{
	char why[OST_CASE_WHY] = "";
	const char *text;
	int r;

	if (!text_take(o, "text", &text) || text == NULL)
		return ost_api_case_refuse(w, 400, "text must be a text", "{\"text\": ...}");
	r = ost_case_note(d, c, text, by, why);
	if (r < 0)
		return failed(w, r, why);
	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "notes", c->note_count);
	ost_jsonw_string(w, "by", by);
	ost_jsonw_end(w, '}');
	return 200;
}

unsigned ost_api_case(struct ost_daemon *d, const char *rest, const char *body, size_t length, uint32_t uid, struct ost_jsonw *w)
{
	static const struct {
		const char *name;
		unsigned (*fn)(struct ost_daemon *d, struct ost_case *c, const json_t *o, const char *by, struct ost_jsonw *w);
	} ways[] = {{"/decide", decide}, {"/close", close_it}, {"/note", note}};
	const char *slash = strchr(rest, '/');
	char by[OST_DECISION_NAME_MAX + 1];
	struct ost_case *c = NULL;
	unsigned status = 404;
	json_t *o;

	for (size_t i = 0; slash != NULL && i < OST_ARRAY_SIZE(ways); i++) {
		if (strcmp(slash, ways[i].name) != 0)
			continue;
		status = ost_api_case_find(d, rest, (size_t)(slash - rest), &c, w);
		if (status != 0)
			return status;
		o = json_loadb(body != NULL ? body : "", length, JSON_REJECT_DUPLICATES, NULL);
		if (json_is_object(o))
			status = ways[i].fn(d, c, o, by_of(uid, by), w);
		else
			status = ost_api_case_refuse(w, 400, "the body is no JSON object", "ostiaryd(8) describes it");
		json_decref(o);
		return status;
	}
	return ost_api_case_refuse(w, status, "there is no such thing to do with an incident", "decide, close or note");
}
