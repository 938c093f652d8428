/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the data plane remembers of frames, who may push out whom, and what an order gets of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "history.h"
#include "orders.h"

#define COPIES	128u
#define SOURCES 1000u
#define OWNER	77u

static struct ost_history *h;
static uint64_t now = 1;

static int setup(void **state)
{
	(void)state;
	return ost_history_new(COPIES, SOURCES, &h);
}

static int teardown(void **state)
{
	(void)state;
	ost_history_free(&h);
	return 0;
}

static struct ost_copy copy_of(uint8_t port, uint8_t mac)
{
	struct ost_copy c = {.wall_ns = now++, .frame_bytes = 60, .length = 54, .port = port, .verdict = OST_COPY_REFUSED,
		.reason = OST_REASON_NOT_ALLOWED};

	c.bytes[6] = 2;
	c.bytes[11] = mac;
	return c;
}

static void add(uint32_t source, uint64_t owner)
{
	struct ost_copy c = copy_of(1, (uint8_t)source);

	ost_history_add(h, source, owner, &c);
}

static uint32_t find(uint32_t source, uint64_t owner, struct ost_copy *copies, uint32_t max)
{
	const struct ost_history_match m = {.source = source, .owner = owner};

	return ost_history_find(h, &m, copies, max);
}

static void newest_in_order(void **state)
{
	struct ost_copy c[OST_HISTORY_SHARE];

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		add(3, OWNER);
	assert_int_equal(find(3, OWNER, c, 3), 3);
	assert_true(c[0].wall_ns < c[1].wall_ns && c[1].wall_ns < c[2].wall_ns);
	assert_int_equal(c[2].wall_ns, now - 1);
	for (uint32_t i = 0; i < 1000; i++)
		add(3, OWNER);
	assert_int_equal(ost_history_used(h), OST_HISTORY_SHARE);
	assert_int_equal(find(3, OWNER, c, OST_HISTORY_SHARE), OST_HISTORY_SHARE);
	assert_int_equal(c[OST_HISTORY_SHARE - 1].wall_ns, now - 1);
	assert_int_equal(find(4, OWNER, c, 3), 0);
	assert_int_equal(find(SOURCES, OWNER, c, 3), 0);
	ost_history_add(h, SOURCES, OWNER, &c[0]); /* no such source */
	assert_int_equal(ost_history_used(h), OST_HISTORY_SHARE);
}

/* A flood of many, all of them noisier than the one that said two words an hour ago. */
static void a_flood_does_not_push_out_the_quiet(void **state)
{
	struct ost_copy c[OST_HISTORY_SHARE];

	(void)state;
	add(1, OWNER);
	add(1, OWNER);
	for (uint32_t i = 0; i < 100000; i++) {
		add(10 + i % 20, OWNER);
		assert_true(ost_history_used(h) <= COPIES);
	}
	assert_int_equal(find(1, OWNER, c, 10), 2);
	/* Those who flood share what is left: 126 for 20. */
	for (uint32_t s = 10; s < 30; s++)
		assert_in_range(find(s, OWNER, c, OST_HISTORY_SHARE), 6, 7);
	/* More sources than room: each has one, and the one that was quiet for the longest goes. */
	for (uint32_t i = 0; i < 3; i++)
		add(100 + i, OWNER);
	for (uint32_t s = 200; s < 200 + COPIES; s++)
		add(s, OWNER);
	assert_int_equal(ost_history_used(h), COPIES);
	assert_int_equal(find(1, OWNER, c, 10), 0);
	assert_int_equal(find(200 + COPIES - 1, OWNER, c, 10), 1);
}

/* The next device in a slot has nothing of the one before. */
static void slots_change_hands(void **state)
{
	struct ost_copy c[4];

	(void)state;
	add(1, OWNER);
	add(1, OWNER);
	assert_int_equal(find(1, OWNER + 1, c, 4), 0);
	add(1, OWNER + 1);
	assert_int_equal(find(1, OWNER + 1, c, 4), 1);
	assert_int_equal(find(1, OWNER, c, 4), 0);
	assert_int_equal(ost_history_used(h), 1);
}

static void by_port_and_mac(void **state)
{
	struct ost_history_match m = {.source = OST_DEVICE_NONE, .port = 2, .mac = {2, 0, 0, 0, 0, 9}};
	struct ost_copy c[8], x;

	(void)state;
	for (uint8_t i = 0; i < 6; i++) {
		x = copy_of(i % 2 ? 2 : 1, 9);
		ost_history_add(h, i, OWNER, &x);
	}
	x = copy_of(2, 8);
	ost_history_add(h, 500, 0, &x);
	x.length = 7; /* a frame without a source */
	ost_history_add(h, 500, 0, &x);
	assert_int_equal(ost_history_find(h, &m, c, 8), 3);
	assert_true(c[0].wall_ns < c[1].wall_ns && c[1].wall_ns < c[2].wall_ns);
	m.any_mac = 1;
	assert_int_equal(ost_history_find(h, &m, c, 8), 5);
	assert_int_equal(ost_history_find(h, &m, c, 2), 2);
}

