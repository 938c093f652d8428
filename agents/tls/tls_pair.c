/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include "tls_pair.h"

#define RSA_BYTES_MAX 1024u /* of a modulus: what is longer is no key of a device */

static int verdict(bool same)
{
	return same ? 0 : -EKEYREJECTED;
}

/* The file may hold a public key beside the private one, and may lie about it: it is made anew. */
static int ec_compare(const DecodedCert *c, ecc_key *theirs, ecc_key *ours, const DerBuffer *der)
{
	ecc_point *made = wc_ecc_new_point();
	word32 at = 0, key_at = 0;
	int r = -EINVAL;

	if (made != NULL && wc_EccPublicKeyDecode(c->publicKey, &at, theirs, c->pubKeySize) == 0 &&
		wc_EccPrivateKeyDecode(der->buffer, &key_at, ours, der->length) == 0) {
		if (theirs->dp->id != ours->dp->id)
			r = -EKEYREJECTED;
		else if (wc_ecc_make_pub(ours, made) == 0)
			r = verdict(wc_ecc_cmp_point(made, &theirs->pubkey) == MP_EQ);
	}
	wc_ecc_del_point(made);
	return r;
}

static int ec_check(const DecodedCert *c, const DerBuffer *der)
{
	ecc_key theirs, ours;
	int r = -ENOMEM;

	if (wc_ecc_init(&theirs) != 0)
		return r;
	if (wc_ecc_init(&ours) == 0) {
		r = ec_compare(c, &theirs, &ours, der);
		(void)wc_ecc_free(&ours);
	}
	(void)wc_ecc_free(&theirs);
	return r;
}

struct rsa_public {
	byte n[RSA_BYTES_MAX], e[RSA_BYTES_MAX];
	word32 n_length, e_length;
};

static bool rsa_public(RsaKey *key, struct rsa_public *to)
{
	to->n_length = sizeof(to->n);
	to->e_length = sizeof(to->e);
	return wc_RsaFlattenPublicKey(key, to->e, &to->e_length, to->n, &to->n_length) == 0;
}

static int rsa_compare(const DecodedCert *c, RsaKey *theirs, RsaKey *ours, const DerBuffer *der)
{
	struct rsa_public a, b;
	word32 at = 0, key_at = 0;

	if (wc_RsaPublicKeyDecode(c->publicKey, &at, theirs, c->pubKeySize) != 0 ||
		wc_RsaPrivateKeyDecode(der->buffer, &key_at, ours, der->length) != 0 || !rsa_public(theirs, &a) || !rsa_public(ours, &b))
		return -EINVAL;
	return verdict(a.n_length == b.n_length && a.e_length == b.e_length && memcmp(a.n, b.n, a.n_length) == 0 &&
		memcmp(a.e, b.e, a.e_length) == 0);
}

static int rsa_check(const DecodedCert *c, const DerBuffer *der)
{
	RsaKey theirs, ours;
	int r = -ENOMEM;

	if (wc_InitRsaKey(&theirs, NULL) != 0)
		return r;
	if (wc_InitRsaKey(&ours, NULL) == 0) {
		r = rsa_compare(c, &theirs, &ours, der);
		(void)wc_FreeRsaKey(&ours);
	}
	(void)wc_FreeRsaKey(&theirs);
	return r;
}

/* The library has the bare key of these two. */
static int ed25519_check(const DecodedCert *c, const DerBuffer *der)
{
	byte made[ED25519_PUB_KEY_SIZE];
	ed25519_key ours;
	word32 at = 0;
	int r = -EINVAL;

	if (wc_ed25519_init(&ours) != 0)
		return -ENOMEM;
	if (wc_Ed25519PrivateKeyDecode(der->buffer, &at, &ours, der->length) == 0 && wc_ed25519_make_public(&ours, made, sizeof(made)) == 0)
		r = verdict(c->pubKeySize == sizeof(made) && memcmp(c->publicKey, made, sizeof(made)) == 0);
	wc_ed25519_free(&ours);
	return r;
}

static int ed448_check(const DecodedCert *c, const DerBuffer *der)
{
	byte made[ED448_PUB_KEY_SIZE];
	ed448_key ours;
	word32 at = 0;
	int r = -EINVAL;

	if (wc_ed448_init(&ours) != 0)
		return -ENOMEM;
	if (wc_Ed448PrivateKeyDecode(der->buffer, &at, &ours, der->length) == 0 && wc_ed448_make_public(&ours, made, sizeof(made)) == 0)
		r = verdict(c->pubKeySize == sizeof(made) && memcmp(c->publicKey, made, sizeof(made)) == 0);
	wc_ed448_free(&ours);
	return r;
}

static int check(const DecodedCert *c, const DerBuffer *der)
{
	switch (c->keyOID) {
	case ECDSAk:
		return ec_check(c, der);
	case RSAk:
		return rsa_check(c, der);
	case ED25519k:
		return ed25519_check(c, der);
	case ED448k:
		return ed448_check(c, der);
	default:
		return -EINVAL;
	}
}

int ost_tls_pair_check(const uint8_t *certificate, size_t certificate_length, const char *key, size_t key_length)
{
	DerBuffer *der = NULL;
	DecodedCert decoded;
	int r = -EINVAL;

	if (wc_PemToDer((const byte *)key, (long)key_length, PRIVATEKEY_TYPE, &der, NULL, NULL, NULL) == 0) {
		wc_InitDecodedCert(&decoded, certificate, (word32)certificate_length, NULL);
		if (wc_ParseCert(&decoded, CERT_TYPE, NO_VERIFY, NULL) == 0)
			r = check(&decoded, der);
		wc_FreeDecodedCert(&decoded);
	}
	if (der != NULL)
		explicit_bzero(der->buffer, der->length);
	wc_FreeDer(&der);
	return r;
}
