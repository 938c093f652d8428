/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/openssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "x509.h"

#include <stdio.h>
#include <time.h>

#include "altname.h"
#include "text.h"

uint64_t ost_x509_time_s(const WOLFSSL_ASN1_TIME *time)
{
	struct tm tm = {0};
	time_t s;

	if (time == NULL || wolfSSL_ASN1_TIME_to_tm(time, &tm) != WOLFSSL_SUCCESS)
		return 0;
	s = timegm(&tm);
	return s > 0 ? (uint64_t)s : 0;
}

static uint64_t date_s(const uint8_t *date, int length)
{
	const byte *text = NULL;
	byte format = 0;
	int n = 0;
	struct tm tm = {0};
	time_t s;

	if (date == NULL || wc_GetDateInfo(date, length, &text, &format, &n) != 0 || wc_GetDateAsCalendarTime(text, n, format, &tm) != 0)
		return 0;
	s = timegm(&tm);
	return s > 0 ? (uint64_t)s : 0;
}

/* ---- names ---- */

/* With its own length: the library's text ends at a NUL, and where its room ends. */
static const char *dn_part(const void *name, int nid, int *ret_length)
{
	WOLFSSL_X509_NAME *dn = (WOLFSSL_X509_NAME *)(uintptr_t)name;
	int at = dn != NULL ? wolfSSL_X509_NAME_get_index_by_NID(dn, nid, -1) : -1;
	WOLFSSL_X509_NAME_ENTRY *entry = at >= 0 ? wolfSSL_X509_NAME_get_entry(dn, at) : NULL;
	WOLFSSL_ASN1_STRING *text = entry != NULL ? wolfSSL_X509_NAME_ENTRY_get_data(entry) : NULL;

	if (text == NULL)
		return NULL;
	*ret_length = wolfSSL_ASN1_STRING_length(text);
	return *ret_length > 0 ? (const char *)wolfSSL_ASN1_STRING_data(text) : NULL;
}

