/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary-mud, started and asked. */
#pragma once

#include "mud_wire.h"

struct ost_mud_told {
	struct ost_mud_answer answer; /* borrows from bytes */
	uint8_t *bytes;
};

/* 0 and an answer, of whatever kind; -ENOENT: the program is not there; -ETIMEDOUT; -EPROTO: it failed; others. */
int ost_mud_agent_ask(const struct ost_mud_request *request, struct ost_mud_told *ret_told) OST_MUST_CHECK;
void ost_mud_told_free(struct ost_mud_told *told);
