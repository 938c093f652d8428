/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for people: colours, counts, times, lines that fit the terminal. Tables: table.h. */
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

/* Columns that a text takes on a terminal. */
unsigned ost_show_width(const char *text);

/* Prints the rest of a line, and the newline. On a terminal that is too narrow it is broken between words and goes on below,
 * hang columns in. at: columns that are printed already. */
void ost_show_line(const struct ost_cli *cli, unsigned at, unsigned hang, const char *fmt, ...) OST_PRINTF(4, 5);
