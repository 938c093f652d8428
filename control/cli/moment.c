/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "moment.h"

#include <ctype.h>
#include <inttypes.h>

#include "policy_yaml.h"

#define ZONES "/usr/share/zoneinfo"

void ost_moment_zone(const char *zone)
{
	char path[128];

	if (zone[0] == '\0' || getenv("TZ") != NULL || strstr(zone, "..") != NULL || zone[0] == '/')
		return;
	if (snprintf(path, sizeof(path), ZONES "/%s", zone) < (int)sizeof(path) && access(path, R_OK) == 0 && setenv("TZ", zone, 1) == 0)
		tzset();
}

static bool seconds_of(const char *time, time_t *ret_s)
{
	struct tm tm = {0};

	if (strptime(time, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return false;
	*ret_s = timegm(&tm);
	return true;
}

const char *ost_moment_text(const char *time, char buf[static OST_SHOW_TEXT])
{
	struct tm tm;
	time_t s;
	size_t n;
	long minutes;

	if (!seconds_of(time, &s) || localtime_r(&s, &tm) == NULL)
		return memcpy(buf, "-", 2);
	n = strftime(buf, OST_SHOW_TEXT, "%Y-%m-%d %H:%M:%S", &tm);
	minutes = tm.tm_gmtoff / 60;
	if (minutes == 0)
		(void)snprintf(buf + n, OST_SHOW_TEXT - n, " UTC");
	else
		(void)snprintf(buf + n, OST_SHOW_TEXT - n, " %c%02ld:%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60 % 24, labs(minutes) % 60);
	return buf;
}

const char *ost_moment_full(const char *time, time_t now, char buf[static 2 * OST_SHOW_TEXT])
{
	char when[OST_SHOW_TEXT], span[OST_SHOW_TEXT];
	time_t s;

	if (!seconds_of(time, &s))
		return memcpy(buf, "-", 2);
	(void)ost_show_duration((uint64_t)(s > now ? s - now : now - s), span);
	(void)snprintf(buf, 2 * (size_t)OST_SHOW_TEXT, "%s (%s%s%s)", ost_moment_text(time, when), s > now ? "in " : "", span, s > now ? "" : " ago");
	return buf;
}

const char *ost_moment_ago(const char *time, time_t now, char buf[static OST_SHOW_TEXT])
{
	static const struct {
		unsigned until, unit;
		const char *name;
	} units[] = {{60, 1, "s"}, {3600, 60, "min"}, {172800, 3600, "h"}, {UINT32_MAX, 86400, "d"}};
	time_t s;
	uint64_t span;

	if (!seconds_of(time, &s))
		return memcpy(buf, "-", 2);
	span = now > s ? (uint64_t)(now - s) : 0;
	for (size_t i = 0; i < OST_ARRAY_SIZE(units); i++) {
		if (span >= units[i].until && i + 1 < OST_ARRAY_SIZE(units))
			continue;
		(void)snprintf(buf, OST_SHOW_TEXT, "%" PRIu64 " %s ago", span / units[i].unit, units[i].name);
		break;
	}
	return buf;
}

const char *ost_moment_left(const char *time, time_t now, char buf[static OST_SHOW_TEXT])
{
	char span[OST_SHOW_TEXT];
	time_t s;

	if (!seconds_of(time, &s))
		return memcpy(buf, "-", 2);
	(void)ost_show_duration((uint64_t)(s >= now ? s - now : now - s), span);
	(void)snprintf(buf, OST_SHOW_TEXT, "%s%.32s", s >= now ? "in " : "late by ", span);
	return buf;
}

/* ---- what a person wrote ---- */

static bool number(const char **p, unsigned digits, unsigned *ret)
{
	unsigned v = 0;

	for (unsigned i = 0; i < digits; i++, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return false;
		v = v * 10 + (unsigned)(**p - '0');
	}
	*ret = v;
	return true;
}

/* "11:05" or "11:05:30", and nothing behind it. */
static bool clock_read(const char *p, struct tm *tm)
{
	unsigned h = 0, m = 0, s = 0;

	if (!number(&p, 2, &h) || *p++ != ':' || !number(&p, 2, &m) || (*p == ':' && (p++, !number(&p, 2, &s))) || *p != '\0' || h > 23 || m > 59 || s > 59)
		return false;
	tm->tm_hour = (int)h;
	tm->tm_min = (int)m;
	tm->tm_sec = (int)s;
	return true;
}

/* "2026-11-22" and a blank or T; moves on. */
static bool date_read(const char **p, struct tm *tm)
{
	unsigned y = 0, m = 0, d = 0;

	if (!number(p, 4, &y) || *(*p)++ != '-' || !number(p, 2, &m) || *(*p)++ != '-' || !number(p, 2, &d) || (**p != ' ' && **p != 'T'))
		return false;
	(*p)++;
	tm->tm_year = (int)y - 1900;
	tm->tm_mon = (int)m - 1;
	tm->tm_mday = (int)d;
	return true;
}

/* Seconds of a local time with these clocks; false: they never show it. */
static bool local(const struct tm *tm, int dst, time_t *ret_s)
{
	struct tm t = *tm;

	t.tm_isdst = dst;
	*ret_s = mktime(&t);
	return *ret_s != (time_t)-1 && t.tm_min == tm->tm_min && t.tm_hour == tm->tm_hour && t.tm_mday == tm->tm_mday && t.tm_mon == tm->tm_mon &&
	       t.tm_isdst == dst;
}

static void day_before(struct tm *tm)
{
	struct tm t = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday - 1, .tm_hour = 12, .tm_isdst = -1};

	(void)mktime(&t);
	tm->tm_year = t.tm_year;
	tm->tm_mon = t.tm_mon;
	tm->tm_mday = t.tm_mday;
}

static int local_read(const char *text, time_t now, int64_t *ret_s, char why[static 256])
{
	struct tm tm = {0};
	const char *p = text;
	time_t summer = 0, winter = 0;
	bool in_summer, in_winter, dated = date_read(&p, &tm);

	if (!dated) {
		p = text;
		if (localtime_r(&now, &tm) == NULL)
			return -EINVAL;
	}
	if (!clock_read(p, &tm)) {
		(void)snprintf(why, 256, "'%.40s' is no time; write 2026-11-22T10:05Z, or in your zone: \"2026-11-22 11:05\" or 11:05 when it was that last, or now",
			text);
		return -EINVAL;
	}
	/* Half an hour past midnight 23:50 was yesterday. */
	if (!dated && (local(&tm, 1, &summer) || local(&tm, 0, &summer)) && summer > now)
		day_before(&tm);
	in_summer = local(&tm, 1, &summer);
	in_winter = local(&tm, 0, &winter);
	if (in_summer == in_winter) {
		(void)snprintf(why, 256, in_summer ? "the clocks showed '%.40s' twice; write it with its zone, such as 2026-10-25T02:30+01:00" : "no clock here shows '%.40s'; look at the calendar, or write it with its zone",
			text);
		return -EINVAL;
	}
	*ret_s = in_summer ? summer : winter;
	return 0;
}

static bool has_zone(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && (text[n - 1] == 'Z' || text[n - 1] == 'z' || (n > 6 && (text[n - 6] == '+' || text[n - 6] == '-') && text[n - 3] == ':'));
}

int ost_moment_parse(const char *text, time_t now, int64_t *ret_s, char why[static 256])
{
	if (strcmp(text, "now") == 0) {
		*ret_s = now;
		return 0;
	}
	return has_zone(text) ? ost_time_parse(text, ret_s, why) : local_read(text, now, ret_s, why);
}

const char *ost_moment_utc(int64_t s, char buf[static OST_SHOW_TEXT])
{
	const time_t t = (time_t)s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(buf, OST_SHOW_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		buf[0] = '\0';
	return buf;
}
