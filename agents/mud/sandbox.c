/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define MEMORY_MAX (512u << 20) /* bytes of address space: the shared libraries take most of it */
#define CPU_S	   30u

static int failed(char why[static 256], const char *what)
{
	(void)snprintf(why, 256, "%s: %s", what, strerror(errno));
	return -EPERM;
}

/* ---- user ---- */

static int capabilities_drop(char why[static 256])
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	if (syscall(SYS_capset, &head, none) == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0)
		return 0;
	return failed(why, "capabilities cannot be given up");
}

static int limits_set(char why[static 256])
{
#if defined(__SANITIZE_ADDRESS__)
	static const rlim_t memory = RLIM_INFINITY;
#else
	static const rlim_t memory = MEMORY_MAX;
#endif
	const struct {
		__rlimit_resource_t which;
		rlim_t most;
	} limits[] = {{RLIMIT_CORE, 0}, {RLIMIT_FSIZE, 0}, {RLIMIT_AS, memory}, {RLIMIT_CPU, CPU_S}};

	for (size_t i = 0; i < OST_ARRAY_SIZE(limits); i++) {
		const struct rlimit l = {limits[i].most, limits[i].most};

		if (setrlimit(limits[i].which, &l) < 0)
			return failed(why, "limits cannot be set");
	}
	return 0;
}

int ost_sandbox_user(char why[static 256])
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(OST_MUD_USER) : NULL;
	int r;

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) /* while we may: another user cannot */
		(void)prctl(PR_CAPBSET_DROP, cap); /* EPERM when we are not root: nothing to drop then */
	if (user != NULL && (setgroups(0, NULL) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0))
		return failed(why, "cannot become user " OST_MUD_USER);
	r = capabilities_drop(why);
	if (r == 0)
		r = limits_set(why);
	if (r < 0)
		return r;
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed(why, "rights cannot be given up");
	return 0;
}

/* ---- files ---- */

/* The library takes its random numbers from there. Without Landlock in the kernel files can be read, as far as the user may. */
static int files_close(char why[static 256])
{
	const struct landlock_ruleset_attr all = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	struct landlock_path_beneath_attr one = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
	int set = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0), r = 0;

	if (set < 0)
		return 0;
	one.parent_fd = open("/dev/urandom", O_PATH | O_CLOEXEC);
	if (one.parent_fd < 0 || syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &one, 0) < 0 ||
		syscall(SYS_landlock_restrict_self, set, 0) < 0)
		r = failed(why, "files cannot be closed");
	if (one.parent_fd >= 0)
		(void)close(one.parent_fd);
	(void)close(set);
	return r;
}

/* ---- system calls ---- */

/* Sockets that are open, memory, clocks, the end. */
static const int common_calls[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg),
	SCMP_SYS(sendto), SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(lseek),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(fcntl),
	SCMP_SYS(alarm), SCMP_SYS(ioctl),
};

/* The C library's: configuration, modules, several questions at once. */
static const int resolver_calls[] = {
	SCMP_SYS(stat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(pread64), SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg), SCMP_SYS(bind), SCMP_SYS(uname), SCMP_SYS(getcwd), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(fstatfs),
	SCMP_SYS(clone3), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity), SCMP_SYS(prlimit64), SCMP_SYS(getdents64),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(sysinfo), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(prctl),
};

static int calls_add(scmp_filter_ctx f, const int *calls, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	return r;
}

static int sockets_add(scmp_filter_ctx f, const int *families, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
	return r;
}

static int filter_load(scmp_filter_ctx f, int r, char why[static 256])
{
	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	if (r == 0)
		return 0;
	errno = -r;
	return failed(why, "the filter of system calls cannot be set");
}

int ost_sandbox_resolver(char why[static 256])
{
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
	/* A module of the name service may want more: it gets an error and not the end. */
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = f != NULL ? calls_add(f, common_calls, OST_ARRAY_SIZE(common_calls)) : -ENOMEM;

	for (size_t i = 0; i < OST_ARRAY_SIZE(resolver_calls) && r == 0; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, resolver_calls[i], 0);
	if (r == 0)
		r = sockets_add(f, families, OST_ARRAY_SIZE(families));
	return filter_load(f, r, why);
}

int ost_sandbox_fetcher(pid_t resolver, char why[static 256])
{
	static const int families[] = {AF_INET, AF_INET6};
	int r = files_close(why);
	scmp_filter_ctx f;

	if (r < 0)
		return r;
	f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	r = f != NULL ? calls_add(f, common_calls, OST_ARRAY_SIZE(common_calls)) : -ENOMEM;
	if (r == 0)
		r = sockets_add(f, families, OST_ARRAY_SIZE(families));
	if (r == 0 && resolver > 0)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)resolver));
	if (r == 0 && resolver > 0)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(wait4), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)resolver));
	return filter_load(f, r, why);
}
