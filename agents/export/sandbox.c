/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

const struct passwd *ost_sandbox_passwd(void)
{
	return geteuid() == 0 ? getpwnam(OST_EXPORTD_USER) : NULL;
}

int ost_sandbox_user(char why[static OST_CONFINE_WHY])
{
	return ost_confine_user(OST_EXPORTD_USER, true, why);
}

/* ---- files ---- */

#define READS  LANDLOCK_ACCESS_FS_READ_FILE
#define WRITES (READS | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)

static int rule_add(int set, const char *path, uint64_t access, char why[static OST_CONFINE_WHY])
{
	struct landlock_path_beneath_attr one = {.allowed_access = access, .parent_fd = open(path, O_PATH | O_CLOEXEC)};
	int r = 0;

	if (one.parent_fd < 0)
		return ost_confine_failed(path, why);
	if (syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &one, 0) < 0)
		r = ost_confine_failed(path, why);
	(void)close(one.parent_fd);
	return r;
}

/* Without Landlock in the kernel files can be opened as far as the user may. */
int ost_sandbox_files(const struct ost_sandbox_folders *f, char why[static OST_CONFINE_WHY])
{
	const struct landlock_ruleset_attr all = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	int set = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0), r;

	if (set < 0)
		return 0;
	r = rule_add(set, "/dev/urandom", READS, why); /* the library's random numbers */
	for (uint32_t i = 0; i < f->read_count && r == 0; i++)
		r = rule_add(set, f->read[i], READS, why);
	for (uint32_t i = 0; i < f->write_count && r == 0; i++)
		r = rule_add(set, f->write[i], WRITES, why);
	if (r == 0 && syscall(SYS_landlock_restrict_self, set, 0) < 0)
		r = ost_confine_failed("files cannot be closed", why);
	(void)close(set);
	return r;
}

/* ---- system calls ---- */

int ost_sandbox_calls(char why[static OST_CONFINE_WHY])
{
	/* An event loop, and files of its own. */
	static const int calls[] = {
		SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_settime),
		SCMP_SYS(sigaltstack), SCMP_SYS(tgkill), SCMP_SYS(ioctl), SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(rename), SCMP_SYS(renameat),
		SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fchmod),
		SCMP_SYS(umask), SCMP_SYS(stat), SCMP_SYS(lstat),
	};
	static const struct ost_confine_first sockets[] = {{SCMP_SYS(socket), AF_INET}, {SCMP_SYS(socket), AF_INET6}, {SCMP_SYS(socket), AF_UNIX}};
	const struct ost_confine_calls profile = {calls, OST_ARRAY_SIZE(calls), sockets, OST_ARRAY_SIZE(sockets), false};

	return ost_confine_calls(&profile, why);
}

int ost_sandbox_resolver(char why[static OST_CONFINE_WHY])
{
	/* The C library's: configuration, modules, several questions at once. */
	static const int calls[] = {
		SCMP_SYS(stat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(pread64), SCMP_SYS(sendmmsg),
		SCMP_SYS(recvmmsg), SCMP_SYS(bind), SCMP_SYS(uname), SCMP_SYS(getcwd), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(fstatfs),
		SCMP_SYS(clone3), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity), SCMP_SYS(prlimit64), SCMP_SYS(getdents64),
		SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(sysinfo), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
		SCMP_SYS(prctl), SCMP_SYS(ioctl),
	};
	static const struct ost_confine_first sockets[] = {
		{SCMP_SYS(socket), AF_INET}, {SCMP_SYS(socket), AF_INET6}, {SCMP_SYS(socket), AF_UNIX}, {SCMP_SYS(socket), AF_NETLINK}};
	/* A module of the name service may want more: it gets an error and not the end. */
	const struct ost_confine_calls profile = {calls, OST_ARRAY_SIZE(calls), sockets, OST_ARRAY_SIZE(sockets), true};

	return ost_confine_calls(&profile, why);
}
