/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A generation that is in force on trial, as it is on disk: policy/unconfirmed.json, written before its image is sent. As long
 * as the record is there, policy/current.image is still the generation before: whatever starts without knowing of the
 * trial starts with what was confirmed.
 *
 * How much time is left, so that no clock prolongs a trial: the smaller of what the wall clock and what CLOCK_BOOTTIME (which runs
 * on while the machine sleeps) leave, and never more than was asked for. A jump of the wall clock forward so ends a trial
 * early; one backward changes nothing. After a reboot the wall clock alone is known, and one that then stands before the
 * trial's beginning ends it. Any thread.
 */
#pragma once

#include "common.h"
#include "paths.h"

#define OST_CONFIRM_LEAST_S 1u
#define OST_CONFIRM_MOST_S  86400u
#define OST_CONFIRM_BOOT    40 /* bytes of a boot's name, a UUID as text */

struct ost_confirm {
	uint64_t generation; /* on trial; 0: none */
	uint64_t former;     /* comes back */
	uint32_t asked_s;
	bool taken; /* by the data plane */
	uint64_t since_wall_ns, until_wall_ns;
	uint64_t until_boot_ns; /* CLOCK_BOOTTIME of the boot ... */
	char boot[OST_CONFIRM_BOOT]; /* ... of this name */
};

/* What the clocks say. */
struct ost_confirm_now {
	uint64_t wall_ns, boot_ns;
	char boot[OST_CONFIRM_BOOT];
};

void ost_confirm_now(struct ost_confirm_now *ret_now);

/* Sets the times of a trial that begins now. */
void ost_confirm_begin(struct ost_confirm *c, const struct ost_confirm_now *now);

/* Nanoseconds until it ends; 0: it has. */
uint64_t ost_confirm_rest_ns(const struct ost_confirm *c, const struct ost_confirm_now *now);

/* The record as text, hostile. -EINVAL. */
int ost_confirm_parse(const char *text, size_t length, struct ost_confirm *ret_confirm) OST_MUST_CHECK;

int ost_confirm_write(const struct ost_paths *paths, const struct ost_confirm *c) OST_MUST_CHECK;
/* -ENOENT: none; -EINVAL: not a record; what ost_file_read_own() says. */
int ost_confirm_read(const struct ost_paths *paths, struct ost_confirm *ret_confirm) OST_MUST_CHECK;
/* And the disk knows it. None: 0. */
int ost_confirm_remove(const struct ost_paths *paths) OST_MUST_CHECK;
