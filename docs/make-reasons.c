/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints docs/ostiary-reasons.7.md from the list in common/reason.h. */
#include <stdio.h>

#include "reason.h"

/* The question that a reason answers with no: the first reason of each. */
static const struct {
	enum ost_reason first;
	const char *title;
} groups[] = {
	{OST_REASON_MALFORMED_ETHERNET, "THE FRAME ITSELF"},
	{OST_REASON_NO_POLICY, "WHO ARE YOU?"},
	{OST_REASON_MAC_WRONG_PORT, "IS IT REALLY YOU?"},
	{OST_REASON_NOT_ALLOWED, "MAY YOU?"},
	{OST_REASON_FLOW_TABLE_FULL, "HOW MUCH?"},
};

static const char head[] =
	"<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n"
	"<!-- Made from common/reason.h: ninja -C build reasons -->\n"
	"# ostiary-reasons(7)\n"
	"\n"
	"## NAME\n"
	"\n"
	"ostiary-reasons - why Ostiary refused a packet\n"
	"\n"
	"## DESCRIPTION\n"
	"\n"
	"Every packet that Ostiary refuses is refused for exactly one reason out of this list. The name stands in the log, in\n"
	"the API, in the metrics and in what **ostiary replay** and **ostiary policy explain** print; the number stands in messages\n"
	"between programs and never changes. The questions are asked in this order, and the first no is the answer.\n";

int main(void)
{
	size_t group = 0;

	(void)fputs(head, stdout);
	for (unsigned r = OST_REASON_NONE + 1; r < OST_REASON_COUNT; r++) {
		if (group < OST_ARRAY_SIZE(groups) && r == (unsigned)groups[group].first)
			(void)printf("\n## %s\n", groups[group++].title);
		(void)printf("\n**%s** (%u)\n:   %s. To do: %s.\n", ost_reason_name(r), r, ost_reason_meaning(r),
			ost_reason_advice(r));
	}
	(void)fputs("\n## SEE ALSO\n\n**ostiary**(1), **ostiary-policy**(5), **ostiary-refusals**(5)\n", stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
