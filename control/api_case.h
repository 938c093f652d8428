/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POST /v1/incidents/ID/decide, close and note; GET /v1/incidents/ID/report. Each returns the HTTP status. */
#pragma once

#include "casebook.h"
#include "jsonw.h"

/* rest: "ID/WHAT" of the address. */
unsigned ost_api_case(struct ost_daemon *d, const char *rest, const char *body, size_t length, uint32_t uid, struct ost_jsonw *w);

/* The draft of a report: 200 with its bytes and their type, the caller's to free; else the error is in w. */
unsigned ost_api_report(struct ost_daemon *d, const char *id, const char *regime, const char *stage, const char *format, struct ost_jsonw *w,
	char **ret_text, size_t *ret_length, const char **ret_type);

/* An answer that says what is wrong; returns the status. */
unsigned ost_api_case_refuse(struct ost_jsonw *w, unsigned status, const char *error, const char *hint);
/* 0 and the case, or the status of the answer that was made. length: of the id in text. */
unsigned ost_api_case_find(struct ost_daemon *d, const char *text, size_t length, struct ost_case **ret_case, struct ost_jsonw *w);
