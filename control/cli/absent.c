/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the table that this build does not hold: each is replaced by the file of its name. */
#include "cli.h"

#define ABSENT(name, words)                                                                        \
	__attribute__((weak)) int name(const struct ost_cli *cli, int argc, char **argv)           \
	{                                                                                          \
		(void)cli;                                                                         \
		(void)argc;                                                                        \
		(void)argv;                                                                        \
		return ost_cli_fail("'" words "' is not part of this build");                      \
	}

ABSENT(ost_cmd_replay, "replay")
ABSENT(ost_cmd_policy_check, "policy check")
ABSENT(ost_cmd_policy_test, "policy test")
ABSENT(ost_cmd_policy_explain, "policy explain")
ABSENT(ost_cmd_policy_apply, "policy apply")
ABSENT(ost_cmd_policy_show, "policy show")
ABSENT(ost_cmd_device_list, "device list")
ABSENT(ost_cmd_device_show, "device show")
ABSENT(ost_cmd_status, "status")
ABSENT(ost_cmd_run, "run")
