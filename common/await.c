/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "await.h"

#include "clock.h"

int ost_fd_wait(int fd, short events, uint64_t deadline_ns)
{
	struct pollfd p = {.fd = fd, .events = events};
	int r;

	do {
		uint64_t now_ns = ost_clock_mono_ns(), left_ms;

		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		left_ms = (deadline_ns - now_ns) / OST_NS_PER_MS + 1;
		r = poll(&p, 1, (int)OST_MIN(left_ms, (uint64_t)INT32_MAX));
	} while (r == 0 || (r < 0 && errno == EINTR));
	return r > 0 ? 0 : -errno;
}
