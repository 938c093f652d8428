/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A private key and a certificate belong together, or they do not: every kind of key that the TLS library takes. */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common.h"
#include "tls_pair.h"

enum kind { KIND_P256, KIND_P384, KIND_RSA, KIND_ED25519, KIND_ED448, KIND_COUNT };

struct pair {
	uint8_t certificate[2048];
	char key[4096];
	size_t certificate_length, key_length;
};

static WC_RNG rng;
static struct pair pairs[KIND_COUNT][2];

static void pem_make(struct pair *p, const uint8_t *der, int length, int type)
{
	int n = wc_DerToPem(der, (word32)length, (byte *)p->key, sizeof(p->key), type);

	assert_true(length > 0 && n > 0);
	p->key_length = (size_t)n;
}

static void certificate_make(struct pair *p, int kind, int signature, void *key)
{
	Cert c;
	int n;

	assert_int_equal(wc_InitCert(&c), 0);
	(void)snprintf(c.subject.commonName, sizeof(c.subject.commonName), "x");
	c.sigType = signature;
	c.selfSigned = 1;
	n = wc_MakeCert_ex(&c, p->certificate, sizeof(p->certificate), kind, key, &rng);
	assert_true(n > 0);
	n = wc_SignCert_ex(c.bodySz, c.sigType, p->certificate, sizeof(p->certificate), kind, key, &rng);
	assert_true(n > 0);
	p->certificate_length = (size_t)n;
}

static void ec_make(struct pair *p, int bytes, int curve)
{
	uint8_t der[512];
	ecc_key key;

	assert_int_equal(wc_ecc_init(&key), 0);
	assert_int_equal(wc_ecc_make_key_ex(&rng, bytes, &key, curve), 0);
	certificate_make(p, ECC_TYPE, CTC_SHA256wECDSA, &key);
	pem_make(p, der, wc_EccKeyToDer(&key, der, sizeof(der)), ECC_PRIVATEKEY_TYPE);
	(void)wc_ecc_free(&key);
}

static void rsa_make(struct pair *p)
{
	uint8_t der[2048];
	RsaKey key;

	assert_int_equal(wc_InitRsaKey(&key, NULL), 0);
	assert_int_equal(wc_MakeRsaKey(&key, 2048, WC_RSA_EXPONENT, &rng), 0);
	certificate_make(p, RSA_TYPE, CTC_SHA256wRSA, &key);
	pem_make(p, der, wc_RsaKeyToDer(&key, der, sizeof(der)), PRIVATEKEY_TYPE);
	(void)wc_FreeRsaKey(&key);
}

static void ed25519_make(struct pair *p)
{
	uint8_t der[256];
	ed25519_key key;

	assert_int_equal(wc_ed25519_init(&key), 0);
	assert_int_equal(wc_ed25519_make_key(&rng, ED25519_KEY_SIZE, &key), 0);
	certificate_make(p, ED25519_TYPE, CTC_ED25519, &key);
	pem_make(p, der, wc_Ed25519PrivateKeyToDer(&key, der, sizeof(der)), PKCS8_PRIVATEKEY_TYPE);
	wc_ed25519_free(&key);
}

static void ed448_make(struct pair *p)
{
	uint8_t der[256];
	ed448_key key;

	assert_int_equal(wc_ed448_init(&key), 0);
	assert_int_equal(wc_ed448_make_key(&rng, ED448_KEY_SIZE, &key), 0);
	certificate_make(p, ED448_TYPE, CTC_ED448, &key);
	pem_make(p, der, wc_Ed448PrivateKeyToDer(&key, der, sizeof(der)), PKCS8_PRIVATEKEY_TYPE);
	wc_ed448_free(&key);
}

static int setup(void **state)
{
	(void)state;
	if (wolfSSL_Init() != WOLFSSL_SUCCESS || wc_InitRng(&rng) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		ec_make(&pairs[KIND_P256][i], 32, ECC_SECP256R1);
		ec_make(&pairs[KIND_P384][i], 48, ECC_SECP384R1);
		rsa_make(&pairs[KIND_RSA][i]);
		ed25519_make(&pairs[KIND_ED25519][i]);
		ed448_make(&pairs[KIND_ED448][i]);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)wc_FreeRng(&rng);
	(void)wolfSSL_Cleanup();
	return 0;
}

