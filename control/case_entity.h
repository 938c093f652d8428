/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entity.yaml while ostiaryd runs: read when it changes, its contents' hash and its maintenance windows journaled (entity.change). A window counts as
 * opened when the record that first told of it was on disk under a signed checkpoint: one that is written behind the event takes nothing back. */
#pragma once

#include <sys/stat.h>

#include "entity.h"
#include "jsonw.h"

struct ost_casebook;
struct ost_journal_ack;

struct case_window {
	char name[OST_ENTITY_NAME];
	uint64_t from_ns, until_ns;
	uint64_t opened_ns; /* 0: its record is not on disk yet */
};

struct ost_case_entity {
	struct ost_entity *entity; /* NULL: there is none, or none that can be read */
	struct timespec modified;
	ino_t inode;
	bool looked, missing;
	uint64_t looked_ns;
	char sha256[65];	/* of the file that the entity is of; "" none */
	char journaled[65];	/* of the newest record entity.change */
	uint64_t cookie;	/* of its record that is under way; 0: none */
	uint64_t recorded_ns;
	struct case_window windows[OST_ENTITY_WINDOWS];
	uint32_t window_count;
};

/* Reads it when it changed, and journals what is new. Not before the cases are restored. */
void case_entity_look(struct ost_casebook *b);
void case_entity_acknowledged(struct ost_casebook *b, const struct ost_journal_ack *ack);
void case_entity_free(struct ost_case_entity *e);
/* A record entity.change of the journal, at a start; in their order. */
void case_entity_replay(struct ost_case_entity *e, const char *line);
/* The window that an incident of these services lies in. */
const struct case_window *case_entity_window(const struct ost_case_entity *e, const uint32_t *services, uint32_t service_count, uint64_t first_ns,
	uint64_t last_ns);
