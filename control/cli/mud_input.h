/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A MUD file that an operator names: had, and what is known of its signature, before it is read. */
#pragma once

#include "cli.h"

struct ost_mud_input {
	const char *name; /* for findings: the path; borrowed */
	char *bytes;
	size_t length;
	const char *signature; /* what is known of it, a phrase: "not checked" */
};

/* Returns OST_EXIT_OK, or tells what is wrong and returns the exit code. */
int ost_mud_input_open(const char *where, struct ost_mud_input *ret_input);
void ost_mud_input_close(struct ost_mud_input *input);
