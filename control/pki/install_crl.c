/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enterprise's CRL, installed: what a CA of ca.crt signed, that is in force, and no older than
 * the one in place. */
#include <wolfssl/options.h>
#include <wolfssl/openssl/ssl.h>
#include <wolfssl/openssl/x509.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "file.h"
#include "pki_private.h"

#define LISTS_MAX 64u /* ostiary-authd takes no more */

/* One list of a file. */
struct list {
	struct ost_pki_crl crl;
	uint8_t issuer_sha256[32];
};

static const char end_line[] = "-----END X509 CRL-----";

static int time_of(const WOLFSSL_ASN1_TIME *t, int64_t *ret_s)
{
	struct tm tm = {0};

	if (t == NULL || wolfSSL_ASN1_TIME_to_tm(t, &tm) != WOLFSSL_SUCCESS)
		return -EINVAL;
	*ret_s = (int64_t)timegm(&tm);
	return 0;
}

static int issuer_of(WOLFSSL_X509_CRL *crl, uint8_t ret_sha256[static 32])
{
	unsigned char *der = NULL;
	int n = wolfSSL_i2d_X509_NAME(wolfSSL_X509_CRL_get_issuer_name(crl), &der);
	int r = n > 0 && wc_Sha256Hash(der, (word32)n, ret_sha256) == 0 ? 0 : -EINVAL;

	if (der != NULL)
		XFREE(der, NULL, DYNAMIC_TYPE_OPENSSL);
	return r;
}

static int list_read(
	struct ost_pki *pki, const char *file, const DerBuffer *der, struct list *ret)
{
	WOLFSSL_X509_CRL *crl = wolfSSL_d2i_X509_CRL(NULL, der->buffer, (int)der->length);
	int r = crl != NULL ? 0 : -EINVAL;

	if (r == 0)
		r = time_of(wolfSSL_X509_CRL_get_lastUpdate(crl), &ret->crl.this_update_s);
	if (r == 0)
		r = time_of(wolfSSL_X509_CRL_get_nextUpdate(crl), &ret->crl.next_update_s);
	if (r == 0)
		r = issuer_of(crl, ret->issuer_sha256);
	wolfSSL_X509_CRL_free(crl);
	return r == 0 ? 0
		      : ost_pki_fail(pki, r,
				"%s: is damaged, no CRL, or past its next update; fetch a new one",
				file);
}

