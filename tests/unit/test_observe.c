/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who logs in, made out of what two ends say: however it is cut into segments, and never more than that a password was sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "talks.h"

static struct ost_talks *talks;
static struct ost_msg_observed got;
static uint64_t flow;
static uint32_t seq[2];
static uint16_t ordinal, service;

static int setup(void **state)
{
	(void)state;
	return ost_talks_new(&talks);
}

static int teardown(void **state)
{
	(void)state;
	ost_talks_free(&talks);
	return 0;
}

static void connection(uint16_t port)
{
	flow += 7919;
	seq[0] = 0xfffffff0u; /* it wraps */
	seq[1] = 5000;
	ordinal = 0;
	service = port;
}

static bool segment(bool reply, const void *bytes, size_t n)
{
	struct ost_segment s = {.flow = flow, .wall_ns = 17, .generation = 3, .device = 4, .tcp_seq = seq[reply], .family = OST_IPV4,
		.reply = reply, .service = service, .ordinal = ordinal++, .whole_bytes = (uint16_t)n,
		.length = (uint16_t)OST_MIN(n, (size_t)OST_SEGMENT_BYTES)};
	bool found;

	memcpy(s.bytes, bytes, s.length);
	seq[reply] += (uint32_t)n;
	assert_true(ost_message_valid(OST_MSG_SEGMENT, &s, ost_segment_size(&s)));
	found = ost_talks_segment(talks, &s, &got);
	assert_true(!found || ost_message_valid(OST_MSG_OBSERVED, &got, sizeof(got)));
	return found;
}

struct said {
	bool reply;
	const char *text;
	size_t bytes;
};

#define C(text) {false, text, sizeof(text) - 1}
#define S(text) {true, text, sizeof(text) - 1}

enum { NOTHING = -1 };

/* What is made out of it, cut into pieces of so many bytes; the turn of who speaks ends a piece. */
static int talk(uint16_t port, const struct said *said, size_t count, size_t piece)
{
	int kind = NOTHING;

	connection(port);
	for (size_t i = 0; i < count; i++) {
		size_t n = said[i].bytes;

		for (size_t at = 0; at < n; at += piece) {
			if (segment(said[i].reply, said[i].text + at, OST_MIN(piece, n - at))) {
				assert_int_equal(kind, NOTHING); /* once a connection */
				kind = got.kind;
				assert_int_equal(got.device, 4);
				assert_int_equal(got.generation, 3);
				assert_int_equal(got.service, port);
			}
		}
	}
	return kind;
}

#define assert_talk(port, said, want)                                                                \
	for (size_t piece = 1; piece < 600; piece = piece < 20 ? piece + 1 : piece * 3)                   \
		assert_int_equal(talk(port, said, OST_ARRAY_SIZE(said), piece), want)

static void telnet(void **state)
{
	static const struct said good[] = {S("\xff\xfd\x18\xff\xfb\x01 camera login: "), C("\xff\xfc\x18\xff\xfa\x18\x01\xff\xff\xff\xf0root\r\n"),
		S("root\r\nPassword: "), C("s3cret-one\r"), C("\0"), S("\r\n# "), C("cat /etc/shadow\r\n")};
	static const struct said known[] = {S("Login name: "), C("admix\bn\r\n"), S("Password:"), C("adm\x7fmin\n")};
	static const struct said none[] = {S("welcome\r\n> "), C("root\r\n"), S("no such command\r\n> "), C("root\r\n")};
	static const struct said only[] = {S("\r\n\r\nUser Access Verification\r\n\r\nPassword: "), C("s3cret-two\r\n")};

	(void)state;
	assert_talk(23, good, OST_OBSERVED_PLAINTEXT);
	assert_talk(2323, good, OST_OBSERVED_PLAINTEXT);
	assert_talk(23, known, OST_OBSERVED_DEFAULT);
	assert_talk(23, none, NOTHING);
	assert_talk(23, only, OST_OBSERVED_PLAINTEXT);
	assert_talk(24, good, NOTHING); /* not a service that is looked at */
}

static void ftp(void **state)
{
	static const struct said good[] = {S("220 ready\r\n"), C("USER alice\r\n"), S("331 password\r\n"), C("PASS s3cret\r\n")};
	static const struct said known[] = {C("user root\r\n"), C("pass vizxv\r\n")};
	static const struct said anonymous[] = {C("USER anonymous\r\n"), C("PASS me@example.com\r\n")};
	static const struct said tls[] = {C("AUTH TLS\r\n"), S("234 go\r\n"), C("\x16\x03\x01 PASS x\r\n")};

	(void)state;
	assert_talk(21, good, OST_OBSERVED_PLAINTEXT);
	assert_talk(21, known, OST_OBSERVED_DEFAULT);
	assert_talk(21, anonymous, NOTHING);
	assert_talk(21, tls, NOTHING);
}

