/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as people write them in a policy and on a command line: RFC 3339, down to the minute at least, and "02:00". */
#include <stdio.h>
#include <time.h>

#include "policy_yaml.h"
#include "times.h"
#include "yaml_bind.h"

/* Exactly this many digits. */
static bool digits(const char **p, unsigned count, int *ret_value)
{
	int v = 0;

	for (unsigned i = 0; i < count; i++) {
		if ((*p)[i] < '0' || (*p)[i] > '9')
			return false;
		v = v * 10 + (*p)[i] - '0';
	}
	*p += count;
	*ret_value = v;
	return true;
}

static bool sign(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool date_read(const char **p, struct tm *tm)
{
	if (!digits(p, 4, &tm->tm_year) || !sign(p, '-') || !digits(p, 2, &tm->tm_mon) || !sign(p, '-') ||
		!digits(p, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

/* "08:00", "08:00:30", "08:00:30.5": parts of seconds are passed over. */
static bool clock_read(const char **p, struct tm *tm)
{
	if (!digits(p, 2, &tm->tm_hour) || !sign(p, ':') || !digits(p, 2, &tm->tm_min))
		return false;
	if (!sign(p, ':'))
		return true;
	if (!digits(p, 2, &tm->tm_sec))
		return false;
	if (sign(p, '.')) {
		size_t n = strspn(*p, "0123456789");

		*p += n;
		return n > 0;
	}
	return true;
}

/* "Z", "+01:00": what is to be taken off to come to UTC. */
static bool zone_read(const char **p, int *ret_offset_s)
{
	int hours = 0, minutes = 0, way = 0;

	if (!sign(p, 'Z') && !sign(p, 'z')) {
		way = **p == '-' ? -1 : 1;
		if ((!sign(p, '+') && !sign(p, '-')) || !digits(p, 2, &hours) || !sign(p, ':') || !digits(p, 2, &minutes) ||
			hours > 23 || minutes > 59)
			return false;
	}
	*ret_offset_s = way * (hours * 3600 + minutes * 60);
	return **p == '\0';
}

/* The 30th of February, and 25:00, come back from the calendar as something else. */
static bool calendar(const struct tm *tm, int64_t *ret_s)
{
	struct tm copy = *tm;
	time_t t = timegm(&copy);

	*ret_s = t;
	return copy.tm_year == tm->tm_year && copy.tm_mon == tm->tm_mon && copy.tm_mday == tm->tm_mday &&
	       copy.tm_hour == tm->tm_hour && copy.tm_min == tm->tm_min && copy.tm_sec == tm->tm_sec && t >= 0;
}

int ost_time_parse(const char *text, int64_t *ret_utc_s, char why[static 256])
{
	struct tm tm = {0};
	const char *p = text;
	bool date = date_read(&p, &tm);
	int offset = 0;
	int64_t s;

	if (!date || (!sign(&p, 'T') && !sign(&p, 't')) || !clock_read(&p, &tm)) {
		ost_hint(why, 256, "'%.40s' is no time; write 2026-12-01T08:00Z, or with the zone: 2026-12-01T09:00+01:00", text);
		return -EINVAL;
	}
	if (!zone_read(&p, &offset)) {
		ost_hint(why, 256, "'%.40s' does not say in which zone; write Z at its end for UTC, or +01:00", text);
		return -EINVAL;
	}
	if (!calendar(&tm, &s)) {
		ost_hint(why, 256, "there is no time '%.40s'; look at the calendar and the clock, from 1970 on", text);
		return -EINVAL;
	}
	*ret_utc_s = s - offset;
	return 0;
}

const char *ost_time_format(int64_t utc_s, char buf[static OST_TIME_MINUTES])
{
	time_t t = (time_t)utc_s;
	struct tm tm;
	bool seconds = utc_s % 60 != 0;

	if (gmtime_r(&t, &tm) == NULL || strftime(buf, OST_TIME_MINUTES, seconds ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%dT%H:%MZ", &tm) == 0)
		(void)snprintf(buf, OST_TIME_MINUTES, "?");
	return buf;
}

bool ost_minute_parse(const char *text, uint16_t *ret_minute)
{
	int hours, minutes;

	if (!digits(&text, 2, &hours) || !sign(&text, ':') || !digits(&text, 2, &minutes) || *text != '\0')
		return false;
	if (minutes > 59 || hours > 24 || (hours == 24 && minutes > 0))
		return false;
	*ret_minute = (uint16_t)(hours * 60 + minutes);
	return true;
}
