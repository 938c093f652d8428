/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The evidence of admissions: one line of JSON for each proof that was accepted - who proved what to whom, under which
 * obligations -, each that was not, each conversation that failed, and each change of a device's state with who ordered it and
 * why. docs/ostiary-admissions.5 has the format.
 *
 * Bounds: what strangers can cause has a number of lines a second of its own, so that it cannot silence admissions and
 * orders, which have another; what is over them is counted, and told in one line a second. Single thread.
 */
#pragma once

#include "admission.h"
#include "jsonw.h"

#define OST_ADMISSION_LOG_STRANGERS 200u /* lines a second: failures, refused claims, lock-outs, sightings */
#define OST_ADMISSION_LOG_OTHERS    2000u

struct ost_admission_log;

struct ost_admission_log_config {
	const char *gateway; /* host name; borrowed */
	/* Gets each line, newline included. */
	void (*write)(void *user, const char *line, size_t length);
	void *user;
};

int ost_admission_log_new(const struct ost_admission_log_config *config, struct ost_admission_log **ret_log) OST_MUST_CHECK;
void ost_admission_log_free(struct ost_admission_log **log);

/* image: in force, or NULL; port: name of the note's place, "" unknown. */
void ost_admission_log_note(struct ost_admission_log *log, const struct ost_admission_note *n, const struct ost_image *image,
	const char *port, struct ost_moment now);

/* A place: port, vlan, inner_vlan and mac as members of the open object. */
void ost_admission_place_json(struct ost_jsonw *w, const struct ost_place *place, const char *port);
/* Bytes as hex digits. */
void ost_admission_hex_json(struct ost_jsonw *w, const char *key, const uint8_t *bytes, size_t length);

struct ost_admission_log_counts {
	uint64_t suppressed_lines;
};

const struct ost_admission_log_counts *ost_admission_log_counts(const struct ost_admission_log *log);
