/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/timex.h>

#include <jansson.h>

#include "clock.h"
#include "cursor.h"

#define KIND_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789._-"

/* ---- clocks ---- */

void ost_record_clock_now(struct ost_record_clock *ret_clock)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);

	ret_clock->wall_ns = ost_clock_wall_ns();
	ret_clock->mono_ns = ost_clock_mono_ns();
	ret_clock->synced = state >= 0 && state != TIME_ERROR && (t.status & STA_UNSYNC) == 0;
	ret_clock->error_us = state >= 0 && t.maxerror > 0 ? (uint64_t)t.maxerror : 0;
}

void ost_record_boot_id(char buf[static OST_BOOT_ID])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, OST_BOOT_ID - 1) : 0;

	if (fd >= 0)
		(void)close(fd);
	buf[n == OST_BOOT_ID - 1 ? n : 0] = '\0';
	if (strspn(buf, "0123456789abcdef-") != strlen(buf))
		buf[0] = '\0';
}

/* ---- made ---- */

void ost_hex_format(const uint8_t *bytes, size_t length, char *buf)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		buf[2 * i] = digits[bytes[i] >> 4];
		buf[2 * i + 1] = digits[bytes[i] & 15];
	}
	buf[2 * length] = '\0';
}

bool ost_record_kind_is_valid(const char *kind)
{
	size_t n = strlen(kind);

	return n > 0 && n <= OST_JOURNAL_KIND_MAX && strspn(kind, KIND_LETTERS) == n;
}

static void envelope_write(struct ost_jsonw *w, const struct ost_record_head *h)
{
	char prev[2 * sizeof(h->envelope.prev.b) + 1];

	ost_hex_format(h->envelope.prev.b, sizeof(h->envelope.prev.b), prev);
	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "v", 1);
	ost_jsonw_u64(w, "seq", h->envelope.seq);
	ost_jsonw_string(w, "prev", prev);
	ost_jsonw_string(w, "kind", h->envelope.kind);
	ost_jsonw_time(w, "@timestamp", h->wall_ns);
	ost_jsonw_string(w, "boot_id", h->boot_id);
	ost_jsonw_u64(w, "mono_ns", h->clock->mono_ns);
	ost_jsonw_object(w, "clock");
	ost_jsonw_bool(w, "synced", h->clock->synced);
	ost_jsonw_u64(w, "error_us", h->clock->error_us);
	ost_jsonw_end(w, '}');
}

int ost_record_render(struct ost_jsonw *w, const struct ost_record_head *head, const char *members)
{
	size_t before = w->length;

	envelope_write(w, head);
	if (*members != '\0')
		ost_jsonw_raw(w, members);
	ost_jsonw_end(w, '}');
	ost_jsonw_newline(w);
	if (w->failed)
		return -ENOMEM;
	return w->length - before > OST_JOURNAL_LINE_MAX ? -EMSGSIZE : 0;
}

/* ---- what callers bring ---- */

static const char *const envelope_members[] = {"v", "seq", "prev", "kind", "@timestamp", "boot_id", "mono_ns", "clock"};

static int object_check(const char *text, size_t length)
{
	json_t *o = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	int r = json_is_object(o) ? 0 : -EINVAL;

	for (size_t i = 0; i < OST_ARRAY_SIZE(envelope_members) && r == 0; i++) {
		if (json_object_get(o, envelope_members[i]) != NULL)
			r = -EINVAL;
	}
	json_decref(o);
	return r;
}

int ost_record_members_check(const char *members)
{
	size_t n = strlen(members);
	OST_AUTO_FREE char *object = NULL;

	if (n == 0)
		return 0;
	if (n > OST_JOURNAL_MEMBERS_MAX)
		return -EMSGSIZE;
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)members[i] < 0x20)
			return -EINVAL;
	}
	object = malloc(n + 3);
	if (object == NULL)
		return -ENOMEM;
	(void)snprintf(object, n + 3, "{%s}", members);
	return object_check(object, n + 2);
}

bool ost_record_is_json(const char *line, size_t length)
{
	json_t *o = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	bool is = json_is_object(o);

	json_decref(o);
	return is;
}

/* ---- read ---- */

static bool literal(struct ost_cursor *c, const char *text)
{
	size_t n = strlen(text);
	const uint8_t *p = ost_cursor_take(c, n);

	return p != NULL && memcmp(p, text, n) == 0;
}

