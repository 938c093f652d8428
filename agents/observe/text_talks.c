/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FTP (RFC 959) and HTTP with Basic authentication (RFC 7617): protocols of lines. */
#include "credential.h"

enum { HTTP_REQUEST, HTTP_FIELDS, HTTP_BODY };

static uint8_t lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

/* What follows a word (in lower case) at the beginning of bytes; NULL: it begins otherwise. */
static const uint8_t *behind(const uint8_t *bytes, size_t length, const char *word, size_t *ret_left)
{
	size_t n = strlen(word);

	if (length < n)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (lower(bytes[i]) != (uint8_t)word[i])
			return NULL;
	}
	*ret_left = length - n;
	return bytes + n;
}

/* Another byte of the line. True: it is whole, without its end. */
static bool line_add(struct ost_talk *t, uint8_t b)
{
	if (b == '\n') {
		while (t->line_bytes > 0 && t->line[t->line_bytes - 1] == '\r')
			t->line_bytes--;
		return true;
	}
	if (t->line_bytes < OST_TALK_LINE)
		t->line[t->line_bytes++] = b;
	else
		t->skip = true;
	return false;
}

/* ---- FTP ---- */

static enum ost_talk_result ftp_line(struct ost_talk *t, struct ost_credential *ret)
{
	const uint8_t *rest;
	size_t left = 0;

	if (t->skip)
		return OST_TALK_OVER;
	if (behind(t->line, t->line_bytes, "auth ", &left) != NULL)
		return OST_TALK_OVER; /* TLS follows */
	rest = behind(t->line, t->line_bytes, "user ", &left);
	if (rest != NULL) {
		/* Nobody's account: its password is a courtesy (RFC 1635). */
		if ((left == 9 && behind(rest, left, "anonymous", &left) != NULL) || (left == 3 && behind(rest, left, "ftp", &left) != NULL))
			return OST_TALK_OVER;
		t->user_bytes = (uint16_t)OST_MIN(left, (size_t)OST_TALK_NAME);
		memcpy(t->user, rest, t->user_bytes);
		return OST_TALK_MORE;
	}
	rest = behind(t->line, t->line_bytes, "pass ", &left);
	if (rest == NULL)
		return OST_TALK_MORE;
	*ret = (struct ost_credential){t->user, rest, t->user_bytes, left};
	return OST_TALK_FOUND;
}

enum ost_talk_result ost_talk_ftp(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret)
{
	for (size_t i = 0; i < length && !reply; i++) {
		enum ost_talk_result r;

		if (!line_add(t, bytes[i]))
			continue;
		r = ftp_line(t, ret);
		if (r != OST_TALK_MORE)
			return r;
		t->line_bytes = 0;
	}
	return OST_TALK_MORE;
}

/* ---- HTTP ---- */

static int base64_value(uint8_t b)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = b != 0 ? strchr(digits, b) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* In place: what comes out is shorter. */
static size_t base64_decode(uint8_t *bytes, size_t length)
{
	uint32_t held = 0, bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		int v = base64_value(bytes[i]);

		if (v < 0)
			break;
		held = held << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[n++] = (uint8_t)(held >> bits);
		}
	}
	return n;
}

static enum ost_talk_result basic(struct ost_talk *t, const uint8_t *rest, size_t left, struct ost_credential *ret)
{
	uint8_t *at = t->line + (rest - t->line), *colon;
	size_t n;

	while (left > 0 && *at == ' ') {
		at++;
		left--;
	}
	n = base64_decode(at, left);
	colon = n > 0 ? memchr(at, ':', n) : NULL;
	if (colon == NULL)
		return OST_TALK_OVER;
	*ret = (struct ost_credential){at, colon + 1, (size_t)(colon - at), n - (size_t)(colon - at) - 1};
	return OST_TALK_FOUND;
}

static bool is_request(const struct ost_talk *t)
{
	static const char *const methods[] = {"get ", "post ", "put ", "head ", "delete ", "patch ", "options ", "propfind ", "describe "};
	size_t left;

	for (size_t i = 0; i < OST_ARRAY_SIZE(methods); i++) {
		if (behind(t->line, t->line_bytes, methods[i], &left) != NULL)
			return true;
	}
	return false;
}

static enum ost_talk_result http_line(struct ost_talk *t, struct ost_credential *ret)
{
	const uint8_t *rest;
	size_t left = 0;

	if (t->state == HTTP_REQUEST) {
		t->state = HTTP_FIELDS;
		return is_request(t) ? OST_TALK_MORE : OST_TALK_OVER;
	}
	if (t->line_bytes == 0 && !t->skip) {
		t->state = HTTP_BODY;
		return OST_TALK_MORE;
	}
	rest = behind(t->line, t->line_bytes, "authorization:", &left);
	if (rest == NULL || t->skip)
		return OST_TALK_MORE;
	while (left > 0 && *rest == ' ') {
		rest++;
		left--;
	}
	rest = behind(rest, left, "basic ", &left);
	return rest != NULL ? basic(t, rest, left, ret) : OST_TALK_MORE; /* Digest and Bearer show no password */
}

enum ost_talk_result ost_talk_http(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret)
{
	if (reply) { /* what comes now is another request, now perhaps with what was asked for */
		t->state = HTTP_REQUEST;
		t->line_bytes = 0;
		t->skip = false;
		return OST_TALK_MORE;
	}
	for (size_t i = 0; i < length && t->state != HTTP_BODY; i++) {
		enum ost_talk_result r;

		if (!line_add(t, bytes[i]))
			continue;
		r = http_line(t, ret);
		if (r != OST_TALK_MORE)
			return r;
		t->line_bytes = 0;
		t->skip = false;
	}
	return OST_TALK_MORE;
}
