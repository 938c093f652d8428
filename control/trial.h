/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A generation on trial: in force, and gone by itself unless it is confirmed in time (confirm.h has the record and the clocks). Through
 * all of it policy/current.image is the generation before, so going back needs no room on the disk, and neither a data plane
 * nor an ostiaryd that starts can take for good what nobody has confirmed. Single thread.
 *
 *   prepare    the record, before the image is sent
 *   begin      the data plane has taken it: the time runs from now
 *   confirm    current.image becomes it, then the record goes
 *   end        the record goes, then the former image is sent
 */
#pragma once

#include "daemon.h"

/* At start, once the generation of current.image is in force and before anything is connected: goes on with a trial that has
 * time left, ends any other. */
void ost_trial_restore(struct ost_daemon *d);

/* seconds: within the bounds of confirm.h. */
int ost_trial_prepare(struct ost_daemon *d, uint64_t generation, uint32_t seconds, struct ost_confirm *ret_record) OST_MUST_CHECK;
int ost_trial_begin(struct ost_daemon *d, struct ost_confirm *record) OST_MUST_CHECK;
/* It did not come in force. */
void ost_trial_abandon(struct ost_daemon *d);

/* -ENOENT: none, or of another generation; else the disk's error, and it goes on. by: whom to note. */
int ost_trial_confirm(struct ost_daemon *d, const char *by) OST_MUST_CHECK;

/* Puts the former generation back in force; it is yet to be sent to the data plane. why: for the history. -ENOENT: none; else
 * the former cannot be read, and it goes on. */
int ost_trial_end(struct ost_daemon *d, const char *why) OST_MUST_CHECK;

/* Time is over. */
bool ost_trial_is_due(const struct ost_daemon *d);

/* Seconds that are left, rounded up. */
uint64_t ost_trial_rest_s(const struct ost_daemon *d);
