/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents as a list: a first line that says how many are open and what is due next, and a table, the most urgent first. Pure but for
 * standard output. */
#pragma once

#include "incident_words.h"

/* Order: deadlines of persons (no shadow clocks) that are late or due within a day; then by severity; then by what is due; then the one
 * seen last. Sorts the array in place. */
void ost_incident_sort(json_t *incidents, time_t now);

/* "3 open: 1 critical, 2 low. Next: ..." of the answer to GET /v1/incidents, and what is due next; each line begins in this
 * column, where the first one goes on. */
void ost_incident_headline(const struct ost_cli *cli, const json_t *answer, unsigned column, time_t now);
/* The first `most` of them, 0: all. closed: with a column for their state. */
void ost_incident_table(const struct ost_cli *cli, const json_t *answer, bool closed, size_t most, time_t now);