/* For people. */
static void dn_show(const void *name, char *to, size_t size)
{
	int length = 0;
	const char *bytes = dn_part(name, NID_commonName, &length);
	size_t n = bytes != NULL ? OST_MIN((size_t)length, size - 1) : 0;

	if (n == 0) {
		(void)snprintf(to, size, "?");
		return;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = bytes[i] != '\0' ? bytes[i] : '?';
	to[n] = '\0';
	ost_text_make_plain(to);
}

/* bytes may hold a NUL: such a name is none, for two programs would read it differently. */
static bool serial_number_take(const void *name, char *to, size_t size)
{
	int length = 0;
	const char *bytes = dn_part(name, NID_serialNumber, &length);

	if (bytes == NULL || (size_t)length >= size || !ost_text_is_plain(bytes, (size_t)length))
		return false;
	memcpy(to, bytes, (size_t)length);
	to[length] = '\0';
	return true;
}

/* RFC 5280 4.1.2.2: the issuer's name and the serial together name a certificate. */
static void issuer_hash(const DecodedCert *c, struct ost_auth_proof *proof)
{
	unsigned char *der = NULL;
	WOLFSSL_X509_NAME *dn = c->issuerName;
	int n = dn != NULL ? wolfSSL_i2d_X509_NAME(dn, &der) : -1;

	if (n > 0)
		(void)wc_Sha256Hash(der, (word32)n, proof->issuer_sha256);
	if (der != NULL)
		XFREE(der, NULL, DYNAMIC_TYPE_OPENSSL);
}

static int identity_take(const DecodedCert *c, const uint8_t *der, size_t length, struct ost_auth_proof *proof)
{
	int r = ost_altname_uri(der, length, proof->identity, sizeof(proof->identity));

	if (r == -ENOENT)
		r = ost_altname_hardware(der, length, proof->identity, sizeof(proof->identity));
	if (r == -ENOENT && serial_number_take(c->subjectName, proof->identity, sizeof(proof->identity)))
		r = 0;
	return r < 0 ? -EINVAL : 0;
}

/* ---- keys ---- */

static unsigned rsa_bits(const DecodedCert *c)
{
	const byte *n = NULL, *e;
	word32 at = 0, n_length = 0, e_length = 0;

	if (c->publicKey == NULL || wc_RsaPublicKeyDecode_ex(c->publicKey, &at, c->pubKeySize, &n, &n_length, &e, &e_length) != 0)
		return 0;
	while (n_length > 0 && *n == 0) {
		n++;
		n_length--;
	}
	return n_length == 0 ? 0 : n_length * 8 - (unsigned)(__builtin_clz(*n) - 24);
}

/* The curves of NIST by the names that everybody uses; another one by its bits. */
static unsigned ec_bits(const DecodedCert *c, const char **ret_name)
{
	static const struct {
		int id;
		unsigned bits;
		const char *name;
	} curves[] = {
		{ECC_SECP192R1, 192, "P-192"},
		{ECC_SECP224R1, 224, "P-224"},
		{ECC_SECP256R1, 256, "P-256"},
		{ECC_SECP384R1, 384, "P-384"},
		{ECC_SECP521R1, 521, "P-521"},
	};
	int id = wc_ecc_get_oid(c->pkCurveOID, NULL, NULL), bytes;

	*ret_name = NULL;
	for (size_t i = 0; i < OST_ARRAY_SIZE(curves); i++) {
		if (curves[i].id != id)
			continue;
		*ret_name = curves[i].name;
		return curves[i].bits;
	}
	bytes = id > 0 ? wc_ecc_get_curve_size_from_id(id) : 0;
	return bytes > 0 ? (unsigned)bytes * 8 : 0;
}

static void key_describe(const DecodedCert *c, char to[static 32])
{
	const char *name;
	unsigned bits;

	switch (c->keyOID) {
	case RSAk:
		(void)snprintf(to, 32, "RSA-%u", rsa_bits(c));
		break;
	case ECDSAk:
		bits = ec_bits(c, &name);
		if (name != NULL)
			(void)snprintf(to, 32, "ECDSA %s", name);
		else
			(void)snprintf(to, 32, "ECDSA %u bits", bits);
		break;
	case ED25519k:
		(void)snprintf(to, 32, "Ed25519");
		break;
	case ED448k:
		(void)snprintf(to, 32, "Ed448");
		break;
	default:
		(void)snprintf(to, 32, "other");
	}
}

static bool is_weak(const DecodedCert *c, unsigned rsa_bits_min, unsigned ec_bits_min)
{
	const char *name;

	switch (c->keyOID) {
	case RSAk:
		return rsa_bits(c) < rsa_bits_min;
	case ECDSAk:
		return ec_bits(c, &name) < ec_bits_min;
	case ED25519k:
	case ED448k:
		return false;
	default:
		return true;
	}
}

bool ost_x509_is_ca(const uint8_t *der, size_t length)
{
	DecodedCert c;
	bool ca;

	wc_InitDecodedCert(&c, der, (word32)length, NULL);
	ca = wc_ParseCert(&c, CERT_TYPE, NO_VERIFY, NULL) == 0 && c.isCA && (!c.extKeyUsageSet || (c.extKeyUsage & KEYUSE_KEY_CERT_SIGN) != 0);
	wc_FreeDecodedCert(&c);
	return ca;
}

bool ost_x509_is_weak(const uint8_t *der, size_t length, unsigned rsa_bits_min, unsigned ec_bits_min)
{
	DecodedCert c;
	bool weak;

	wc_InitDecodedCert(&c, der, (word32)length, NULL);
	weak = wc_ParseCert(&c, CERT_TYPE, NO_VERIFY, NULL) != 0 || is_weak(&c, rsa_bits_min, ec_bits_min);
	wc_FreeDecodedCert(&c);
	return weak;
}

/* ---- all of it ---- */

static void fields_take(const DecodedCert *c, struct ost_auth_proof *proof)
{
	if (c->serialSz > 0 && (size_t)c->serialSz <= sizeof(proof->serial)) {
		memcpy(proof->serial, c->serial, (size_t)c->serialSz);
		proof->serial_length = (uint8_t)c->serialSz;
	}
	proof->not_before_wall_s = date_s(c->beforeDate, c->beforeDateLen);
	proof->not_after_wall_s = date_s(c->afterDate, c->afterDateLen);
	dn_show(c->subjectName, proof->subject, sizeof(proof->subject));
	dn_show(c->issuerName, proof->issuer, sizeof(proof->issuer));
	issuer_hash(c, proof);
	key_describe(c, proof->key);
}

int ost_x509_describe(const uint8_t *der, size_t length, struct ost_auth_proof *proof)
{
	DecodedCert c;
	int r;

	if (wc_Sha256Hash(der, (word32)length, proof->certificate_sha256) != 0)
		return -EINVAL;
	wc_InitDecodedCert(&c, der, (word32)length, NULL);
	r = wc_ParseCert(&c, CERT_TYPE, NO_VERIFY, NULL) == 0 ? 0 : -EINVAL;
	fields_take(&c, proof);
	if (identity_take(&c, der, length, proof) < 0)
		r = -EINVAL;
	wc_FreeDecodedCert(&c);
	return r;
}
