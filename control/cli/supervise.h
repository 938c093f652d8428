/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs run as children, in the foreground: their lines with their name before them, restarted when they crash, stopped
 * together. Single thread; SIGCHLD, SIGINT and SIGTERM must be blocked by the caller, who reads them from a signalfd. */
#pragma once

#include <sys/types.h>

#include "common.h"

#define OST_CHILD_ARGS 12

struct ost_child {
	const char *name; /* before each of its lines */
	const char *argv[OST_CHILD_ARGS]; /* NULL at the end; argv[0] is the path */
	bool once;	  /* runs to its end, is not restarted */
	pid_t pid;	  /* 0: not running */
	int out_fd;	  /* its standard error and output, -1 none */
	uint64_t started_ns;
	uint64_t again_ns; /* restart not before, 0: not due */
	unsigned backoff_ms;
	size_t used;
	char line[1024];
};

/* Starts it; the child dies with us. */
int ost_child_start(struct ost_child *child, uint64_t now_ns) OST_MUST_CHECK;

/* Reads what it wrote and passes whole lines on to standard error. At its end closes. */
void ost_child_lines(struct ost_child *child);

/* It ended: notes it, and when it may be started again. status as of waitpid(2). */
void ost_child_ended(struct ost_child *child, int status, uint64_t now_ns);

/* "exit code 2", "signal 11". */
const char *ost_child_status(int status, char buf[static 32]);
