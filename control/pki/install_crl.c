/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enterprise's CRL, installed: what a CA of ca.crt signed, that is in force, and no older than
 * the one in place. */
#include <wolfssl/options.h>
#include <wolfssl/openssl/ssl.h>
#include <wolfssl/openssl/x509.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include "file.h"
#include "pki_private.h"

static const char end_line[] = "-----END X509 CRL-----";

static int time_of(const WOLFSSL_ASN1_TIME *t, int64_t *ret_s)
{
	struct tm tm = {0};

	if (t == NULL || wolfSSL_ASN1_TIME_to_tm(t, &tm) != WOLFSSL_SUCCESS)
		return -EINVAL;
	*ret_s = (int64_t)timegm(&tm);
	return 0;
}

static int dates_read(
	struct ost_pki *pki, const char *file, const DerBuffer *der, struct ost_pki_crl *crl)
{
	WOLFSSL_X509_CRL *list = wolfSSL_d2i_X509_CRL(NULL, der->buffer, (int)der->length);
	int r = list != NULL ? 0 : -EINVAL;

	if (r == 0)
		r = time_of(wolfSSL_X509_CRL_get_lastUpdate(list), &crl->this_update_s);
	if (r == 0)
		r = time_of(wolfSSL_X509_CRL_get_nextUpdate(list), &crl->next_update_s);
	wolfSSL_X509_CRL_free(list);
	return r == 0 ? 0
		      : ost_pki_fail(pki, r,
				"%s: is damaged, no CRL, or past its next update; fetch a new one",
				file);
}

static int one_check(struct ost_pki *pki, const char *file, WOLFSSL_CERT_MANAGER *trust,
	const DerBuffer *der, struct ost_pki_crl *crl)
{
	int w, r = dates_read(pki, file, der, crl);

	if (r < 0)
		return r;
	if (crl->next_update_s <= pki->now_s)
		return ost_pki_fail(
			pki, -EINVAL, "%s: is past its next update; fetch a new one", file);
	w = wolfSSL_CertManagerLoadCRLBuffer(
		trust, der->buffer, (long)der->length, WOLFSSL_FILETYPE_ASN1);
	if (w == WOLFSSL_SUCCESS)
		return 0;
	return ost_pki_fail(pki, -EINVAL, "%s: is not signed by a CA of %s: %s", file,
		pki->paths->ca_certificate, wc_GetErrorString(w));
}

/* PEM, one or several, or one in DER: der and the rest of the text. */
static int next_der(const char *text, size_t length, DerBuffer **ret_der, const char **ret_rest)
{
	const char *end = memmem(text, length, end_line, sizeof(end_line) - 1);

	if (end == NULL) {
		*ret_rest = text + length;
		if (wc_AllocDer(ret_der, (word32)length, CRL_TYPE, NULL) != 0)
			return -ENOMEM;
		memcpy((*ret_der)->buffer, text, length);
		return 0;
	}
	*ret_rest = end + sizeof(end_line) - 1;
	return wc_PemToDer((const byte *)text, (long)length, CRL_TYPE, ret_der, NULL, NULL, NULL) ==
			       0
		       ? 0
		       : -EINVAL;
}

static bool more(const char *text, size_t length)
{
	return memmem(text, length, "-----BEGIN X509 CRL", 19) != NULL;
}

