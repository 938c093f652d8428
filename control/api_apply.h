/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POST /v1/policy: the body {"message": text, "confirm": seconds, "sources": [{"name": text, "text": text}, ...]} to an apply. */
#pragma once

#include "apply.h"
#include "jsonw.h"

struct ost_api_sources;

/* Reads a body. Names are shown to people: 1..255 bytes without control characters. -EINVAL and a sentence in why. */
int ost_api_sources_read(const char *body, size_t length, struct ost_api_sources **ret_sources, char why[static 256])
	OST_MUST_CHECK;
void ost_api_sources_free(struct ost_api_sources **sources);

/* What to apply; valid as long as the sources. */
struct ost_apply_request ost_api_sources_request(const struct ost_api_sources *sources, uint32_t uid);

/* Opens the body of an answer about a policy: how it went and, when it was not done, text and hint. Returns the HTTP status; the
 * caller closes the object. */
unsigned ost_api_result_begin(struct ost_jsonw *w, enum ost_apply_kind kind, const char *text, const char *hint);

/* The answer's body and HTTP status. Sorts the findings. */
unsigned ost_api_apply_answer(struct ost_daemon *d, struct ost_apply_result *result, struct ost_jsonw *w);
