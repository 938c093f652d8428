/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>

#include "file.h"
#include "pki_private.h"
#include "text.h"

#include <stdio.h>

static int time_of(const uint8_t *date, int length, int64_t *ret_s)
{
	const byte *text = NULL;
	byte format = 0;
	int n = 0;
	struct tm tm = {0};

	if (date == NULL || wc_GetDateInfo(date, length, &text, &format, &n) != 0 ||
		wc_GetDateAsCalendarTime(text, n, format, &tm) != 0)
		return -EINVAL;
	*ret_s = (int64_t)timegm(&tm);
	return 0;
}

/* wolfSSL hands out a Name without its head. */
static int subject_keep(const DecodedCert *from, struct ost_cert *c)
{
	struct ost_der name = {0};

	ost_der_put(&name, OST_DER_SEQUENCE, from->subjectRaw, (size_t)from->subjectRawLen);
	if (!name.failed) {
		c->subject_length = (uint32_t)ost_der_length(&name);
		c->subject = malloc(c->subject_length);
	}
	if (c->subject != NULL)
		memcpy(c->subject, ost_der_bytes(&name), c->subject_length);
	ost_der_free(&name);
	return c->subject != NULL ? 0 : -ENOMEM;
}

static bool key_strong(const DecodedCert *from)
{
	const byte *n, *e;
	word32 at = 0, n_length = 0, e_length = 0;

	switch (from->keyOID) {
	case ECDSAk:
		return wc_ecc_get_curve_size_from_id(
			       wc_ecc_get_oid(from->pkCurveOID, NULL, NULL)) >= 32;
	case RSAk:
		return wc_RsaPublicKeyDecode_ex(from->publicKey, &at, from->pubKeySize, &n,
			       &n_length, &e, &e_length) == 0 &&
		       n_length >= 256;
	case ED25519k:
	case ED448k:
		return true;
	default:
		return false;
	}
}

static void names_keep(const DecodedCert *from, struct ost_cert *c)
{
	for (const DNS_entry *n = from->altNames; n != NULL; n = n->next) {
		if (n->type != ASN_DNS_TYPE || n->len <= 0 || (size_t)n->len >= sizeof(c->dns))
			continue;
		(void)snprintf(c->dns, sizeof(c->dns), "%.*s", n->len, n->name);
		ost_text_make_plain(c->dns);
		break;
	}
	if (from->subjectO != NULL && from->subjectOLen > 0 &&
		(size_t)from->subjectOLen < sizeof(c->organization))
		(void)snprintf(c->organization, sizeof(c->organization), "%.*s", from->subjectOLen,
			from->subjectO);
}

static int fields_keep(const DecodedCert *from, struct ost_cert *c)
{
	int r = time_of(from->beforeDate, from->beforeDateLen, &c->not_before_s);

	if (r == 0)
		r = time_of(from->afterDate, from->afterDateLen, &c->not_after_s);
	if (r == 0)
		r = subject_keep(from, c);
	if (r < 0)
		return r;
	c->public_key = malloc(from->pubKeySize + 1);
	if (c->public_key == NULL)
		return -ENOMEM;
	memcpy(c->public_key, from->publicKey, from->pubKeySize);
	c->public_key_length = from->pubKeySize;
	c->has_key_id = from->extSubjKeyIdSet;
	memcpy(c->key_id, from->extSubjKeyId, sizeof(c->key_id));
	c->is_ca = from->isCA &&
		   (!from->extKeyUsageSet || (from->extKeyUsage & KEYUSE_KEY_CERT_SIGN) != 0);
	c->tls_server = !from->extExtKeyUsageSet ||
			(from->extExtKeyUsage & (EXTKEYUSE_SERVER_AUTH | EXTKEYUSE_ANY)) != 0;
	c->strong = key_strong(from);
	names_keep(from, c);
	if (from->serialSz <= 20)
		ost_pki_hex(from->serial, (size_t)from->serialSz, c->told.serial);
	c->told.not_before_s = c->not_before_s;
	c->told.not_after_s = c->not_after_s;
	return 0;
}

int ost_cert_decode(struct ost_pki *pki, const char *name, const uint8_t *der, size_t length,
	struct ost_cert *c)
{
	DecodedCert decoded;
	int r;

