/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as people at a console read and write them: in their zone, and how far off. JSON keeps UTC. */
#pragma once

#include <time.h>

#include "show.h"

/* The zone of people's times from now on: of the entity (a name of the zone data base), unless TZ says another one. "" leaves it as it
 * is. Before threads. */
void ost_moment_zone(const char *zone);

/* Each takes RFC 3339 in UTC as ostiaryd writes it, fills buf and returns it; "-" for what is no time. */
const char *ost_moment_text(const char *time, char buf[static OST_SHOW_TEXT]); /* "2026-11-22 11:11:12 +01:00", or "... UTC" */
/* "2026-11-22 11:11:12 +01:00 (2 h 5 min ago)", or "(in 3 d 4 h)". */
const char *ost_moment_full(const char *time, time_t now, char buf[static 2 * OST_SHOW_TEXT]);
const char *ost_moment_ago(const char *time, time_t now, char buf[static OST_SHOW_TEXT]); /* "12 s ago", "3 h ago", "9 d ago" */
/* Of something due: "in 3 h 12 min", "late by 2 d 4 h". */
const char *ost_moment_left(const char *time, time_t now, char buf[static OST_SHOW_TEXT]);

/* A time that a person wrote: "2026-11-22T10:05Z", "2026-11-22T11:05+01:00", "now"; and in the zone above "2026-11-22 11:05",
 * "2026-11-22 11:05:30", or "11:05", the last time that a clock showed it. Becomes seconds since 1970 UTC. -EINVAL and a sentence in
 * why: no time; one that the clocks skip or have twice when they are put on or back. */
int ost_moment_parse(const char *text, time_t now, int64_t *ret_s, char why[static 256]) OST_MUST_CHECK;
const char *ost_moment_utc(int64_t s, char buf[static OST_SHOW_TEXT]); /* RFC 3339, for ostiaryd */
