/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file behind a log of lines (refusals, admissions): appends whole lines, rotates by size (FILE, FILE.1, FILE.2, ...), and
 * goes on without the disk when the disk is full or read-only: what could not be written is counted, the
 * half line is cut off, and the next flush tries again. Single thread; never fails its caller. */
#pragma once

#include "common.h"

struct ost_line_file;

struct ost_line_file_counts {
	uint64_t lines;	     /* written */
	uint64_t lost_lines; /* that the disk did not take */
	int trouble;	     /* 0, or the negative errno of the last attempt */
};

/* path is borrowed. The file is opened at the first flush. files: how many are kept, the current one included. */
int ost_line_file_new(const char *path, uint64_t max_bytes, unsigned files,
	struct ost_line_file **ret_file) OST_MUST_CHECK;
void ost_line_file_free(struct ost_line_file **file);

/* Takes one line, newline included, into the buffer; flushes by itself when that is full. */
void ost_line_file_line(struct ost_line_file *f, const char *line, size_t length);
void ost_line_file_flush(struct ost_line_file *f);

const struct ost_line_file_counts *ost_line_file_counts(const struct ost_line_file *f);
