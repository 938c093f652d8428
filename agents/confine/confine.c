/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

int ost_confine_failed(const char *what, char why[static OST_CONFINE_WHY])
{
	int r = -errno;

	(void)snprintf(why, OST_CONFINE_WHY, "%s: %s", what, strerror(-r));
	return r;
}

/* ---- user ---- */

static int user_become(const struct passwd *user, bool groups, char why[static OST_CONFINE_WHY])
{
	char what[64];

	if ((groups ? initgroups(user->pw_name, user->pw_gid) : setgroups(0, NULL)) == 0 && setgid(user->pw_gid) == 0 &&
		setuid(user->pw_uid) == 0)
		return 0;
	(void)snprintf(what, sizeof(what), "cannot become user %s", user->pw_name);
	return ost_confine_failed(what, why);
}

int ost_confine_user(const char *name, bool groups, char why[static OST_CONFINE_WHY])
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct no_caps[2] = {0};
	const struct passwd *user = geteuid() == 0 ? getpwnam(name) : NULL;
	const struct rlimit none = {0};
	int r;

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) /* while we may: another user cannot */
		(void)prctl(PR_CAPBSET_DROP, cap); /* EPERM when we are not root: nothing to drop then */
	r = user != NULL ? user_become(user, groups, why) : 0;
	if (r < 0)
		return r;
	if (syscall(SYS_capset, &head, no_caps) < 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return ost_confine_failed("capabilities cannot be given up", why);
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return ost_confine_failed("rights cannot be given up", why);
	return 0;
}

/* ---- system calls ---- */

static const int common_calls[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg),
	SCMP_SYS(sendto), SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(lseek),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(fcntl),
};

static int calls_add(scmp_filter_ctx f, const int *calls, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return r;
}

static int reading_add(scmp_filter_ctx f)
{
	int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));

	return r < 0 ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
		SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
}

static int filter_fill(scmp_filter_ctx f, const struct ost_confine_calls *profile)
{
	int r = calls_add(f, common_calls, OST_ARRAY_SIZE(common_calls));

	if (r == 0)
		r = calls_add(f, profile->calls, profile->call_count);
	if (r == 0)
		r = reading_add(f);
	for (size_t i = 0; i < profile->first_count && r == 0; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, profile->firsts[i].call, 1,
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)profile->firsts[i].argument));
	return r;
}

int ost_confine_calls(const struct ost_confine_calls *profile, char why[static OST_CONFINE_WHY])
{
	scmp_filter_ctx f = seccomp_init(profile->lenient ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int r = f != NULL ? filter_fill(f, profile) : -ENOMEM;

	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	if (r == 0)
		return 0;
	errno = -r;
	return ost_confine_failed("the filter of system calls cannot be set", why);
}
