/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands about incidents share: the words for severity, state, what was done, what is due. What ostiaryd answers holds texts
 * of attackers: ost_incident_get() and ost_incident_plain() make them harmless once, so that nothing that prints can forget it. */
#pragma once

#include "client.h"
#include "moment.h"

#define OST_INCIDENT_LIST_MAX 100000u /* asked for at once; more than ostiaryd remembers */
#define OST_INCIDENT_LIST_ALL "100000"
#define OST_INCIDENT_URGENT_S (24 * 3600)
#define OST_INCIDENT_ID_LEAST 13u /* of a UUID of version 7: its time, to the millisecond */

/* Every text in it: control and invisible characters become "[U+202E]", line ends a blank; at most 2000
 * bytes of it stay, and how long it was is said. Returns json; NULL for NULL or without memory. Steals the reference. */
json_t *ost_incident_plain(json_t *json);

/* ost_client_get(), with texts made harmless, and the zone of the entity taken over when the answer has it. */
int ost_incident_get(const struct ost_cli *cli, const char *path, json_t **ret_json);
/* "/v1/incidents/ID" and what follows it. OST_EXIT_INPUT after telling that this is no id. */
#define OST_INCIDENT_PATH 256
int ost_incident_path(const char *command, const char *id, const char *rest, char path[static OST_INCIDENT_PATH]);

/* A member of members: "ostiary.context.role". NULL: not there. */
const json_t *ost_incident_at(const json_t *json, const char *path);
const char *ost_incident_text(const json_t *json, const char *path); /* "" when it is not there, or no text */

/* The beginning of ids that tells these incidents apart: a length from 13 on, at which a UUID has a dash or ends. */
unsigned ost_incident_id_length(const json_t *incidents);

enum ost_colour ost_incident_colour(const char *severity);
unsigned ost_incident_rank(const char *severity); /* critical 4, high 3, medium 2, low 1, else 0 */
/* "refused", "told only"; what the gateway did as a word of a list. */
const char *ost_incident_did(const char *action);
/* Stages and fields as people type them: '-' for '_'. */
const char *ost_incident_typed(const char *id, char buf[static OST_SHOW_TEXT]);
/* The device, or the place when it is nobody's. */
const char *ost_incident_who(const json_t *incident);

/* A member "due": "nis2 early-warning in 3 h 12 min", "... late by 2 h", "... no date yet"; "" for none. shadow: "?" behind it, for tables
 * that explain it below. */
#define OST_INCIDENT_DUE 160
const char *ost_incident_due(const json_t *due, time_t now, char buf[static OST_INCIDENT_DUE]);

/* A text cut to so many columns of a terminal, "..." at its end. buf: 4 bytes a column and 8 more. */
const char *ost_incident_cut(const char *text, unsigned columns, char *buf, size_t size);
