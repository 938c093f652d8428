/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "show.h"

#include <inttypes.h>
#include <time.h>
#include <wchar.h>

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

void ost_table_cell(struct ost_table *t, const char *text)
{
	if (t->count == t->capacity) {
		size_t capacity = t->capacity != 0 ? t->capacity * 2 : 64;
		char **cells = realloc(t->cells, capacity * sizeof(*cells));

		if (cells == NULL)
			return;
		t->cells = cells;
		t->capacity = capacity;
	}
	t->cells[t->count] = strdup(text[0] != '\0' ? text : "-");
	if (t->cells[t->count] != NULL)
		t->count++;
}

static size_t width_of(const char *text)
{
	size_t n = mbstowcs(NULL, text, 0);

	return n != (size_t)-1 ? n : strlen(text);
}

static void cell_print(const char *text, bool right, size_t width, bool last)
{
	size_t pad = width - OST_MIN(width, width_of(text));

	if (right)
		(void)printf("%*s", (int)pad, "");
	(void)fputs(text, stdout);
	if (!right && !last)
		(void)printf("%*s", (int)pad, "");
	(void)fputs(last ? "\n" : "  ", stdout);
}

void ost_table_print(struct ost_table *t, const struct ost_cli *cli, unsigned indent)
{
	size_t widths[OST_TABLE_COLUMNS] = {0};

	for (unsigned c = 0; c < t->columns; c++)
		widths[c] = strlen(t->heads[c]) - (t->heads[c][0] == '>');
	for (size_t i = 0; i < t->count; i++)
		widths[i % t->columns] = OST_MAX(widths[i % t->columns], width_of(t->cells[i]));
	(void)printf("%*s%s", (int)indent, "", ost_show_colour(cli, OST_COLOUR_DIM));
	for (unsigned c = 0; c < t->columns; c++) {
		bool right = t->heads[c][0] == '>';

		cell_print(t->heads[c] + right, right, widths[c], c + 1 == t->columns);
	}
	(void)fputs(ost_show_plain(cli), stdout);
	for (size_t i = 0; i < t->count; i++) {
		unsigned c = (unsigned)(i % t->columns);

		if (c == 0)
			(void)printf("%*s", (int)indent, "");
		cell_print(t->cells[i], t->heads[c][0] == '>', widths[c], c + 1 == t->columns);
		free(t->cells[i]);
	}
	free(t->cells);
	t->cells = NULL;
	t->count = t->capacity = 0;
}
