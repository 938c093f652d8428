/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The body with which policy files are sent to ostiaryd: a form, in which they stand as they are. */
#pragma once

#include "http.h"
#include "jsonw.h"
#include "policy_yaml.h"

struct ost_cli_form {
	struct ost_http_body body; /* borrows the texts of the files */
	char type[96];
	struct ost_jsonw request; /* its first part */
	char *marks;		  /* what stands between the parts */
	struct iovec *pieces;
};

/* message NULL: none; confirm_s 0: none. OST_EXIT_OK, or OST_EXIT_INPUT after telling why. Free in both cases; the files must live as long. */
int ost_cli_form_make(const struct ost_policy_sources *files, const char *message, uint32_t confirm_s, struct ost_cli_form *form);
void ost_cli_form_free(struct ost_cli_form *form);
