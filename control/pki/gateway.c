/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway's certificate, after the site was made: signed by the enterprise, or anew by our CA.
 */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "issued.h"
#include "pki_private.h"
#include "tbs.h"

static int place(struct ost_pki *pki, const struct ost_cert *certificates, uint32_t count)
{
	struct ost_stage stage = {0};
	int r = ost_pki_stage_certificates(
		pki, &stage, pki->paths->gateway_certificate, certificates, count, true);

	if (r == 0)
		r = ost_pki_commit(pki, &stage);
	ost_stage_free(&stage);
	return r;
}

/* Certificates behind the first may be intermediate ones: from the last to the first, each is
 * checked by what is trusted then, and trusted. */
static int chain_check(
	struct ost_pki *pki, const char *file, const struct ost_cert *c, uint32_t count)
{
	WOLFSSL_CERT_MANAGER *manager = NULL;
	int w = WOLFSSL_SUCCESS, r = ost_cert_trust(pki, &manager);

	for (uint32_t i = count; i > 0 && r == 0; i--) {
		const struct ost_cert *one = &c[i - 1];

		w = wolfSSL_CertManagerVerifyBuffer(
			manager, one->der, (long)one->length, WOLFSSL_FILETYPE_ASN1);
		if (w != WOLFSSL_SUCCESS)
			r = ost_pki_fail(pki, -EINVAL,
				"%s: certificate %u does not lead to a CA of %s: %s; append the "
				"intermediate CA's certificate, or ask the enterprise",
				file, i, pki->paths->ca_certificate, wc_GetErrorString(w));
		else if (i > 1 && !one->is_ca)
			r = ost_pki_fail(pki, -EINVAL,
				"%s: certificate %u is no CA; the gateway's own comes first", file,
				i);
		else if (i > 1 &&
			 wolfSSL_CertManagerLoadCABuffer(manager, one->der, (long)one->length,
				 WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS)
			r = ost_pki_fail(
				pki, -EINVAL, "%s: certificate %u is no CA to trust", file, i);
	}
	wolfSSL_CertManagerFree(manager);
	return r;
}

static int leaf_check(struct ost_pki *pki, const char *file, const struct ost_cert *c)
{
	const char *key_path = pki->paths->gateway_key;
	struct ost_key key = {0};
	int r = ost_key_read(pki, key_path, &key);

	if (r == 0 && !ost_cert_has_key(c, &key))
		r = ost_pki_fail(pki, -EINVAL, "%s: is for another key than %s; have %s signed",
			file, key_path, pki->paths->gateway_request);
	ost_key_free(&key);
	if (r == 0 && !c->tls_server)
		r = ost_pki_fail(pki, -EINVAL,
			"%s: is not for a TLS server; ask for the extended key usage serverAuth",
			file);
	if (r == 0 && c->dns[0] == '\0')
		r = ost_pki_fail(pki, -EINVAL,
			"%s: has no DNS name that devices could check; ask for a subjectAltName",
			file);
	return r;
}

/* One that stands there gives way to its own renewal only. */
static int replaceable(struct ost_pki *pki, const struct ost_cert *next)
{
	const char *path = pki->paths->gateway_certificate;
	struct ost_cert old = {0};
	int r = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	r = ost_cert_read_one(pki, path, &old);
	if (r == 0 && old.not_after_s >= next->not_after_s)
		r = ost_pki_fail(pki, -EEXIST,
			"%s: exists already and does not end before the new one; nothing is "
			"overwritten",
			path);
	ost_cert_free(&old);
	return r;
}

static int install(struct ost_pki *pki, const char *file, const struct ost_cert *c, uint32_t count)
{
	OST_AUTO_CLOSE int lock = -1;
	int r = ost_pki_lock(pki, &lock);

	if (r == 0)
		r = leaf_check(pki, file, c);
	if (r == 0)
		r = chain_check(pki, file, c, count);
	if (r == 0)
		r = replaceable(pki, c);
	return r == 0 ? place(pki, c, count) : r;
}

int ost_pki_gateway_install(
	struct ost_pki *pki, const char *file, struct ost_pki_certificate *ret_certificate)
{
	OST_AUTO_FREE struct ost_cert *c = calloc(OST_CERT_MAX, sizeof(*c));
	uint32_t count = 0;
	int r = c != NULL ? ost_pki_clock_check(pki) : ost_pki_fail(pki, -ENOMEM, "out of memory");

	if (r == 0)
		r = ost_cert_read(pki, file, c, &count);
	if (r == 0)
		r = install(pki, file, c, count);
	if (r == 0)
		*ret_certificate = c[0].told;
	if (c != NULL)
		ost_cert_free_all(c, count);
	return r;
}

/* Recorded before it is in place, as a device's. */
static int renewed_place(struct ost_pki *pki, const struct ost_cert *next)
{
	struct ost_issued issued = {0};
	struct ost_jsonw line = {0};
	int r = ost_issued_read(pki, &issued);

	ost_issued_certificate_line(&line, pki, false, next->dns, NULL, &next->told);
	if (r == 0)
		r = ost_issued_append(pki, &issued, &line);
	ost_jsonw_free(&line);
	ost_issued_free(&issued);
	return r == 0 ? place(pki, next, 1) : r;
}

static int renew(struct ost_pki *pki, struct ost_ca *ca, const struct ost_cert *old,
	struct ost_key *key, struct ost_cert *ret_next)
{
	bool fits = strlen(old->dns) <= 64;
	struct ost_tbs t = {
		.kind = OST_TBS_GATEWAY,
		.organization = old->organization[0] != '\0' ? old->organization : NULL,
		.common_name = fits ? old->dns : "Ostiary gateway",
		.alt_name = old->dns,
		.spki = key->spki,
		.spki_length = key->spki_length,
	};

	if (!ost_cert_has_key(old, key) || old->dns[0] == '\0')
		return ost_pki_fail(pki, -EINVAL,
			"%s: does not belong to %s; restore the two from one backup",
			pki->paths->gateway_certificate, pki->paths->gateway_key);
	return ost_pki_issue(pki, &ca->certificate, &ca->key, &t, OST_PKI_GATEWAY_DAYS, ret_next);
}

int ost_pki_gateway_renew(struct ost_pki *pki, struct ost_pki_certificate *ret_certificate)
{
	OST_AUTO_CLOSE int lock = -1;
	struct ost_cert old = {0}, next = {0};
	struct ost_key key = {0};
	struct ost_ca ca = {0};
	int r = ost_pki_clock_check(pki);

	if (r == 0)
		r = ost_pki_lock(pki, &lock);
	if (r == 0)
		r = ost_ca_open(pki, &ca);
	if (r == 0)
		r = ost_cert_read_one(pki, pki->paths->gateway_certificate, &old);
	if (r == 0)
		r = ost_key_read(pki, pki->paths->gateway_key, &key);
	if (r == 0)
		r = renew(pki, &ca, &old, &key, &next);
	if (r == 0)
		r = renewed_place(pki, &next);
	if (r == 0)
		*ret_certificate = next.told;
	ost_cert_free(&next);
	ost_cert_free(&old);
	ost_key_free(&key);
	ost_ca_close(&ca);
	return r;
}
