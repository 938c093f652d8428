/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rights.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static uint64_t mask_of(unsigned keep)
{
	return (keep & OST_KEEP_NET_ADMIN ? 1ull << CAP_NET_ADMIN : 0) |
		(keep & OST_KEEP_IPC_LOCK ? 1ull << CAP_IPC_LOCK : 0);
}

bool ost_rights_drop_thread(unsigned keep)
{
	uint64_t mask = mask_of(keep);
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;

	for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++) {
		/* -EINVAL: this kernel does not know it; -EPERM: we never had the right to drop it */
		if (!(mask & 1ull << cap) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL)
			done = false;
	}
	data[0].effective = data[0].permitted = (uint32_t)mask;
	data[1].effective = data[1].permitted = (uint32_t)(mask >> 32);
	return syscall(SYS_capset, &header, data) == 0 && done;
}

const char *ost_rights_text(unsigned keep)
{
	static const char *const texts[] = {"none", "CAP_NET_ADMIN (tap: to remove the interface at the end)",
		"CAP_IPC_LOCK (DMA memory)", "CAP_NET_ADMIN, CAP_IPC_LOCK"};

	return texts[keep & 3];
}

static uint64_t thread_capabilities(const char *thread)
{
	char path[PATH_MAX], line[128];
	uint64_t caps = UINT64_MAX;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
	f = fopen(path, "re");
	if (f == NULL)
		return 0; /* it ended meanwhile */
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "CapEff: %" SCNx64, &caps) == 1)
			break;
	}
	(void)fclose(f);
	return caps;
}

int ost_rights_excess_threads(unsigned keep)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	int n = 0;

	if (d == NULL)
		return -errno;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.' && (thread_capabilities(e->d_name) & ~mask_of(keep)) != 0)
			n++;
	}
	(void)closedir(d);
	return n;
}
