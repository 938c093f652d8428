/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/pkcs7.h>

#include "signature.h"

#include <stdio.h>
#include <time.h>

#include "certificate.h"
#include "der.h"

static const uint8_t id_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}; /* 1.2.840.113549.1.7.2 */
static const uint8_t id_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};

#define CAS_MAX 256u /* of the site */

struct check {
	const struct ost_mud_request *request;
	struct ost_mud_bytes body, signature;
	struct ost_mud_answer *answer;
	PKCS7 *cms;
	struct ost_mud_certificate signer; /* borrows from cms */
};

static void say(struct check *c, enum ost_mud_verdict verdict, const char *why)
{
	c->answer->verdict = verdict;
	(void)snprintf(c->answer->why, sizeof(c->answer->why), "%s", why);
}

/* ---- the clock ---- */

static time_t clock_s; /* what the library takes for now; 0: the system's */

static time_t clock_tell(time_t *to)
{
	time_t now = clock_s != 0 ? clock_s : time(NULL);

	if (to != NULL)
		*to = now;
	return now;
}

/* ---- the CMS ---- */

static bool hash_is_strong(int oid)
{
	return oid == SHA256h || oid == SHA384h || oid == SHA512h;
}

/* RFC 5652 section 5.1: a SignedData without content of its own, over which the library would verify it, and with one signer, of
 * whom alone the library speaks. */
static bool cms_is_detached(const struct ost_mud_bytes *cms)
{
	struct ost_cursor c = ost_cursor_of(cms->bytes, cms->length);
	struct der whole = der_next(&c), type = der_next(&whole.in), outer = der_next(&whole.in), data = der_next(&outer.in);
	struct der version = der_next(&data.in), hashes = der_next(&data.in), content = der_next(&data.in);
	struct der kind = der_next(&content.in), part, signers = {0};

	if (whole.tag != DER_SEQUENCE || type.tag != DER_OID || !der_is(&type.in, id_signed_data, sizeof(id_signed_data)) ||
		outer.tag != DER_EXPLICIT_0 || data.tag != DER_SEQUENCE || version.tag != DER_INTEGER || hashes.tag != DER_SET ||
		content.tag != DER_SEQUENCE || kind.tag != DER_OID || !der_is(&kind.in, id_data, sizeof(id_data)))
		return false;
	while ((part = der_next(&data.in)).tag != 0)
		signers = part; /* behind certificates and lists */
	return ost_cursor_left(&c) == 0 && ost_cursor_left(&whole.in) == 0 && ost_cursor_left(&outer.in) == 0 &&
	       ost_cursor_left(&data.in) == 0 && ost_cursor_left(&content.in) == 0 && signers.tag == DER_SET &&
	       der_next(&signers.in).tag == DER_SEQUENCE && ost_cursor_left(&signers.in) == 0;
}

static bool cms_verify(struct check *c)
{
	PKCS7 *p = c->cms;
	int r;

	if (!cms_is_detached(&c->signature) || wc_PKCS7_Init(p, NULL, INVALID_DEVID) != 0)
		return false;
	wc_PKCS7_AllowDegenerate(p, 0);
	p->content = (byte *)(uintptr_t)c->body.bytes;
	p->contentSz = (word32)c->body.length;
	r = wc_PKCS7_VerifySignedData(p, (byte *)(uintptr_t)c->signature.bytes, (word32)c->signature.length);
	return r == 0 && p->contentSz == c->body.length && p->contentDynamic == NULL && p->verifyCert != NULL && p->verifyCertSz > 0 &&
	       hash_is_strong(p->hashOID);
}

/* ---- the chain ---- */

/* The library asks CAs that it is given for neither: any certificate would do, of any time. */
static bool ca_is_usable(const uint8_t *der, size_t length)
{
	struct ost_mud_certificate ca;
	int64_t now = (int64_t)clock_tell(NULL);

	return ost_mud_certificate_read(der, length, &ca) == 0 && ca.is_ca && ca.strong && ca.not_before_s <= now && now <= ca.not_after_s;
}

static void cas_load(const struct check *c, WOLFSSL_CERT_MANAGER *m)
{
	const char *at = (const char *)c->request->signer_cas.bytes, *end = at + c->request->signer_cas.length;
	uint8_t *der;
	size_t length;
	unsigned count = 0;

	while (at != NULL && count++ < CAS_MAX && ost_mud_pem_next(&at, end, &der, &length) > 0) {
		if (ca_is_usable(der, length))
			(void)wolfSSL_CertManagerLoadCABuffer(m, der, (long)length, WOLFSSL_FILETYPE_ASN1);
		free(der);
	}
}

