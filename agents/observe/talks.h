/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversations that are followed, by the data plane's number for their connection: in order, each byte once, and no more than
 * OST_TALKS at a time; one whose place another one takes is followed no more. One observation of each connection at most. Single thread. */
#pragma once

#include "credential.h"

#ifndef OST_TALKS /* the fuzzer has fewer */
#define OST_TALKS 1024u
#endif

struct ost_talks;

struct ost_talks_counts {
	uint64_t segments, found, gaps;
};

int ost_talks_new(struct ost_talks **ret_talks) OST_MUST_CHECK;
void ost_talks_free(struct ost_talks **talks);

/* True: *ret says what was made out. s is sound as ost_message_valid() says. */
bool ost_talks_segment(struct ost_talks *t, const struct ost_segment *s, struct ost_msg_observed *ret);

const struct ost_talks_counts *ost_talks_counts(const struct ost_talks *t);