static int one_check(struct ost_pki *pki, const char *file, WOLFSSL_CERT_MANAGER *trust,
	const DerBuffer *der, struct list *list)
{
	int w, r = list_read(pki, file, der, list);

	if (r < 0)
		return r;
	if (list->crl.next_update_s <= pki->now_s)
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

static const struct list *list_of_issuer(
	const struct list *lists, uint32_t count, const struct list *like)
{
	for (uint32_t i = 0; i < count; i++) {
		if (memcmp(lists[i].issuer_sha256, like->issuer_sha256, sizeof(like->issuer_sha256)) == 0)
			return &lists[i];
	}
	return NULL;
}

/* ostiary-authd looks at one list of a CA, and refuses a file with two. */
static int another_issuer(struct ost_pki *pki, const char *file, const struct list *lists, uint32_t n)
{
	const struct list *other = list_of_issuer(lists, n, &lists[n]);

	if (other == NULL)
		return 0;
	return ost_pki_fail(pki, -EINVAL,
		"%s: lists %u and %u are of the same CA; leave only the newest one", file,
		(unsigned)(other - lists) + 1, n + 1);
}

/* The next list checked, and added to *pem. */
static int next_check(struct ost_pki *pki, const char *file, const DerBuffer *der,
	WOLFSSL_CERT_MANAGER *trust, struct list *lists, uint32_t n, char **pem, size_t *length)
{
	OST_AUTO_FREE char *one = NULL;
	char *longer;
	size_t one_length = 0;
	int r = one_check(pki, file, trust, der, &lists[n]);

	if (r == 0)
		r = another_issuer(pki, file, lists, n);
	if (r == 0)
		r = ost_pki_pem(pki, der->buffer, der->length, CRL_TYPE, &one, &one_length);
	if (r < 0)
		return r;
	longer = realloc(*pem, *length + one_length);
	if (longer == NULL)
		return ost_pki_fail(pki, -ENOMEM, "out of memory");
	*pem = longer;
	memcpy(longer + *length, one, one_length);
	*length += one_length;
	return 0;
}

/* Checks all; *ret_pem has all of them as PEM. */
static int all_check(struct ost_pki *pki, const char *file, const char *text, size_t length,
	WOLFSSL_CERT_MANAGER *trust, struct list lists[static LISTS_MAX], uint32_t *ret_count,
	char **ret_pem, size_t *ret_length)
{
	const char *at = text, *rest = text;
	uint32_t n = 0;
	int r = 0;

	do {
		DerBuffer *der = NULL;

		if (n == LISTS_MAX)
			return ost_pki_fail(
				pki, -EINVAL, "%s: has more than %u lists", file, LISTS_MAX);
		r = next_der(at, length - (size_t)(at - text), &der, &rest);
		if (r < 0)
			r = ost_pki_fail(pki, r, "%s: is damaged or no CRL", file);
		else
			r = next_check(pki, file, der, trust, lists, n, ret_pem, ret_length);
		wc_FreeDer(&der);
		if (r < 0)
			return r;
		n++;
		at = rest;
	} while (more(at, length - (size_t)(at - text)));
	*ret_count = n;
	return 0;
}

static int older_than(struct ost_pki *pki, const char *file, const DerBuffer *der,
	const struct list *lists, uint32_t count)
{
	struct list old = {0};
	const struct list *next;

	if (list_read(pki, pki->paths->crl, der, &old) < 0)
		return 0;
	next = list_of_issuer(lists, count, &old);
	if (next == NULL || next->crl.this_update_s >= old.crl.this_update_s)
		return 0;
	return ost_pki_fail(pki, -EINVAL,
		"%s: is older than the CRL in place, %s; fetch the newest one", file,
		pki->paths->crl);
}

/* An older CRL than the one of this CA in place would let the revoked in again. */
static int not_older(struct ost_pki *pki, const char *file, const struct list *lists, uint32_t count)
{
	OST_AUTO_FREE char *text = NULL;
	const char *at, *rest;
	size_t length = 0;
	int r = 0;

	if (ost_file_read(pki->paths->crl, OST_PKI_FILE_MAX, &text, &length) < 0)
		return 0;
	at = text;
	do {
		DerBuffer *der = NULL;

		if (next_der(at, length - (size_t)(at - text), &der, &rest) == 0)
			r = older_than(pki, file, der, lists, count);
		wc_FreeDer(&der);
		at = rest;
	} while (r == 0 && more(at, length - (size_t)(at - text)));
	return r;
}

/* The one that ends first: until then the file is good. */
static const struct ost_pki_crl *ends_first(const struct list *lists, uint32_t count)
{
	const struct list *first = lists;

	for (uint32_t i = 1; i < count; i++) {
		if (lists[i].crl.next_update_s < first->crl.next_update_s)
			first = &lists[i];
	}
	return &first->crl;
}

static int install(struct ost_pki *pki, const char *file, const char *text, size_t length,
	struct ost_pki_crl *ret_crl)
{
	WOLFSSL_CERT_MANAGER *trust = NULL;
	OST_AUTO_FREE char *pem = NULL;
	struct ost_stage stage = {0};
	struct list lists[LISTS_MAX] = {0};
	uint32_t count = 0;
	size_t n = 0;
	int r = ost_cert_trust(pki, &trust);

	if (r == 0 && wolfSSL_CertManagerEnableCRL(trust, WOLFSSL_CRL_CHECKALL) != WOLFSSL_SUCCESS)
		r = ost_pki_fail(pki, -ENOMEM, "out of memory");
	if (r == 0)
		r = all_check(pki, file, text, length, trust, lists, &count, &pem, &n);
	wolfSSL_CertManagerFree(trust);
	if (r == 0)
		r = not_older(pki, file, lists, count);
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
	if (r == 0)
		*ret_crl = *ends_first(lists, count);
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
