/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiaryd's journal: opened, watched by the event loop, and what ostiaryd itself writes to it. Nothing here ever waits for the disk, and a
 * journal that cannot be written hinders nothing else: it is a trouble in the status. */
#pragma once

#include "daemon.h"
#include "jsonw.h"

/* -ENOMEM, -EAGAIN: no memory or thread. What is wrong with the disk is seen later, in the status. */
int ost_journaling_start(struct ost_daemon *d) OST_MUST_CHECK;
void ost_journaling_stop(struct ost_daemon *d);
void ost_journaling_tick(struct ost_daemon *d); /* once a second: changes of its mode go to the log */

/* policy.change: a generation came in force. action: "apply", "trial", "confirm" or "revert". */
void ost_journaling_policy(struct ost_daemon *d, const char *action, const struct ost_generation *g);

/* The member "journal" of the status; and one sentence when it is not sound: false, nothing. */
void ost_journaling_json(struct ost_daemon *d, struct ost_jsonw *w);
bool ost_journaling_trouble(struct ost_daemon *d, char *buf, size_t size);