/* Digits without a leading zero, up to what is no digit. */
static bool number(struct ost_cursor *c, uint64_t *ret)
{
	const uint8_t *begin = c->at;
	uint64_t v = 0;

	while (c->at < c->end && *c->at >= '0' && *c->at <= '9' && c->at - begin < 16)
		v = v * 10 + (uint64_t)(*c->at++ - '0');
	*ret = v;
	return c->at > begin && (c->at == begin + 1 || *begin != '0') && v <= OST_JOURNAL_SEQ_MAX;
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hash_hex(struct ost_cursor *c, struct ost_merkle_hash *ret)
{
	const uint8_t *p = ost_cursor_take(c, 2 * sizeof(ret->b));

	for (size_t i = 0; p != NULL && i < sizeof(ret->b); i++) {
		int high = hex_digit(p[2 * i]), low = hex_digit(p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret->b[i] = (uint8_t)(high << 4 | low);
	}
	return p != NULL;
}

static bool kind_read(struct ost_cursor *c, char kind[static OST_JOURNAL_KIND_MAX + 1])
{
	size_t n = 0;

	while (c->at < c->end && *c->at != '"' && n < OST_JOURNAL_KIND_MAX)
		kind[n++] = (char)*c->at++;
	kind[n] = '\0';
	return ost_record_kind_is_valid(kind);
}

int ost_envelope_parse(const char *line, size_t length, struct ost_envelope *ret_envelope)
{
	struct ost_cursor c = ost_cursor_of(line, length);
	struct ost_envelope e;

	if (!literal(&c, "{\"v\":1,\"seq\":") || !number(&c, &e.seq) || !literal(&c, ",\"prev\":\"") || !hash_hex(&c, &e.prev) ||
		!literal(&c, "\",\"kind\":\"") || !kind_read(&c, e.kind) || !literal(&c, "\",\"@timestamp\":\"") ||
		line[length - 1] != '}')
		return -EINVAL;
	*ret_envelope = e;
	return 0;
}

/* Both are UTC in one form (ost_clock_format): they order as text does. */
bool ost_record_is_before(const char *line, size_t length, const char *time)
{
	static const char key[] = "\"@timestamp\":\"";
	const char *at = memmem(line, OST_MIN(length, (size_t)256), key, sizeof(key) - 1);
	size_t n = strlen(time);

	at = at != NULL ? at + sizeof(key) - 1 : NULL;
	return at != NULL && (size_t)(line + length - at) > n && at[n] == '"' && memcmp(at, time, n) < 0;
}

/* ---- hostile text ---- */

/* Marks that turn the direction of text, or that cannot be seen: shown raw, a line would say something else than it holds. */
static bool is_mark(uint32_t c)
{
	return c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0x80 && c <= 0x9f);
}

/* One character of UTF-8 (RFC 3629); bytes that are none are U+FFFD each. */
static uint32_t character(const uint8_t *s, size_t length, size_t *ret_used)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned n = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t c = n < 2 ? s[0] : s[0] & (0x7fu >> n);

	*ret_used = 1;
	if (n == 0 || n > length)
		return 0xfffd;
	for (unsigned i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) || c == 0)
		return 0xfffd;
	*ret_used = n;
	return c;
}

/* What one character is in JSON; returns its length. */
static size_t escape(uint32_t c, const uint8_t *s, size_t used, char out[static 8])
{
	if (c == 0xfffd) {
		memcpy(out, "\xef\xbf\xbd", 3);
		return 3;
	}
	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c < 0x20 || c == 0x7f || is_mark(c))
		return (size_t)snprintf(out, 8, "\\u%04x", c & 0xffff);
	memcpy(out, s, used);
	return used;
}

void ost_journal_string(struct ost_jsonw *w, const char *key, const void *bytes, size_t length, size_t max_bytes)
{
	const uint8_t *s = bytes;
	size_t n = 0, room = OST_MAX(max_bytes, (size_t)16);
	char *text = malloc(room + 16);

	if (text == NULL) {
		w->failed = true;
		return;
	}
	text[n++] = '"';
	while (length > 0) {
		char out[8];
		size_t used, more;
		uint32_t c = character(s, length, &used);

		more = escape(c, s, used, out);
		if (n + more + 4 > room) {
			memcpy(text + n, "\xe2\x80\xa6", 3);
			n += 3;
			break;
		}
		memcpy(text + n, out, more);
		n += more;
		s += used;
		length -= used;
	}
	text[n++] = '"';
	text[n] = '\0';
	ost_jsonw_member(w, key, text);
	free(text);
}
