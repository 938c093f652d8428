/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include "crl.h"
#include "tbs.h"

#define CE_CRL_NUMBER  20
#define CE_REASON_CODE 21

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void serial(struct ost_der *d, const char *hex)
{
	uint8_t bytes[20];
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n && i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	ost_der_unsigned(d, bytes, n);
}

static void entry(struct ost_der *d, const struct ost_issued_row *row)
{
	const uint8_t reason = (uint8_t)row->reason;
	size_t whole = ost_der_length(d);

	if (row->reason != OST_PKI_UNSPECIFIED) { /* which is told by its absence, section 5.3.1 */
		ost_der_put(d, OST_DER_ENUMERATED, &reason, 1);
		ost_tbs_extension(d, CE_REASON_CODE, false, whole);
		ost_der_wrap(d, OST_DER_SEQUENCE, whole);
	}
	ost_der_time(d, row->revoked_s);
	serial(d, row->serial);
	ost_der_wrap(d, OST_DER_SEQUENCE, whole);
}

/* An empty list is left out, section 5.1.2.6. */
static uint32_t entries(struct ost_der *d, const struct ost_issued *issued, int64_t now_s)
{
	size_t inside = ost_der_length(d);
	uint32_t n = 0;

	for (uint32_t i = issued->count; i > 0; i--) {
		const struct ost_issued_row *row = &issued->rows[i - 1];

		if (!row->revoked || row->not_after_s < now_s)
			continue;
		entry(d, row);
		n++;
	}
	if (n > 0)
		ost_der_wrap(d, OST_DER_SEQUENCE, inside);
	return n;
}

static void extensions(struct ost_der *d, const struct ost_cert *ca, uint64_t number)
{
	size_t whole = ost_der_length(d);

	ost_der_integer(d, number);
	ost_tbs_extension(d, CE_CRL_NUMBER, false, whole);
	if (ca->has_key_id)
		ost_tbs_authority(d, ca->key_id);
	ost_der_wrap(d, OST_DER_SEQUENCE, whole);
	ost_der_wrap(d, OST_DER_EXPLICIT(0), whole);
}

static void body_make(struct ost_der *d, const struct ost_cert *ca, const struct ost_issued *issued,
	int64_t now_s, struct ost_pki_crl *crl)
{
	size_t whole = ost_der_length(d);

	extensions(d, ca, crl->number);
	crl->entries = entries(d, issued, now_s);
	ost_der_time(d, crl->next_update_s);
	ost_der_time(d, crl->this_update_s);
	ost_der_raw(d, ca->subject, ca->subject_length);
	ost_tbs_algorithm(d);
	ost_der_integer(d, 1); /* v2 */
	ost_der_wrap(d, OST_DER_SEQUENCE, whole);
}

int ost_crl_make(struct ost_pki *pki, struct ost_ca *ca, const struct ost_issued *issued,
	struct ost_pki_crl *ret_crl, char **ret_pem, size_t *ret_length)
{
	struct ost_pki_crl crl = {
		.number = issued->crl_number + 1,
		.this_update_s = pki->now_s - OST_PKI_BACKDATE_S,
		.next_update_s = pki->now_s + (int64_t)OST_PKI_CRL_DAYS * OST_PKI_DAY_S,
	};
	struct ost_der body = {0};
	OST_AUTO_FREE uint8_t *der = NULL;
	size_t length = 0;
	int r;

	body_make(&body, &ca->certificate, issued, pki->now_s, &crl);
	r = ost_pki_sign(pki, &body, &ca->key, &der, &length);
	ost_der_free(&body);
	if (r == 0)
		r = ost_pki_pem(pki, der, length, CRL_TYPE, ret_pem, ret_length);
	if (r == 0)
		*ret_crl = crl;
	return r;
}

int ost_crl_publish(struct ost_pki *pki, struct ost_ca *ca, struct ost_issued *issued,
	struct ost_pki_crl *ret_crl)
{
	OST_AUTO_FREE char *pem = NULL;
	struct ost_stage stage = {0};
	struct ost_pki_crl crl = {0};
	struct ost_jsonw line = {0};
	size_t length = 0;
	int r = ost_crl_make(pki, ca, issued, &crl, &pem, &length);

	if (r == 0)
		r = ost_pki_stage(pki, &stage, pki->paths->crl,
			&(struct ost_stage_file){.bytes = pem,
				.length = length,
				.mode = 0644,
				.uid = (uid_t)-1,
				.replace = true});
	if (r == 0) { /* first, so that no number is ever used twice */
		ost_issued_crl_line(&line, pki, &crl);
		r = ost_issued_append(pki, issued, &line);
		ost_jsonw_free(&line);
	}
	if (r == 0)
		r = ost_pki_commit(pki, &stage);
	ost_stage_free(&stage);
	if (r == 0)
		*ret_crl = crl;
	return r;
}

int ost_pki_crl_renew(struct ost_pki *pki, struct ost_pki_crl *ret_crl)
{
	OST_AUTO_CLOSE int lock = -1;
	struct ost_issued issued = {0};
	struct ost_ca ca = {0};
	int r = ost_pki_clock_check(pki);

	if (r == 0)
		r = ost_pki_lock(pki, &lock);
	if (r == 0)
		r = ost_ca_open(pki, &ca);
	if (r == 0)
		r = ost_issued_read(pki, &issued);
	if (r == 0)
		r = ost_crl_publish(pki, &ca, &issued, ret_crl);
	ost_issued_free(&issued);
	ost_ca_close(&ca);
	return r;
}
