/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /metrics: Prometheus' text format 0.0.4. Series of devices are bounded: those with traffic, up to a
 * number; the rest is summed under device="*" so that no packet is missing from a sum. */
#pragma once

#include "daemon.h"

#define OST_METRICS_DEVICES_DEFAULT 10000u

/* The whole page, owned by the caller (free). */
int ost_metrics_make(struct ost_daemon *d, char **ret_text, size_t *ret_length) OST_MUST_CHECK;

/* A label's value as the format wants it: backslash, quote and newline escaped. Cut at size. */
void ost_metrics_escape(const char *value, char *buf, size_t size);
