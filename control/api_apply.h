/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POST /v1/policy: the body {"message": text, "confirm": seconds, "sources": [{"name": text, "text": text}, ...]} to an apply; or in parts (api_form.h). */
#pragma once

#include "apply.h"
#include "jsonw.h"

#define OST_API_SOURCES_MAX 1024u

struct ost_api_sources;

/* A text that came beside the JSON. */
struct ost_api_text {
	char *bytes; /* owned, NUL-terminated behind its length; NULL: nothing came */
	size_t length, capacity;
};
void ost_api_texts_free(struct ost_api_text *texts, uint32_t count);

/* Reads a body. Names are shown to people: 1..255 bytes without control characters. -EINVAL and a sentence in why. */
int ost_api_sources_read(const char *body, size_t length, struct ost_api_sources **ret_sources, char why[static 256])
	OST_MUST_CHECK;
/* The same of a body whose sources have no text: texts has them, one each, and is the sources' when it succeeds. */
int ost_api_sources_join(const char *body, size_t length, struct ost_api_text *texts, uint32_t count, struct ost_api_sources **ret_sources,
	char why[static 256]) OST_MUST_CHECK;
void ost_api_sources_free(struct ost_api_sources **sources);

/* What to apply; valid as long as the sources. */
struct ost_apply_request ost_api_sources_request(const struct ost_api_sources *sources, uint32_t uid);

/* Opens the body of an answer about a policy: how it went and, when it was not done, text and hint. Returns the HTTP status; the
 * caller closes the object. */
unsigned ost_api_result_begin(struct ost_jsonw *w, enum ost_apply_kind kind, const char *text, const char *hint);

/* The answer's body and HTTP status. Sorts the findings. */
unsigned ost_api_apply_answer(struct ost_daemon *d, struct ost_apply_result *result, struct ost_jsonw *w);
