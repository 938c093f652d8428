/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong, where, and what to do. A list keeps every finding, not the first only, up to a bound;
 * what came after the bound is counted. */
#pragma once

#include "common.h"

enum ost_severity {
	OST_SEV_WARNING,
	OST_SEV_ERROR,
};

/* Where something stands: line and column count from 1, 0 means unknown. file is borrowed and must
 * outlive the list that names it. */
struct ost_pos {
	const char *file;
	uint32_t line;
	uint32_t column;
};

struct ost_finding {
	enum ost_severity severity;
	struct ost_pos pos;
	char *what; /* what is wrong: one sentence, no full stop */
	char *hint; /* what to write or do instead; may be NULL */
};

#define OST_FINDINGS_MAX 1000u

struct ost_diag {
	struct ost_finding *findings;
	uint32_t count;
	uint32_t capacity;
	uint32_t errors;   /* all errors ever added, kept or not */
	uint32_t warnings; /* likewise */
};

/* Adds a finding. hint may be NULL. A list at its bound, or without memory, only counts. */
void ost_diag_add(struct ost_diag *diag, enum ost_severity severity, struct ost_pos pos,
	const char *hint, const char *fmt, ...) OST_PRINTF(5, 6);

#define ost_diag_error(diag, pos, hint, ...)   ost_diag_add(diag, OST_SEV_ERROR, pos, hint, __VA_ARGS__)
#define ost_diag_warning(diag, pos, hint, ...) ost_diag_add(diag, OST_SEV_WARNING, pos, hint, __VA_ARGS__)

/* Sorts by file, line, column, so that a person reads from the top of the file. */
void ost_diag_sort(struct ost_diag *diag);

/* One finding as "file:line:column: error: what; hint". Returns the length as snprintf does. */
int ost_finding_format(const struct ost_finding *f, char *buf, size_t size);

void ost_diag_free(struct ost_diag *diag);
