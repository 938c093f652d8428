/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One incident as a page for people, of the answer to GET /v1/incidents/ID. Pure but for standard output. */
#pragma once

#include "incident_words.h"

#define OST_INCIDENT_NAME_COLUMNS 12u

/* traffic: the answer to GET /v1/flows of its device, NULL: none. id: what it is typed as in the commands of the page. */
void ost_incident_page(const struct ost_cli *cli, const json_t *incident, const json_t *traffic, const char *id, time_t now);

/* Its parts, each with its heading and a blank line before it; nothing when there is nothing to say. */
void ost_incident_regimes(const struct ost_cli *cli, const json_t *incident, time_t now);
/* What is due under one regime alone. */
void ost_incident_dues(const struct ost_cli *cli, const json_t *incident, const char *regime, time_t now);
void ost_incident_past(const struct ost_cli *cli, const json_t *incident, time_t now); /* evidence, related, decisions, history */
void ost_incident_next(const struct ost_cli *cli, const json_t *incident, const char *id);

void ost_incident_heading(const struct ost_cli *cli, const char *text);
/* "name        text", going on below its text. */
void ost_incident_line(const struct ost_cli *cli, const char *name, const char *fmt, ...) OST_PRINTF(3, 4);