static bool is_valid(WOLFSSL_CERT_MANAGER *m, const uint8_t *der, size_t length)
{
	return wolfSSL_CertManagerVerifyBuffer(m, der, (long)length, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS;
}

/* CA certificates of the CMS, each once it is proved itself. As many rounds as there are certificates. */
static void intermediates_load(const struct check *c, WOLFSSL_CERT_MANAGER *m)
{
	bool done[MAX_PKCS7_CERTS] = {false};

	for (int round = 0; round < MAX_PKCS7_CERTS; round++) {
		for (int i = 0; i < MAX_PKCS7_CERTS; i++) {
			const byte *der = c->cms->cert[i];
			word32 n = c->cms->certSz[i];

			if (done[i] || der == NULL || der == c->signer.der || !ca_is_usable(der, n) || !is_valid(m, der, n))
				continue;
			done[i] = true;
			(void)wolfSSL_CertManagerLoadCABuffer(m, der, (long)n, WOLFSSL_FILETYPE_ASN1);
		}
	}
}

/* Whether the signer's certificate has a chain that is valid at a time. */
static bool chain_is_valid(const struct check *c, int64_t at_s)
{
	WOLFSSL_CERT_MANAGER *m = wolfSSL_CertManagerNew();
	bool valid = false;

	if (m == NULL)
		return false;
	clock_s = (time_t)at_s;
	cas_load(c, m);
	intermediates_load(c, m);
	valid = is_valid(m, c->signer.der, c->signer.length);
	clock_s = 0;
	wolfSSL_CertManagerFree(m);
	return valid;
}

/* ---- the device ---- */

/* Subjects are compared byte by byte. */
static int device_check(struct check *c)
{
	const struct ost_mud_bytes *given = &c->request->device;
	const char *at = (const char *)given->bytes;
	struct ost_mud_certificate device;
	uint8_t *der = NULL;
	size_t length = 0;
	int r = 0;

	if (given->bytes == NULL)
		return 0;
	if (ost_mud_pem_next(&at, at + given->length, &der, &length) <= 0)
		r = ost_mud_certificate_read(given->bytes, given->length, &device);
	else
		r = ost_mud_certificate_read(der, length, &device);
	if (r < 0)
		say(c, OST_MUD_WRONG_SIGNER, "the device's certificate is not sound");
	else if (device.mudsigner != NULL && (device.mudsigner_length != c->signer.subject_length ||
						     memcmp(device.mudsigner, c->signer.subject, c->signer.subject_length) != 0)) {
		say(c, OST_MUD_WRONG_SIGNER, "the device's certificate names another signer");
		r = -EINVAL;
	}
	free(der);
	return r;
}

/* ---- all ---- */

static void signer_tell(struct check *c)
{
	(void)snprintf(c->answer->signer, sizeof(c->answer->signer), "%s", c->signer.subject_text);
	memcpy(c->answer->spki_sha256, c->signer.spki_sha256, sizeof(c->answer->spki_sha256));
	c->answer->not_after_s = c->signer.not_after_s;
}

/* A certificate that was valid when it began to be, and is not at the time, is an expired one; else nobody knows its CA. */
static bool chain_check(struct check *c)
{
	if (chain_is_valid(c, c->request->at_s))
		return true;
	if (c->signer.not_before_s > 0 && chain_is_valid(c, c->signer.not_before_s))
		say(c, OST_MUD_EXPIRED_SIGNER, "the signer's certificate, or a CA above it, is not valid at that time");
	else
		say(c, OST_MUD_UNKNOWN_CA, "the signer's certificate leads to no CA that is trusted for MUD files");
	return false;
}

static void steps(struct check *c)
{
	if (!cms_verify(c)) {
		say(c, OST_MUD_BAD_SIGNATURE, "the signature is not one over these bytes");
		return;
	}
	if (ost_mud_certificate_read(c->cms->verifyCert, c->cms->verifyCertSz, &c->signer) < 0 || !c->signer.strong) {
		say(c, OST_MUD_BAD_SIGNATURE, "the signer's certificate is not sound, or its key is weak");
		return;
	}
	signer_tell(c);
	if (!chain_check(c))
		return;
	if (!c->signer.may_sign)
		say(c, OST_MUD_WRONG_USAGE, "the signer's certificate is not for signatures");
	else if (device_check(c) == 0)
		say(c, OST_MUD_SIGNED, "");
}

void ost_mud_signature_check(
	const struct ost_mud_request *request, struct ost_mud_bytes body, struct ost_mud_bytes signature, struct ost_mud_answer *answer)
{
	struct check c = {.request = request, .body = body, .signature = signature, .answer = answer};

	if (signature.bytes == NULL) {
		say(&c, OST_MUD_UNSIGNED, "");
		return;
	}
	say(&c, OST_MUD_BAD_SIGNATURE, "the signature cannot be verified");
	if (body.length == 0 || body.length > OST_MUD_BODY_MAX || signature.length == 0 || signature.length > OST_MUD_SIGNATURE_MAX)
		return;
	c.cms = wc_PKCS7_New(NULL, INVALID_DEVID);
	if (c.cms == NULL)
		return;
	(void)wc_SetTimeCb(clock_tell);
	steps(&c);
	wc_PKCS7_Free(c.cms);
}
