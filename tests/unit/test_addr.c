/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "addr.h"

static void test_mac_accepts_both_separators(void **state)
{
	static const uint8_t bytes[6] = {0x00, 0x0e, 0x8c, 0x01, 0x02, 0xff};
	struct ost_mac mac;

	(void)state;
	assert_int_equal(ost_mac_parse("00:0e:8c:01:02:ff", &mac), 0);
	assert_memory_equal(mac.b, bytes, 6);
	assert_int_equal(ost_mac_parse("00-0E-8C-01-02-FF", &mac), 0);
	assert_memory_equal(mac.b, bytes, 6);
}

static void test_mac_refuses_what_is_none(void **state)
{
	static const char *const bad[] = {"", "00:0e:8c:01:02", "00:0e:8c:01:02:ff:11", "00:0e:8c:01:02:fg",
		"000e8c0102ff", "00:0e-8c:01:02:ff", " 00:0e:8c:01:02:ff", "00:0e:8c:01:02:ff ", "0:e:8c:1:2:ff"};
	struct ost_mac mac = {.b = {1, 2, 3, 4, 5, 6}};
	struct ost_mac before = mac;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++)
		assert_int_equal(ost_mac_parse(bad[i], &mac), -EINVAL);
	assert_memory_equal(&mac, &before, sizeof(mac));
}

static void test_ip_reads_and_writes_back(void **state)
{
	static const char *const good[] = {"0.0.0.0", "10.20.0.5", "255.255.255.255", "::", "fd00:20::1", "2001:db8::ff"};
	char text[OST_IP_TEXT];
	struct ost_ip ip;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(good); i++) {
		assert_int_equal(ost_ip_parse(good[i], &ip), 0);
		assert_string_equal(ost_ip_format(&ip, text), good[i]);
	}
}

static void test_ip_refuses_what_is_none(void **state)
{
	static const char *const bad[] = {"", "10.0.0", "10.0.0.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "0x0a.0.0.1",
		"fd00::1::2", "fe80::1%eth0", "fd00:20::g", "10.0.0.1/32", "1:2:3:4:5:6:7:8:9"};
	struct ost_ip ip;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++)
		assert_int_equal(ost_ip_parse(bad[i], &ip), -EINVAL);
}

static void test_prefix_tells_why(void **state)
{
	char text[OST_PREFIX_TEXT];
	struct ost_prefix p;

	(void)state;
	assert_int_equal(ost_prefix_parse("10.20.0.0/16", &p), 0);
	assert_string_equal(ost_prefix_format(&p, text), "10.20.0.0/16");
	assert_int_equal(ost_prefix_parse("10.20.0.1", &p), 0);
	assert_int_equal(p.length, 32);
	assert_int_equal(ost_prefix_parse("10.20.0.0/33", &p), -ERANGE);
	assert_int_equal(ost_prefix_parse("fd00::/129", &p), -ERANGE);
	assert_int_equal(ost_prefix_parse("10.20.0.1/16", &p), -EDOM);
	assert_string_equal(ost_prefix_format(&p, text), "10.20.0.0/16");
	assert_int_equal(ost_prefix_parse("10.20.0.0/", &p), -EINVAL);
	assert_int_equal(ost_prefix_parse("10.20.0.0/-1", &p), -EINVAL);
}

static bool inside(const char *prefix, const char *address)
{
	struct ost_prefix p;
	struct ost_ip ip;

	assert_int_equal(ost_prefix_parse(prefix, &p), 0);
	assert_int_equal(ost_ip_parse(address, &ip), 0);
	return ost_prefix_contains(&p, &ip);
}

static void test_prefix_contains(void **state)
{
	(void)state;
	assert_true(inside("10.20.0.0/16", "10.20.255.255"));
	assert_false(inside("10.20.0.0/16", "10.21.0.0"));
	assert_true(inside("10.20.0.128/25", "10.20.0.128"));
	assert_false(inside("10.20.0.128/25", "10.20.0.127"));
	assert_true(inside("0.0.0.0/0", "192.0.2.1"));
	assert_false(inside("0.0.0.0/0", "2001:db8::1"));
	assert_true(inside("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(inside("2001:db8::/33", "2001:db8:8000::1"));
}

static void test_address_and_port(void **state)
{
	static const char *const none[] = {"", ":", "10.0.0.1", "10.0.0.1:", ":8443", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:+1", "10.0.0.1:1 ",
		"fd00::1:8443", "[fd00::1]", "[fd00::1]8443", "[10.0.0.1]:8443", "[]:1", "[fd00::1:8443", "fd00::1]:8443", "host:1", "10.0.0.1:1:2"};
	struct ost_ip ip = {.family = 77};
	uint16_t port = 7;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(none); i++)
		assert_int_equal(ost_address_port_parse(none[i], &ip, &port), -EINVAL);
	assert_int_equal(ip.family, 77);
	assert_int_equal(port, 7);
	assert_int_equal(ost_address_port_parse("10.0.0.2:8443", &ip, &port), 0);
	assert_int_equal(ip.family, OST_IPV4);
	assert_int_equal(port, 8443);
	assert_int_equal(ost_address_port_parse("[fd00::2]:65535", &ip, &port), 0);
	assert_int_equal(ip.family, OST_IPV6);
	assert_int_equal(port, 65535);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mac_accepts_both_separators),
		cmocka_unit_test(test_mac_refuses_what_is_none),
		cmocka_unit_test(test_ip_reads_and_writes_back),
		cmocka_unit_test(test_ip_refuses_what_is_none),
		cmocka_unit_test(test_prefix_tells_why),
		cmocka_unit_test(test_prefix_contains),
		cmocka_unit_test(test_address_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
