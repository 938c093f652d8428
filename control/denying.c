/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "denying.h"

#include <stdio.h>

#include "denied.h"
#include "file.h"

static void line(void *user, const char *device, enum ost_state state)
{
	(void)fprintf(user, "%s %s\n", ost_state_name(state), device);
}

int ost_denying_write(const char *path, const struct ost_admission *a)
{
	OST_AUTO_FREE char *text = NULL;
	size_t length = 0;
	FILE *f = open_memstream(&text, &length);

	if (f == NULL)
		return -ENOMEM;
	ost_admission_denied_each(a, line, f);
	(void)fputs("end\n", f);
	if (fclose(f) != 0)
		return -ENOMEM;
	return ost_file_write(path, text, length, 0640);
}
