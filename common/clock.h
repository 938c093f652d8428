/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's clocks, in nanoseconds: monotonic for durations, wall for what people and logs see. */
#pragma once

#include <time.h>

#include "common.h"

#define OST_NS_PER_S  1000000000ull
#define OST_NS_PER_MS 1000000ull

/* Both clocks at once, as an argument of what must not ask for them itself. */
struct ost_moment {
	uint64_t mono_ns, wall_ns;
};

/* Nanoseconds of CLOCK_MONOTONIC. Never fails on Linux. */
static inline uint64_t ost_clock_mono_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * OST_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Nanoseconds of CLOCK_BOOTTIME, which runs on while the machine sleeps: the same for all programs of the machine, until it is
 * switched off. */
static inline uint64_t ost_clock_boot_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * OST_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Nanoseconds since the Unix epoch, UTC. */
static inline uint64_t ost_clock_wall_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * OST_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* That text back: exactly this form. -EINVAL. */
static inline OST_MUST_CHECK int ost_clock_parse(const char *text, uint64_t *ret_wall_ns)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	uint64_t us = 0;
	time_t s;

	if (end == NULL || end != text + 19 || *end != '.' || strspn(end + 1, "0123456789") != 6 || strcmp(end + 7, "Z") != 0)
		return -EINVAL;
	for (int i = 1; i <= 6; i++)
		us = us * 10 + (uint64_t)(end[i] - '0');
	s = timegm(&tm);
	if (s < 0)
		return -EINVAL;
	*ret_wall_ns = (uint64_t)s * OST_NS_PER_S + us * 1000;
	return 0;
}

/* False: it stands before 2020. Such a clock was never set since the machine was switched on, and every certificate looks
 * as if it were not valid yet: that is no device's fault. */
static inline bool ost_clock_is_set(uint64_t wall_ns)
{
	return wall_ns >= 1577836800ull * OST_NS_PER_S;
}

/* "2026-11-22T10:11:12.123456Z": RFC 3339, UTC, microseconds. buf holds at least 28 bytes. */
#define OST_TIME_TEXT 28
static inline void ost_clock_format(uint64_t wall_ns, char buf[static OST_TIME_TEXT])
{
	time_t s = (time_t)(wall_ns / OST_NS_PER_S);
	uint32_t us = (uint32_t)(wall_ns % OST_NS_PER_S / 1000);
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL || strftime(buf, 20, "%Y-%m-%dT%H:%M:%S", &tm) != 19) {
		memcpy(buf, "1970-01-01T00:00:00", 20);
		us = 0;
	}
	buf[19] = '.';
	for (int i = 25; i > 19; i--, us /= 10)
		buf[i] = (char)('0' + us % 10);
	buf[26] = 'Z';
	buf[27] = '\0';
}
