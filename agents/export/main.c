/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary-exportd: the journal in the formats of others. */
#include <signal.h>
#include <stdio.h>

#include "format.h"
#include "log.h"

#define EXIT_USAGE 2

static const char help[] = "usage: ostiary-exportd --convert ecs|cef|ocsf|stix [--pseudonyms FILE] <LINES >RESULT\n\n"
			   "Converts lines of the journal.\n\n"
			   "  --gateway NAME, --origin NAME, --group NAME\n"
			   "  --version, --help\n";

int main(int argc, char **argv)
{
	ost_log_open("ostiary-exportd", OST_LOG_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && strncmp(argv[1], "--convert", 9) == 0)
		return ost_convert_main(argc, argv);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("ostiary-exportd %s\n", OSTIARY_VERSION) > 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_USAGE;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_USAGE;
	ost_log_error("see ostiary-exportd --help");
	return EXIT_USAGE;
}
