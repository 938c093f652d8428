/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log sink of programs: one line each on standard error, in journald's "<priority>" form when
 * the journal reads it. Libraries never log: they fill a diagnostic (diag.h). */
#pragma once

#include "common.h"

enum ost_log_level {
	OST_LOG_ERROR,
	OST_LOG_WARNING,
	OST_LOG_INFO,
	OST_LOG_DEBUG,
};

/* program is borrowed and stands before each line. Call before any thread starts; again, for another level. */
void ost_log_open(const char *program, enum ost_log_level least);

/* Thread-safe: one write per line. Control characters of the text are shown as '?'. */
void ost_log(enum ost_log_level level, const char *fmt, ...) OST_PRINTF(2, 3);

#define ost_log_error(...)   ost_log(OST_LOG_ERROR, __VA_ARGS__)
#define ost_log_warning(...) ost_log(OST_LOG_WARNING, __VA_ARGS__)
#define ost_log_info(...)    ost_log(OST_LOG_INFO, __VA_ARGS__)
#define ost_log_debug(...)   ost_log(OST_LOG_DEBUG, __VA_ARGS__)
