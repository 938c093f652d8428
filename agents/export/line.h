/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of the journal, distrusted and taken apart. */
#pragma once

#include "tree.h"

#define OST_LINE_DEPTH 24u /* objects and arrays in each other */

struct ost_line {
	json_t *root;	   /* all members; pseudonyms where they are wanted; strings are without NUL */
	char leaf[65];	   /* hash of the line as it stands in the journal: SHA-256 of a zero byte and its bytes (RFC 6962) */
	const char *incident; /* id of the incident that it is about, a UUID; NULL: of none. Borrowed of root */
	bool of_incident;  /* it says how the incident stands: incident.open, update, close or reopen */
	bool of_person;	   /* somebody decided, submitted or noted something */
	bool closed;	   /* the incident is */
	struct ost_format_about about;
};

/* What is known of a kind of record. */
struct ost_line_kind {
	const char *kind;     /* or its beginning, when it ends in '.' */
	const char *title;    /* "A key was rotated" */
	const char *category, *type; /* ECS */
	unsigned severity;
};

/* -EINVAL and a sentence; -ENOMEM. */
int ost_line_read(const struct ost_format_config *config, const char *line, size_t length, struct ost_line *ret_line,
	char ret_why[static OST_FORMAT_WHY]) OST_MUST_CHECK;
void ost_line_free(struct ost_line *line);

/* Never NULL: the last entry is for kinds that nobody has heard of. */
const struct ost_line_kind *ost_line_kind_of(const char *kind);
/* The cause's title, or what its kind is. Borrowed. */
const char *ost_line_title(const struct ost_line *line);
/* The record's message, or its title. */
const char *ost_line_message(const struct ost_line *line);
/* The gateway's name. */
const char *ost_line_gateway(const struct ost_line *line, const struct ost_format_config *config);
/* Who did it: a person's name; NULL nobody. */
const char *ost_line_person(const struct ost_line *line);
/* Where the record stands in the journal, as an object that is the caller's: origin, seq, prev, fingerprint ... NULL: no memory. */
json_t *ost_line_chain(const struct ost_line *line, const struct ost_format_config *config);

/* veil.c: of a whole record. -ENOMEM. */
int ost_pseudonyms_apply(const struct ost_pseudonyms *pseudonyms, uint64_t time_ns, json_t *root) OST_MUST_CHECK;

/* By the format's own, below. Nothing is appended when it fails. */
int ost_format_line(enum ost_format format, const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out) OST_MUST_CHECK;
/* One file each: appends what the line becomes. -ENOMEM. */
int ost_format_ecs(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out) OST_MUST_CHECK;
int ost_format_cef(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out) OST_MUST_CHECK;
int ost_format_ocsf(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out) OST_MUST_CHECK;
