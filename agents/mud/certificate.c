/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/openssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "certificate.h"

#include <stdio.h>
#include <time.h>

#include "der.h"

#define RSA_BITS_MIN 2048
#define EC_BYTES_MIN 32
#define DER_MAX	     65536

/* id-pe-mudsigner, 1.3.6.1.5.5.7.1.30: a Name (RFC 8520 section 11) */
static const uint8_t id_mudsigner[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x1e};

/* ---- by its structure: RFC 5280 section 4.1 ---- */

/* Two of them are one too many (RFC 5280 section 4.2). */
static int mudsigner_take(struct der extension, struct ost_mud_certificate *c)
{
	struct der id = der_next(&extension.in), value = der_next(&extension.in), name;

	if (extension.tag != DER_SEQUENCE || id.tag != DER_OID)
		return -EINVAL;
	if (!der_is(&id.in, id_mudsigner, sizeof(id_mudsigner)))
		return 0;
	if (value.tag == DER_BOOLEAN)
		value = der_next(&extension.in);
	name = der_next(&value.in);
	if (c->mudsigner != NULL || value.tag != DER_OCTETS || name.tag != DER_SEQUENCE || ost_cursor_left(&value.in) > 0)
		return -EINVAL;
	c->mudsigner = name.bytes;
	c->mudsigner_length = name.length;
	return 0;
}

static int extensions_take(struct ost_cursor *body, struct ost_mud_certificate *c)
{
	struct der part, list;
	int r = 0;

	while ((part = der_next(body)).tag != 0) {
		if (part.tag != DER_EXPLICIT_3)
			continue;
		list = der_next(&part.in);
		while (r == 0 && ost_cursor_left(&list.in) > 0)
			r = mudsigner_take(der_next(&list.in), c);
	}
	return body->failed ? -EINVAL : r;
}

static int structure_read(struct ost_mud_certificate *c)
{
	struct ost_cursor all = ost_cursor_of(c->der, c->length);
	struct der whole = der_next(&all), body = der_next(&whole.in), part = der_next(&body.in);

	if (whole.tag != DER_SEQUENCE || body.tag != DER_SEQUENCE || ost_cursor_left(&all) > 0)
		return -EINVAL;
	if (part.tag == DER_EXPLICIT_0) /* version */
		part = der_next(&body.in);
	for (int i = 0; i < 4 && part.tag != 0; i++) /* serial number, signature, issuer, validity */
		part = der_next(&body.in);
	if (part.tag != DER_SEQUENCE)
		return -EINVAL;
	c->subject = part.bytes;
	c->subject_length = part.length;
	part = der_next(&body.in);
	if (part.tag != DER_SEQUENCE)
		return -EINVAL;
	c->spki = part.bytes;
	c->spki_length = part.length;
	return extensions_take(&body.in, c);
}

/* ---- by the library ---- */

static int64_t date_s(const uint8_t *date, int length)
{
	const byte *text = NULL;
	byte format = 0;
	int n = 0;
	struct tm tm = {0};

	if (date == NULL || wc_GetDateInfo(date, length, &text, &format, &n) != 0 || wc_GetDateAsCalendarTime(text, n, format, &tm) != 0)
		return 0;
	return OST_MAX((int64_t)timegm(&tm), 0);
}

static bool rsa_is_strong(const DecodedCert *d)
{
	const byte *n = NULL, *e;
	word32 at = 0, n_length = 0, e_length = 0;

	if (wc_RsaPublicKeyDecode_ex(d->publicKey, &at, d->pubKeySize, &n, &n_length, &e, &e_length) != 0)
		return false;
	for (; n_length > 0 && *n == 0; n_length--)
		n++;
	return n_length * 8 >= RSA_BITS_MIN;
}

static bool key_is_strong(const DecodedCert *d)
{
	int curve;

	if (d->publicKey == NULL)
		return false;
	if (d->keyOID == RSAk)
		return rsa_is_strong(d);
	if (d->keyOID != ECDSAk)
		return d->keyOID == ED25519k || d->keyOID == ED448k;
	curve = wc_ecc_get_oid(d->pkCurveOID, NULL, NULL);
	return curve >= 0 && wc_ecc_get_curve_size_from_id(curve) >= EC_BYTES_MIN;
}

void ost_mud_text_show(char *text)
{
	for (char *c = text; *c != '\0'; c++)
		*c = *c < 0x20 || *c >= 0x7f ? '?' : *c; /* a byte of UTF-8 is negative, or too large */
}

static void library_take(const DecodedCert *d, struct ost_mud_certificate *c)
{
	c->not_before_s = date_s(d->beforeDate, d->beforeDateLen);
	c->not_after_s = date_s(d->afterDate, d->afterDateLen);
	c->is_ca = d->isCA && (!d->extKeyUsageSet || (d->extKeyUsage & KEYUSE_KEY_CERT_SIGN) != 0);
	c->may_sign = d->extKeyUsageSet && (d->extKeyUsage & KEYUSE_DIGITAL_SIG) != 0;
	c->strong = key_is_strong(d);
	(void)snprintf(c->subject_text, sizeof(c->subject_text), "%s", d->subject[0] == '/' ? d->subject + 1 : d->subject);
	ost_mud_text_show(c->subject_text);
}

int ost_mud_certificate_read(const uint8_t *der, size_t length, struct ost_mud_certificate *ret)
{
	struct ost_mud_certificate c = {.der = der, .length = length};
	DecodedCert d;
	int r;

	if (length > DER_MAX || structure_read(&c) < 0)
		return -EINVAL;
	wc_InitDecodedCert(&d, der, (word32)length, NULL);
	r = wc_ParseCert(&d, CERT_TYPE, NO_VERIFY, NULL);
	if (r == 0)
		library_take(&d, &c);
	wc_FreeDecodedCert(&d);
	if (r != 0 || wc_Sha256Hash(c.spki, (word32)c.spki_length, c.spki_sha256) != 0)
		return -EINVAL;
	*ret = c;
	return 0;
}

int ost_mud_pem_next(const char **at, const char *end, uint8_t **ret_der, size_t *ret_length)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----", finish[] = "-----END CERTIFICATE-----";
	const char *from = memmem(*at, (size_t)(end - *at), begin, sizeof(begin) - 1);
	const char *to = from != NULL ? memmem(from, (size_t)(end - from), finish, sizeof(finish) - 1) : NULL;
	uint8_t *der;
	size_t length;
	int n;

	if (from == NULL)
		return 0;
	if (to == NULL)
		return -EINVAL;
	to += sizeof(finish) - 1;
	length = (size_t)(to - from);
	if (length > DER_MAX)
		return -EINVAL;
	der = malloc(length);
	if (der == NULL)
		return -ENOMEM;
	n = wc_CertPemToDer((const unsigned char *)from, (int)length, der, (int)length, CERT_TYPE);
	if (n <= 0) {
		free(der);
		return -EINVAL;
	}
	*at = to;
	*ret_der = der;
	*ret_length = (size_t)n;
	return 1;
}
