/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /v1/incidents/ID/report: a draft, for people and for forms. Nothing is submitted. */
#include <stdio.h>

#include "api_case.h"
#include "case_law.h"
#include "report.h"

static int text_make(const struct ost_report *report, bool html, char **ret_text, size_t *ret_length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_length);
	bool bad;

	if (out == NULL)
		return -ENOMEM;
	if (html)
		ost_report_html(report, out);
	else
		ost_report_text(report, out);
	bad = ferror(out) != 0;
	if (fclose(out) != 0 || bad) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	return 0;
}

static int json_make(const struct ost_report *report, char **ret_text, size_t *ret_length)
{
	struct ost_jsonw w = {0};

	ost_report_json(report, &w);
	ost_jsonw_newline(&w);
	if (w.failed) {
		ost_jsonw_free(&w);
		return -ENOMEM;
	}
	*ret_text = w.text;
	*ret_length = w.length;
	return 0;
}

static int make(struct ost_daemon *d, const struct ost_case *c, const struct ost_regime *g, uint32_t stage, const char *format, char **ret_text,
	size_t *ret_length)
{
	struct case_law_view *v = malloc(sizeof(*v));
	struct ost_report_case rc = {.incident = &c->i, .regime = g, .stage = stage, .decisions = case_law_decisions(d->casebook, c),
		.entity = d->casebook->law->entity.entity, .gateway = d->gateway, .zone = ost_zone_process, .now_ns = ost_clock_wall_ns()};
	struct ost_report *report = NULL;
	char proof[64];
	int r;

	if (v == NULL)
		return -ENOMEM;
	case_law_look(d->casebook, c, g, v);
	rc.services = v->services;
	rc.service_count = v->service_count;
	rc.assessment = &v->assessment;
	rc.facts = &v->facts;
	if (c->changed != 0) {
		(void)snprintf(proof, sizeof(proof), "ostiary journal prove %llu", (unsigned long long)c->changed);
		rc.proof = proof;
	}
	r = ost_report_make(&rc, &report);
	if (r == 0)
		r = strcmp(format, "json") == 0 ? json_make(report, ret_text, ret_length) : text_make(report, strcmp(format, "html") == 0, ret_text, ret_length);
	if (report != NULL)
		ost_report_free(&report);
	free(v);
	return r;
}

unsigned ost_api_report(struct ost_daemon *d, const char *id, const char *regime, const char *stage, const char *format, struct ost_jsonw *w,
	char **ret_text, size_t *ret_length, const char **ret_type)
{
	const struct ost_regime *g = regime != NULL ? case_law_regime(d->casebook, regime) : NULL;
	const char *form = format != NULL ? format : "json";
	struct ost_case *c = NULL;
	unsigned status = ost_api_case_find(d, id, strcspn(id, "/"), &c, w);
	uint32_t place;

	if (status != 0)
		return status;
	if (g == NULL)
		return ost_api_case_refuse(w, 404, "no such regime applies here", "GET /v1/regimes lists them: write regime=nis2");
	if (stage == NULL || ost_regime_stage_find(g, stage, &place) < 0)
		return ost_api_case_refuse(w, 404, "this regime has no such stage", "GET /v1/regimes lists them: write stage=early_warning");
	if (strcmp(form, "json") != 0 && strcmp(form, "text") != 0 && strcmp(form, "html") != 0)
		return ost_api_case_refuse(w, 400, "there is no such format", "json, text or html");
	if (make(d, c, g, place, form, ret_text, ret_length) < 0)
		return ost_api_case_refuse(w, 500, "out of memory", "try again");
	*ret_type = strcmp(form, "json") == 0 ? "application/json" : strcmp(form, "html") == 0 ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
	return 200;
}
