/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: adds to the wall clock and to CLOCK_BOOTTIME the seconds that the file OST_CLOCKJUMP says, "WALL BOOT", read anew at
 * each call. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *t)
{
	const char *path = getenv("OST_CLOCKJUMP");
	long r = syscall(SYS_clock_gettime, id, t);
	long wall_s = 0, boot_s = 0;
	FILE *f;

	if (r != 0 || path == NULL || (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME))
		return (int)r;
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld %ld", &wall_s, &boot_s) == 2)
		t->tv_sec += id == CLOCK_REALTIME ? wall_s : boot_s;
	(void)fclose(f);
	return 0;
}
