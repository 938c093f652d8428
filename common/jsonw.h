/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small JSON writer into a growing buffer: for NDJSON lines and --json output. It places commas, it
 * escapes; hostile text comes out as valid JSON (bad UTF-8 becomes U+FFFD). Reading JSON is jansson's. */
#pragma once

#include "diag.h"

#define OST_JSONW_DEPTH 16

struct ost_jsonw {
	char *text; /* NUL-terminated, owned */
	size_t length;
	size_t capacity;
	uint32_t depth;
	bool comma[OST_JSONW_DEPTH];
	bool failed; /* out of memory or too deep: the text is not to be used */
};

void ost_jsonw_object(struct ost_jsonw *w, const char *key); /* key NULL inside arrays and at the top */
void ost_jsonw_array(struct ost_jsonw *w, const char *key);
void ost_jsonw_end(struct ost_jsonw *w, char bracket); /* '}' or ']' */
void ost_jsonw_string(struct ost_jsonw *w, const char *key, const char *value); /* NULL: null */
/* Text that somebody outside brought, for a log that people and other programs read: what ost_unicode_is_hostile() is escaped as well, and what is
 * longer than max_bytes in JSON is cut between two characters and ends in U+2026. NULL: null. */
void ost_jsonw_text(struct ost_jsonw *w, const char *key, const char *value, size_t max_bytes);
void ost_jsonw_u64(struct ost_jsonw *w, const char *key, uint64_t value);
void ost_jsonw_double(struct ost_jsonw *w, const char *key, double value);
void ost_jsonw_bool(struct ost_jsonw *w, const char *key, bool value);
void ost_jsonw_time(struct ost_jsonw *w, const char *key, uint64_t wall_ns); /* RFC 3339; 0: null, not known */


/* Finished JSON, believed: the value of a member, and members of the open object as they are. */
void ost_jsonw_member(struct ost_jsonw *w, const char *key, const char *json);
void ost_jsonw_raw(struct ost_jsonw *w, const char *members);

/* The member "findings": an array of severity, file, line, column, what and hint. */
void ost_jsonw_findings(struct ost_jsonw *w, const struct ost_diag *diag);

/* Ends a line of NDJSON: appends "\n". */
void ost_jsonw_newline(struct ost_jsonw *w);

/* Empties the text, keeps the buffer. */
void ost_jsonw_reset(struct ost_jsonw *w);
void ost_jsonw_free(struct ost_jsonw *w);
