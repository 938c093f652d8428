/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * issued.ndjson: what this site's CA has signed, one JSON object a line, appended and never
 *changed:
 *
 *	{"event":"issued","kind":"device","serial":...,"id":...,"urn":...,"sha256":...,"not_before":...,"not_after":...,"uid":...,"time":...}
 *	{"event":"issued","kind":"gateway",... "id" is the DNS name ...}
 *	{"event":"revoked","serial":...,"id":...,"reason":...,"uid":...,"time":...}
 *	{"event":"crl","number":...,"entries":...,"next_update":...,"uid":...,"time":...}
 *
 * A last line without its end was never acknowledged to anybody: the next line takes its place. Any
 * other damage is an error with file and line, because a revocation might be lost. Call with
 * the folder's lock held.
 */
#pragma once

#include "jsonw.h"
#include "pki.h"

#define OST_ISSUED_FILE_MAX                                                                        \
	(1u << 30) /* a million devices take a third of it; beyond nothing is issued */

struct ost_issued_row {
	char serial[41];
	char id[OST_PKI_DNS_MAX + 1];
	char *urn; /* NULL: none */
	bool device;
	bool revoked;
	enum ost_pki_reason reason;
	int64_t revoked_s;
	int64_t not_after_s;
};

struct ost_issued {
	struct ost_issued_row *rows; /* by serial */
	uint32_t count;
	uint32_t capacity;
	uint64_t crl_number; /* the last one */
	size_t sound_bytes;  /* of the file: all whole lines */
};

/* -ENOENT and no error text is never the case: an absent file is an empty one. Free in any case. */
int ost_issued_read(struct ost_pki *pki, struct ost_issued *ret_issued) OST_MUST_CHECK;
void ost_issued_free(struct ost_issued *issued);

/* Appends whole lines and has them on disk; on failure the file is as it was. */
int ost_issued_append(struct ost_pki *pki, struct ost_issued *issued,
	const struct ost_jsonw *lines) OST_MUST_CHECK;

/* Lines. */
void ost_issued_certificate_line(struct ost_jsonw *w, const struct ost_pki *pki, bool device,
	const char *id, const char *urn, const struct ost_pki_certificate *certificate);
void ost_issued_revoked_line(
	struct ost_jsonw *w, const struct ost_pki *pki, const struct ost_issued_row *row);
void ost_issued_crl_line(
	struct ost_jsonw *w, const struct ost_pki *pki, const struct ost_pki_crl *crl);