static void http(void **state)
{
	static const struct said known[] = {C("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n")};
	static const struct said again[] = {C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), S("HTTP/1.1 401 no\r\n\r\n"),
		C("GET / HTTP/1.1\r\nauthorization:basic dXNlcjpwYTpzcw==\r\n\r\n")};
	static const struct said body[] = {C("POST / HTTP/1.1\r\n\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n")};
	static const struct said digest[] = {C("GET / HTTP/1.1\r\nAuthorization: Digest username=\"x\"\r\n\r\n")};
	static const struct said bad[] = {C("GET / HTTP/1.1\r\nAuthorization: Basic !!!!\r\n\r\n")};
	static const struct said other[] = {C("SSH-2.0-x\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n")};

	(void)state;
	assert_talk(80, known, OST_OBSERVED_DEFAULT);
	assert_talk(8080, known, OST_OBSERVED_DEFAULT);
	assert_talk(80, again, OST_OBSERVED_PLAINTEXT);
	assert_talk(80, body, NOTHING);
	assert_talk(80, digest, NOTHING);
	assert_talk(80, bad, NOTHING);
	assert_talk(80, other, NOTHING);
}

static void mqtt(void **state)
{
	static const struct said v4[] = {C("\x10\x19\0\4MQTT\4\xc2\0\x3c\0\1c\0\4root\0\4root"), S("\x20\2\0\0")};
	static const struct said v5[] = {C("\x10\x1a\0\4MQTT\5\xc2\0\x3c\0\0\1c\0\4user\0\4pass")};
	static const struct said old[] = {C("\x10\x1b\0\6MQIsdp\3\xc2\0\x3c\0\1c\0\4user\0\4pass")};
	static const struct said will[] = {C("\x10\x1f\0\4MQTT\4\xc6\0\x3c\0\1c\0\1t\0\1m\0\4user\0\4pass")};
	static const struct said none[] = {C("\x10\xd\0\4MQTT\4\2\0\x3c\0\1c")};
	static const struct said lies[] = {C("\x10\x19\0\4MQTT\4\xc2\0\x3c\0\1c\0\4root\xff\xffroot")};

	(void)state;
	assert_talk(1883, v4, OST_OBSERVED_DEFAULT);
	assert_talk(1883, v5, OST_OBSERVED_PLAINTEXT);
	assert_talk(1883, old, OST_OBSERVED_PLAINTEXT);
	assert_talk(1883, will, OST_OBSERVED_PLAINTEXT);
	assert_talk(1883, none, NOTHING);
	assert_talk(1883, lies, NOTHING);
}

/* Segments that come twice, in part again, or not at all; connections that take each other's place. */
static void order(void **state)
{
	uint64_t first;

	(void)state;
	connection(21);
	assert_false(segment(false, "USER root\r\n", 11));
	seq[0] -= 11; /* again, and the beginning of what follows */
	assert_false(segment(false, "USER root\r\nPA", 13));
	seq[0] -= 2;
	assert_true(segment(false, "PASS root\r\n", 11));
	assert_int_equal(got.kind, OST_OBSERVED_DEFAULT);
	assert_false(segment(false, "USER root\r\nPASS root\r\n", 22)); /* once */
	connection(21);
	assert_false(segment(false, "USER root\r\n", 11));
	seq[0] += 3; /* three bytes are missing */
	assert_false(segment(false, "PASS root\r\n", 11));
	assert_false(segment(false, "PASS root\r\n", 11));
	assert_int_equal(ost_talks_counts(talks)->gaps, 1);
	/* More than is sent of one packet: the rest is missing. */
	connection(80);
	{
		static char request[1400];

		(void)memset(request, 'x', sizeof(request));
		memcpy(request, "GET / HTTP/1.1\r\nA: ", 19);
		assert_false(segment(false, request, sizeof(request)));
		assert_false(segment(false, "\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n", 41));
	}
	/* Two that share a place: the second has it. */
	connection(21);
	first = flow;
	assert_false(segment(false, "USER root\r\n", 11));
	flow += OST_TALKS;
	ordinal = 0;
	seq[0] = 0;
	assert_false(segment(false, "USER root\r\n", 11));
	flow = first;
	assert_false(segment(false, "PASS root\r\n", 11));
	/* The same ends once more. */
	ordinal = 0;
	assert_false(segment(false, "USER root\r\n", 11));
	assert_true(segment(false, "PASS other\r\n", 12));
	assert_int_equal(got.kind, OST_OBSERVED_PLAINTEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(telnet, setup, teardown),
		cmocka_unit_test_setup_teardown(ftp, setup, teardown),
		cmocka_unit_test_setup_teardown(http, setup, teardown),
		cmocka_unit_test_setup_teardown(mqtt, setup, teardown),
		cmocka_unit_test_setup_teardown(order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
