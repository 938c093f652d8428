/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define MEMORY_MAX (512u << 20) /* bytes of address space: the shared libraries take most of it */
#define CPU_S	   30u

static int limits_set(char why[static OST_CONFINE_WHY])
{
#if defined(__SANITIZE_ADDRESS__)
	static const rlim_t memory = RLIM_INFINITY;
#else
	static const rlim_t memory = MEMORY_MAX;
#endif
	const struct {
		__rlimit_resource_t which;
		rlim_t most;
	} limits[] = {{RLIMIT_FSIZE, 0}, {RLIMIT_AS, memory}, {RLIMIT_CPU, CPU_S}};

	for (size_t i = 0; i < OST_ARRAY_SIZE(limits); i++) {
		const struct rlimit l = {limits[i].most, limits[i].most};

		if (setrlimit(limits[i].which, &l) < 0)
			return ost_confine_failed("limits cannot be set", why);
	}
	return 0;
}

int ost_sandbox_user(char why[static OST_CONFINE_WHY])
{
	int r = ost_confine_user(OST_MUD_USER, false, why);

	return r < 0 ? r : limits_set(why);
}

/* ---- files ---- */

/* The library takes its random numbers from there. Without Landlock in the kernel files can be read, as far as the user may. */
static int files_close(char why[static OST_CONFINE_WHY])
{
	const struct landlock_ruleset_attr all = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	struct landlock_path_beneath_attr one = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
	int set = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0), r = 0;

	if (set < 0)
		return 0;
	one.parent_fd = open("/dev/urandom", O_PATH | O_CLOEXEC);
	if (one.parent_fd < 0 || syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &one, 0) < 0 ||
		syscall(SYS_landlock_restrict_self, set, 0) < 0)
		r = ost_confine_failed("files cannot be closed", why);
	if (one.parent_fd >= 0)
		(void)close(one.parent_fd);
	(void)close(set);
	return r;
}

/* ---- system calls ---- */

/* The C library's: configuration, modules, several questions at once. */
static const int resolver_calls[] = {
	SCMP_SYS(stat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(pread64), SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg), SCMP_SYS(bind), SCMP_SYS(uname), SCMP_SYS(getcwd), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(fstatfs),
	SCMP_SYS(clone3), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity), SCMP_SYS(prlimit64), SCMP_SYS(getdents64),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(sysinfo), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(prctl), SCMP_SYS(alarm), SCMP_SYS(ioctl),
};

int ost_sandbox_resolver(char why[static OST_CONFINE_WHY])
{
	static const struct ost_confine_first sockets[] = {
		{SCMP_SYS(socket), AF_INET}, {SCMP_SYS(socket), AF_INET6}, {SCMP_SYS(socket), AF_UNIX}, {SCMP_SYS(socket), AF_NETLINK}};
	/* A module of the name service may want more: it gets an error and not the end. */
	const struct ost_confine_calls profile = {
		resolver_calls, OST_ARRAY_SIZE(resolver_calls), sockets, OST_ARRAY_SIZE(sockets), true};

	return ost_confine_calls(&profile, why);
}

int ost_sandbox_fetcher(pid_t resolver, char why[static OST_CONFINE_WHY])
{
	static const int calls[] = {SCMP_SYS(alarm), SCMP_SYS(ioctl)};
	const struct ost_confine_first firsts[] = {{SCMP_SYS(socket), AF_INET}, {SCMP_SYS(socket), AF_INET6},
		{SCMP_SYS(kill), (uint64_t)resolver}, {SCMP_SYS(wait4), (uint64_t)resolver}};
	const struct ost_confine_calls profile = {calls, OST_ARRAY_SIZE(calls), firsts, resolver > 0 ? 4 : 2, false};
	int r = files_close(why);

	return r < 0 ? r : ost_confine_calls(&profile, why);
}
