/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy tried on the flows that are there. It gets a view of its own, made by the same code as if it were put in force, on a
 * shadow of the site: what a policy in force would change there (slots, states, tables of devices) is copied, what the control
 * owner writes (addresses, names) is read where it is. Workers ask that view about each flow, behind their own sweep of its
 * bucket, so that what is cut anyway is not counted. Nothing of the site, of a flow or a counter is written. */
#pragma once

#include "classifier.h"

struct ost_rehearsal;

/* Flows of one bucket, which has just been swept. The classifier's own thread. */
void ost_rehearse_bucket(struct ost_classifier *c, struct ost_rehearsal *r, uint32_t bucket, bool v4);
