/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal's commands say, for people and as JSON. */
#pragma once

#include "cli.h"
#include "journal.h"

void ost_journal_verdict_tell(const struct ost_cli *cli, const char *path, const struct ost_journal_verdict *v, bool from, uint64_t took_ns);
void ost_journal_proof_tell(const struct ost_cli *cli, bool holds, uint64_t seq, uint64_t size, const char *line, const char *why);
void ost_journal_checkpoint_tell(const struct ost_cli *cli, const struct ost_journal_checkpoint *k);
