/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What devices have asked name servers, and not been told yet: an answer that answers none of these is nobody's. The control owner's
 * alone.
 *
 * A device that asks has a block of its last 32 questions; a question that it repeats is one, and is answered as often as it was
 * asked. Bounds: so many blocks, of which the one that was used last longest ago gives way; and 15 seconds, longer than
 * resolver libraries wait. */
#pragma once

#include "dns.h"
#include "site.h"

#define OST_ASKED_AT_ONCE    32u
#define OST_ASKED_BLOCKS_MAX 2048u
#define OST_ASKED_S	     15u

struct ost_asked;

struct ost_question_asked {
	uint32_t slot;
	uint64_t server[2]; /* as in a binding */
	uint64_t name;	    /* hash; 0: no question */
	uint16_t client_port, id;
	uint16_t type, class;
	uint8_t opcode;
	bool tcp;
};

int ost_asked_new(struct ost_site *site, struct ost_asked **ret_asked) OST_MUST_CHECK;
void ost_asked_free(const struct ost_site *site, struct ost_asked **asked);

/* The keyed hash that stands for a question's name. */
uint64_t ost_asked_name(const struct ost_site *site, const struct ost_dns_name *name);

/* True: another question gave way. */
bool ost_asked_add(struct ost_site *site, const struct ost_question_asked *q, uint32_t tick);

/* Whether this was asked, and is answered less often than asked; counted as answered when take is set. A name of 0 answers
 * whatever was asked: for servers that refuse without repeating the question. */
bool ost_asked_match(struct ost_site *site, const struct ost_question_asked *q, uint32_t tick, bool take);
