/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what ostiaryd is told to causes: refusals, failed admissions, flows that were opened and observations go in here, events of incidents come out
 * to the casebook. The thresholds are incident/detect's. Here is only what it takes to give a record its names: whose packet, for whom,
 * from where. Single thread.
 */
#pragma once

#include "daemon.h"
#include "detect.h"

int ost_watching_start(struct ost_daemon *d) OST_MUST_CHECK;
void ost_watching_stop(struct ost_daemon *d);

/* The image in force changed. */
void ost_watching_policy(struct ost_daemon *d);
/* A device has an address, or lost it. */
void ost_watching_bound(struct ost_daemon *d, const struct ost_ip *ip, const char *device, bool bound);

void ost_watching_refused(struct ost_daemon *d, const struct ost_refusal *r, const struct ost_refusal_names *names);
void ost_watching_note(struct ost_daemon *d, const struct ost_admission_note *n);
/* Flows of one kind were opened; novel: it was not among those of the last 24 hours. */
void ost_watching_opened(struct ost_daemon *d, const struct ost_traffic_flow *flow, bool novel);
/* An observation that is a cause in itself: count, times and place are filled in when they are 0 or NULL. */
void ost_watching_event(struct ost_daemon *d, const struct ost_incident_event *event);
/* The device that has an address, or NULL; whether it bears a tag that says that it is essential or of safety. */
const char *ost_watching_device(const struct ost_daemon *d, const struct ost_ip *ip);
bool ost_watching_grave(const struct ost_daemon *d, const char *device);
const struct ost_detect_counts *ost_watching_counts(const struct ost_daemon *d);
/* Once a second: windows that are due, and the gateway's own integrity. */
void ost_watching_tick(struct ost_daemon *d);
