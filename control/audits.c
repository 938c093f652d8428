/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audits.h"

#include "model.h"
#include "schedule.h"

struct ost_audit ost_audit_of(const struct ost_image *image, uint32_t role, int64_t now_s)
{
	const struct ost_image_role *r = &image->roles[role];
	const struct ost_image_schedule *s;
	struct ost_audit a = {.wanted = r->mode == OST_MODE_AUDIT && r->audit != OST_SCHEDULE_ALWAYS};

	if (!a.wanted)
		return a;
	s = &image->schedules[r->audit - 1];
	for (uint32_t i = 0; i < s->window_count; i++) {
		const struct ost_image_window *w = &image->windows[s->window_first + i];

		a.until_s = OST_MAX(a.until_s, w->until_s);
		a.open = a.open || ost_window_open(w, now_s);
	}
	return a;
}

uint32_t ost_audits_open(const struct ost_image *image, int64_t now_s)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < image->role_count; i++)
		open += ost_audit_of(image, i, now_s).open;
	return open;
}
