/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include <sys/socket.h>

int ost_sandbox_user(char why[static OST_CONFINE_WHY])
{
	return ost_confine_user(OST_AUTHD_USER, true, why);
}

int ost_sandbox_calls(char why[static OST_CONFINE_WHY])
{
	/* the event loop */
	static const int calls[] = {
		SCMP_SYS(recvmmsg), SCMP_SYS(sendmmsg), SCMP_SYS(accept4), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
		SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_settime), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill),
	};
	/* Unix sockets to our own programs; the others are open before. */
	static const struct ost_confine_first firsts[] = {{SCMP_SYS(socket), AF_UNIX}};
	const struct ost_confine_calls profile = {calls, OST_ARRAY_SIZE(calls), firsts, OST_ARRAY_SIZE(firsts), false};

	return ost_confine_calls(&profile, why);
}
