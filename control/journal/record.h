/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The envelope of a line: what every record begins with, in this order and without spaces:
 *   {"v":1,"seq":N,"prev":"64 hex digits","kind":"...","@timestamp":"...","boot_id":"...","mono_ns":N,"clock":{...},MEMBERS}
 * A reader that finds it otherwise has no line of a journal before it. */
#pragma once

#include "journal.h"
#include "jsonw.h"
#include "merkle.h"

struct ost_envelope {
	uint64_t seq;
	struct ost_merkle_hash prev; /* zero for the first line */
	char kind[OST_JOURNAL_KIND_MAX + 1];
};

/* The machine's clocks as a record tells them. A test brings its own. */
struct ost_record_clock {
	uint64_t wall_ns, mono_ns;
	bool synced;	      /* somebody keeps the wall clock: NTP or PTP */
	uint64_t error_us;    /* at most so far off, as far as it is known */
};
void ost_record_clock_now(struct ost_record_clock *ret_clock);

#define OST_BOOT_ID 37
void ost_record_boot_id(char buf[static OST_BOOT_ID]); /* of the kernel; "" when it has none */

struct ost_record_head {
	struct ost_envelope envelope;
	uint64_t wall_ns; /* occurrence */
	const char *boot_id;
	const struct ost_record_clock *clock;
};

/* Appends the line with its LF. members is valid already. -ENOMEM, -EMSGSIZE. */
int ost_record_render(struct ost_jsonw *w, const struct ost_record_head *head, const char *members) OST_MUST_CHECK;

bool ost_record_kind_is_valid(const char *kind);
/* Finished JSON members on one line, none of them of the envelope: -EINVAL, -EMSGSIZE. */
int ost_record_members_check(const char *members) OST_MUST_CHECK;

/* Reads the envelope of a line without its LF: -EINVAL. Of the rest of the line nothing is looked at. */
int ost_envelope_parse(const char *line, size_t length, struct ost_envelope *ret_envelope) OST_MUST_CHECK;

/* Whether the line as a whole is one JSON object: slow, for telling which of two lines is the bad one. */
bool ost_record_is_json(const char *line, size_t length);

/* Whether a line's @timestamp is before this time, which is text as records have it. False when it has none. */
bool ost_record_is_before(const char *line, size_t length, const char *time);

void ost_hex_format(const uint8_t *bytes, size_t length, char *buf); /* 2 * length + 1 bytes */
