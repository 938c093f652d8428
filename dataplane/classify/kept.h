/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names over a restart: what main tells of the table of names, and what it was told to bring back (classify.h has its side).
 *
 * Telling: a bit of each entry says that it is new, or that its end has moved. Whoever writes the entry sets it afterwards, and main
 * clears it before it reads: so nothing is lost, and what changes faster than it is told is told once.
 * Bringing back: a ring of names that main wishes for, made by the control owner as if answers had come, when their device is
 * still there and the policy in force asks for them. */
#pragma once

#include "site.h"

#define OST_KEPT_WISH_BYTES (512u << 10) /* of the ring */
#define OST_KEPT_AT_ONCE    64u		 /* wishes; packets wait meanwhile */
#define OST_KEPT_LOOKS	    16384u	 /* entries that one call of main looks at */

struct ost_kept;

int ost_kept_new(const struct ost_site *site, struct ost_kept **ret_kept) OST_MUST_CHECK;
void ost_kept_free(const struct ost_site *site, struct ost_kept **kept);

/* The entry of this place is to be told. Any thread. */
void ost_kept_due(struct ost_site *site, uint32_t place);

/* Binds what main wished for. Control owner only. */
void ost_kept_wishes(struct ost_site *site, uint32_t tick);
