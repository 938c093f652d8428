/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jsonw.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "clock.h"
#include "unicode.h"

static void put(struct ost_jsonw *w, const char *bytes, size_t n)
{
	if (w->failed)
		return;
	if (w->length + n + 1 > w->capacity) {
		size_t capacity = OST_MAX(w->capacity * 2, w->length + n + 256);
		char *t = realloc(w->text, capacity);

		if (t == NULL) {
			w->failed = true;
			return;
		}
		w->text = t;
		w->capacity = capacity;
	}
	memcpy(w->text + w->length, bytes, n);
	w->length += n;
	w->text[w->length] = '\0';
}

static void put_text(struct ost_jsonw *w, const char *s)
{
	put(w, s, strlen(s));
}

/* Length of the valid UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t utf8_length(const unsigned char *s)
{
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf && (s[1] & 0xc0) == 0x80)
		return 2;
	if ((s[0] & 0xf0) == 0xe0 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80)
		return (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ? 0 : 3;
	if (s[0] >= 0xf0 && s[0] <= 0xf4 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80 &&
		(s[3] & 0xc0) == 0x80)
		return (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ? 0 : 4;
	return 0;
}

static void put_quoted(struct ost_jsonw *w, const char *value)
{
	put(w, "\"", 1);
	for (const unsigned char *s = (const unsigned char *)value; *s != '\0';) {
		size_t n = utf8_length(s);
		char esc[8];

		if (n == 0) {
			put_text(w, "\xef\xbf\xbd");
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\') {
			esc[0] = '\\';
			esc[1] = (char)*s;
			put(w, esc, 2);
		} else if (*s < 0x20 || *s == 0x7f) {
			(void)snprintf(esc, sizeof(esc), "\\u%04x", *s);
			put(w, esc, 6);
		} else {
			put(w, (const char *)s, n);
		}
		s += n;
	}
	put(w, "\"", 1);
}

static void begin_value(struct ost_jsonw *w, const char *key)
{
	if (w->comma[w->depth])
		put(w, ",", 1);
	w->comma[w->depth] = true;
	if (key != NULL) {
		put_quoted(w, key);
		put(w, ":", 1);
	}
}

static void open_bracket(struct ost_jsonw *w, const char *key, const char *bracket)
{
	begin_value(w, key);
	put(w, bracket, 1);
	if (w->depth + 1 >= OST_JSONW_DEPTH) {
		w->failed = true;
		return;
	}
	w->comma[++w->depth] = false;
}

void ost_jsonw_object(struct ost_jsonw *w, const char *key)
{
	open_bracket(w, key, "{");
}

void ost_jsonw_array(struct ost_jsonw *w, const char *key)
{
	open_bracket(w, key, "[");
}

void ost_jsonw_end(struct ost_jsonw *w, char bracket)
{
	if (w->depth > 0)
		w->depth--;
	put(w, &bracket, 1);
}

void ost_jsonw_string(struct ost_jsonw *w, const char *key, const char *value)
{
	begin_value(w, key);
	if (value == NULL)
		put_text(w, "null");
	else
		put_quoted(w, value);
}

/* One character in JSON; returns its length. used 0: it is none. */
static size_t character(uint32_t c, const char *bytes, size_t used, char out[static 16])
{
	if (used == 0) {
		memcpy(out, "\xef\xbf\xbd", 3);
		return 3;
	}
	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (!ost_unicode_is_hostile(c)) {
		memcpy(out, bytes, used);
		return used;
	}
	if (c < 0x10000)
		return (size_t)snprintf(out, 16, "\\u%04x", c);
	return (size_t)snprintf(out, 16, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
}

void ost_jsonw_text(struct ost_jsonw *w, const char *key, const char *value, size_t max_bytes)
{
	size_t written = 0;

	begin_value(w, key);
	if (value == NULL) {
		put_text(w, "null");
		return;
	}
	put(w, "\"", 1);
	while (*value != '\0') {
		uint32_t c = 0;
		size_t used = ost_unicode_decode(value, &c), n;
		char out[16];

		n = character(c, value, used, out);
		if (written + n > max_bytes) {
			put_text(w, "\xe2\x80\xa6");
			break;
		}
		put(w, out, n);
		written += n;
		value += OST_MAX(used, (size_t)1);
	}
	put(w, "\"", 1);
}

static void number(struct ost_jsonw *w, const char *key, const char *text)
{
	begin_value(w, key);
	put_text(w, text);
}

void ost_jsonw_u64(struct ost_jsonw *w, const char *key, uint64_t value)
{
	char t[24];

	(void)snprintf(t, sizeof(t), "%" PRIu64, value);
	number(w, key, t);
}

void ost_jsonw_double(struct ost_jsonw *w, const char *key, double value)
{
	char t[40];

	if (!isfinite(value)) {
		number(w, key, "null");
		return;
	}
	(void)snprintf(t, sizeof(t), "%.12g", value);
	number(w, key, t);
}

void ost_jsonw_bool(struct ost_jsonw *w, const char *key, bool value)
{
	number(w, key, value ? "true" : "false");
}

void ost_jsonw_time(struct ost_jsonw *w, const char *key, uint64_t wall_ns)
{
	char text[OST_TIME_TEXT];

	if (wall_ns != 0)
		ost_clock_format(wall_ns, text);
	ost_jsonw_string(w, key, wall_ns != 0 ? text : NULL);
}

void ost_jsonw_member(struct ost_jsonw *w, const char *key, const char *json)
{
	number(w, key, json);
}

void ost_jsonw_raw(struct ost_jsonw *w, const char *members)
{
	begin_value(w, NULL);
	put_text(w, members);
}

void ost_jsonw_findings(struct ost_jsonw *w, const struct ost_diag *diag)
{
	ost_jsonw_array(w, "findings");
	for (uint32_t i = 0; i < diag->count; i++) {
		const struct ost_finding *f = &diag->findings[i];

		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "severity", f->severity == OST_SEV_ERROR ? "error" : "warning");
		ost_jsonw_string(w, "file", f->pos.file);
		ost_jsonw_u64(w, "line", f->pos.line);
		ost_jsonw_u64(w, "column", f->pos.column);
		ost_jsonw_string(w, "what", f->what);
		ost_jsonw_string(w, "hint", f->hint);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}

void ost_jsonw_newline(struct ost_jsonw *w)
{
	put(w, "\n", 1);
	w->depth = 0;
	w->comma[0] = false;
}

void ost_jsonw_reset(struct ost_jsonw *w)
{
	w->length = 0;
	w->depth = 0;
	w->comma[0] = false;
	w->failed = false;
	if (w->text != NULL)
		w->text[0] = '\0';
}

void ost_jsonw_free(struct ost_jsonw *w)
{
	free(w->text);
	*w = (struct ost_jsonw){0};
}
