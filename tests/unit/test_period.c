/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "regime_rig.h"

static const struct {
	const char *period, *start, *end;
} ends[] = {
	/* hours are exact, over whatever they go */
	{"PT24H", "2026-11-22T10:11:12Z", "2026-11-23T10:11:12Z"},
	{"PT72H", "2026-12-30T23:30Z", "2027-01-02T23:30Z"},
	{"PT72H", "2028-02-27T12:00Z", "2028-03-01T12:00Z"},
	{"PT72H", "2027-02-27T12:00Z", "2027-03-02T12:00Z"},
	{"PT30M", "2026-12-31T23:59:59Z", "2027-01-01T00:29:59Z"},
	/* a Friday: no weekend makes it longer */
	{"PT72H", "2026-11-20T18:00Z", "2026-11-23T18:00Z"},
	/* months of the calendar */
	{"P1M", "2026-01-31T08:00Z", "2026-02-28T08:00Z"},
	{"P1M", "2028-01-31T08:00Z", "2028-02-29T08:00Z"},
	{"P1M", "2028-01-30T08:00Z", "2028-02-29T08:00Z"},
	{"P1M", "2100-01-31T08:00Z", "2100-02-28T08:00Z"},
	{"P1M", "2400-01-31T08:00Z", "2400-02-29T08:00Z"},
	{"P1M", "2026-02-28T08:00Z", "2026-03-28T08:00Z"},
	{"P1M", "2028-02-29T08:00Z", "2028-03-29T08:00Z"},
	{"P1M", "2026-03-31T00:00Z", "2026-04-30T00:00Z"},
	{"P1M", "2026-08-31T23:59:59Z", "2026-09-30T23:59:59Z"},
	{"P1M", "2026-12-31T12:00Z", "2027-01-31T12:00Z"},
	{"P1M", "2026-11-30T12:00Z", "2026-12-30T12:00Z"},
	{"P6M", "2026-08-31T12:00Z", "2027-02-28T12:00Z"},
	{"P1Y", "2028-02-29T12:00Z", "2029-02-28T12:00Z"},
	/* days */
	{"P14D", "2028-02-20T12:00Z", "2028-03-05T12:00Z"},
	{"P14D", "2026-12-24T12:00Z", "2027-01-07T12:00Z"},
};

static void periods_end(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(ends); i++) {
		struct ost_period p;
		uint64_t end = 0;

		assert_int_equal(ost_period_parse(ends[i].period, &p), 0);
		assert_int_equal(ost_period_end(at(ends[i].start) + 123456789, &p, NULL, &end), 0);
		if (end != at(ends[i].end) + 123456789)
			fail_msg("%s from %s on does not end at %s", ends[i].period, ends[i].start, ends[i].end);
	}
}

/* Berlin, as rules: no zone data is needed. */
static int32_t berlin(int64_t utc_s)
{
	static const char *const summers[][2] = {{"2026-03-29T01:00Z", "2026-10-25T01:00Z"}, {"2027-03-28T01:00Z", "2027-10-31T01:00Z"}};

	for (uint32_t i = 0; i < OST_ARRAY_SIZE(summers); i++) {
		if ((uint64_t)utc_s * OST_NS_PER_S >= at(summers[i][0]) && (uint64_t)utc_s * OST_NS_PER_S < at(summers[i][1]))
			return 7200;
	}
	return 3600;
}

static int32_t west(int64_t utc_s)
{
	(void)utc_s;
	return -5 * 3600;
}

static const struct {
	const char *period, *start;
	ost_zone_fn *zone;
	const char *end;
} zoned[] = {
	/* the change to summer time: an hour of the 72 is missing on the wall, and is waited for */
	{"PT72H", "2026-03-27T12:00Z", berlin, "2026-03-30T12:00Z"},
	{"PT24H", "2026-10-24T12:00Z", berlin, "2026-10-25T12:00Z"},
	/* 11:00 in March to 11:00 in April is an hour less than by UTC: the earlier one counts */
	{"P1M", "2026-03-15T10:00Z", berlin, "2026-04-15T09:00Z"},
	/* in October it would be an hour more: UTC counts */
	{"P1M", "2026-10-15T10:00Z", berlin, "2026-11-15T10:00Z"},
	{"P14D", "2026-03-20T10:00Z", berlin, "2026-04-03T09:00Z"},
	{"P14D", "2026-10-20T10:00Z", berlin, "2026-11-03T10:00Z"},
	/* 23:30 UTC is the next day in Berlin */
	{"P1M", "2027-01-31T23:30Z", berlin, "2027-02-28T23:30Z"},
	/* 01:00 UTC on 1 March is 28 February in the west, and a month later it is 28 March there */
	{"P1M", "2027-03-01T01:00Z", west, "2027-03-29T01:00Z"},
	/* 02:30 does not exist on 29 March: the earlier reading */
	{"P1M", "2026-02-28T23:30Z", berlin, "2026-03-28T23:30Z"},
	{"P1M", "2027-02-28T01:30Z", berlin, "2027-03-28T00:30Z"},
};

