/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that stand behind a command, through getopt_long(3): anywhere among the arguments, until
 * "--". */
#pragma once

#include <getopt.h>

#include "cli.h"

/* A row of a command's table. Exactly one of value, list and flag is set. */
struct ost_cli_option {
	const char *name;	   /* without the dashes */
	const char **value;	   /* takes an argument; the last one counts */
	struct ost_cli_list *list; /* takes an argument; all of them count */
	bool *flag;		   /* takes none */
};

#define OST_CLI_LIST_MAX 256u

struct ost_cli_list {
	const char *items[OST_CLI_LIST_MAX];
	uint32_t count;
};

/* Reads the options of a table of at most 16 rows. Returns the index in argv of the first argument
 * that is none (all others stand behind it), or -1 after telling what is wrong. command is for that
 * sentence. */
int ost_cli_options(const char *command, const struct ost_cli_option *options, uint32_t count,
	int argc, char **argv);

/* For a command whose only option is --json. */
int ost_cli_option_json(struct ost_cli *cli, int argc, char **argv);
