/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "portal_line.h"

#include <stdio.h>

#include "messages.h"
#include "text.h"

#define HEAD "OSTIARY 1 "

static const char *const words[OST_PORTAL_WORD_COUNT] = {
	[OST_PORTAL_ADMITTED] = "ADMITTED",
	[OST_PORTAL_REFUSED] = "REFUSED",
	[OST_PORTAL_KEEP] = "KEEP",
	[OST_PORTAL_KEPT] = "KEPT",
	[OST_PORTAL_PROVE] = "PROVE",
	[OST_PORTAL_END] = "END",
	[OST_PORTAL_ENDED] = "ENDED",
};

static unsigned within(uint32_t value, uint32_t most)
{
	return (unsigned)OST_MAX(1u, OST_MIN(value, most));
}

size_t ost_portal_line_write(const struct ost_portal_line *line, char to[static OST_PORTAL_LINE + 1])
{
	const char *word = words[line->word];
	unsigned seconds = within(line->seconds, OST_PORTAL_LEASE_S);
	int n = 0;

	switch (line->word) {
	case OST_PORTAL_ADMITTED:
		n = snprintf(to, OST_PORTAL_LINE + 1, HEAD "%s lease=%u session=%u device=%s\n", word, seconds,
			within(line->session_s, OST_PORTAL_SESSION_S), line->device);
		break;
	case OST_PORTAL_KEPT:
		n = snprintf(to, OST_PORTAL_LINE + 1, HEAD "%s lease=%u\n", word, seconds);
		break;
	case OST_PORTAL_PROVE:
		n = snprintf(to, OST_PORTAL_LINE + 1, HEAD "%s within=%u\n", word, seconds);
		break;
	case OST_PORTAL_REFUSED:
	case OST_PORTAL_ENDED:
		n = snprintf(to, OST_PORTAL_LINE + 1, HEAD "%s reason=%s\n", word, ost_auth_reason_name(line->reason));
		break;
	case OST_PORTAL_KEEP:
	case OST_PORTAL_END:
	default:
		n = snprintf(to, OST_PORTAL_LINE + 1, HEAD "%s\n", word);
		break;
	}
	return OST_MIN((size_t)n, (size_t)OST_PORTAL_LINE);
}

/* ---- read ---- */

struct text {
	const char *at;
	size_t left;
};

static bool skip(struct text *t, const char *what)
{
	size_t n = strlen(what);

	if (t->left < n || memcmp(t->at, what, n) != 0)
		return false;
	t->at += n;
	t->left -= n;
	return true;
}

/* Up to the next blank, or the end. */
static struct text take_word(struct text *t)
{
	const char *blank = memchr(t->at, ' ', t->left);
	struct text w = {t->at, blank != NULL ? (size_t)(blank - t->at) : t->left};

	t->at += w.left;
	t->left -= w.left;
	return w;
}

static bool take_number(struct text *t, const char *name, uint32_t most, uint32_t *to)
{
	struct text w;
	uint64_t n;

	if (!skip(t, name))
		return false;
	w = take_word(t);
	if (w.left == 0 || w.left > 10 || ost_number_parse(w.at, w.left, &n) < 0 || n == 0 || n > most)
		return false;
	*to = (uint32_t)n;
	return true;
}

static bool take_reason(struct text *t, uint8_t *to)
{
	struct text w;

	if (!skip(t, " reason="))
		return false;
	w = take_word(t);
	for (unsigned i = OST_AUTH_REASON_NONE + 1; i < OST_AUTH_REASON_COUNT; i++) {
		const char *name = ost_auth_reason_name(i);

		if (strlen(name) == w.left && memcmp(name, w.at, w.left) == 0) {
			*to = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* The rest of the line. */
static bool take_device(struct text *t, char to[static OST_NAME_MAX + 1])
{
	if (!skip(t, " device=") || t->left == 0 || t->left > OST_NAME_MAX || !ost_text_is_plain(t->at, t->left) ||
		memchr(t->at, '\0', t->left) != NULL)
		return false;
	memcpy(to, t->at, t->left);
	to[t->left] = '\0';
	t->left = 0;
	return true;
}

static bool read_rest(struct text *t, struct ost_portal_line *l)
{
	switch (l->word) {
	case OST_PORTAL_ADMITTED:
		return take_number(t, " lease=", OST_PORTAL_LEASE_S, &l->seconds) &&
		       take_number(t, " session=", OST_PORTAL_SESSION_S, &l->session_s) && take_device(t, l->device);
	case OST_PORTAL_KEPT:
		return take_number(t, " lease=", OST_PORTAL_LEASE_S, &l->seconds);
	case OST_PORTAL_PROVE:
		return take_number(t, " within=", OST_PORTAL_LEASE_S, &l->seconds);
	case OST_PORTAL_REFUSED:
	case OST_PORTAL_ENDED:
		return take_reason(t, &l->reason);
	case OST_PORTAL_KEEP:
	case OST_PORTAL_END:
		return true;
	default:
		return false;
	}
}

int ost_portal_line_read(const char *text, size_t length, struct ost_portal_line *ret_line)
{
	struct text t = {text, length}, word;
	struct ost_portal_line l = {0};

	if (!skip(&t, HEAD))
		return -EINVAL;
	word = take_word(&t);
	for (l.word = 0; l.word < OST_PORTAL_WORD_COUNT; l.word++) {
		if (strlen(words[l.word]) == word.left && memcmp(words[l.word], word.at, word.left) == 0)
			break;
	}
	if (!read_rest(&t, &l) || t.left != 0)
		return -EINVAL;
	*ret_line = l;
	return 0;
}

int ost_portal_lines_take(struct ost_portal_lines *lines, const char **bytes, size_t *length, struct ost_portal_line *ret_line)
{
	const char *end = memchr(*bytes, '\n', *length);
	size_t n = end != NULL ? (size_t)(end - *bytes) : *length, whole = lines->length + n;

	if (whole >= sizeof(lines->text))
		return -EINVAL;
	memcpy(lines->text + lines->length, *bytes, n);
	lines->length = whole;
	*bytes += n;
	*length -= n;
	if (end == NULL)
		return 0;
	++*bytes;
	--*length;
	lines->length = 0;
	return ost_portal_line_read(lines->text, whole, ret_line) == 0 ? 1 : -EINVAL;
}