	*c = (struct ost_cert){0};
	InitDecodedCert(&decoded, der, (word32)length, NULL);
	r = ParseCert(&decoded, CERT_TYPE, NO_VERIFY, NULL);
	if (r != 0) {
		FreeDecodedCert(&decoded);
		return ost_pki_fail(pki, -EINVAL, "%s: is no sound certificate: %s", name,
			wc_GetErrorString(r));
	}
	c->der = malloc(length);
	r = c->der != NULL ? fields_keep(&decoded, c) : -ENOMEM;
	FreeDecodedCert(&decoded);
	if (r < 0) {
		ost_cert_free(c);
		return ost_pki_fail(pki, r, "%s: is no sound certificate: %s", name, strerror(-r));
	}
	memcpy(c->der, der, length);
	c->length = (uint32_t)length;
	ost_pki_sha256_hex(der, length, c->told.sha256);
	return 0;
}

/* The next certificate of the text. wolfSSL looks for the next BEGIN CERTIFICATE; the END that
 * belongs to it says where to go on. */
static int next_decode(struct ost_pki *pki, const char *path, const char **text, struct ost_cert *c)
{
	static const char end_line[] = "-----END CERTIFICATE-----";
	const char *end = strstr(*text, end_line);
	DerBuffer *der = NULL;
	int r;

	r = wc_PemToDer(
		(const byte *)*text, (long)strlen(*text), CERT_TYPE, &der, NULL, NULL, NULL);
	if (r != 0 || end == NULL) {
		wc_FreeDer(&der);
		return ost_pki_fail(pki, -EINVAL, "%s: is damaged or no certificate in PEM", path);
	}
	r = ost_cert_decode(pki, path, der->buffer, der->length, c);
	wc_FreeDer(&der);
	*text = end + sizeof(end_line) - 1;
	return r;
}

static int read_some(struct ost_pki *pki, const char *path, struct ost_cert *certificates,
	uint32_t most, uint32_t *ret_count)
{
	OST_AUTO_FREE char *text = NULL;
	const char *at;
	size_t length = 0;
	uint32_t n = 0;
	int r = ost_file_read(path, OST_PKI_FILE_MAX, &text, &length);

	if (r < 0)
		return ost_pki_fail(pki, r, "%s: cannot be read: %s", path, strerror(-r));
	at = text;
	do {
		r = next_decode(pki, path, &at, &certificates[n]);
		if (r == 0)
			n++;
	} while (r == 0 && n < most && strstr(at, "-----BEGIN CERTIFICATE") != NULL);
	if (r == 0 && most > 1 && n == most && strstr(at, "-----BEGIN CERTIFICATE") != NULL)
		r = ost_pki_fail(pki, -EINVAL, "%s: has more than %u certificates", path, most);
	if (r < 0) {
		ost_cert_free_all(certificates, n);
		return r;
	}
	*ret_count = n;
	return 0;
}

int ost_cert_read(struct ost_pki *pki, const char *path, struct ost_cert *ret_certificates,
	uint32_t *ret_count)
{
	return read_some(pki, path, ret_certificates, OST_CERT_MAX, ret_count);
}

int ost_cert_read_one(struct ost_pki *pki, const char *path, struct ost_cert *ret_certificate)
{
	uint32_t count;

	return read_some(pki, path, ret_certificate, 1, &count);
}

bool ost_cert_has_key(const struct ost_cert *c, const struct ost_key *key)
{
	return c->public_key_length == key->spki_length &&
	       memcmp(c->public_key, key->spki, key->spki_length) == 0;
}

int ost_cert_trust(struct ost_pki *pki, WOLFSSL_CERT_MANAGER **ret_manager)
{
	OST_AUTO_FREE struct ost_cert *cas = calloc(OST_CERT_MAX, sizeof(*cas));
	WOLFSSL_CERT_MANAGER *manager = wolfSSL_CertManagerNew();
	uint32_t count = 0;
	int r = cas != NULL && manager != NULL ? 0 : ost_pki_fail(pki, -ENOMEM, "out of memory");

	if (r == 0)
		r = ost_cert_read(pki, pki->paths->ca_certificate, cas, &count);
	for (uint32_t i = 0; i < count && r == 0; i++) {
		int w = wolfSSL_CertManagerLoadCABuffer(
			manager, cas[i].der, (long)cas[i].length, WOLFSSL_FILETYPE_ASN1);

		if (w != WOLFSSL_SUCCESS)
			r = ost_pki_fail(pki, -EINVAL, "%s: is no CA to trust: %s",
				pki->paths->ca_certificate, wc_GetErrorString(w));
	}
	if (cas != NULL)
		ost_cert_free_all(cas, count);
	if (r < 0) {
		wolfSSL_CertManagerFree(manager);
		return r;
	}
	*ret_manager = manager;
	return 0;
}

void ost_cert_free(struct ost_cert *c)
{
	free(c->der);
	free(c->subject);
	free(c->public_key);
	*c = (struct ost_cert){0};
}

void ost_cert_free_all(struct ost_cert *certificates, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		ost_cert_free(&certificates[i]);
}
