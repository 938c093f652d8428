/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MQTT 3.1, 3.1.1 and 5: the CONNECT, which is the first thing that a client says (OASIS MQTT 5.0 section 3.1). */
#include "credential.h"
#include "cursor.h"

#define CONNECT	      0x10u
#define FLAG_USER     0x80u
#define FLAG_PASSWORD 0x40u
#define FLAG_WILL     0x04u

/* 1 to 4 bytes of seven bits, the lowest first. */
static uint32_t varint(struct ost_cursor *c)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint8_t b = ost_cursor_u8(c);

		v |= (uint32_t)(b & 0x7f) << (7 * i);
		if (!(b & 0x80))
			return v;
	}
	c->failed = true;
	return 0;
}

static const uint8_t *field(struct ost_cursor *c, size_t *ret_length)
{
	*ret_length = ost_cursor_be16(c);
	return ost_cursor_take(c, *ret_length);
}

static void properties_skip(struct ost_cursor *c, uint8_t level)
{
	if (level == 5)
		(void)ost_cursor_skip(c, varint(c));
}

/* False: it has no password. A cursor that failed: not whole, or none at all. */
static bool connect_read(struct ost_cursor *c, struct ost_credential *ret)
{
	const uint8_t *name;
	uint8_t level, flags;
	size_t n;

	name = field(c, &n);
	if (name == NULL || !((n == 4 && memcmp(name, "MQTT", 4) == 0) || (n == 6 && memcmp(name, "MQIsdp", 6) == 0)))
		return false;
	level = ost_cursor_u8(c);
	flags = ost_cursor_u8(c);
	(void)ost_cursor_skip(c, 2); /* keep alive */
	properties_skip(c, level);
	(void)field(c, &n); /* client */
	if (flags & FLAG_WILL) {
		properties_skip(c, level);
		(void)field(c, &n);
		(void)field(c, &n);
	}
	*ret = (struct ost_credential){0};
	if (flags & FLAG_USER)
		ret->user = field(c, &ret->user_bytes);
	if (!(flags & FLAG_PASSWORD))
		return false;
	ret->secret = field(c, &ret->secret_bytes);
	return !c->failed;
}

enum ost_talk_result ost_talk_mqtt(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret)
{
	struct ost_cursor c;
	size_t n = OST_MIN(length, (size_t)(OST_TALK_LINE - t->line_bytes));
	uint32_t whole;

	if (reply)
		return t->line_bytes > 0 ? OST_TALK_OVER : OST_TALK_MORE;
	memcpy(t->line + t->line_bytes, bytes, n);
	t->line_bytes = (uint16_t)(t->line_bytes + n);
	c = ost_cursor_of(t->line, t->line_bytes);
	if (ost_cursor_u8(&c) != CONNECT)
		return OST_TALK_OVER;
	whole = varint(&c);
	if (!c.failed && ost_cursor_left(&c) >= whole)
		return ost_cursor_limit(&c, whole) && connect_read(&c, ret) ? OST_TALK_FOUND : OST_TALK_OVER;
	return t->line_bytes < OST_TALK_LINE && (!c.failed || t->line_bytes < 5) ? OST_TALK_MORE : OST_TALK_OVER;
}
