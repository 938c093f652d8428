/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that an interface received and workers did not see: never more are told than were lost, all of them once it is quiet. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "clock.h"
#include "missed.h"

#define ROOM 8192u

struct line {
	struct ost_missed m;
	uint64_t now_ns, rounds;
};

static uint64_t reading(struct line *l, uint64_t interface_pkts, uint64_t judged_pkts)
{
	l->now_ns += OST_NS_PER_S;
	l->rounds += 1000;
	return ost_missed_read(&l->m, interface_pkts, judged_pkts, l->rounds, ROOM, l->now_ns);
}

static void a_quiet_port_is_exact(void **state)
{
	struct line l = {.m.base_pkts = 100};

	(void)state;
	assert_int_equal(reading(&l, 110, 7), 0); /* three may be on their way */
	assert_int_equal(reading(&l, 110, 7), 3); /* they were not */
	assert_int_equal(reading(&l, 110, 7), 3);
	assert_int_equal(reading(&l, 200, 97), 3);
	assert_int_equal(reading(&l, 201, 97), 3);
	assert_int_equal(reading(&l, 201, 97), 4);
}

static void what_is_on_its_way_is_not_missed(void **state)
{
	struct line l = {0};

	(void)state;
	assert_int_equal(reading(&l, 1000, 900), 0);
	assert_int_equal(reading(&l, 2000, 1990), 0);
	assert_int_equal(reading(&l, 2500, 2400), 0);
	assert_int_equal(reading(&l, 2500, 2500), 0);
	assert_int_equal(reading(&l, 2500, 2600), 0); /* the kernel's own frames */
	assert_int_equal(reading(&l, 2500, 2600), 0);
}

static void an_overload_is_told_while_it_lasts(void **state)
{
	struct line l = {0};

	(void)state;
	assert_int_equal(reading(&l, 1000000, 600000), 0);
	assert_int_equal(reading(&l, 2000000, 1200000), 400000 - ROOM);
	assert_int_equal(reading(&l, 3000000, 1800000), 800000 - ROOM);
	assert_int_equal(reading(&l, 3000000, 1800100), 1200000 - 100);
	assert_int_equal(reading(&l, 3000000, 1800100), 1200000 - 100);
}

static void what_tells_nothing_changes_nothing(void **state)
{
	struct line l = {.m.base_pkts = 50};

	(void)state;
	assert_int_equal(reading(&l, 60, 5), 0);
	l.now_ns -= OST_NS_PER_S - OST_NS_PER_MS; /* a reading at once after the other */
	assert_int_equal(reading(&l, 60, 5), 0);
	l.rounds -= 2000; /* workers that did not run */
	assert_int_equal(reading(&l, 60, 5), 0);
	l.rounds += 2000;
	assert_int_equal(reading(&l, 20, 5), 0); /* the interface's count began anew */
	assert_int_equal(reading(&l, 60, 5), 5);
	assert_int_equal(reading(&l, 20, 5), 5);
	l = (struct line){.m.base_pkts = UINT64_MAX}; /* it never told */
	assert_int_equal(reading(&l, 60, 5), 0);
	assert_int_equal(reading(&l, 60, 5), 0);
}

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Random traffic through a ring that loses what does not fit: the kernel is asked, then more happens, then the workers are. */
static void never_more_than_was_lost(void **state)
{
	uint64_t x = 0x0571a47;

	(void)state;
	for (unsigned run = 0; run < 200; run++) {
		struct line l = {0};
		uint64_t came = 0, judged = 0, lost = 0, under_way = 0, told, before = 0;

		for (unsigned step = 0; step < 200; step++) {
			uint64_t kernel, n = next(&x) % (step % 7 == 0 ? 20000 : 300), taken;

			came += n;
			under_way += n;
			if (under_way > ROOM) {
				lost += under_way - ROOM;
				under_way = ROOM;
			}
			kernel = came;
			taken = next(&x) % (under_way + 1);
			under_way -= taken;
			judged += taken;
			told = reading(&l, kernel, judged);
			assert_true(told <= lost && told >= before);
			before = told;
			judged += under_way; /* rounds enough */
			under_way = 0;
		}
		(void)reading(&l, came, judged);
		assert_int_equal(reading(&l, came, judged), lost);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_port_is_exact),
		cmocka_unit_test(what_is_on_its_way_is_not_missed),
		cmocka_unit_test(an_overload_is_told_while_it_lasts),
		cmocka_unit_test(what_tells_nothing_changes_nothing),
		cmocka_unit_test(never_more_than_was_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