static void never_later_than_either_calendar(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(zoned); i++) {
		struct ost_period p;
		uint64_t end = 0, utc = 0;

		assert_int_equal(ost_period_parse(zoned[i].period, &p), 0);
		assert_int_equal(ost_period_end(at(zoned[i].start), &p, zoned[i].zone, &end), 0);
		assert_int_equal(ost_period_end(at(zoned[i].start), &p, NULL, &utc), 0);
		assert_true(end <= utc);
		if (end != at(zoned[i].end))
			fail_msg("%s from %s on does not end at %s but %lld s later", zoned[i].period, zoned[i].start, zoned[i].end,
				(long long)(end - at(zoned[i].end)) / (long long)OST_NS_PER_S);
	}
}

/* Each second of a period's end against a count by hand would be the code again: each day of nine years against what must hold. */
static void a_month_is_28_to_31_days(void **state)
{
	struct ost_period month;
	uint64_t last = 0;

	(void)state;
	assert_int_equal(ost_period_parse("P1M", &month), 0);
	for (uint64_t start = at("2026-01-01T12:00Z"); start < at("2035-01-01T12:00Z"); start += 86400 * OST_NS_PER_S) {
		uint64_t end = 0, days;

		assert_int_equal(ost_period_end(start, &month, NULL, &end), 0);
		days = (end - start) / (86400 * OST_NS_PER_S);
		assert_in_range(days, 28, 31);
		assert_true(end >= last); /* who begins later is not due earlier */
		last = end;
	}
}

static void words(void **state)
{
	static const char *const wrong[] = {"", "P", "PT", "24H", "PT24", "P24H", "PT1D", "P1M2D", "PT-1H", "P0M", "PT0H", "P1201M", "P101Y",
		"P36601D", "PT 1H", "pt1h", "PT99999999999999H", "P1.5M", "PT24Hx"};
	char text[OST_PERIOD_TEXT];
	struct ost_period p;
	uint64_t end;

	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(wrong); i++)
		assert_int_equal(ost_period_parse(wrong[i], &p), -EINVAL);
	assert_int_equal(ost_period_parse("PT24H", &p), 0);
	assert_string_equal(ost_period_text(&p, text), "24 hours");
	assert_int_equal(ost_period_parse("PT90M", &p), 0);
	assert_string_equal(ost_period_text(&p, text), "90 minutes");
	assert_int_equal(ost_period_parse("P1M", &p), 0);
	assert_string_equal(ost_period_text(&p, text), "1 month");
	assert_int_equal(ost_period_parse("P100Y", &p), 0);
	assert_int_equal(ost_period_end(UINT64_MAX - OST_NS_PER_S, &p, NULL, &end), -ERANGE);
	assert_int_equal(ost_period_end(at("2450-01-01T00:00Z"), &p, NULL, &end), 0);
	assert_int_equal(ost_period_end(at("2460-01-01T00:00Z"), &p, NULL, &end), -ERANGE);
}

static void shown(void **state)
{
	char text[OST_ZONED_TEXT];

	(void)state;
	assert_string_equal(ost_zoned_text(at("2026-11-22T10:11:12Z") + 999999999, NULL, text), "2026-11-22 10:11:12 UTC");
	assert_string_equal(ost_zoned_text(at("2026-07-31T23:00Z"), berlin, text), "2026-08-01 01:00:00 +02:00");
	assert_string_equal(ost_zoned_text(at("2026-01-01T03:00Z"), west, text), "2025-12-31 22:00:00 -05:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_end),
		cmocka_unit_test(never_later_than_either_calendar),
		cmocka_unit_test(a_month_is_28_to_31_days),
		cmocka_unit_test(words),
		cmocka_unit_test(shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
