/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "programs.h"

#include <stdio.h>

int ost_program_find(const char *name, char path[static PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return -errno;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL) {
		*slash = '\0';
		if (snprintf(path, PATH_MAX, "%s/%s", self, name) < PATH_MAX && access(path, X_OK) == 0)
			return 0;
	}
	(void)snprintf(path, PATH_MAX, OST_PROGRAMS_FOLDER "/%s", name);
	return access(path, X_OK) == 0 ? 0 : -ENOENT;
}