static int check(const struct pair *certificate, const struct pair *key)
{
	return ost_tls_pair_check(certificate->certificate, certificate->certificate_length, key->key, key->key_length);
}

static void a_pair_is_one(void **state)
{
	(void)state;
	for (int k = 0; k < KIND_COUNT; k++) {
		for (int i = 0; i < 2; i++)
			assert_int_equal(check(&pairs[k][i], &pairs[k][i]), 0);
	}
}

static void a_key_of_the_same_kind_is_another(void **state)
{
	(void)state;
	for (int k = 0; k < KIND_COUNT; k++) {
		for (int i = 0; i < 2; i++)
			assert_int_equal(check(&pairs[k][i], &pairs[k][!i]), -EKEYREJECTED);
	}
}

static void a_key_of_another_kind_is_none(void **state)
{
	(void)state;
	for (int a = 0; a < KIND_COUNT; a++) {
		for (int b = 0; b < KIND_COUNT; b++) {
			if (a != b)
				assert_true(check(&pairs[a][0], &pairs[b][0]) < 0);
		}
	}
}

/* The private key of one, and beside it in the file the public key of the other. */
static void a_lying_file_is_not_believed(void **state)
{
	uint8_t der[512];
	byte secret[32], x[32], y[32];
	word32 at = 0, n = sizeof(secret), x_length = sizeof(x), y_length = sizeof(y);
	struct pair liar = {0};
	DerBuffer *first = NULL, *second = NULL;
	ecc_key a, b, both;

	(void)state;
	assert_int_equal(wc_ecc_init(&a) + wc_ecc_init(&b) + wc_ecc_init(&both), 0);
	assert_int_equal(wc_PemToDer((const byte *)pairs[KIND_P256][0].key, (long)pairs[KIND_P256][0].key_length, PRIVATEKEY_TYPE, &first, NULL, NULL, NULL), 0);
	assert_int_equal(wc_PemToDer((const byte *)pairs[KIND_P256][1].key, (long)pairs[KIND_P256][1].key_length, PRIVATEKEY_TYPE, &second, NULL, NULL, NULL), 0);
	assert_int_equal(wc_EccPrivateKeyDecode(first->buffer, &at, &a, first->length), 0);
	at = 0;
	assert_int_equal(wc_EccPrivateKeyDecode(second->buffer, &at, &b, second->length), 0);
	assert_int_equal(wc_ecc_export_private_only(&a, secret, &n), 0);
	assert_int_equal(wc_ecc_export_public_raw(&b, x, &x_length, y, &y_length), 0);
	assert_int_equal(wc_ecc_import_unsigned(&both, x, y, secret, ECC_SECP256R1), 0);
	pem_make(&liar, der, wc_EccKeyToDer(&both, der, sizeof(der)), ECC_PRIVATEKEY_TYPE);
	assert_int_equal(check(&pairs[KIND_P256][1], &liar), -EKEYREJECTED);
	wc_FreeDer(&first);
	wc_FreeDer(&second);
	(void)wc_ecc_free(&a);
	(void)wc_ecc_free(&b);
	(void)wc_ecc_free(&both);
}

static void what_is_no_key_is_told(void **state)
{
	static const char text[] = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
	const struct pair *p = &pairs[KIND_P256][0];

	(void)state;
	assert_int_equal(ost_tls_pair_check(p->certificate, p->certificate_length, text, sizeof(text) - 1), -EINVAL);
	assert_int_equal(ost_tls_pair_check(p->certificate, p->certificate_length, "", 0), -EINVAL);
	assert_int_equal(ost_tls_pair_check(p->certificate, 20, p->key, p->key_length), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_one),
		cmocka_unit_test(a_key_of_the_same_kind_is_another),
		cmocka_unit_test(a_key_of_another_kind_is_none),
		cmocka_unit_test(a_lying_file_is_not_believed),
		cmocka_unit_test(what_is_no_key_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