/* Whatever is added: the memory is what it is, and all of it can be found. */
static void any_order(void **state)
{
	static struct ost_copy c[COPIES];
	uint64_t x = 88172645463325252ull;

	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		add((uint32_t)(x % (i % 7 ? 12 : SOURCES)), OWNER + (x >> 60 == 0));
		if (i % 5000 == 0) {
			const struct ost_history_match all = {.source = OST_DEVICE_NONE, .port = 1, .any_mac = 1};

			assert_int_equal(ost_history_find(h, &all, c, COPIES), ost_history_used(h));
		}
	}
}

/* ---- orders ---- */

static struct ost_orders *orders;
static struct ost_msg_copies m;

static int setup_orders(void **state)
{
	(void)setup(state);
	return ost_orders_new(&orders);
}

static int teardown_orders(void **state)
{
	ost_orders_free(&orders);
	return teardown(state);
}

static int begin(uint64_t token, uint32_t source, uint16_t before, uint16_t after)
{
	const struct ost_msg_evidence e = {.token = token, .before = before, .after = after, .after_ms = 1000};
	const struct ost_history_match match = {.source = source, .owner = OWNER};

	return ost_orders_begin(orders, &e, &match, h, 10, 0);
}

static void offer(uint32_t source)
{
	struct ost_copy c = copy_of(1, 1);

	ost_orders_offer(orders, source, OWNER, &c);
	ost_history_add(h, source, OWNER, &c);
}

static void before_and_after(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		offer(1);
	assert_int_equal(begin(7, 1, 3, 2), 0);
	assert_true(ost_orders_message(orders, 12, 0, &m));
	assert_int_equal(m.token, 7);
	assert_int_equal(m.count, 3);
	assert_int_equal(m.uncopied, 2);
	assert_false(m.last);
	assert_true(ost_message_valid(OST_MSG_COPIES, &m, ost_msg_copies_bytes(&m)));
	assert_true(ost_orders_message(orders, 12, 0, &m)); /* until it was sent */
	ost_orders_sent(orders, &m);
	assert_false(ost_orders_message(orders, 12, 0, &m));
	offer(2); /* somebody else's */
	assert_false(ost_orders_message(orders, 12, 0, &m));
	offer(1);
	assert_true(ost_orders_message(orders, 12, 0, &m));
	assert_int_equal(m.count, 1);
	assert_int_equal(m.copies[0].wall_ns, now - 1);
	ost_orders_sent(orders, &m);
	offer(1);
	offer(1); /* one more than was asked for */
	assert_true(ost_orders_message(orders, 12, 0, &m));
	assert_int_equal(m.count, 1);
	assert_true(m.last);
	ost_orders_sent(orders, &m);
	assert_false(ost_orders_message(orders, 12, UINT64_MAX, &m));
}

static void time_is_over(void **state)
{
	(void)state;
	assert_int_equal(begin(7, 1, 3, 2), 0);
	assert_false(ost_orders_message(orders, 10, OST_NS_PER_S - 1, &m));
	assert_true(ost_orders_message(orders, 10, OST_NS_PER_S, &m));
	assert_int_equal(m.count, 0);
	assert_true(m.last);
	assert_true(ost_message_valid(OST_MSG_COPIES, &m, ost_msg_copies_bytes(&m)));
	ost_orders_sent(orders, &m);
	assert_false(ost_orders_message(orders, 10, UINT64_MAX, &m));
}

static void no_more_than_so_many(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= OST_ORDERS_MAX; i++)
		assert_int_equal(begin(i, 1, 1, 1), 0);
	assert_int_equal(begin(99, 1, 1, 1), -EBUSY);
	ost_orders_clear(orders);
	assert_false(ost_orders_message(orders, 10, UINT64_MAX, &m));
	assert_int_equal(begin(99, 1, 1, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(newest_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flood_does_not_push_out_the_quiet, setup, teardown),
		cmocka_unit_test_setup_teardown(slots_change_hands, setup, teardown),
		cmocka_unit_test_setup_teardown(by_port_and_mac, setup, teardown),
		cmocka_unit_test_setup_teardown(any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(before_and_after, setup_orders, teardown_orders),
		cmocka_unit_test_setup_teardown(time_is_over, setup_orders, teardown_orders),
		cmocka_unit_test_setup_teardown(no_more_than_so_many, setup_orders, teardown_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
