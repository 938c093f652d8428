/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in audit stands in every output that tells of the policy in force. */
#pragma once

#include "client.h"

/* A line for each role of an answer's "audit": name in front of it, and its text in column `column`. */
void ost_audits_print(const struct ost_cli *cli, const json_t *answer, const char *name, unsigned column);
