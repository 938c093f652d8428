/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate request of a device (PKCS #10, RFC 2986): nothing but its public key is taken, and
 * that only after its signature proved that the sender has the private one. */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include "file.h"
#include "request.h"

#define REQUEST_FILE_MAX 65536u
#define RSA_BYTES_LEAST	 256u /* 2048 bits */
#define RSA_BYTES_MOST	 512u
#define RSA_EXPONENT	 65537u

/* Decoded and written anew: what reaches the certificate is our own DER of a point on the curve. */
static int ec_take(
	const DecodedCert *from, uint8_t spki[static OST_REQUEST_SPKI_MAX], size_t *ret_length)
{
	ecc_key key;
	word32 at = 0;
	int curve, n, r = wc_ecc_init(&key);

	if (r != 0)
		return -ENOMEM;
	r = wc_EccPublicKeyDecode(from->publicKey, &at, &key, from->pubKeySize);
	curve = r == 0 ? wc_ecc_get_curve_id(key.idx) : ECC_CURVE_INVALID;
	if (curve != ECC_SECP256R1 && curve != ECC_SECP384R1)
		r = -1;
	if (r == 0)
		r = wc_ecc_check_key(&key);
	n = r == 0 ? wc_EccPublicKeyToDer(&key, spki, OST_REQUEST_SPKI_MAX, 1) : -1;
	(void)wc_ecc_free(&key);
	if (n <= 0)
		return -EINVAL;
	*ret_length = (size_t)n;
	return 0;
}

static bool exponent_good(const byte *e, word32 length)
{
	uint64_t v = 0;

	if (length > 8)
		return false;
	for (word32 i = 0; i < length; i++)
		v = v << 8 | e[i];
	return v >= RSA_EXPONENT && (v & 1) == 1;
}

static int rsa_take(
	const DecodedCert *from, uint8_t spki[static OST_REQUEST_SPKI_MAX], size_t *ret_length)
{
	const byte *n, *e;
	word32 at = 0, n_length = 0, e_length = 0;
	RsaKey key;
	int r;

	r = wc_RsaPublicKeyDecode_ex(
		from->publicKey, &at, from->pubKeySize, &n, &n_length, &e, &e_length);
	while (r == 0 && n_length > 0 && n[0] == 0) {
		n++;
		n_length--;
	}
	if (r != 0 || n_length < RSA_BYTES_LEAST || n_length > RSA_BYTES_MOST ||
		(n[0] & 0x80) == 0 || (n[n_length - 1] & 1) == 0 || !exponent_good(e, e_length) ||
		wc_InitRsaKey(&key, NULL) != 0)
		return -EINVAL;
	r = wc_RsaPublicKeyDecodeRaw(n, n_length, e, e_length, &key);
	if (r == 0)
		r = wc_RsaKeyToPublicDer(&key, spki, OST_REQUEST_SPKI_MAX);
	(void)wc_FreeRsaKey(&key);
	if (r <= 0)
		return -EINVAL;
	*ret_length = (size_t)r;
	return 0;
}

static int key_take(
	const DecodedCert *from, uint8_t spki[static OST_REQUEST_SPKI_MAX], size_t *ret_length)
{
	if (from->keyOID == ECDSAk)
		return ec_take(from, spki, ret_length);
	if (from->keyOID == RSAk)
		return rsa_take(from, spki, ret_length);
	return -EINVAL;
}

static int decode(struct ost_pki *pki, const char *path, const DerBuffer *der,
	uint8_t spki[static OST_REQUEST_SPKI_MAX], size_t *ret_length)
{
	DecodedCert decoded;
	int r;

	InitDecodedCert(&decoded, der->buffer, der->length, NULL);
	r = ParseCert(&decoded, CERTREQ_TYPE, VERIFY, NULL); /* with VERIFY: and its signature */
	if (r == ASN_SIG_CONFIRM_E)
		r = ost_pki_fail(pki, -EINVAL,
			"%s: its signature does not match its key: it was changed, or its sender "
			"has not the private key",
			path);
	else if (r != 0)
		r = ost_pki_fail(pki, -EINVAL, "%s: is no sound certificate request: %s", path,
			wc_GetErrorString(r));
	else if (key_take(&decoded, spki, ret_length) < 0)
		r = ost_pki_fail(pki, -EINVAL,
			"%s: its key is refused; use EC P-256 or P-384, or RSA of 2048 to 4096 "
			"bits",
			path);
	FreeDecodedCert(&decoded);
	return r;
}

int ost_request_read(struct ost_pki *pki, const char *path,
	uint8_t ret_spki[static OST_REQUEST_SPKI_MAX], size_t *ret_length)
{
	OST_AUTO_FREE char *text = NULL;
	DerBuffer *der = NULL;
	size_t length = 0;
	int r = ost_file_read(path, REQUEST_FILE_MAX, &text, &length);

	if (r < 0)
		return ost_pki_fail(pki, r, "%s: cannot be read: %s", path, strerror(-r));
	if (wc_PemToDer((const byte *)text, (long)length, CERTREQ_TYPE, &der, NULL, NULL, NULL) !=
		0)
		r = ost_pki_fail(pki, -EINVAL,
			"%s: is no certificate request in PEM ('openssl req -new' makes one)",
			path);
	else
		r = decode(pki, path, der, ret_spki, ret_length);
	wc_FreeDer(&der);
	return r;
}
