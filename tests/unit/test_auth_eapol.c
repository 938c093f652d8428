/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What strangers send first: EAPOL and EAP headers, identifiers that nobody keeps, and how often one may begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "eap.h"
#include "eapol.h"
#include "throttle.h"

static const struct ost_hash_key key = {{0x1234567, 0x89abcdf, 0xfedcba9, 0x7654321}};

static void eapol_headers(void **state)
{
	static const uint8_t start[] = {2, 1, 0, 0, 0xaa, 0xaa}, body[] = {1, 0, 0, 3, 'a', 'b', 'c', 0}, cut[] = {2, 0, 0, 4, 1, 2, 3},
			     zero[] = {0, 1, 0, 0};
	struct ost_eapol e;

	(void)state;
	assert_true(ost_eapol_parse(start, sizeof(start), &e));
	assert_int_equal(e.type, OST_EAPOL_START);
	assert_int_equal(e.body_length, 0);
	assert_true(ost_eapol_parse(body, sizeof(body), &e));
	assert_int_equal(e.body_length, 3); /* the rest is padding */
	assert_memory_equal(e.body, "abc", 3);
	assert_false(ost_eapol_parse(cut, sizeof(cut), &e));
	assert_false(ost_eapol_parse(zero, sizeof(zero), &e));
	for (size_t n = 0; n < 4; n++)
		assert_false(ost_eapol_parse(start, n, &e));
}

static void eap_headers(void **state)
{
	static const uint8_t identity[] = {2, 7, 0, 6, 1, 'x', 0, 0}, success[] = {3, 7, 0, 4};
	uint8_t b[8] = {2, 7, 0, 5, 13};
	struct ost_eap_packet p;

	(void)state;
	assert_true(ost_eap_parse(identity, sizeof(identity), &p));
	assert_int_equal(p.identifier, 7);
	assert_int_equal(p.data_length, 1);
	assert_true(ost_eap_is_identity(&p));
	assert_true(ost_eap_parse(success, sizeof(success), &p));
	assert_int_equal(p.type, 0);
	assert_false(ost_eap_is_identity(&p));
	assert_true(ost_eap_parse(b, sizeof(b), &p));
	b[3] = 9; /* more than is there */
	assert_false(ost_eap_parse(b, sizeof(b), &p));
	b[3] = 3; /* less than a header */
	assert_false(ost_eap_parse(b, sizeof(b), &p));
	b[3] = 4; /* a response without a type */
	assert_false(ost_eap_parse(b, sizeof(b), &p));
	b[3] = 5;
	b[4] = 0;
	assert_false(ost_eap_parse(b, sizeof(b), &p));
	for (size_t n = 0; n < 4; n++)
		assert_false(ost_eap_parse(success, n, &p));
}

static void identities_of_any_length(void **state)
{
	uint8_t b[300] = {2, 1, 0, 0, 1};
	struct ost_eap_packet p;

	(void)state;
	for (uint32_t n = 0; n <= 260; n++) {
		b[2] = (uint8_t)((n + 5) >> 8);
		b[3] = (uint8_t)(n + 5);
		assert_true(ost_eap_parse(b, sizeof(b), &p));
		assert_int_equal(ost_eap_is_identity(&p), n <= OST_EAP_IDENTITY_MAX);
	}
}

static void identifiers_that_nobody_keeps(void **state)
{
	const struct ost_place a = {.port = 1, .mac = {2, 0, 0, 0, 0, 1}}, b = {.port = 2, .mac = {2, 0, 0, 0, 0, 1}};
	unsigned same = 0, ours = 0;

	(void)state;
	for (uint64_t t = 0; t < 256; t++) {
		uint64_t now = (t + 1) * 16 * OST_NS_PER_S;
		uint8_t id = ost_eapol_identifier(&key, &a, now);

		assert_true(ost_eapol_identifier_is_ours(&key, &a, id, now));
		assert_true(ost_eapol_identifier_is_ours(&key, &a, id, now + 31 * OST_NS_PER_S));
		same += ost_eapol_identifier_is_ours(&key, &a, id, now + 32 * OST_NS_PER_S);
		ours += ost_eapol_identifier_is_ours(&key, &b, id, now);
	}
	/* An octet is short: some guess right; most do not. */
	assert_in_range(same, 0, 12);
	assert_in_range(ours, 0, 12);
}

