/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and passwords that devices are sold with and that worms try first: published since 2016 (Mirai and those after it), and the manuals of
 * makers of cameras, printers and small computers. */
#include "credential.h"

static const struct {
	const char *user, *secret;
} known[] = {
	{"root", "root"}, {"root", ""}, {"root", "admin"}, {"root", "password"}, {"root", "pass"}, {"root", "1234"}, {"root", "12345"},
	{"root", "123456"}, {"root", "54321"}, {"root", "666666"}, {"root", "888888"}, {"root", "1111"}, {"root", "00000000"},
	{"root", "xc3511"}, {"root", "vizxv"}, {"root", "xmhdipc"}, {"root", "juantech"}, {"root", "default"}, {"root", "klv123"},
	{"root", "klv1234"}, {"root", "Zte521"}, {"root", "hi3518"}, {"root", "jvbzd"}, {"root", "anko"}, {"root", "zlxx."},
	{"root", "7ujMko0vizxv"}, {"root", "7ujMko0admin"}, {"root", "system"}, {"root", "ikwb"}, {"root", "dreambox"}, {"root", "user"},
	{"root", "realtek"}, {"root", "toor"}, {"root", "raspberry"}, {"root", "openelec"}, {"root", "alpine"}, {"root", "calvin"},
	{"admin", "admin"}, {"admin", ""}, {"admin", "password"}, {"admin", "admin1234"}, {"admin", "smcadmin"}, {"admin", "1111"},
	{"admin", "1111111"}, {"admin", "1234"}, {"admin", "12345"}, {"admin", "123456"}, {"admin", "54321"}, {"admin", "7ujMko0admin"},
	{"admin", "pass"}, {"admin", "meinsm"}, {"admin", "9999"}, {"admin", "default"}, {"admin", "4321"}, {"admin", "changeme"},
	{"admin", "public"}, {"admin", "private"}, {"admin1", "password"}, {"administrator", "1234"}, {"administrator", "password"},
	{"Administrator", "admin"}, {"666666", "666666"}, {"888888", "888888"}, {"user", "user"}, {"user", "password"}, {"user", "1234"},
	{"guest", "guest"}, {"guest", "12345"}, {"guest", ""}, {"support", "support"}, {"service", "service"}, {"supervisor", "supervisor"},
	{"tech", "tech"}, {"ubnt", "ubnt"}, {"pi", "raspberry"}, {"test", "test"}, {"default", "default"},
	{"mqtt", "mqtt"}, {"ftp", "ftp"}, {"operator", "operator"}, {"debug", "debug"}, {"daemon", ""}, {"cisco", "cisco"},
};

static bool is(const uint8_t *bytes, size_t length, const char *text)
{
	return length == strlen(text) && (length == 0 || memcmp(bytes, text, length) == 0);
}

bool ost_default_credential(const struct ost_credential *c)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(known); i++) {
		if (is(c->user, c->user_bytes, known[i].user) && is(c->secret, c->secret_bytes, known[i].secret))
			return true;
	}
	return false;
}
