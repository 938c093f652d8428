/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "period.h"

#include <stdio.h>

#include "text.h"

#define DAY_S	 86400
#define LAST_S	 18446744072ll /* in the year 2554: what 64 bits of nanoseconds hold */
#define CENTURY_S (100ull * 366 * DAY_S)

int ost_period_parse(const char *text, struct ost_period *ret_period)
{
	size_t length = strlen(text), skip = text[0] == 'P' && text[1] == 'T' ? 2 : 1;
	struct ost_period p = {0};
	uint64_t n;

	if (text[0] != 'P' || length < skip + 2 || length > 16)
		return -EINVAL;
	if (ost_number_parse(text + skip, length - skip - 1, &n) < 0 || n == 0 || n > CENTURY_S)
		return -EINVAL;
	switch (text[length - 1] | (skip == 2 ? 0x100 : 0)) {
	case 'H' | 0x100:
		p.seconds = n * 3600;
		break;
	case 'M' | 0x100:
		p.seconds = n * 60;
		break;
	case 'S' | 0x100:
		p.seconds = n;
		break;
	case 'D':
		p.days = (uint32_t)OST_MIN(n, 36601u);
		break;
	case 'M':
		p.months = (uint32_t)OST_MIN(n, 1201u);
		break;
	case 'Y':
		p.months = (uint32_t)OST_MIN(n * 12, 1201u);
		break;
	default:
		return -EINVAL;
	}
	if (p.seconds > CENTURY_S || p.days > 36600 || p.months > 1200)
		return -EINVAL;
	*ret_period = p;
	return 0;
}

const char *ost_period_text(const struct ost_period *period, char buf[static OST_PERIOD_TEXT])
{
	const char *unit = "hour";
	uint64_t n = period->seconds / 3600;

	if (period->months != 0) {
		n = period->months;
		unit = "month";
	} else if (period->days != 0) {
		n = period->days;
		unit = "day";
	} else if (period->seconds % 60 != 0) {
		n = period->seconds;
		unit = "second";
	} else if (period->seconds % 3600 != 0) {
		n = period->seconds / 60;
		unit = "minute";
	}
	(void)snprintf(buf, OST_PERIOD_TEXT, "%llu %s%s", (unsigned long long)n, unit, n == 1 ? "" : "s");
	return buf;
}

static int last_day(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month] + (month == 1 && leap);
}

/* The calendar alone: s counts the seconds of some calendar's days from 1970 on, without zones. */
static int64_t calendar_add(int64_t s, uint32_t months, uint32_t days)
{
	time_t t = (time_t)s;
	struct tm tm;
	int month;

	if (months == 0)
		return s + (int64_t)days * DAY_S;
	if (gmtime_r(&t, &tm) == NULL)
		return LAST_S + 1;
	month = tm.tm_year * 12 + tm.tm_mon + (int)months;
	tm.tm_year = month / 12;
	tm.tm_mon = month % 12;
	tm.tm_mday = OST_MIN(tm.tm_mday, last_day(tm.tm_year + 1900, tm.tm_mon));
	return (int64_t)timegm(&tm);
}

/* The same by the calendar of a zone. Where its clocks are put on or back at the end, the earlier reading. */
static int64_t zone_end(int64_t s, const struct ost_period *p, ost_zone_fn *zone)
{
	int64_t local = calendar_add(s + zone(s), p->months, p->days);
	int64_t first = local - zone(local - zone(s));
	int64_t second = local - zone(first);

	return OST_MIN(first, second);
}

int ost_period_end(uint64_t start_ns, const struct ost_period *period, ost_zone_fn *zone, uint64_t *ret_end_ns)
{
	int64_t start = (int64_t)(start_ns / OST_NS_PER_S), end;

	if (start > LAST_S)
		return -ERANGE;
	if (period->months == 0 && period->days == 0) {
		end = start + (int64_t)period->seconds;
	} else {
		end = calendar_add(start, period->months, period->days);
		if (zone != NULL) {
			int64_t there = zone_end(start, period, zone);

			end = OST_MIN(end, there);
		}
	}
	if (end > LAST_S)
		return -ERANGE;
	*ret_end_ns = (uint64_t)end * OST_NS_PER_S + start_ns % OST_NS_PER_S;
	return 0;
}

int32_t ost_zone_process(int64_t utc_s)
{
	time_t t = (time_t)utc_s;
	struct tm tm;

	return localtime_r(&t, &tm) == NULL ? 0 : (int32_t)tm.tm_gmtoff;
}

const char *ost_zoned_text(uint64_t wall_ns, ost_zone_fn *zone, char buf[static OST_ZONED_TEXT])
{
	int64_t utc_s = (int64_t)(wall_ns / OST_NS_PER_S);
	int32_t offset = zone != NULL ? zone(utc_s) : 0, minutes = (offset < 0 ? -offset : offset) / 60;
	time_t t = (time_t)(utc_s + offset);
	struct tm tm;
	size_t n;

	if (gmtime_r(&t, &tm) == NULL || (n = strftime(buf, OST_ZONED_TEXT - 10, "%Y-%m-%d %H:%M:%S", &tm)) == 0)
		(void)snprintf(buf, OST_ZONED_TEXT, "(no date)");
	else if (zone == NULL)
		(void)snprintf(buf + n, OST_ZONED_TEXT - n, " UTC");
	else
		(void)snprintf(buf + n, OST_ZONED_TEXT - n, " %c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60 % 24, minutes % 60);
	return buf;
}
