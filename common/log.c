/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "text.h"

static const char *log_program = "ostiary";
static enum ost_log_level log_least = OST_LOG_INFO;
static bool log_terminal;

static const struct {
	const char *word;
	const char *priority; /* sd-daemon(3) */
} levels[] = {
	[OST_LOG_ERROR] = {"error: ", "<3>"},
	[OST_LOG_WARNING] = {"warning: ", "<4>"},
	[OST_LOG_INFO] = {"", "<6>"},
	[OST_LOG_DEBUG] = {"debug: ", "<7>"},
};

/* A standard stream that the caller closed would become the next file or socket we open, and what
 * is printed would land in it. Standard output becomes one that refuses to be written, so that it
 * is noticed. */
static void streams_fill(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == STDERR_FILENO ? O_RDWR : O_RDONLY) != fd)
			return;
	}
}

void ost_log_open(const char *program, enum ost_log_level least)
{
	streams_fill();
	log_program = program;
	log_least = least;
	log_terminal = isatty(STDERR_FILENO) == 1;
}

void ost_log(enum ost_log_level level, const char *fmt, ...)
{
	char line[1024];
	size_t used;
	va_list ap;
	int n;

	if (level > log_least)
		return;
	n = snprintf(line, sizeof(line), "%s%s: %s",
		log_terminal || getenv("JOURNAL_STREAM") == NULL ? "" : levels[level].priority,
		log_program, levels[level].word);
	used = (size_t)n;
	va_start(ap, fmt);
	n = vsnprintf(line + used, sizeof(line) - used - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	ost_text_make_plain(line + used);
	used = OST_MIN(used + (size_t)n, sizeof(line) - 2);
	line[used] = '\n';
	/* A log line that cannot be written has nowhere to be told. */
	if (write(STDERR_FILENO, line, used + 1) < 0)
		return;
}
