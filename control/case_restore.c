/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case_restore.h"

int case_restore_begin(struct ost_casebook *b, void (*done)(struct ost_casebook *b))
{
	done(b);
	return 0;
}

void case_restore_end(struct ost_casebook *b)
{
	(void)b;
}
