/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables for people: cells are gathered, then printed with each column as wide as its widest cell.
 *
 * On a terminal that is too narrow a table never breaks in the middle of a row: the words of its last column go on below
 * each other where that leaves them room, else each row becomes a paragraph of "head: cell".
 */
#pragma once

#include "cli.h"

#define OST_TABLE_COLUMNS 12

struct ost_table {
	const char *const *heads; /* column names; one that begins with '>' is aligned to the right */
	unsigned columns;	  /* at most OST_TABLE_COLUMNS */
	bool bare;		  /* without a line of heads: what stands above the table says it */
	char **cells;		  /* owned copies, row by row */
	uint32_t count, capacity;
};

void ost_table_cell(struct ost_table *t, const char *text);
/* Prints with this indentation and frees. */
void ost_table_print(struct ost_table *t, const struct ost_cli *cli, unsigned indent);
