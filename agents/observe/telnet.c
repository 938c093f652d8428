/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telnet (RFC 854). What a client types means something by what it was asked for: the server's last words are kept, and a line that
 * follows a prompt for a password is one. */
#include "credential.h"

enum { IAC = 255, SB = 250, SE = 240, WILL = 251, DONT = 254 };

/* Where in a command. */
enum { TEXT, AFTER_IAC, OPTION, INSIDE, INSIDE_IAC };

enum { ASKED_NOTHING, ASKED_NAME, ASKED_PASSWORD };

/* Whether b is text; commands are left out. */
static bool is_text(uint8_t *command, uint8_t b)
{
	switch (*command) {
	case AFTER_IAC:
		*command = b == SB ? INSIDE : b >= WILL && b <= DONT ? OPTION : TEXT;
		return b == IAC; /* twice: a byte 255 of the text */
	case OPTION:
		*command = TEXT;
		return false;
	case INSIDE:
		*command = b == IAC ? INSIDE_IAC : INSIDE;
		return false;
	case INSIDE_IAC:
		*command = b == SE ? TEXT : INSIDE;
		return false;
	default:
		if (b != IAC)
			return true;
		*command = AFTER_IAC;
		return false;
	}
}

static bool ends_with(const struct ost_talk *t, const char *word)
{
	size_t n = strlen(word);

	return t->tail_bytes >= n && memcmp(t->tail + t->tail_bytes - n, word, n) == 0;
}

static void tail_add(struct ost_talk *t, uint8_t b)
{
	if (b <= ' ' || b >= 0x7f)
		return;
	if (t->tail_bytes == OST_TALK_TAIL)
		memmove(t->tail, t->tail + 1, --t->tail_bytes);
	t->tail[t->tail_bytes++] = b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

static void heard(struct ost_talk *t, const uint8_t *bytes, size_t length)
{
	static const char *const names[] = {"login:", "username:", "user:", "loginname:", "account:"};
	static const char *const passwords[] = {"password:", "passwd:", "passcode:", "passwort:"};

	for (size_t i = 0; i < length; i++) {
		if (is_text(&t->command[1], bytes[i]))
			tail_add(t, bytes[i]);
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(names); i++)
		t->state = ends_with(t, names[i]) ? ASKED_NAME : t->state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(passwords); i++)
		t->state = ends_with(t, passwords[i]) ? ASKED_PASSWORD : t->state;
}

/* A line is whole. */
static enum ost_talk_result line(struct ost_talk *t, struct ost_credential *ret)
{
	if (t->state == ASKED_PASSWORD) {
		*ret = (struct ost_credential){t->user, t->line, t->user_bytes, t->line_bytes};
		return OST_TALK_FOUND;
	}
	if (t->state == ASKED_NAME) {
		t->user_bytes = (uint16_t)OST_MIN((uint32_t)t->line_bytes, OST_TALK_NAME);
		memcpy(t->user, t->line, t->user_bytes);
	}
	t->state = ASKED_NOTHING;
	t->tail_bytes = t->line_bytes = 0;
	return OST_TALK_MORE;
}

static enum ost_talk_result typed(struct ost_talk *t, uint8_t b, struct ost_credential *ret)
{
	bool newline = b == '\r' || (b == '\n' && !t->after_cr);

	if (b == 0 || (b == '\n' && t->after_cr)) {
		t->after_cr = false;
		return OST_TALK_MORE; /* the other half of the end of a line */
	}
	t->after_cr = b == '\r';
	if (newline)
		return line(t, ret);
	if (b == 8 || b == 127)
		t->line_bytes = (uint16_t)(t->line_bytes - (t->line_bytes > 0));
	else if (t->line_bytes < OST_TALK_LINE)
		t->line[t->line_bytes++] = b;
	else
		return OST_TALK_OVER;
	return OST_TALK_MORE;
}

enum ost_talk_result ost_talk_telnet(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret)
{
	enum ost_talk_result r = OST_TALK_MORE;

	if (reply) {
		heard(t, bytes, length);
		return r;
	}
	for (size_t i = 0; i < length && r == OST_TALK_MORE; i++) {
		if (is_text(&t->command[0], bytes[i]))
			r = typed(t, bytes[i], ret);
	}
	return r;
}
