/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>

#include "array.h"

static int diag_grow(struct ost_diag *diag)
{
	struct ost_finding *f;

	if (diag->count >= OST_FINDINGS_MAX)
		return -E2BIG;
	f = ost_array_room(diag->findings, diag->count, &diag->capacity, sizeof(*f));
	if (f == NULL)
		return -ENOMEM;
	diag->findings = f;
	return 0;
}

void ost_diag_add(struct ost_diag *diag, enum ost_severity severity, struct ost_pos pos,
	const char *hint, const char *fmt, ...)
{
	struct ost_finding *f;
	char *what = NULL;
	va_list ap;

	if (severity == OST_SEV_ERROR)
		diag->errors++;
	else
		diag->warnings++;
	if (diag_grow(diag) < 0)
		return;
	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	if (what == NULL)
		return;
	f = &diag->findings[diag->count++];
	f->severity = severity;
	f->pos = pos;
	f->what = what;
	f->hint = hint != NULL ? strdup(hint) : NULL;
}

static int finding_compare(const void *a, const void *b)
{
	const struct ost_finding *x = a, *y = b;
	int file = strcmp(x->pos.file ? x->pos.file : "", y->pos.file ? y->pos.file : "");

	if (file != 0)
		return file;
	if (x->pos.line != y->pos.line)
		return x->pos.line < y->pos.line ? -1 : 1;
	if (x->pos.column != y->pos.column)
		return x->pos.column < y->pos.column ? -1 : 1;
	return 0;
}

void ost_diag_sort(struct ost_diag *diag)
{
	if (diag->count > 1)
		qsort(diag->findings, diag->count, sizeof(*diag->findings), finding_compare);
}

int ost_finding_format(const struct ost_finding *f, char *buf, size_t size)
{
	const char *kind = f->severity == OST_SEV_ERROR ? "error" : "warning";
	const char *file = f->pos.file ? f->pos.file : "";
	const char *sep = f->hint ? "; " : "", *hint = f->hint ? f->hint : "";

	if (f->pos.line == 0)
		return snprintf(buf, size, "%s%s%s: %s%s%s", file, *file ? ": " : "", kind,
			f->what, sep, hint);
	return snprintf(buf, size, "%s:%u:%u: %s: %s%s%s", file, f->pos.line, f->pos.column, kind,
		f->what, sep, hint);
}

void ost_diag_free(struct ost_diag *diag)
{
	for (uint32_t i = 0; i < diag->count; i++) {
		free(diag->findings[i].what);
		free(diag->findings[i].hint);
	}
	free(diag->findings);
	*diag = (struct ost_diag){0};
}
