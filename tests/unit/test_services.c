/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "policy_yaml.h"
#include "services.h"

static void expect(const char *text, uint8_t protocol, uint8_t family, uint16_t lo, uint16_t hi)
{
	struct ost_service s[4] = {0};
	char why[256] = "";
	uint32_t n = 0;

	if (ost_service_parse(text, s, &n, why) != 0)
		fail_msg("%s: %s", text, why);
	assert_int_equal(n, 1);
	assert_int_equal(s[0].protocol, protocol);
	assert_int_equal(s[0].family, family);
	assert_int_equal(s[0].lo, lo);
	assert_int_equal(s[0].hi, hi);
}

static void written_out(void **state)
{
	(void)state;
	expect("tcp/443", 6, 0, 443, 443);
	expect("tcp/1", 6, 0, 1, 1);
	expect("tcp/65535", 6, 0, 65535, 65535);
	expect("tcp", 6, 0, 0, 65535);
	expect("udp/5000-5010", 17, 0, 5000, 5010);
	expect("udplite/7", 136, 0, 7, 7);
	expect("sctp/36412", 132, 0, 36412, 36412);
	expect("dccp/5004", 33, 0, 5004, 5004);
	expect("icmp", 1, 4, 0, 65535);
	expect("icmpv6", 58, 6, 0, 65535);
	expect("icmp/echo-request", 1, 4, 8 << 8, 8 << 8 | 255);
	expect("icmpv6/echo-request", 58, 6, 128 << 8, 128 << 8 | 255);
	expect("icmp/13", 1, 4, 13 << 8, 13 << 8 | 255);
	expect("icmp/3.1", 1, 4, 3 << 8 | 1, 3 << 8 | 1);
	expect("icmp/255.255", 1, 4, 65535, 65535);
	expect("ip/47", 47, 0, 0, 65535);
	expect("ip/1", 1, 4, 0, 65535);
	expect("ip/58", 58, 6, 0, 65535);
	expect("any", 0, 0, 0, 65535);
}

static void well_known(void **state)
{
	struct ost_service s[4] = {0};
	char why[256];
	uint32_t n;

	(void)state;
	expect("https", 6, 0, 443, 443);
	expect("mqtt-tls", 6, 0, 8883, 8883);
	expect("modbus", 6, 0, 502, 502);
	expect("bacnet", 17, 0, 47808, 47808);
	expect("opcua", 6, 0, 4840, 4840);
	expect("ntp", 17, 0, 123, 123);
	assert_int_equal(ost_service_parse("dns", s, &n, why), 0);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].protocol, 17);
	assert_int_equal(s[1].protocol, 6);
	assert_int_equal(s[0].lo, 53);
	assert_int_equal(s[1].hi, 53);
}

/* Every built-in name can be read, none twice, and none is a word of the language. */
static void builtin_table(void **state)
{
	const char *name, *before = "";

	(void)state;
	for (uint32_t i = 0; (name = ost_service_builtin(i)) != NULL; i++) {
		struct ost_service s[4];
		char why[256];
		uint32_t n = 0;

		assert_int_equal(ost_service_parse(name, s, &n, why), 0);
		assert_in_range(n, 1, 4);
		assert_true(s[0].lo <= s[0].hi);
		assert_true(strlen(name) <= OST_NAME_MAX);
		if (i > 1) /* "any" stands first */
			assert_true(strcmp(before, name) < 0);
		before = name;
	}
	assert_true(ost_service_reserved("any"));
	assert_true(ost_service_reserved("tcp"));
	assert_true(ost_service_reserved("ip"));
	assert_false(ost_service_reserved("https"));
}

static void refused_services(void **state)
{
	static const char *const texts[] = {"", "tcp/", "tcp/0", "tcp/0-5", "tcp/65536", "tcp/5-4",
		"tcp/-5", "tcp/5-", "tcp/ 5", "tcp/5 ", "tcp/+5", "tcp/0x50",
		"tcp/99999999999999999999", "tcp/http", "TCP/80", "tcpp/80", "/80", "80", "ip",
		"ip/", "ip/0", "ip/256", "ip/tcp", "icmp/", "icmp/256", "icmp/3.256", "icmp/3.",
		"icmp/echo", "icmp/packet-too-big", "icmpv6/timestamp-request", "any/80",
		"https/443", "tcp/443/444"};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts); i++) {
		struct ost_service s[4];
		char why[256] = "";
		uint32_t n = 77;

		if (ost_service_parse(texts[i], s, &n, why) != -EINVAL)
			fail_msg("'%s' was read", texts[i]);
		assert_int_equal(n, 77);
		assert_non_null(strstr(why, "; write "));
	}
}

/* ---- questions ---- */

static char cam[] = "cam-01", recorder[] = "recorder-1.lab";
static struct ost_device devices[] = {{.name = cam}, {.name = recorder}};
static const struct ost_policy policy = {.devices = devices, .device_count = 2};

static struct ost_flow_question ask(const char *text)
{
	struct ost_flow_question q = {0};
	char why[256] = "";

	if (ost_flow_question_parse(&policy, text, &q, why) != 0)
		fail_msg("%s: %s", text, why);
	return q;
}

