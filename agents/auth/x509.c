/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/openssl/ec.h>
#include <wolfssl/openssl/evp.h>
#include <wolfssl/openssl/x509v3.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "x509.h"

#include <stdio.h>
#include <time.h>

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

/* bytes may hold a NUL: such a name is none, for two programs would read it differently. */
static bool name_take(char *to, size_t size, const char *bytes, int length)
{
	if (length <= 0 || (size_t)length >= size || memchr(bytes, '\0', (size_t)length) != NULL ||
		!ost_text_is_plain(bytes, (size_t)length))
		return false;
	memcpy(to, bytes, (size_t)length);
	to[length] = '\0';
	return true;
}

static bool name_of_san(WOLFSSL_X509 *x, struct ost_auth_proof *proof)
{
	WOLF_STACK_OF(WOLFSSL_GENERAL_NAME) *names = wolfSSL_X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	/* The library lists them from the last one to the first. */
	for (int i = wolfSSL_sk_GENERAL_NAME_num(names) - 1; i >= 0 && !found; i--) {
		const WOLFSSL_GENERAL_NAME *n = wolfSSL_sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_URI)
			found = name_take(proof->identity, sizeof(proof->identity), (const char *)n->d.uniformResourceIdentifier->data,
				n->d.uniformResourceIdentifier->length);
	}
	wolfSSL_sk_GENERAL_NAME_pop_free(names, NULL);
	return found;
}

static bool name_of_dn(WOLFSSL_X509 *x, int nid, bool issuer, char *to, size_t size)
{
	WOLFSSL_X509_NAME *dn = issuer ? wolfSSL_X509_get_issuer_name(x) : wolfSSL_X509_get_subject_name(x);
	int at = dn != NULL ? wolfSSL_X509_NAME_get_index_by_NID(dn, nid, -1) : -1;
	WOLFSSL_X509_NAME_ENTRY *entry = at >= 0 ? wolfSSL_X509_NAME_get_entry(dn, at) : NULL;
	WOLFSSL_ASN1_STRING *text = entry != NULL ? wolfSSL_X509_NAME_ENTRY_get_data(entry) : NULL;

	/* With its own length: the library's text ends at a NUL, and where its room ends. */
	return text != NULL &&
		name_take(to, size, (const char *)wolfSSL_ASN1_STRING_data(text), wolfSSL_ASN1_STRING_length(text));
}

static void key_describe(WOLFSSL_X509 *x, struct ost_auth_proof *proof)
{
	WOLFSSL_EVP_PKEY *key = wolfSSL_X509_get_pubkey(x);
	int id = key != NULL ? wolfSSL_EVP_PKEY_base_id(key) : 0;

	(void)snprintf(proof->key, sizeof(proof->key), "%s %d",
		id == EVP_PKEY_RSA ? "RSA" : id == EVP_PKEY_EC ? "EC" : "other", key != NULL ? wolfSSL_EVP_PKEY_bits(key) : 0);
	wolfSSL_EVP_PKEY_free(key);
}

/* RFC 5280 4.1.2.2: the issuer's name and the serial together name a certificate. */
static void issuer_hash(WOLFSSL_X509 *x, struct ost_auth_proof *proof)
{
	unsigned char *der = NULL;
	WOLFSSL_X509_NAME *dn = wolfSSL_X509_get_issuer_name(x);
	int n = dn != NULL ? wolfSSL_i2d_X509_NAME(dn, &der) : -1;

	if (n > 0)
		(void)wc_Sha256Hash(der, (word32)n, proof->issuer_sha256);
	if (der != NULL)
		XFREE(der, NULL, DYNAMIC_TYPE_OPENSSL);
}

int ost_x509_describe(WOLFSSL_X509 *x, struct ost_auth_proof *proof)
{
	int length = 0, serial = sizeof(proof->serial);
	const unsigned char *der = wolfSSL_X509_get_der(x, &length);

	if (der == NULL || wc_Sha256Hash(der, (word32)length, proof->certificate_sha256) != 0)
		return -EINVAL;
	if (wolfSSL_X509_get_serial_number(x, proof->serial, &serial) == WOLFSSL_SUCCESS)
		proof->serial_length = (uint8_t)OST_MIN(serial, (int)sizeof(proof->serial));
	proof->not_before_wall_s = ost_x509_time_s(wolfSSL_X509_get_notBefore(x));
	proof->not_after_wall_s = ost_x509_time_s(wolfSSL_X509_get_notAfter(x));
	if (!name_of_dn(x, NID_commonName, true, proof->issuer, sizeof(proof->issuer)))
		(void)snprintf(proof->issuer, sizeof(proof->issuer), "?");
	issuer_hash(x, proof);
	key_describe(x, proof);
	if (name_of_san(x, proof) || name_of_dn(x, NID_serialNumber, false, proof->identity, sizeof(proof->identity)))
		return 0;
	return -EINVAL;
}
