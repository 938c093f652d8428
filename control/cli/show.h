/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for people: colours, counts, times, aligned tables. */
#pragma once

#include <stdio.h>

#include "cli.h"

enum ost_colour {
	OST_COLOUR_PLAIN,
	OST_COLOUR_GOOD,
	OST_COLOUR_BAD,
	OST_COLOUR_WARN,
	OST_COLOUR_DIM,
	OST_COLOUR_HEAD,
};

/* Escape sequences around a text, "" when the output is no terminal. */
const char *ost_show_colour(const struct ost_cli *cli, enum ost_colour colour);
const char *ost_show_plain(const struct ost_cli *cli);

/* buf holds OST_SHOW_TEXT bytes; each returns buf. */
#define OST_SHOW_TEXT 48
const char *ost_show_count(uint64_t n, char buf[static OST_SHOW_TEXT]);	  /* 1,234,567 */
const char *ost_show_things(
	uint64_t n, const char *thing, char buf[static OST_SHOW_TEXT]);	  /* 1 device, 2 devices */
const char *ost_show_bytes(uint64_t n, char buf[static OST_SHOW_TEXT]);	  /* 1.2 MB */
const char *ost_show_duration(uint64_t s, char buf[static OST_SHOW_TEXT]); /* 3 d 4 h */
/* "2026-11-22T10:11:12.123456Z" as "12 s ago", or "-" for "". */
const char *ost_show_ago(const char *time, char buf[static OST_SHOW_TEXT]);
/* The same as "2026-11-22 10:11:12 UTC". */
const char *ost_show_time(const char *time, char buf[static OST_SHOW_TEXT]);

/* A table: cells are gathered, then printed with each column as wide as its widest. */
#define OST_TABLE_COLUMNS 12

struct ost_table {
	const char *const *heads; /* column names; one that begins with '>' is aligned to the right */
	unsigned columns;
	char **cells; /* owned copies, row by row */
	size_t count, capacity;
};

void ost_table_cell(struct ost_table *t, const char *text);
/* Prints with this indentation and frees. */
void ost_table_print(struct ost_table *t, const struct ost_cli *cli, unsigned indent);