static void expect_peer(const char *text, enum ost_direction direction, uint8_t protocol,
	const char *address, uint16_t value)
{
	struct ost_flow_question q = ask(text);
	char buf[OST_IP_TEXT];

	assert_int_equal(q.direction, direction);
	assert_int_equal(q.protocol, protocol);
	assert_int_equal(q.value, value);
	assert_false(q.has_peer_device);
	assert_string_equal(ost_ip_format(&q.peer, buf), address);
}

static void questions(void **state)
{
	struct ost_flow_question q;

	(void)state;
	expect_peer("tcp 10.0.0.5:443", OST_TO, 6, "10.0.0.5", 443);
	expect_peer("out tcp 10.0.0.5:443", OST_TO, 6, "10.0.0.5", 443);
	expect_peer("in tcp 10.20.0.9:80", OST_FROM, 6, "10.20.0.9", 80);
	expect_peer("tcp/443 10.0.0.5", OST_TO, 6, "10.0.0.5", 443);
	expect_peer("https 10.0.0.5", OST_TO, 6, "10.0.0.5", 443);
	expect_peer("udp [2001:db8::1]:53", OST_TO, 17, "2001:db8::1", 53);
	expect_peer("tcp/80 2001:db8::1", OST_TO, 6, "2001:db8::1", 80);
	expect_peer("icmp/echo-request 10.0.0.1", OST_TO, 1, "10.0.0.1", 8 << 8);
	expect_peer("icmp/3.4 10.0.0.1", OST_TO, 1, "10.0.0.1", 3 << 8 | 4);
	expect_peer("icmpv6/echo-request fd00::1", OST_TO, 58, "fd00::1", 128 << 8);
	expect_peer("icmpv6/echo-request [fd00::1]", OST_TO, 58, "fd00::1", 128 << 8);
	expect_peer("ip/47 10.0.0.9", OST_TO, 47, "10.0.0.9", 0);
	expect_peer("  in   gre  10.0.0.9 ", OST_FROM, 47, "10.0.0.9", 0);
	q = ask("udp recorder-1.lab:554");
	assert_true(q.has_peer_device);
	assert_int_equal(q.peer_device, 1);
	assert_int_equal(q.value, 554);
	q = ask("in icmp/echo-request cam-01");
	assert_true(q.has_peer_device);
	assert_int_equal(q.peer_device, 0);
	assert_int_equal(q.direction, OST_FROM);
}

static void refused_questions(void **state)
{
	static const char *const texts[] = {"", " ", "tcp", "10.0.0.5:443", "tcp 10.0.0.5",
		"tcp 10.0.0.5:", "tcp 10.0.0.5:0", "tcp 10.0.0.5:65536", "tcp 10.0.0.5:443 x", "in",
		"in tcp", "in in tcp 10.0.0.5:443", "tcp/443 10.0.0.5:443", "tcp/1-5 10.0.0.5",
		"tcp 2001:db8::1:x", "tcp [2001:db8::1]", "tcp [2001:db8::1", "tcp [10.0.0.5]:443",
		"tcp [2001:db8::1]x:443", "tcp [cam-01]:443", "icmp 10.0.0.1",
		"icmp/echo-request fd00::1", "icmpv6/echo-request 10.0.0.1",
		"icmp/echo-request 10.0.0.1:5", "ip/1 10.0.0.1", "ip/6 10.0.0.1",
		"ip/47 10.0.0.9:5", "dns 10.0.0.53", "any 10.0.0.1", "tcp cam-99:443",
		"tcp video_.-.example.com:443", "foo 10.0.0.1:5", "tcp 10.0.0.5:http",
		"tcp\t10.0.0.5:443"};
	char word[4200], text[8500];

	(void)state;
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts) + 2; i++) {
		struct ost_flow_question q = {.value = 4711};
		char why[256] = "";
		bool lengthy = i >= OST_ARRAY_SIZE(texts);

		(void)snprintf(text, sizeof(text), "%s %s", i % 2 ? word : "tcp", word);
		if (ost_flow_question_parse(&policy, lengthy ? text : texts[i], &q, why) != -EINVAL)
			fail_msg("'%s' was read", lengthy ? text : texts[i]);
		assert_int_equal(q.value, 4711);
		assert_true(why[0] != '\0');
	}
}

static void names_of_protocols(void **state)
{
	uint32_t count;
	char why[256];

	(void)state;
	assert_string_equal(ost_protocol_name(132), "sctp");
	assert_string_equal(ost_protocol_name(OST_PROTOCOL_ICMPV6), "icmpv6");
	assert_null(ost_protocol_name(0));
	assert_null(ost_protocol_name(47));
	/* What is shown can be written. */
	for (unsigned i = 0; i < 256; i++) {
		struct ost_service services[4];

		if (ost_protocol_name((uint8_t)i) == NULL) {
			assert_false(ost_protocol_has_ports((uint8_t)i));
			continue;
		}
		assert_int_equal(ost_service_parse(ost_protocol_name((uint8_t)i), services, &count, why), 0);
		assert_int_equal(services[0].protocol, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_out),
		cmocka_unit_test(well_known),
		cmocka_unit_test(builtin_table),
		cmocka_unit_test(refused_services),
		cmocka_unit_test(questions),
		cmocka_unit_test(refused_questions),
		cmocka_unit_test(names_of_protocols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
