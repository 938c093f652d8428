/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ostiary-observed made out, as events of incidents: its words are believed as far as they can go wrong, a device's name and a
 * service. Single thread. */
#pragma once

#include "daemon.h"

void ost_observing_take(struct ost_daemon *d, const struct ost_msg_observed *m);
