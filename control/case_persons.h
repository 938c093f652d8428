/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What persons say of a case: decisions under a regime, how it ended, notes. All of it is journaled before it counts; while the journal cannot take
 * it, nobody can say anything. */
#pragma once

#include "casebook.h"

#define OST_CASE_WHY OST_DECISION_WHY

/* -EINVAL and a sentence in ret_why: it contradicts what is there, or the regime; -ENOENT: no such regime applies; -ENOSPC: too much was said
 * already; -EROFS: the journal does not take it now. ret_number: of the entry. */
int ost_case_decide(struct ost_daemon *d, struct ost_case *c, const char *regime, const struct ost_decision *decision, uint32_t *ret_number,
	uint64_t *ret_at_ns, char ret_why[static OST_CASE_WHY]) OST_MUST_CHECK;
/* duplicate: the other one, of a duplicate. An open case is closed; a closed one keeps its time. */
int ost_case_close(struct ost_daemon *d, struct ost_case *c, enum ost_verdict verdict, const char *reason, const char *by, const struct ost_case *duplicate,
	char ret_why[static OST_CASE_WHY]) OST_MUST_CHECK;
int ost_case_note(struct ost_daemon *d, struct ost_case *c, const char *text, const char *by, char ret_why[static OST_CASE_WHY]) OST_MUST_CHECK;

/* From the journal, at a start. */
int case_decisions_begin(struct ost_case *c) OST_MUST_CHECK;
void ost_case_note_replay(struct ost_case *c, const char *text, const char *by, uint64_t at_ns);
