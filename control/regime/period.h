/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Periods of the law, and when they end. Hours are exact. Months and days are of the calendar: the same time of the day so many months on,
 * the last day of the month where there is no such day (31 January and a month: 28 or 29 February). No weekend or holiday makes
 * a period longer (Regulation 1182/71 article 3 might): what is shown is the strict end, never a later one. Pure. */
#pragma once

#include "clock.h"

struct ost_period {
	uint32_t months, days; /* one of the three is not 0 */
	uint64_t seconds;
};

/* Seconds that local time is before UTC, at this time. The caller's: NULL stands for UTC. */
typedef int32_t ost_zone_fn(int64_t utc_s);

/* ISO 8601 with one unit: "PT24H", "PT30M", "PT90S", "P14D", "P1M", "P1Y". -EINVAL: anything else, zero, or more than a century. */
int ost_period_parse(const char *text, struct ost_period *ret_period) OST_MUST_CHECK;
/* "72 hours", "14 days", "1 month". */
#define OST_PERIOD_TEXT 32
const char *ost_period_text(const struct ost_period *period, char buf[static OST_PERIOD_TEXT]);

/* When a period that begins at start_ns ends. With a zone, the earlier one of the calendars of UTC and of that zone: one minute to
 * midnight they are of different days, and over a change to daylight-saving time of different hours. -ERANGE: past the year 2553. */
int ost_period_end(uint64_t start_ns, const struct ost_period *period, ost_zone_fn *zone, uint64_t *ret_end_ns) OST_MUST_CHECK;

/* Local time of this process: its TZ. Not a thread's business while another one changes TZ. */
int32_t ost_zone_process(int64_t utc_s);

/* "2026-11-22 11:11:12 +01:00"; UTC: "2026-11-22 10:11:12 UTC". The fraction is cut: a deadline is never shown later than it is. */
#define OST_ZONED_TEXT 40
const char *ost_zoned_text(uint64_t wall_ns, ost_zone_fn *zone, char buf[static OST_ZONED_TEXT]);
