/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "show.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <time.h>
#include <wchar.h>

#include "unicode.h"

const char *ost_show_colour(const struct ost_cli *cli, enum ost_colour colour)
{
	static const char *const sequences[] = {
		[OST_COLOUR_PLAIN] = "\033[0m",
		[OST_COLOUR_GOOD] = "\033[32m",
		[OST_COLOUR_BAD] = "\033[31m",
		[OST_COLOUR_WARN] = "\033[33m",
		[OST_COLOUR_DIM] = "\033[2m",
		[OST_COLOUR_HEAD] = "\033[1m",
	};

	return cli->colour ? sequences[colour] : "";
}

const char *ost_show_plain(const struct ost_cli *cli)
{
	return ost_show_colour(cli, OST_COLOUR_PLAIN);
}

const char *ost_show_count(uint64_t n, char buf[static OST_SHOW_TEXT])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, n), at = 0;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

const char *ost_show_things(uint64_t n, const char *thing, char buf[static OST_SHOW_TEXT])
{
	char count[OST_SHOW_TEXT];

	(void)snprintf(buf, OST_SHOW_TEXT, "%.28s %.16s%s", ost_show_count(n, count), thing,
		n == 1 ? "" : "s");
	return buf;
}

const char *ost_show_bytes(uint64_t n, char buf[static OST_SHOW_TEXT])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)n;
	unsigned u = 0;

	for (; value >= 1000 && u + 1 < OST_ARRAY_SIZE(units); u++)
		value /= 1000;
	(void)snprintf(buf, OST_SHOW_TEXT, u == 0 ? "%.0f %s" : "%.1f %s", value, units[u]);
	return buf;
}

const char *ost_show_duration(uint64_t s, char buf[static OST_SHOW_TEXT])
{
	if (s < 60)
		(void)snprintf(buf, OST_SHOW_TEXT, "%" PRIu64 " s", s);
	else if (s < 3600)
		(void)snprintf(buf, OST_SHOW_TEXT, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(buf, OST_SHOW_TEXT, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	else
		(void)snprintf(buf, OST_SHOW_TEXT, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
	return buf;
}

const char *ost_show_ago(const char *time_text, char buf[static OST_SHOW_TEXT])
{
	struct tm tm = {0};
	char span[OST_SHOW_TEXT];
	time_t then;

	if (strptime(time_text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return memcpy(buf, "-", 2);
	then = timegm(&tm);
	(void)snprintf(buf, OST_SHOW_TEXT, "%.40s ago",
		ost_show_duration(time(NULL) > then ? (uint64_t)(time(NULL) - then) : 0, span));
	return buf;
}

const char *ost_show_time(const char *time_text, char buf[static OST_SHOW_TEXT])
{
	if (strlen(time_text) < 19)
		(void)snprintf(buf, OST_SHOW_TEXT, "-");
	else
		(void)snprintf(buf, OST_SHOW_TEXT, "%.10s %.8s UTC", time_text, time_text + 11);
	return buf;
}

/* Columns of one character on a terminal; *text is moved behind it. A colour takes none. */
static unsigned character_width(const char **text)
{
	const char *p = *text, *end;
	mbstate_t state = {0};
	wchar_t wide;
	size_t n;
	int width;

	if (p[0] == '\033' && p[1] == '[' && (end = strchr(p, 'm')) != NULL) {
		*text = end + 1;
		return 0;
	}
	n = mbrtowc(&wide, p, MB_LEN_MAX, &state);
	if (n == 0 || n > MB_LEN_MAX) {
		*text = p + 1;
		return 1;
	}
	*text = p + n;
	width = wcwidth(wide);
	return width > 0 ? (unsigned)width : 0;
}

static unsigned width_until(const char *text, const char *end)
{
	unsigned width = 0;

	while (text < end)
		width += character_width(&text);
	return width;
}

unsigned ost_show_width(const char *text)
{
	return width_until(text, text + strlen(text));
}

static void line_print(const struct ost_cli *cli, unsigned at, unsigned hang, const char *text)
{
	bool begun = at != hang; /* something stands on this line, behind which it can be broken */

	while (*text != '\0') {
		unsigned gap = (unsigned)strspn(text, " ");
		const char *end = text + gap + strcspn(text + gap, " ");
		unsigned width = width_until(text + gap, end);

		if (begun && cli->columns != 0 && at + gap + width > cli->columns) {
			(void)printf("\n%*s", (int)hang, "");
			text += gap;
			at = hang;
			gap = 0;
		}
		(void)fwrite(text, 1, (size_t)(end - text), stdout);
		at += gap + width;
		begun = true;
		text = end;
	}
	(void)putchar('\n');
}

void ost_show_line(const struct ost_cli *cli, unsigned at, unsigned hang, const char *fmt, ...)
{
	char *text OST_AUTO_FREE = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return;
	}
	ost_unicode_mend(text);
	line_print(cli, at, cli->columns == 0 ? hang : OST_MIN(hang, cli->columns / 2), text);
}
