/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include "array.h"
#include "show.h"
#include "unicode.h"

#define GAP	  2u  /* columns between two cells */
#define LAST_LEAST 20u /* what the last column wants to be worth wrapping */

void ost_table_cell(struct ost_table *t, const char *text)
{
	char **cells = ost_array_room(t->cells, t->count, &t->capacity, sizeof(*cells));

	if (cells == NULL)
		return;
	t->cells = cells;
	t->cells[t->count] = strdup(text[0] != '\0' ? text : "-");
	if (t->cells[t->count] == NULL)
		return;
	ost_unicode_mend(t->cells[t->count]);
	t->count++;
}

static bool is_right(const struct ost_table *t, unsigned column)
{
	return t->heads[column][0] == '>';
}

static const char *head_of(const struct ost_table *t, unsigned column)
{
	return t->heads[column] + is_right(t, column);
}

static void widths_measure(const struct ost_table *t, unsigned widths[static OST_TABLE_COLUMNS])
{
	for (unsigned c = 0; c < t->columns; c++)
		widths[c] = t->bare ? 0 : ost_show_width(head_of(t, c));
	for (uint32_t i = 0; i < t->count; i++)
		widths[i % t->columns] = OST_MAX(widths[i % t->columns], ost_show_width(t->cells[i]));
}

/* All cells but the last of a row; returns the columns printed. */
static unsigned row_begin(const struct ost_table *t, const char *const *cells, const unsigned *widths, unsigned indent)
{
	unsigned at = indent;

	(void)printf("%*s", (int)indent, "");
	for (unsigned c = 0; c + 1 < t->columns; c++) {
		int pad = (int)(widths[c] - OST_MIN(widths[c], ost_show_width(cells[c])));

		(void)printf("%*s%s%*s", is_right(t, c) ? pad : 0, "", cells[c], (is_right(t, c) ? 0 : pad) + (int)GAP, "");
		at += widths[c] + GAP;
	}
	return at;
}

static void row_print(const struct ost_table *t, const struct ost_cli *cli, const char *const *cells,
	const unsigned *widths, unsigned indent)
{
	unsigned last = t->columns - 1;
	unsigned at = row_begin(t, cells, widths, indent);

	if (is_right(t, last))
		(void)printf("%*s%s\n", (int)(widths[last] - OST_MIN(widths[last], ost_show_width(cells[last]))), "",
			cells[last]);
	else
		ost_show_line(cli, at, at, "%s", cells[last]);
}

static void rows_print(struct ost_table *t, const struct ost_cli *cli, const unsigned *widths, unsigned indent)
{
	const char *heads[OST_TABLE_COLUMNS];

	for (unsigned c = 0; c < t->columns; c++)
		heads[c] = head_of(t, c);
	if (!t->bare) {
		(void)fputs(ost_show_colour(cli, OST_COLOUR_DIM), stdout);
		row_print(t, cli, heads, widths, indent);
		(void)fputs(ost_show_plain(cli), stdout);
	}
	for (uint32_t i = 0; i + t->columns <= t->count; i += t->columns)
		row_print(t, cli, (const char *const *)&t->cells[i], widths, indent);
}

/* "head: cell" behind what stands on the line up to column at, 0: nothing. Returns where the line ends now. */
static unsigned pair_print(const struct ost_cli *cli, const char *head, const char *cell, unsigned at, unsigned start)
{
	unsigned width = ost_show_width(head) + 2 + ost_show_width(cell);

	if (at != 0 && at + GAP + width > cli->columns) {
		(void)putchar('\n');
		at = 0;
	}
	(void)printf("%*s%s%s:%s ", (int)(at == 0 ? start : GAP), "", ost_show_colour(cli, OST_COLOUR_DIM), head,
		ost_show_plain(cli));
	at = at == 0 ? start : at + GAP;
	if (at + width <= cli->columns) {
		(void)fputs(cell, stdout);
		return at + width;
	}
	ost_show_line(cli, at + ost_show_width(head) + 2, start + GAP, "%s", cell);
	return 0;
}

/* A row as a paragraph: its first cell as a heading, then what there is of the others. */
static void paragraph_print(const struct ost_table *t, const struct ost_cli *cli, const char *const *cells, unsigned indent)
{
	unsigned at = 0;

	ost_show_line(cli, 0, indent + GAP, "%*s%s %s%s%s", (int)indent, "", head_of(t, 0),
		ost_show_colour(cli, OST_COLOUR_HEAD), cells[0], ost_show_plain(cli));
	for (unsigned c = 1; c < t->columns; c++) {
		if (strcmp(cells[c], "-") != 0)
			at = pair_print(cli, head_of(t, c), cells[c], at, indent + GAP);
	}
	if (at != 0)
		(void)putchar('\n');
}

static bool table_fits(const struct ost_table *t, const struct ost_cli *cli, const unsigned *widths, unsigned indent)
{
	unsigned last = t->columns - 1, wanted = indent;

	for (unsigned c = 0; c < last; c++)
		wanted += widths[c] + GAP;
	wanted += is_right(t, last) ? widths[last] : OST_MIN(widths[last], LAST_LEAST);
	return cli->columns == 0 || wanted <= cli->columns;
}

void ost_table_print(struct ost_table *t, const struct ost_cli *cli, unsigned indent)
{
	unsigned widths[OST_TABLE_COLUMNS] = {0};

	widths_measure(t, widths);
	if (table_fits(t, cli, widths, indent)) {
		rows_print(t, cli, widths, indent);
	} else {
		for (uint32_t i = 0; i + t->columns <= t->count; i += t->columns)
			paragraph_print(t, cli, (const char *const *)&t->cells[i], indent);
	}
	for (uint32_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	t->cells = NULL;
	t->count = t->capacity = 0;
}
