/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

int ost_pseudonyms_parse(const char *text, size_t length, struct ost_pseudonyms **ret_pseudonyms, char ret_why[static OST_FORMAT_WHY])
{
	(void)text, (void)length, (void)ret_pseudonyms;
	ret_why[0] = '\0';
	return -EINVAL;
}

void ost_pseudonyms_free(struct ost_pseudonyms **pseudonyms)
{
	*pseudonyms = NULL;
}
