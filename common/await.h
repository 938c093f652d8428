/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for one descriptor, for programs that do one thing at a time. */
#pragma once

#include <poll.h>

#include "common.h"

/* Until one of the events (poll(2)) or an error is there, at most until deadline_ns on CLOCK_MONOTONIC; interruptions by signals are
 * borne. 0, -ETIMEDOUT, or what poll(2) says. */
int ost_fd_wait(int fd, short events, uint64_t deadline_ns) OST_MUST_CHECK;
