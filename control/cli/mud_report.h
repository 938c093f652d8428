/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a MUD file says and what is made of it: for people, and as JSON. */
#pragma once

#include "cli.h"
#include "jsonw.h"
#include "mud.h"
#include "mud_admit.h"
#include "mud_input.h"

struct ost_mud_report {
	const struct ost_mud *mud;
	const struct ost_mud_input *input;
	const char *role;  /* of the piece */
	const char *piece; /* of a policy */
	const struct ost_mud_admission *admission; /* NULL: there is no folder of a policy */
	const char *kept;  /* path that the file was copied to, NULL: it was not */
};

void ost_mud_report_print(const struct ost_cli *cli, const struct ost_mud_report *report);
void ost_mud_report_json(struct ost_jsonw *w, const struct ost_mud_report *report);
