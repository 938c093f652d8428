/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When schedules are open: which times of a week, or which span of time. The only reader of windows: the data plane asks it
 * every second, tools ask it for a time of their choice. */
#pragma once

#include "image.h"

/* Before it a clock has not been set: nothing is open then. 2020-01-01T00:00:00Z. */
#define OST_SCHEDULE_CLOCK_MIN_S 1577836800

#define OST_SCHEDULE_WORDS (OST_SCHEDULES_MAX / 64u)

/* Which schedules are open: bit (number - 1). */
struct ost_schedules_open {
	uint64_t word[OST_SCHEDULE_WORDS];
};

/* utc_s: seconds since 1970. Windows of local time are asked in the process' zone (tzset(3)); an hour that a change of the clock
 * skips is in no window, one that comes twice is in it twice. Any thread. */
bool ost_window_open(const struct ost_image_window *window, int64_t utc_s);

void ost_schedules_at(const struct ost_image *image, int64_t utc_s, struct ost_schedules_open *ret_open);

static inline bool ost_schedule_is_open(const struct ost_schedules_open *open, unsigned number)
{
	return number == OST_SCHEDULE_ALWAYS || (open->word[(number - 1) / 64] >> ((number - 1) % 64) & 1);
}
