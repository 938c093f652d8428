/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include "file.h"
#include "pki_private.h"

#define KEY_BYTES    32
#define KEY_FILE_MAX 65536u

static int public_part(struct ost_pki *pki, struct ost_key *key)
{
	int n = wc_EccPublicKeyToDer(&key->ecc, key->spki, sizeof(key->spki), 1);

	if (n <= 0)
		return ost_pki_fail(pki, -EIO, "a key cannot be written: %s", wc_GetErrorString(n));
	key->spki_length = (uint32_t)n;
	return 0;
}

int ost_key_make(struct ost_pki *pki, struct ost_key *key)
{
	WC_RNG rng;
	int r = wc_InitRng(&rng);

	*key = (struct ost_key){0};
	if (r == 0) {
		r = wc_ecc_init(&key->ecc);
		key->set = r == 0;
		if (r == 0)
			r = wc_ecc_make_key_ex(&rng, KEY_BYTES, &key->ecc, ECC_SECP256R1);
		(void)wc_FreeRng(&rng);
	}
	if (r != 0)
		return ost_pki_fail(pki, -EIO, "a key cannot be made: %s", wc_GetErrorString(r));
	return public_part(pki, key);
}

/* A file may hold a public key beside the private one. The library believes it whatever it says, and so would we: it is
 * made anew, and one that says something else is refused. */
static int public_make(ecc_key *key)
{
	ecc_point *made = wc_ecc_new_point();
	int r = made != NULL ? wc_ecc_make_pub(key, made) : MEMORY_E;

	if (r == 0 && key->type == ECC_PRIVATEKEY_ONLY)
		r = wc_ecc_make_pub(key, NULL);
	else if (r == 0 && wc_ecc_cmp_point(made, &key->pubkey) != MP_EQ)
		r = ECC_PRIV_KEY_E;
	wc_ecc_del_point(made);
	return r;
}

/* SEC 1 ("EC PRIVATE KEY") and PKCS #8 ("PRIVATE KEY") alike. */
static int decode(const uint8_t *der, uint32_t length, struct ost_key *key)
{
	word32 at = 0;
	int r = wc_ecc_init(&key->ecc);

	key->set = r == 0;
	if (r == 0)
		r = wc_EccPrivateKeyDecode(der, &at, &key->ecc, length);
	if (r == 0 && wc_ecc_get_curve_id(key->ecc.idx) != ECC_SECP256R1)
		r = ECC_BAD_ARG_E;
	if (r == 0)
		r = public_make(&key->ecc);
	return r == 0 ? wc_ecc_check_key(&key->ecc) : r;
}

int ost_key_read(struct ost_pki *pki, const char *path, struct ost_key *key)
{
	DerBuffer *der = NULL;
	char *text = NULL;
	size_t length = 0;
	int r = ost_file_read(path, KEY_FILE_MAX, &text, &length);

	*key = (struct ost_key){0};
	if (r < 0)
		return ost_pki_fail(pki, r, "%s: cannot be read: %s", path, strerror(-r));
	r = wc_PemToDer((const byte *)text, (long)length, PRIVATEKEY_TYPE, &der, NULL, NULL, NULL);
	explicit_bzero(text, length);
	free(text);
	if (r == 0)
		r = decode(der->buffer, der->length, key);
	if (der != NULL) {
		explicit_bzero(der->buffer, der->length);
		wc_FreeDer(&der);
	}
	if (r != 0) {
		ost_key_free(key);
		return ost_pki_fail(pki, -EINVAL,
			"%s: is no EC P-256 private key (PEM, not encrypted); restore it from a "
			"backup",
			path);
	}
	return public_part(pki, key);
}

int ost_key_pem(struct ost_pki *pki, struct ost_key *key, char ret_pem[static OST_KEY_PEM_MAX],
	size_t *ret_length)
{
	uint8_t der[OST_KEY_SPKI_MAX];
	int n = wc_EccKeyToDer(&key->ecc, der, sizeof(der));

	if (n > 0)
		n = wc_DerToPem(
			der, (word32)n, (byte *)ret_pem, OST_KEY_PEM_MAX, ECC_PRIVATEKEY_TYPE);
	explicit_bzero(der, sizeof(der));
	if (n <= 0)
		return ost_pki_fail(pki, -EIO, "a key cannot be written: %s", wc_GetErrorString(n));
	*ret_length = (size_t)n;
	return 0;
}

void ost_key_free(struct ost_key *key)
{
	if (key->set)
		(void)wc_ecc_free(&key->ecc);
	explicit_bzero(key, sizeof(*key));
}
