/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include "pki_private.h"
#include "tbs.h"

#include <sys/random.h>

/* Random, positive, and always as long: RFC 5280 section 4.1.2.2. */
static int serial_make(struct ost_pki *pki, uint8_t serial[static OST_PKI_SERIAL])
{
	if (getrandom(serial, OST_PKI_SERIAL, 0) != (ssize_t)OST_PKI_SERIAL)
		return ost_pki_fail(pki, -EIO, "no random numbers");
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	return 0;
}

int ost_pki_issue(struct ost_pki *pki, const struct ost_cert *issuer, struct ost_key *signer,
	struct ost_tbs *t, uint32_t days, struct ost_cert *ret_certificate)
{
	uint8_t serial[OST_PKI_SERIAL], *der = NULL;
	struct ost_der body = {0};
	size_t length = 0;
	int r = serial_make(pki, serial);

	if (r < 0)
		return r;
	t->serial = serial;
	t->serial_length = sizeof(serial);
	t->not_before_s = pki->now_s - OST_PKI_BACKDATE_S;
	t->not_after_s = pki->now_s + (int64_t)days * OST_PKI_DAY_S;
	if (issuer != NULL) {
		t->issuer = issuer->subject;
		t->issuer_length = issuer->subject_length;
		t->issuer_key_id = issuer->has_key_id ? issuer->key_id : NULL;
		t->not_before_s = OST_MAX(t->not_before_s, issuer->not_before_s);
		t->not_after_s = OST_MIN(t->not_after_s, issuer->not_after_s);
	}
	ost_tbs_certificate(&body, t);
	r = ost_pki_sign(pki, &body, signer, &der, &length);
	ost_der_free(&body);
	if (r == 0)
		r = ost_cert_decode(pki, "the certificate just made", der, length, ret_certificate);
	free(der);
	t->serial = NULL;
	return r;
}