/* Checks all; *ret_crl has the earliest dates, *ret_pem all of them as PEM. */
static int all_check(struct ost_pki *pki, const char *file, const char *text, size_t length,
	WOLFSSL_CERT_MANAGER *trust, struct ost_pki_crl *ret_crl, char **ret_pem,
	size_t *ret_length)
{
	const char *at = text, *rest = text;
	size_t total = 0;
	int r = 0;

	do {
		OST_AUTO_FREE char *pem = NULL;
		struct ost_pki_crl crl = {0};
		DerBuffer *der = NULL;
		char *longer;
		size_t n = 0;

		r = next_der(at, length - (size_t)(at - text), &der, &rest);
		if (r < 0)
			r = ost_pki_fail(pki, r, "%s: is damaged or no CRL", file);
		if (r == 0)
			r = one_check(pki, file, trust, der, &crl);
		if (r == 0)
			r = ost_pki_pem(pki, der->buffer, der->length, CRL_TYPE, &pem, &n);
		wc_FreeDer(&der);
		longer = r == 0 ? realloc(*ret_pem, total + n) : NULL;
		if (longer == NULL)
			return r < 0 ? r : ost_pki_fail(pki, -ENOMEM, "out of memory");
		*ret_pem = longer;
		memcpy(longer + total, pem, n);
		total += n;
		if (at == text || crl.next_update_s < ret_crl->next_update_s)
			*ret_crl = crl;
		at = rest;
	} while (more(at, length - (size_t)(at - text)));
	*ret_length = total;
	return 0;
}

/* An older CRL than the one in place would let the revoked in again. */
static int not_older(struct ost_pki *pki, const char *file, const struct ost_pki_crl *crl)
{
	OST_AUTO_FREE char *text = NULL;
	struct ost_pki_crl old = {0};
	DerBuffer *der = NULL;
	const char *rest;
	size_t length = 0;
	int r = ost_file_read(pki->paths->crl, OST_PKI_FILE_MAX, &text, &length);

	if (r == 0 && next_der(text, length, &der, &rest) == 0 &&
		dates_read(pki, pki->paths->crl, der, &old) == 0 &&
		old.this_update_s > crl->this_update_s)
		r = ost_pki_fail(pki, -EINVAL,
			"%s: is older than the CRL in place, %s; fetch the newest one", file,
			pki->paths->crl);
	else
		r = 0;
	wc_FreeDer(&der);
	return r;
}

static int install(struct ost_pki *pki, const char *file, const char *text, size_t length,
	struct ost_pki_crl *ret_crl)
{
	WOLFSSL_CERT_MANAGER *trust = NULL;
	OST_AUTO_FREE char *pem = NULL;
	struct ost_stage stage = {0};
	size_t n = 0;
	int r = ost_cert_trust(pki, &trust);

	if (r == 0 && wolfSSL_CertManagerEnableCRL(trust, WOLFSSL_CRL_CHECKALL) != WOLFSSL_SUCCESS)
		r = ost_pki_fail(pki, -ENOMEM, "out of memory");
	if (r == 0)
		r = all_check(pki, file, text, length, trust, ret_crl, &pem, &n);
	wolfSSL_CertManagerFree(trust);
	if (r == 0)
		r = not_older(pki, file, ret_crl);
	if (r == 0)
		r = ost_pki_stage(pki, &stage, pki->paths->crl,
			&(struct ost_stage_file){.bytes = pem,
				.length = n,
				.mode = 0644,
				.uid = (uid_t)-1,
				.replace = true});
	if (r == 0)
		r = ost_pki_commit(pki, &stage);
	ost_stage_free(&stage);
	return r;
}

int ost_pki_crl_install(struct ost_pki *pki, const char *file, struct ost_pki_crl *ret_crl)
{
	OST_AUTO_CLOSE int lock = -1;
	OST_AUTO_FREE char *text = NULL;
	struct ost_pki_crl crl = {0};
	size_t length = 0;
	int r = ost_pki_clock_check(pki);

	if (r == 0)
		r = ost_pki_lock(pki, &lock);
	if (r == 0 && access(pki->paths->ca_key, F_OK) == 0)
		r = ost_pki_fail(pki, -EINVAL,
			"%s: this site's own CA signs its CRL; 'ostiary init --renew-crl' makes a "
			"fresh one",
			pki->paths->ca_key);
	if (r == 0 && (r = ost_file_read(file, OST_PKI_FILE_MAX, &text, &length)) < 0)
		r = ost_pki_fail(pki, r, "%s: cannot be read: %s", file, strerror(-r));
	if (r == 0)
		r = install(pki, file, text, length, &crl);
	if (r == 0)
		*ret_crl = crl;
	return r;
}
