/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "schedule.h"

#include <time.h>

static bool weekly_open(const struct ost_image_window *w, int64_t utc_s)
{
	time_t t = (time_t)utc_s;
	struct tm tm;
	unsigned minute, today, yesterday;

	if ((w->local ? localtime_r(&t, &tm) : gmtime_r(&t, &tm)) == NULL)
		return false;
	minute = (unsigned)(tm.tm_hour * 60 + tm.tm_min);
	today = (unsigned)w->days >> tm.tm_wday & 1;
	yesterday = (unsigned)w->days >> (tm.tm_wday + 6) % 7 & 1;
	if (w->from_min < w->until_min)
		return today && minute >= w->from_min && minute < w->until_min;
	return (today && minute >= w->from_min) || (yesterday && minute < w->until_min);
}

bool ost_window_open(const struct ost_image_window *window, int64_t utc_s)
{
	if (utc_s < OST_SCHEDULE_CLOCK_MIN_S)
		return false;
	if (window->kind == OST_WINDOW_ABSOLUTE)
		return utc_s >= window->since_s && utc_s < window->until_s;
	return weekly_open(window, utc_s);
}

void ost_schedules_at(const struct ost_image *image, int64_t utc_s, struct ost_schedules_open *ret_open)
{
	struct ost_schedules_open open = {{0}};

	for (uint32_t i = 0; i < image->schedule_count && i < OST_SCHEDULES_MAX; i++) {
		const struct ost_image_schedule *s = &image->schedules[i];

		for (uint32_t k = 0; k < s->window_count; k++) {
			if (ost_window_open(&image->windows[s->window_first + k], utc_s))
				open.word[i / 64] |= 1ull << i % 64;
		}
	}
	*ret_open = open;
}
