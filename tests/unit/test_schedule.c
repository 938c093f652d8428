/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When windows are open. Times were taken from date(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "schedule.h"

#define SUNDAY_2026_11_22_UTC 1795305600 /* 00:00:00 */
#define HOUR		      3600
#define DAY		      86400

static struct ost_image_window weekly(uint8_t days, uint16_t from_min, uint16_t until_min)
{
	return (struct ost_image_window){.kind = OST_WINDOW_WEEKLY, .days = days, .from_min = from_min, .until_min = until_min};
}

static void a_window_opens_and_closes_to_the_minute(void **state)
{
	const struct ost_image_window w = weekly(1 << 0, 120, 240);
	const int64_t day = SUNDAY_2026_11_22_UTC;

	(void)state;
	assert_false(ost_window_open(&w, day + 2 * HOUR - 1));
	assert_true(ost_window_open(&w, day + 2 * HOUR));
	assert_true(ost_window_open(&w, day + 4 * HOUR - 1));
	assert_false(ost_window_open(&w, day + 4 * HOUR));
	assert_false(ost_window_open(&w, day + DAY + 3 * HOUR));
	assert_true(ost_window_open(&w, day + 7 * DAY + 3 * HOUR));
}

static void a_window_over_midnight_belongs_to_the_day_it_begins(void **state)
{
	const struct ost_image_window w = weekly(1 << 6, 23 * 60, 60); /* Saturday night */
	const int64_t day = SUNDAY_2026_11_22_UTC;

	(void)state;
	assert_true(ost_window_open(&w, day - HOUR));
	assert_true(ost_window_open(&w, day + HOUR - 1));
	assert_false(ost_window_open(&w, day + HOUR));
	assert_false(ost_window_open(&w, day + 23 * HOUR));
	assert_false(ost_window_open(&w, day - DAY + HOUR - 1));
}

static void a_whole_day_is_open_all_of_it(void **state)
{
	const struct ost_image_window to_24 = weekly(1 << 0, 0, 1440), same = weekly(1 << 0, 360, 360);
	const int64_t day = SUNDAY_2026_11_22_UTC;

	(void)state;
	assert_false(ost_window_open(&to_24, day - 1));
	assert_true(ost_window_open(&to_24, day));
	assert_true(ost_window_open(&to_24, day + DAY - 1));
	assert_false(ost_window_open(&to_24, day + DAY));
	/* from 06:00 until 06:00: until that time on the next day */
	assert_false(ost_window_open(&same, day + 6 * HOUR - 1));
	assert_true(ost_window_open(&same, day + 6 * HOUR));
	assert_true(ost_window_open(&same, day + DAY + 6 * HOUR - 1));
	assert_false(ost_window_open(&same, day + DAY + 6 * HOUR));
}

/* Berlin, 2026-10-25: 03:00 summer time becomes 02:00; 2026-03-29: 02:00 becomes 03:00. */
static void local_time_follows_the_zone(void **state)
{
	struct ost_image_window w = weekly(1 << 0, 120, 180);
	const int64_t autumn = 1792886400 /* 2026-10-25T00:00:00Z */, spring = 1774742400 /* 2026-03-29T00:00:00Z */;

	(void)state;
	w.local = 1;
	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
	assert_false(ost_window_open(&w, autumn - 1));
	assert_true(ost_window_open(&w, autumn));		 /* 02:00 CEST */
	assert_true(ost_window_open(&w, autumn + 2 * HOUR - 1)); /* 02:59:59 CET */
	assert_false(ost_window_open(&w, autumn + 2 * HOUR));
	for (int64_t t = spring; t < spring + 4 * HOUR; t += 600)
		assert_false(ost_window_open(&w, t)); /* that hour is not there */
	w.local = 0;
	assert_true(ost_window_open(&w, autumn + 2 * HOUR));
	unsetenv("TZ");
	tzset();
}

static void absolute_windows_and_a_clock_that_was_never_set(void **state)
{
	const struct ost_image_window once = {.kind = OST_WINDOW_ABSOLUTE, .since_s = 1795305600, .until_s = 1795309200};
	const struct ost_image_window ever = {.kind = OST_WINDOW_ABSOLUTE, .since_s = INT64_MIN, .until_s = INT64_MAX};
	const struct ost_image_window daily = weekly(127, 0, 1440);

	(void)state;
	assert_false(ost_window_open(&once, 1795305599));
	assert_true(ost_window_open(&once, 1795305600));
	assert_false(ost_window_open(&once, 1795309200));
	assert_true(ost_window_open(&ever, 1795305600));
	assert_false(ost_window_open(&ever, OST_SCHEDULE_CLOCK_MIN_S - 1));
	assert_false(ost_window_open(&daily, 5 * DAY));
}

static void any_window_opens_its_schedule(void **state)
{
	const struct ost_image_window windows[3] = {weekly(1 << 1, 0, 60), weekly(1 << 0, 60, 120), weekly(127, 0, 1440)};
	const struct ost_image_schedule schedules[3] = {{.window_count = 2}, {.window_first = 2}, {.window_first = 2, .window_count = 1}};
	const struct ost_image image = {.schedules = schedules, .schedule_count = 3, .windows = windows, .window_count = 3};
	struct ost_schedules_open open;

	(void)state;
	ost_schedules_at(&image, SUNDAY_2026_11_22_UTC + 90 * 60, &open);
	assert_true(ost_schedule_is_open(&open, OST_SCHEDULE_ALWAYS));
	assert_true(ost_schedule_is_open(&open, 1));
	assert_false(ost_schedule_is_open(&open, 2));
	assert_true(ost_schedule_is_open(&open, 3));
	ost_schedules_at(&image, SUNDAY_2026_11_22_UTC, &open);
	assert_false(ost_schedule_is_open(&open, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_opens_and_closes_to_the_minute),
		cmocka_unit_test(a_window_over_midnight_belongs_to_the_day_it_begins),
		cmocka_unit_test(a_whole_day_is_open_all_of_it),
		cmocka_unit_test(local_time_follows_the_zone),
		cmocka_unit_test(absolute_windows_and_a_clock_that_was_never_set),
		cmocka_unit_test(any_window_opens_its_schedule),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
