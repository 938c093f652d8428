/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that fail at the portal: when they are locked out, for how long, and who is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "portal_locks.h"

#define S OST_NS_PER_S

static int setup(void **state)
{
	const struct ost_hash_key key = {{1, 3, 5, 7}};
	struct ost_portal_locks *l;

	if (ost_portal_locks_new(&key, &l) < 0)
		return -1;
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	struct ost_portal_locks *l = *state;

	ost_portal_locks_free(&l);
	assert_null(l);
	return 0;
}

static struct ost_ip at(uint32_t n)
{
	return (struct ost_ip){.family = OST_IPV4, .b = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

/* Five at once; seconds of the last one. */
static uint32_t fail_five(struct ost_portal_locks *l, const struct ost_ip *ip, uint64_t now_ns)
{
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(ost_portal_locks_fail(l, ip, OST_AUTH_REASON_UNKNOWN_CA, now_ns), 0);
	assert_false(ost_portal_locks_is_locked(l, ip, now_ns));
	return ost_portal_locks_fail(l, ip, OST_AUTH_REASON_UNKNOWN_CA, now_ns);
}

static void locked_for_longer_each_time(void **state)
{
	static const uint32_t seconds[] = {60, 120, 240, 480, 900, 900};
	struct ost_portal_locks *l = *state;
	struct ost_ip bad = at(1), good = at(2), six = {.family = OST_IPV6, .b = {10, 0, 0, 1}};
	uint64_t now = S;

	for (unsigned i = 0; i < OST_ARRAY_SIZE(seconds); i++) {
		assert_int_equal(fail_five(l, &bad, now), seconds[i]);
		assert_true(ost_portal_locks_is_locked(l, &bad, now + seconds[i] * S - 1));
		assert_false(ost_portal_locks_is_locked(l, &good, now));
		assert_false(ost_portal_locks_is_locked(l, &six, now));
		/* One that was under way still: it makes it no longer. */
		assert_int_equal(ost_portal_locks_fail(l, &bad, OST_AUTH_REASON_EXPIRED, now + S), 0);
		now += seconds[i] * S;
		assert_false(ost_portal_locks_is_locked(l, &bad, now));
	}
	assert_int_equal(fail_five(l, &bad, now + 3600 * S), 60); /* an hour without a failure */
	ost_portal_locks_clear(l, &bad);
	assert_false(ost_portal_locks_is_locked(l, &bad, now + 3600 * S));
	assert_int_equal(fail_five(l, &bad, now + 3601 * S), 60); /* a success: anew */
}

static void what_does_not_count(void **state)
{
	static const enum ost_auth_reason reasons[] = {OST_AUTH_REASON_TIMEOUT, OST_AUTH_REASON_FLOOD, OST_AUTH_REASON_CRL,
		OST_AUTH_REASON_UNAVAILABLE, OST_AUTH_REASON_LOGOFF, OST_AUTH_REASON_NONE};
	struct ost_portal_locks *l = *state;
	struct ost_ip ip = at(1);

	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(ost_portal_locks_fail(l, &ip, reasons[i % OST_ARRAY_SIZE(reasons)], i), 0);
	/* Five, but not within ten minutes. */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(ost_portal_locks_fail(l, &ip, OST_AUTH_REASON_REVOKED, i * 151 * S), 0);
	assert_false(ost_portal_locks_is_locked(l, &ip, 20 * 151 * S));
	assert_int_equal(ost_portal_locks_fail(l, &ip, OST_AUTH_REASON_REVOKED, 19 * 151 * S + 140 * S), 60);
}

/* A flood of addresses that fail once pushes no lock-out away. */
static void many_addresses(void **state)
{
	struct ost_portal_locks *l = *state;
	struct ost_ip bad = at(1);

	assert_int_equal(fail_five(l, &bad, S), 60);
	for (uint32_t i = 0; i < 100000; i++) {
		struct ost_ip other = at(1000 + i);

		assert_int_equal(ost_portal_locks_fail(l, &other, OST_AUTH_REASON_MALFORMED, 2 * S + i), 0);
	}
	assert_true(ost_portal_locks_is_locked(l, &bad, 60 * S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(locked_for_longer_each_time, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_count, setup, teardown),
		cmocka_unit_test_setup_teardown(many_addresses, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
