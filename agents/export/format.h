/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of the journal as others read it: ECS for Elastic, Wazuh and OpenSearch; CEF for Sentinel, QRadar, Splunk and ArcSight;
 * OCSF for data lakes; STIX for a CSIRT. Pure: bytes in, bytes out; no file, no socket, no clock. The same line gives the same
 * bytes for ever, so that what is sent twice is known to be the same. ostiary-export(5) has the mappings.
 *
 * A line is text of another program: it is parsed and distrusted. What comes out is valid UTF-8 (CEF too), one line for one thing,
 * without control characters and without the marks that turn the direction of text, whatever a device calls itself. No kind of
 * record is dropped: what a format has no place for is told as the format's most general thing, with the whole record in it.
 *
 *   format     the list of formats, a line taken apart, the text that comes out
 *   pseudonym  whose names and addresses leave the site, and as what
 *   format_ecs, format_cef, format_ocsf, format_stix   one format each
 *   convert    `ostiary-exportd --convert FORMAT`: lines in, lines out
 */
#pragma once

#include "common.h"

#define OST_FORMAT_LINE_MAX 65536u /* bytes of a journal line; longer ones are refused */
#define OST_FORMAT_OUT_MAX  (4u << 20) /* no line that comes out is longer (but a STIX bundle) */
#define OST_FORMAT_ID	    96u /* bytes of an event's id, with its NUL */
#define OST_FORMAT_KIND	    48u
#define OST_FORMAT_WHY	    160u

enum ost_format {
	OST_FORMAT_ECS,	 /* one line of JSON for each line */
	OST_FORMAT_CEF,	 /* one line "CEF:0|..." for each line: the transport puts its header before it */
	OST_FORMAT_OCSF, /* one or two lines of JSON for each line */
	OST_FORMAT_STIX, /* one bundle for many lines: ost_stix_*() */
	OST_FORMAT_COUNT,
};

const char *ost_format_name(enum ost_format format); /* "ecs" */
int ost_format_by_name(const char *name, enum ost_format *ret_format) OST_MUST_CHECK; /* -ENOENT */

/* Bytes that come out. Begin with zeros; bytes is NUL-terminated and owned (NULL while there are none). */
struct ost_format_text {
	char *bytes;
	size_t length, capacity;
};
void ost_format_text_reset(struct ost_format_text *text); /* keeps the memory */
void ost_format_text_free(struct ost_format_text *text);

struct ost_pseudonyms;

/* All borrowed for the call. */
struct ost_format_config {
	const char *gateway;	    /* for records that do not name it; NULL: "ostiary" */
	const char *origin;	    /* the journal's name, from a checkpoint; NULL: not known */
	const char *assignee_group; /* whose queue incidents are in (OCSF must have one); NULL: "soc" */
	const struct ost_pseudonyms *pseudonyms; /* NULL: names and addresses go out as they are */
};

/* What transports need of a line besides. */
struct ost_format_about {
	uint64_t seq;
	uint64_t time_ns;	    /* when it happened, nanoseconds of the wall clock */
	unsigned severity;	    /* 1 informational, 2 low, 3 medium, 4 high, 5 critical */
	char kind[OST_FORMAT_KIND]; /* "incident.open" */
	char id[OST_FORMAT_ID];	    /* the event's id: stable, the same in all formats; letters, digits, '-', '.', '_' */
};

/* Appends the lines that a journal line (without its LF) becomes, each with LF at its end. why: a sentence, when it fails; it holds no
 * control characters. ret_about may be NULL. Any thread, when each has its own text.
 * -EINVAL: it is no line of a journal, nothing is appended; -ENOTSUP: STIX; -ENOMEM. */
int ost_format_convert(enum ost_format format, const struct ost_format_config *config, const char *line, size_t length,
	struct ost_format_text *out, struct ost_format_about *ret_about, char ret_why[static OST_FORMAT_WHY]) OST_MUST_CHECK;

/* A checkpoint as a line of its own, for a heartbeat in ECS, CEF or OCSF. note: the signed note, whole. -EINVAL: it is none; -ENOTSUP; -ENOMEM. */
int ost_format_heartbeat(enum ost_format format, const struct ost_format_config *config, const char *note, size_t length, uint64_t wall_ns,
	struct ost_format_text *out) OST_MUST_CHECK;

/* ---- STIX: a bundle of what belongs together, mostly the records of one incident ----
 *
 * The ids follow from what they stand for (UUID version 5), so that the same lines give the same bundle. Bounds: OST_STIX_LINES lines,
 * OST_STIX_OBJECTS objects. */
#define OST_STIX_LINES	 65536u
#define OST_STIX_OBJECTS 16384u
struct ost_stix;
int ost_stix_new(const struct ost_format_config *config, struct ost_stix **ret_stix) OST_MUST_CHECK; /* config is borrowed for its life. -ENOMEM */
void ost_stix_free(struct ost_stix **stix);
/* -EINVAL: no line of a journal, nothing is added; -E2BIG: a bound; -ENOMEM. */
int ost_stix_add(struct ost_stix *stix, const char *line, size_t length, char ret_why[static OST_FORMAT_WHY]) OST_MUST_CHECK;
/* Appends the bundle as one line with LF. -ENODATA: no lines were added (STIX has no empty bundle); -ENOMEM. */
int ost_stix_bundle(struct ost_stix *stix, struct ost_format_text *out) OST_MUST_CHECK;

/* ---- pseudonyms ----
 *
 * The file of a site's secret, text:
 *
 *   key 64 hexadecimal digits
 *   fields mac ip device user
 *
 * A pseudonym is HMAC-SHA-256 of the value under the key of the quarter that the record is of, cut to 80 bits; that key is made of the
 * site's. mac: MAC addresses; ip: addresses of the site (private and link-local ones, and the source of an incident); device: names of
 * devices; user: names of persons. "fields" may be absent: mac ip device. */
#define OST_PSEUDONYMS_FILE_MAX 4096u
/* -EINVAL and a sentence in ret_why; -ENOMEM. text is not kept. */
int ost_pseudonyms_parse(const char *text, size_t length, struct ost_pseudonyms **ret_pseudonyms, char ret_why[static OST_FORMAT_WHY]) OST_MUST_CHECK;
void ost_pseudonyms_free(struct ost_pseudonyms **pseudonyms); /* the key is zeroed */

/* ---- the program's way to convert ----
 *
 * ostiary-exportd --convert ecs|cef|ocsf|stix [--pseudonyms KEYFILE] [--gateway NAME] [--origin NAME] [--group NAME]: journal lines from stdin,
 * what they become to stdout. Returns the exit status: 0; 1: a line is refused (told with its number; nothing behind it is read) or the output
 * cannot be written; 2: wrong options. argv[0] is the program, argv[1] "--convert". */
int ost_convert_main(int argc, char **argv);
