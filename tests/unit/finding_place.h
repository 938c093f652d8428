/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of the YAML front ends: a text in which '@' marks the place where a finding must stand.
 */
#pragma once

#include <stdio.h>

#include "diag.h"

/* Cuts the '@' out and says its place; 1:1 when there is none. Lines and characters count from 1.
 */
static inline void place_cut(
	const char *marked, char *ret_text, size_t size, uint32_t *ret_line, uint32_t *ret_column)
{
	size_t n = 0;
	uint32_t line = 1, column = 1;

	*ret_line = *ret_column = 1;
	for (const char *p = marked; *p != '\0' && n + 1 < size; p++) {
		if (*p == '@') {
			*ret_line = line;
			*ret_column = column;
			continue;
		}
		ret_text[n++] = *p;
		column = *p == '\n' ? 1 : column + ((uint8_t)*p >> 6 != 2);
		line += *p == '\n';
	}
	ret_text[n] = '\0';
}

/* A finding at this place whose sentence or hint has these words. */
static inline bool findings_have(const struct ost_diag *diag, const char *file, uint32_t line,
	uint32_t column, const char *words)
{
	for (uint32_t i = 0; i < diag->count; i++) {
		const struct ost_finding *f = &diag->findings[i];

		if (f->pos.line == line && f->pos.column == column && f->pos.file != NULL &&
			strcmp(f->pos.file, file) == 0 &&
			(strstr(f->what, words) != NULL ||
				(f->hint != NULL && strstr(f->hint, words) != NULL)))
			return true;
	}
	return false;
}

static inline void findings_print(const struct ost_diag *diag)
{
	char line[2048];

	for (uint32_t i = 0; i < diag->count; i++) {
		(void)ost_finding_format(&diag->findings[i], line, sizeof(line));
		(void)fprintf(stderr, "%s\n", line);
	}
}
