/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's certificates, revoked. */
#include <wolfssl/options.h>

#include "crl.h"

#include <ctype.h>
#include <stdio.h>

static bool serial_is(const char *serial, const char *text)
{
	for (; *serial != '\0' && *serial == tolower((unsigned char)*text); serial++, text++)
		;
	return *serial == '\0' && *text == '\0';
}

static bool name_is(const struct ost_issued_row *row, const char *name)
{
	return row->device &&
	       (strcmp(row->id, name) == 0 || (row->urn != NULL && strcmp(row->urn, name) == 0));
}

/* Marks the rows; lines tells what is new. */
static void rows_mark(struct ost_pki *pki, struct ost_issued *issued, const char *name,
	bool by_serial, enum ost_pki_reason reason, struct ost_jsonw *lines,
	struct ost_pki_revoked *done)
{
	for (uint32_t i = 0; i < issued->count; i++) {
		struct ost_issued_row *row = &issued->rows[i];

		if (row->not_after_s <= pki->now_s ||
			!(by_serial ? serial_is(row->serial, name) : name_is(row, name)))
			continue;
		if (row->revoked) {
			done->already++;
			continue;
		}
		row->revoked = true;
		row->reason = reason;
		row->revoked_s = pki->now_s;
		ost_issued_revoked_line(lines, pki, row);
		done->count++;
	}
}

static int revoke_named(struct ost_pki *pki, struct ost_ca *ca, struct ost_issued *issued,
	const char *name, enum ost_pki_reason reason, struct ost_pki_revoked *done)
{
	struct ost_jsonw lines = {0};
	char why[OST_PKI_WHY];
	int r = 0;

	rows_mark(pki, issued, name, false, reason, &lines, done);
	if (done->count + done->already == 0)
		rows_mark(pki, issued, name, true, reason, &lines, done);
	if (done->count + done->already == 0)
		r = ost_pki_fail(pki, -ENOENT,
			"%s: has no certificate of '%.80s' that is still valid", pki->paths->issued,
			name);
	if (r == 0 && done->count > 0)
		r = ost_issued_append(pki, issued, &lines);
	ost_jsonw_free(&lines);
	if (r < 0)
		return r;
	r = ost_crl_publish(pki, ca, issued, &done->crl);
	if (r < 0) {
		(void)snprintf(why, sizeof(why), "%s", pki->why);
		r = ost_pki_fail(pki, r,
			"the revocation is recorded, but the CRL is the old one: %.900s; then run "
			"'ostiary init --renew-crl'",
			why);
	}
	return r;
}

int ost_pki_revoke(struct ost_pki *pki, const char *id_or_serial, enum ost_pki_reason reason,
	struct ost_pki_revoked *ret_revoked)
{
	OST_AUTO_CLOSE int lock = -1;
	struct ost_pki_revoked done = {0};
	struct ost_issued issued = {0};
	struct ost_ca ca = {0};
	int r = ost_pki_clock_check(pki);

	if (r == 0 && ost_pki_reason_name(reason) == NULL)
		r = ost_pki_fail(pki, -EINVAL, "no such reason");
	if (r == 0)
		r = ost_pki_lock(pki, &lock);
	if (r == 0)
		r = ost_ca_open(pki, &ca);
	if (r == 0)
		r = ost_issued_read(pki, &issued);
	if (r == 0)
		r = revoke_named(pki, &ca, &issued, id_or_serial, reason, &done);
	ost_issued_free(&issued);
	ost_ca_close(&ca);
	if (r == 0)
		*ret_revoked = done;
	return r;
}