static unsigned taken(struct ost_throttle *t, uint32_t port, unsigned macs, unsigned n, bool opens, uint64_t now_ns)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < n; i++) {
		struct ost_place p = {.port = port, .mac = {2, 0, 0, 0, (uint8_t)((i % macs) >> 8), (uint8_t)(i % macs)}};

		passed += ost_throttle_take(t, &p, now_ns) && (!opens || ost_throttle_open(t, &p, now_ns));
	}
	return passed;
}

static void how_often_one_may_begin(void **state)
{
	struct ost_throttle *t;
	uint64_t now = OST_NS_PER_S;

	(void)state;
	assert_int_equal(ost_throttle_new(&key, &t), 0);
	assert_int_equal(taken(t, 1, 1, 100, false, now), 20); /* one MAC: twenty at once */
	assert_int_equal(taken(t, 1, 1, 100, false, now + OST_NS_PER_S), 10);
	now += 100 * OST_NS_PER_S;
	/* Many MACs of one port: they may ask as often as they like, but not all begin. */
	assert_in_range(taken(t, 1, 2000, 2000, false, now), 1900, 2000);
	now += 100 * OST_NS_PER_S;
	assert_in_range(taken(t, 1, 2000, 2000, true, now), 590, 600);
	/* The next port has what is left of what all have together, and each one is sure of fifty. */
	assert_in_range(taken(t, 2, 2000, 2000, true, now), 250 + 50, 300);
	assert_int_equal(taken(t, 3, 2000, 2000, true, now), 50);
	assert_int_equal(taken(t, 4, 2000, 2000, true, now), 50);
	assert_in_range(taken(t, 4, 2000, 2000, true, now + OST_NS_PER_S / 10), 5 + 80, 5 + 81);
	assert_in_range(taken(t, 5, 2000, 2000, true, now + OST_NS_PER_S / 10), 50, 50);
	ost_throttle_free(&t);
	assert_null(t);
}

static void shut_out(void **state)
{
	const struct ost_place a = {.port = 1, .mac = {2, 0, 0, 0, 0, 1}}, elsewhere = {.port = 2, .mac = {2, 0, 0, 0, 0, 1}};
	struct ost_throttle *t;

	(void)state;
	assert_int_equal(ost_throttle_new(&key, &t), 0);
	assert_false(ost_throttle_is_shut(t, &a, 5));
	ost_throttle_shut(t, &a, 60, 5);
	assert_true(ost_throttle_is_shut(t, &a, 5 + 60 * OST_NS_PER_S - 1));
	assert_false(ost_throttle_is_shut(t, &a, 5 + 60 * OST_NS_PER_S));
	assert_false(ost_throttle_is_shut(t, &elsewhere, 6)); /* the same MAC at another port is somebody else */
	ost_throttle_shut(t, &a, 0, 7);
	assert_false(ost_throttle_is_shut(t, &a, 8));
	/* More than there is room for: it goes on, and the newest is shut out. */
	for (uint32_t i = 0; i < 50000; i++) {
		struct ost_place p = {.port = 3, .mac = {2, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};

		ost_throttle_shut(t, &p, 60 + i, 9);
		assert_true(ost_throttle_is_shut(t, &p, 10));
	}
	ost_throttle_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eapol_headers),
		cmocka_unit_test(eap_headers),
		cmocka_unit_test(identities_of_any_length),
		cmocka_unit_test(identifiers_that_nobody_keeps),
		cmocka_unit_test(how_often_one_may_begin),
		cmocka_unit_test(shut_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
